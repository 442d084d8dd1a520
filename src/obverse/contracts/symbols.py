"""Names of instruments: a venue's own, read and written by a pattern, and the unified one.

A pattern is text with fields in braces, and everything else as it stands:

    BTC-{DMMMYY}                                 BTC-6FEB26
    BTCUSD_{YYMMDD}                              BTCUSD_260327
    XBT{CODE}{YY}                                XBTM26
    BTC-FS-{FAR:DMMMYY}_{NEAR:DMMMYY|PERP}       BTC-FS-25DEC26_26JUN26, BTC-FS-25DEC26_PERP
    XBT{NEAR:CODE}{YY}-XBT{FAR:CODE}{YY}         XBTM26-XBTU26

A field gives the expiry of one leg: NEAR, also where none is named, or FAR. After `|` stands the
word for a leg that never expires. Names are upper case, and read in any case. Years are 20YY.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from obverse.errors import DataError

MONTH_CODES = "FGHJKMNQUVXZ"
"""Letters of the delivery months, January to December."""

COMMON_CODES: Mapping[str, str] = {"XBT": "BTC", "BCHSV": "BSV"}
"""Currency codes that unified symbols spell otherwise (ccxt 4.5.90, `commonCurrencies`)."""

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_UNIFIED = re.compile("([A-Z0-9]+)/([A-Z0-9]+):([A-Z0-9]+)(?:-([0-9]{6}))?")
_CODED = "CODE}{YY"
_FORMS = {
    "DMMMYY": rf"(?:[1-9]|[12][0-9]|3[01])(?:{'|'.join(_MONTHS)})[0-9]{{2}}",
    "YYMMDD": "[0-9]{6}",
    _CODED: f"[{MONTH_CODES}][0-9]{{2}}",
}
_FIELD = rf"(?:(NEAR|FAR):)?({'|'.join(map(re.escape, _FORMS))})(?:\|([A-Z0-9]+))?"
_PIECE = re.compile(rf"\{{{_FIELD}\}}|([A-Z0-9._:/+-]+)")


class ContractMonth(NamedTuple):
    """The month that a month-coded name says; its day is the venue's calendar's to know."""

    year: int
    month: int


Expiry: TypeAlias = date | ContractMonth
"""What a name tells of an expiry: the day, or only the month."""


@dataclass(frozen=True)
class SymbolPattern:
    """How a venue names a family of instruments; malformed text raises `DataError`."""

    text: str

    def __post_init__(self) -> None:
        """Refuse text that is not a pattern."""
        _grammar(self.text)


@dataclass(frozen=True)
class SymbolMatch:
    """A name that fits a pattern.

    Attributes
    ----------
    symbol : the name in upper case
    near : expiry of the near leg, the only one of an outright; None where it never expires
    far : expiry of the far leg of a spread, else None
    """

    symbol: str
    near: Expiry | None = None
    far: Expiry | None = None

    @property
    def expiry(self) -> Expiry | None:
        """When the instrument ends: with its first leg to expire; None for a perpetual."""
        return self.far if self.near is None else self.near


def match(pattern: SymbolPattern, symbol: str) -> SymbolMatch | None:
    """Read a name, or return None where it does not fit.

    Impossible dates do not fit, nor does a spread whose near leg is not the nearer one.
    """
    grammar = _grammar(pattern.text)
    found = grammar.expression.fullmatch(symbol.upper()) if symbol.isascii() else None
    if found is None:
        return None
    said = found.groupdict()
    try:
        legs = {f.leg: _read(f.form, said[f.leg]) for f in grammar.fields if said[f.leg]}
    except ValueError:
        return None
    near, far = legs.get("NEAR"), legs.get("FAR")
    if near and far and _rank(near) >= _rank(far):
        return None
    return SymbolMatch(found.string, near, far)


def render(pattern: SymbolPattern, near: Expiry | None = None, far: Expiry | None = None) -> str:
    """Write the name of an expiry, or of a spread's two; the inverse of `match`.

    A month code also takes a day, and names its month. An expiry that the pattern lacks, has no
    place for, or cannot write raises `DataError`.
    """
    grammar = _grammar(pattern.text)
    expiries = {"NEAR": near, "FAR": far}
    for leg, expiry in expiries.items():
        if expiry is not None and leg not in (field.leg for field in grammar.fields):
            raise DataError(f"{pattern.text} has no {leg} leg for {expiry}.")
    name = "".join(
        piece if isinstance(piece, str) else _write(pattern.text, piece, expiries[piece.leg])
        for piece in grammar.pieces
    )
    if match(pattern, name) is None:
        raise DataError(f"{pattern.text}: the near leg {near} is not before the far leg {far}.")
    return name


@dataclass(frozen=True)
class UnifiedSymbol:
    """A contract's name in ccxt's form: `BTC/USD:BTC`, or `BTC/USD:BTC-261225` with an expiry.

    The expiry is the day of delivery in UTC. Codes are upper case, in their common spelling.
    """

    base: str
    quote: str
    settle: str
    expiry: date | None = None

    def __post_init__(self) -> None:
        """Refuse codes and days that the form cannot write."""
        for code in (self.base, self.quote, self.settle):
            if not re.fullmatch("[A-Z0-9]+", code):
                raise DataError(f"currency code: {code!r} is not upper-case letters and digits.")
            if common_code(code) != code:
                raise DataError(f"currency code: write {common_code(code)} for {code}.")
        if self.expiry is not None:
            _check_year("unified symbol", _day("unified symbol", self.expiry))

    def __str__(self) -> str:
        """Write it."""
        dated = f"-{self.expiry:%y%m%d}" if self.expiry else ""
        return f"{self.base}/{self.quote}:{self.settle}{dated}"


def parse_unified(text: str) -> UnifiedSymbol:
    """Read a unified symbol, in any case and with any known spelling of its codes.

    Spot pairs, options and a venue's own names are not among them: `DataError` says which it is.
    """
    found = _UNIFIED.fullmatch(text.upper()) if text.isascii() else None
    if found is None:
        raise DataError(f"{text!r} is not a unified symbol: {_why_not_unified(text)}.")
    base, quote, settle = map(common_code, found.group(1, 2, 3))
    try:
        day = _compact(found[4]) if found[4] else None
    except ValueError:
        raise DataError(f"{text!r} is not a unified symbol: {found[4]} is not a day.") from None
    return UnifiedSymbol(base, quote, settle, day)


def common_code(code: str) -> str:
    """Return the spelling of a currency code in unified symbols: BTC for XBT."""
    return COMMON_CODES.get(code, code)


def _why_not_unified(text: str) -> str:
    if "/" not in text:
        return "look a venue's own name up in its listings"
    if ":" not in text:
        return "it has no settlement currency; expected e.g. BTC/USD:BTC"
    if re.fullmatch(".*-[0-9]{6}-.*-[CPcp]", text):
        return "it names an option; expected a perpetual or a future"
    return "expected e.g. BTC/USD:BTC or BTC/USD:BTC-261225"


class _Field(NamedTuple):
    leg: str  # NEAR or FAR
    form: str
    never: str | None


class _Grammar(NamedTuple):
    pieces: tuple[str | _Field, ...]
    fields: tuple[_Field, ...]
    expression: re.Pattern[str]


@lru_cache(maxsize=1024)
def _grammar(text: str) -> _Grammar:
    pieces = tuple(_pieces(text))
    fields = tuple(piece for piece in pieces if isinstance(piece, _Field))
    if sorted(field.leg for field in fields) not in ([], ["NEAR"], ["FAR", "NEAR"]):
        raise DataError(f"symbol pattern {text!r}: expected one NEAR field, perhaps one FAR.")
    if any(field.never for field in fields if field.leg == "FAR"):
        raise DataError(f"symbol pattern {text!r}: the far leg must expire.")
    return _Grammar(pieces, fields, re.compile("".join(map(_expression, pieces))))


def _pieces(text: str) -> Iterator[str | _Field]:
    position = 0
    while position < len(text) or not text:
        found = _PIECE.match(text, position)
        if found is None:
            raise DataError(
                f"symbol pattern {text!r}: cannot read {text[position:]!r}; expected upper-case "
                "letters, digits, . _ : / + - and fields such as {DMMMYY}, {YYMMDD}, {CODE}{YY}."
            )
        position = found.end()
        yield found[4] or _Field(found[1] or "NEAR", found[2], found[3])


def _expression(piece: str | _Field) -> str:
    if isinstance(piece, str):
        return re.escape(piece)
    field = f"(?P<{piece.leg}>{_FORMS[piece.form]})"
    return f"(?:{field}|{piece.never})" if piece.never else field


def _read(form: str, text: str) -> Expiry:
    """Read the text of a field; `ValueError` for a day that its month does not have."""
    if form == "DMMMYY":
        return date(2000 + int(text[-2:]), _MONTHS.index(text[-5:-2]) + 1, int(text[:-5]))
    if form == "YYMMDD":
        return _compact(text)
    return ContractMonth(2000 + int(text[1:]), MONTH_CODES.index(text[0]) + 1)


def _compact(text: str) -> date:
    return date(2000 + int(text[:2]), int(text[2:4]), int(text[4:]))


def _write(text: str, field: _Field, expiry: Expiry | None) -> str:
    if expiry is None:
        if field.never is None:
            raise DataError(f"{text}: the {field.leg} leg needs an expiry.")
        return field.never
    _check_year(text, expiry)
    year = f"{expiry.year % 100:02}"
    if field.form == _CODED:
        return MONTH_CODES[expiry.month - 1] + year
    day = _day(text, expiry)
    if field.form == "DMMMYY":
        return f"{day.day}{_MONTHS[day.month - 1]}{year}"
    return f"{year}{day.month:02}{day.day:02}"


def _day(what: str, expiry: Expiry) -> date:
    if isinstance(expiry, datetime) or not isinstance(expiry, date):
        raise DataError(f"{what}: {expiry} is not a day; give a date.")
    return expiry


def _check_year(what: str, expiry: Expiry) -> None:
    if not (2000 <= expiry.year <= 2099 and 1 <= expiry.month <= 12):
        raise DataError(f"{what}: {expiry} is not in a month of 2000 to 2099.")


def _rank(expiry: Expiry) -> tuple[int, int, int]:
    return expiry.year, expiry.month, expiry.day if isinstance(expiry, date) else 0
