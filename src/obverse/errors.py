"""Every error Obverse raises on purpose.

    ObverseError
    ├── DataError            the user's data is wrong: a file, a book, a price, a symbol
    │   ├── AmountError          a number that is not exact, not finite, or out of range
    │   ├── SymbolError          an instrument nobody lists under that name
    │   ├── LocatedError         faults in a file, each with its line and field
    │   ├── BookError            a book of positions that does not hold together
    │   └── MarketDataError      a market observation that cannot be used
    │       └── StoreError           a store that is missing, busy, damaged, or of a newer version
    ├── RuleError            the venue refuses: outside its dates, its lots, its listing
    └── DefectError          our bug: an invariant that does not hold

A message says what was found, what was expected and what to do; the parts are attributes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches


class ObverseError(Exception):
    """Root of every error raised on purpose."""


class DataError(ObverseError, ValueError):
    """The user's data cannot be used."""


class AmountError(DataError):
    """A number that is not exact, not finite, or out of range."""


class BookError(DataError):
    """A book of holdings and positions that does not hold together."""


class MarketDataError(DataError):
    """A market observation that cannot be used."""


class StoreError(MarketDataError):
    """A store of market data that is missing, busy, damaged, or of a newer version."""


class RuleError(ObverseError, ValueError):
    """The venue's rules refuse what was asked."""


class DefectError(ObverseError, AssertionError):
    """An invariant of Obverse itself is broken: please report it."""


class SymbolError(DataError):
    """An instrument that is not listed under that name.

    Attributes
    ----------
    symbol : what was asked for
    nearest : known names that look alike, best first
    """

    def __init__(self, symbol: str, where: str, known: Iterable[str]) -> None:
        self.symbol = symbol
        self.nearest = nearest(symbol, known)
        hint = f" Did you mean {' or '.join(self.nearest)}?" if self.nearest else ""
        super().__init__(f"No instrument {symbol!r} {where}.{hint}")


@dataclass(frozen=True)
class Fault:
    """One thing wrong with a file: where, and what to do about it."""

    path: str
    line: int | None
    field: str
    reason: str

    def __str__(self) -> str:
        """Read as `file:line: field: reason`."""
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.field}: {self.reason}" if self.field else f"{place}: {self.reason}"


class LocatedError(DataError):
    """One or more faults in a file, each with its line and field (attribute `faults`)."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, self.faults)))


def nearest(word: str, known: Iterable[str], count: int = 3) -> list[str]:
    """Return the known words most like `word`, ignoring case, best first."""
    by_fold = {name.upper(): name for name in known}
    matches = get_close_matches(word.upper(), by_fold, n=count, cutoff=0.6)
    return [by_fold[match] for match in matches]
