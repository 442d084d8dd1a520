"""A book file's margin: how positions are margined, resting orders, and accounts by their mode."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from obverse.app.book_file.positions import SIDES, FieldError, instrument_of, size_of
from obverse.app.book_file.records import AccountRow, BookRow, OrderRow, PositionRow
from obverse.contracts import Position
from obverse.contracts.units import exact_price, to_ticks
from obverse.errors import Fault, ObverseError
from obverse.located import LocatedToml
from obverse.risk import AccountSetting
from obverse.risk.margin import MarginSetting, Order
from obverse.rulebooks import rulebook


def setting_of(item: PositionRow) -> MarginSetting:
    """How a row's position is margined; what contradicts itself raises `FieldError`."""
    for field in ("leverage", "margin"):
        value = getattr(item, field)
        if value is not None and not value > 0:
            raise FieldError(f"{value} is not above zero", field)
    if item.mode == "cross" and item.margin is not None:
        reason = (
            "margin is posted behind isolated positions; this one is held across its account: "
            'leave it out, or add mode = "isolated"'
        )
        raise FieldError(reason, "margin")
    if item.margin is not None and item.leverage is not None:
        raise FieldError("give margin or leverage, one of the two", "margin")
    if item.mode == "isolated" and item.margin is None and item.leverage is None:
        raise FieldError("an isolated position needs its leverage or its margin", "mode")
    try:
        return MarginSetting(item.mode, item.leverage, item.margin)
    except ObverseError as error:
        raise FieldError(error, "mode") from None


def order_of(item: OrderRow, as_of: datetime) -> Order:
    """A resting order of its row; a fault raises `FieldError`."""
    instrument = instrument_of(item.venue, item.instrument, as_of)
    if instrument.expiry is not None and instrument.expiry <= as_of:
        reason = f"{instrument.symbol} expired on {instrument.expiry:%Y-%m-%d %H:%M} UTC"
        raise FieldError(reason, "instrument")
    size = size_of(instrument, item.contracts, item.usd_amount)
    if item.leverage is not None and not item.leverage > 0:
        raise FieldError(f"{item.leverage} is not above zero", "leverage")
    try:
        to_ticks(exact_price(item.price), instrument.tick)
        instrument.check_order(size)
        return Order(instrument, SIDES[item.side] * size, item.price, item.leverage)
    except ObverseError as error:
        raise FieldError(error, "price") from None


def account_of(item: AccountRow, as_of: datetime) -> AccountSetting:
    """The mode of an account; a fault raises `FieldError`."""
    try:
        coins = rulebook(item.venue, as_of=as_of).underlyings
    except ObverseError as error:
        raise FieldError(error, "venue") from None
    if item.coin not in coins:
        raise FieldError(f"{item.venue} has no {item.coin}; it has {', '.join(coins)}", "coin")
    for currency, haircut in item.haircuts.items():
        if currency == item.coin:
            raise FieldError("is the account's own coin: it counts in full", "haircuts", currency)
        if not 0 <= haircut <= 1:
            reason = f"{haircut} is not from 0 to 1; 0.05 leaves 95 % of the worth"
            raise FieldError(reason, "haircuts", currency)
    return AccountSetting(item.venue, item.coin, item.mode, item.haircuts)


def leverage_faults(
    document: LocatedToml, row: BookRow, positions: Sequence[Position | None], as_of: datetime
) -> Iterator[Fault]:
    """Leverage above what the venue gives at all."""
    for place, (written, position) in enumerate(zip(row.positions, positions, strict=True)):
        if position is None or written.leverage is None:
            continue
        instrument = position.instrument
        margin = rulebook(instrument.venue, as_of=as_of).rules_of(instrument).margin
        most = margin.max_leverage if margin else None
        if most is not None and written.leverage > most:
            reason = f"{written.leverage:f}x is above the {most:f}x that {instrument.venue} gives"
            yield document.fault(("positions", place, "leverage"), reason)


def account_faults(
    document: LocatedToml, row: BookRow, positions: Sequence[Position | None]
) -> Iterator[Fault]:
    """Accounts there twice, and isolated positions in portfolio accounts."""
    modes: dict[tuple[str, str], str] = {}
    for place, item in enumerate(row.accounts):
        key = (item.venue, item.coin)
        if key in modes:
            reason = f"{item.venue} {item.coin} is there twice"
            yield document.fault(("accounts", place, "venue"), reason)
        modes[key] = item.mode
    for place, (written, position) in enumerate(zip(row.positions, positions, strict=True)):
        if position is None or written.mode != "isolated":
            continue
        instrument = position.instrument
        key = (instrument.venue, instrument.settlement_currency.code)
        if modes.get(key) == "portfolio":
            reason = f"isolated, in a portfolio account: {' '.join(key)} margins all together"
            yield document.fault(("positions", place, "mode"), reason)
