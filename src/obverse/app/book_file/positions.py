"""A position's row made a position: its instrument, its size, its fills."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal

from obverse.app.book_file.records import Fill, PositionRow
from obverse.contracts import Instrument, Kind, Position, fill
from obverse.errors import ObverseError
from obverse.rulebooks import rulebook

SIDES = {"long": 1, "buy": 1, "short": -1, "sell": -1}


class FieldError(Exception):
    """What is wrong with a row, and at which of its fields."""

    def __init__(self, reason: object, *field: str | int) -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.field = field


def position_of(item: PositionRow, as_of: datetime) -> Position:
    """Make a position of its row under the rules of an instant; a fault raises `FieldError`."""
    instrument = instrument_of(item.venue, item.instrument, as_of)
    if instrument.kind is Kind.SPREAD:
        legs = " and ".join(instrument.legs or ())
        raise FieldError(f"{instrument.symbol} is a spread: give its legs {legs}", "instrument")
    if instrument.expiry is not None and instrument.expiry <= as_of:
        reason = f"{instrument.symbol} expired on {instrument.expiry:%Y-%m-%d %H:%M} UTC"
        raise FieldError(reason, "instrument")
    position = Position.flat(instrument)
    for place, trade in enumerate(_trades(item)):
        field = ("fills", place) if item.fills else ()
        size = size_of(instrument, trade.contracts, trade.usd_amount, *field)
        try:
            position = fill(position, SIDES[trade.side] * size, trade.price)
        except ObverseError as error:
            where = (*field, "price") if item.fills else ("entry_price",)
            raise FieldError(error, *where) from None
    return position


def instrument_of(venue: str, symbol: str, as_of: datetime) -> Instrument:
    """The instrument of a row; an unknown venue or name raises `FieldError`."""
    try:
        rules = rulebook(venue, as_of=as_of)
    except ObverseError as error:
        raise FieldError(error, "venue") from None
    try:
        return rules.instrument(symbol)
    except ObverseError as error:
        raise FieldError(error, "instrument") from None


def _trades(item: PositionRow) -> list[Fill]:
    if item.fills is not None:
        if not item.fills:
            raise FieldError("is empty; give the trades, or a size at an entry price", "fills")
        for field in ("side", "contracts", "usd_amount", "entry_price"):
            if getattr(item, field) is not None:
                raise FieldError("give fills, or a size at an entry price, not both", field)
        return item.fills
    if item.side is None:
        raise FieldError("missing; expected long or short", "side")
    if item.entry_price is None:
        raise FieldError("missing; give entry_price, or fills", "entry_price")
    side: Literal["buy", "sell"] = "buy" if item.side == "long" else "sell"
    return [Fill(side, item.entry_price, item.contracts, item.usd_amount)]


def size_of(
    instrument: Instrument,
    contracts: Decimal | None,
    usd_amount: Decimal | None,
    *field: str | int,
) -> Decimal:
    """Contracts above zero of a row that gives them, or dollars, one of the two."""
    if (contracts is None) == (usd_amount is None):
        raise FieldError("give contracts or usd_amount, one of the two", *field, "contracts")
    word = "contracts" if contracts is not None else "usd_amount"
    try:
        size = contracts
        if usd_amount is not None:
            size = instrument.contracts_of(usd_amount)
    except ObverseError as error:
        raise FieldError(error, *field, word) from None
    assert size is not None
    if size <= 0 or size != size.to_integral_value():
        reason = f"{size} contracts: expected a whole number above zero; side gives the direction"
        raise FieldError(reason, *field, word)
    return size
