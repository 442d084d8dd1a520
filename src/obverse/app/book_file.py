"""Book files: holdings, positions and assumptions in TOML, checked field by field.

name = "Miner"
[assumptions]            # optional; rates per year, continuously compounded
dollar_rate = 0.04       # or a curve: [{ years = 0.25, rate = 0.04 }, { years = 1, rate = 0.038 }]
storage_rate = 0.0005
coin_yield = { BTC = 0.0, ETH = 0.028 }
payments = [{ coin = "ETH", years = 0.5, amount_usd = 40 }]
spot_fee = 0.001         # of value
[[holdings]]
currency = "BTC"
amount = 100
place = "cold storage"   # optional
[[positions]]
venue = "deribit"
instrument = "BTC-PERPETUAL"       # or "BTC/USD:BTC"
side = "short"                     # long | short
usd_amount = 2_000_000             # or contracts
entry_price = 88000                # or fills = [{ side, usd_amount | contracts, price }]
[index.BTC]                        # optional: exposure by source of the index
Coinbase = 0.5
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from obverse.contracts import Instrument, Kind, Position, exact, fill
from obverse.errors import AmountError, DataError, Fault, LocatedError, ObverseError
from obverse.located import LocatedToml, convert, parse
from obverse.risk import Book, Constituent, Holding
from obverse.risk.book import is_dollar
from obverse.rulebooks import rulebook

Sides = {"long": 1, "buy": 1, "short": -1, "sell": -1}


class Fill(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One trade that made a position."""

    side: Literal["buy", "sell"]
    price: Decimal
    contracts: Decimal | None = None
    usd_amount: Decimal | None = None


class PositionRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One position: a size at an entry price, or the fills that made it."""

    venue: str
    instrument: str
    side: Literal["long", "short"] | None = None
    contracts: Decimal | None = None
    usd_amount: Decimal | None = None
    entry_price: Decimal | None = None
    fills: list[Fill] | None = None


class HoldingRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So much of a currency."""

    currency: str
    amount: Decimal
    place: str = ""


class RatePoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One node of a rate curve."""

    years: Decimal
    rate: Decimal


class PaymentRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one coin pays its holder: so many dollars in so many years."""

    coin: str
    years: Decimal
    amount_usd: Decimal


Rate: TypeAlias = Decimal | list[RatePoint]
"""A flat yearly rate, or a curve of them."""


class Assumptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the owner assumes of rates and fees; rates per year, continuously compounded."""

    dollar_rate: Rate | None = None
    storage_rate: Rate = Decimal(0)
    coin_yield: dict[str, Rate] = {}
    payments: list[PaymentRow] = []
    spot_fee: Decimal | None = None


class BookRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file as it is written."""

    name: str = ""
    assumptions: Assumptions = Assumptions()
    holdings: list[HoldingRow] = []
    positions: list[PositionRow] = []
    index: dict[str, dict[str, Decimal]] = {}


def read_book_file(
    path: Path, as_of: datetime, priced: Collection[str] | None = None
) -> tuple[Book, Assumptions]:
    """Read a book file under the rules of an instant; every fault is named with line and field.

    `priced` are the coins that the market has a price for; a holding of another one is a fault.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: the book cannot be read: {error}.") from None
    return read_book(text, str(path), as_of, priced)


def read_book(
    text: str, path: str, as_of: datetime, priced: Collection[str] | None = None
) -> tuple[Book, Assumptions]:
    """Read a book from text; `path` names the file in faults, `priced` as in `read_book_file`."""
    document = parse(text, path)
    row = convert(document, BookRow)
    if not row.holdings and not row.positions:
        raise LocatedError([Fault(path, None, "", "the book holds nothing: add [[holdings]]")])
    faults = [
        *_rate_faults(document, row.assumptions),
        *_holding_faults(document, row),
        *_unpriced(document, row, priced),
        *_index_faults(document, row),
    ]
    positions: list[Position] = []
    for place, item in enumerate(row.positions):
        try:
            positions.append(_position(item, as_of))
        except _FieldError as error:
            faults.append(document.fault(("positions", place, *error.field), str(error.reason)))
    if faults:
        raise LocatedError(faults)
    composition = {
        coin: tuple(Constituent(name, weight) for name, weight in sources.items())
        for coin, sources in row.index.items()
    }
    holdings = tuple(Holding(item.currency, item.amount, item.place) for item in row.holdings)
    name = row.name or Path(path).stem
    return Book(name, holdings, tuple(positions), composition), row.assumptions


class _FieldError(Exception):
    def __init__(self, reason: object, *field: str | int) -> None:
        self.reason = reason
        self.field = field


def _rate_faults(document: LocatedToml, assumed: Assumptions) -> Iterator[Fault]:
    rates: dict[tuple[str, ...], Rate | None] = {
        ("dollar_rate",): assumed.dollar_rate,
        ("storage_rate",): assumed.storage_rate,
        ("spot_fee",): assumed.spot_fee,
        **{("coin_yield", coin): rate for coin, rate in assumed.coin_yield.items()},
    }
    for field, rate in rates.items():
        for reason in _wrong_with(rate):
            yield document.fault(("assumptions", *field), reason)
    for place, payment in enumerate(assumed.payments):
        if payment.years < 0:
            reason = f"{payment.years} is before now; expected zero or more"
            yield document.fault(("assumptions", "payments", place, "years"), reason)


def _wrong_with(rate: Rate | None) -> Iterator[str]:
    if isinstance(rate, list):
        years = [point.years for point in rate]
        if not years or years[0] < 0 or years != sorted(set(years)):
            yield "a rate curve needs points whose years ascend from zero or later"
        for point in rate:
            yield from _wrong_with(point.rate)
    elif rate is not None and abs(rate) >= 1:
        yield f"{rate} is {rate:.0%}; rates and fees are fractions: 0.04 is 4 %"


def _index_faults(document: LocatedToml, row: BookRow) -> Iterator[Fault]:
    for coin, weights in row.index.items():
        total = sum(weights.values(), Decimal(0))
        if total != 1 or min(weights.values()) < 0:
            reason = f"weights sum to {total}; expected 1, and none below zero"
            yield document.fault(("index", coin), reason)


def _holding_faults(document: LocatedToml, row: BookRow) -> Iterator[Fault]:
    for place, item in enumerate(row.holdings):
        try:
            exact(item.amount, "amount")
        except AmountError as error:
            yield document.fault(("holdings", place, "amount"), str(error))
        if not item.currency.isalnum() or item.currency != item.currency.upper():
            reason = f"{item.currency!r} is not a currency code such as BTC"
            yield document.fault(("holdings", place, "currency"), reason)


def _unpriced(
    document: LocatedToml, row: BookRow, priced: Collection[str] | None
) -> Iterator[Fault]:
    for place, item in enumerate(row.holdings if priced is not None else []):
        assert priced is not None
        known = item.currency in priced or is_dollar(item.currency)
        if not known and item.currency == item.currency.upper():
            reason = f"the market has no price for {item.currency}; it has {', '.join(priced)}"
            yield document.fault(("holdings", place, "currency"), reason)


def _position(item: PositionRow, as_of: datetime) -> Position:
    instrument = _instrument(item, as_of)
    if instrument.kind is Kind.SPREAD:
        legs = " and ".join(instrument.legs or ())
        raise _FieldError(f"{instrument.symbol} is a spread: give its legs {legs}", "instrument")
    if instrument.expiry is not None and instrument.expiry <= as_of:
        reason = f"{instrument.symbol} expired on {instrument.expiry:%Y-%m-%d %H:%M} UTC"
        raise _FieldError(reason, "instrument")
    position = Position.flat(instrument)
    for place, trade in enumerate(_trades(item)):
        field = ("fills", place) if item.fills else ()
        size = _size(instrument, trade, *field)
        try:
            position = fill(position, Sides[trade.side] * size, trade.price)
        except ObverseError as error:
            where = (*field, "price") if item.fills else ("entry_price",)
            raise _FieldError(error, *where) from None
    return position


def _instrument(item: PositionRow, as_of: datetime) -> Instrument:
    try:
        rules = rulebook(item.venue, as_of=as_of)
    except ObverseError as error:
        raise _FieldError(error, "venue") from None
    try:
        return rules.instrument(item.instrument)
    except ObverseError as error:
        raise _FieldError(error, "instrument") from None


def _trades(item: PositionRow) -> list[Fill]:
    if item.fills is not None:
        if not item.fills:
            raise _FieldError("is empty; give the trades, or a size at an entry price", "fills")
        for field in ("side", "contracts", "usd_amount", "entry_price"):
            if getattr(item, field) is not None:
                raise _FieldError("give fills, or a size at an entry price, not both", field)
        return item.fills
    if item.side is None:
        raise _FieldError("missing; expected long or short", "side")
    if item.entry_price is None:
        raise _FieldError("missing; give entry_price, or fills", "entry_price")
    side: Literal["buy", "sell"] = "buy" if item.side == "long" else "sell"
    return [Fill(side, item.entry_price, item.contracts, item.usd_amount)]


def _size(instrument: Instrument, trade: Fill, *field: str | int) -> Decimal:
    if (trade.contracts is None) == (trade.usd_amount is None):
        raise _FieldError("give contracts or usd_amount, one of the two", *field, "contracts")
    word = "contracts" if trade.contracts is not None else "usd_amount"
    try:
        if trade.contracts is not None:
            size = trade.contracts
        else:
            assert trade.usd_amount is not None
            size = instrument.contracts_of(trade.usd_amount)
    except ObverseError as error:
        raise _FieldError(error, *field, word) from None
    if size <= 0 or size != size.to_integral_value():
        reason = f"{size} contracts: expected a whole number above zero; side gives the direction"
        raise _FieldError(reason, *field, word)
    return size
