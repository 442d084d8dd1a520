"""A row made ready to compute: its numbers, its instrument, its venue's rules of that day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from obverse.app.conformance.rows import Row
from obverse.contracts import Instrument, Inverse, Position, exact, fill, instant
from obverse.contracts.symbols import SymbolPattern, match
from obverse.contracts.units import to_decimal
from obverse.errors import DataError
from obverse.rulebooks import Rulebook, rulebook, venue_file

GENERIC = "generic"
TICK = timedelta(microseconds=1)
OPENING = {"long": 1, "short": -1, "buy": 1, "sell": -1}


@dataclass(frozen=True)
class Case:
    """A row with what its numbers mean. `unrounded`: compute without the venue's rounding."""

    row: Row
    unrounded: bool = False

    def __contains__(self, key: str) -> bool:
        """Whether an input is given."""
        return key in self.row.given

    def text(self, key: str) -> str:
        """A word given."""
        return _text(self.row.given[key], f"given {key}")

    def number(self, key: str) -> Decimal:
        """A number given, exact."""
        return exact(self.text(key), f"given {key}")

    def numbers(self, key: str) -> list[Decimal]:
        """A list of numbers given, exact."""
        name = f"given {key}"
        return [exact(_text(item, name), name) for item in _list(self.row.given[key], name)]

    def fills(self) -> list[Mapping[str, Any]]:
        """The fills given, or the row itself where it is the only one."""
        if "fills" not in self:
            return [self.row.given]
        items = _list(self.row.given["fills"], "given fills")
        for item in items:
            if not isinstance(item, Mapping):
                raise DataError(f"given fills: expected objects, found {item!r}.")
        return items

    def real(self, key: str) -> float:
        """A number given, for pricing in floats."""
        return float(self.number(key))

    def rules(self) -> Rulebook:
        """The venue's rules on the row's day, or at the instant it asks about.

        Days in the files are often guessed: one outside the instrument's life means the nearest
        day in it.
        """
        moment = instant(self.text("at") if "at" in self else self.row.as_of)
        file = venue_file(self.row.venue)
        lives = [(file.begins, file.until)]
        if self.row.instrument is not None:
            pattern_lives = [
                (product.begins, product.until or file.until)
                for product in file.products
                if match(SymbolPattern(product.symbol), self.row.instrument)
            ]
            lives = pattern_lives or lives
        return rulebook(self.row.venue, as_of=_nearest(moment, lives))

    def instrument(self) -> Instrument:
        """The contract: the venue's own, or the generic one that the row describes."""
        found = self._generic() if self.row.venue == GENERIC else self._listed()
        if "multiplier" in self:
            payoff = replace(found.payoff, multiplier=self.number("multiplier"))  # type: ignore[type-var]
            found = replace(found, payoff=payoff)
        return found.without_rounding() if self.unrounded else found

    def _listed(self) -> Instrument:
        if self.row.instrument is None:
            raise DataError("instrument: a venue's row must name one.")
        return self.rules().instrument(self.row.instrument)

    def _generic(self) -> Instrument:
        contract = self.row.contract
        if contract is None:
            raise DataError("contract: a generic row must describe one.")
        return Instrument.generic(
            contract.payoff, contract.multiplier, contract.settlement_currency
        )

    def size(self, source: Mapping[str, Any] | None = None) -> Decimal:
        """Contracts given as such, or as dollars; an example need not be a whole number of them."""
        given = self.row.given if source is None else source
        word = "usd_amount" if "usd_amount" in given else "contracts"
        size = exact(given[word], f"given {word}")
        if size < 0:
            raise DataError(f"given {word}: {size:f} is below zero; side gives the direction.")
        return size if word == "contracts" else self._contracts_of(size)

    def _contracts_of(self, usd_amount: Decimal) -> Decimal:
        instrument = self.instrument()
        if not isinstance(instrument.payoff, Inverse):
            raise DataError(f"given usd_amount: {instrument.symbol} is sized in contracts.")
        return to_decimal(Fraction(usd_amount) / Fraction(instrument.multiplier))

    def sign(self) -> int:
        """+1 for a long or a buy, -1 for a short or a sale."""
        return direction(self.text("side"))

    def position(self, price: str = "entry_price") -> Position:
        """The position opened by one fill at a given price."""
        flat = Position.flat(self.instrument())
        return fill(flat, self.sign() * self.size(), self.number(price))


def _nearest(moment: datetime, lives: list[tuple[datetime, datetime | None]]) -> datetime:
    """The instant itself if some life holds it, else the nearest one that does."""
    inside = [
        min(max(moment, begins), until - TICK) if until else max(moment, begins)
        for begins, until in lives
    ]
    return min(inside, key=lambda found: abs(found - moment))


def direction(side: Any) -> int:
    """+1 for a long or a buy, -1 for a short or a sale."""
    if not isinstance(side, str) or side not in OPENING:
        raise DataError(f"side {side!r}: expected one of {', '.join(OPENING)}.")
    return OPENING[side]


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise DataError(f"{name}: expected text, found {value!r}.")
    return value


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise DataError(f"{name}: expected a list, found {value!r}.")
    return value
