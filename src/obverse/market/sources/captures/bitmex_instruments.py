"""BitMEX's own description of an instrument: its specification, and what it showed at a moment.

`timestamp` is the instant of the venue's last change to the record; both rows are known from then.

- `expiry` is the instant of delivery; a perpetual has none.
- `multiplier` is kept as the venue states it: below zero for an inverse contract, in satoshi.
- `indicativeSettlePrice` is the index as of now.
- Open interest is in contracts, which are dollars for an inverse contract quoted in them; what
  others are worth in dollars is not said. Volume in dollars is `foreignNotional24h`, which is in
  the quote currency, where that is the dollar.
- `fundingRate` is the one to be paid at `fundingTimestamp`, for a `fundingInterval`; here made one
  of 8 hours.
- Coins are spelt in common: BTC for XBT. `settlCurrency` stays the venue's: XBt is the satoshi.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from obverse.contracts.symbols import common_code
from obverse.market.series.kinds import INSTRUMENTS, TICKERS
from obverse.market.sources.captures.rows import Rows, of_instant

_CONTRACTS = {"FFW": "perpetual", "FF": "future", "OC": "option", "OP": "option", "IF": "spot"}
_INTERVAL_ZERO = datetime(2000, 1, 1, tzinfo=UTC)
_HOUR = timedelta(hours=1)


class Instrument(msgspec.Struct, rename="camel"):
    """A record of the venue's instruments, those of its fields that are read."""

    symbol: str
    typ: str
    timestamp: datetime
    state: str | None = None
    listing: datetime | None = None
    expiry: datetime | None = None
    underlying: str | None = None
    quote_currency: str | None = None
    settl_currency: str | None = None
    multiplier: float | None = None
    tick_size: float | None = None
    lot_size: float | None = None
    maker_fee: float | None = None
    taker_fee: float | None = None
    init_margin: float | None = None
    maint_margin: float | None = None
    is_inverse: bool = False
    is_quanto: bool = False
    settled_price: float | None = None
    mark_price: float | None = None
    indicative_settle_price: float | None = None
    bid_price: float | None = None
    ask_price: float | None = None
    last_price: float | None = None
    open_interest: float | None = None
    foreign_notional_24h: float | None = msgspec.field(name="foreignNotional24h", default=None)
    funding_rate: float | None = None
    funding_interval: datetime | None = None
    fair_basis_rate: float | None = None


def hours_of(interval: datetime) -> float:
    """Hours of an interval, which the venue writes as an instant after 2000-01-01."""
    return (interval - _INTERVAL_ZERO) / _HOUR


def add_specification(rows: Rows, found: Instrument, local_time_ns: int | None) -> None:
    """Add the specification of an instrument that trades; indices and spreads are told."""
    contract = _contract(found)
    if contract is None:
        rows.note("dropped", found.symbol, f"type {found.typ} is no contract of its own")
        return
    rows.add(
        found.symbol,
        INSTRUMENTS,
        time=of_instant(found.timestamp),
        local_time=local_time_ns,
        symbol=found.symbol,
        contract=contract,
        payoff=_payoff(found, contract),
        underlying=_common(found.underlying),
        quote=_common(found.quote_currency),
        settlement=found.settl_currency,
        state=found.state,
        listing=_instant(found.listing),
        expiry=_instant(found.expiry),
        contract_size=found.multiplier,
        tick_size=found.tick_size,
        lot_size=found.lot_size,
        maker_fee=found.maker_fee,
        taker_fee=found.taker_fee,
        initial_margin=found.init_margin,
        maintenance_margin=found.maint_margin,
        settlement_price=found.settled_price,
        mark=found.mark_price,
        basis_rate=found.fair_basis_rate,
    )


def add_ticker(rows: Rows, found: Instrument, local_time_ns: int | None) -> None:
    """Add what the venue showed of a perpetual, a future or a spot pair."""
    contract = _contract(found)
    if contract is None or contract == "option":
        return
    in_dollars = found.quote_currency == "USD"
    rows.add(
        found.symbol,
        TICKERS,
        time=of_instant(found.timestamp),
        local_time=local_time_ns,
        underlying=_common(found.underlying),
        quote=_common(found.quote_currency),
        contract=contract,
        expiry=_instant(found.expiry),
        mark=found.mark_price,
        index=found.indicative_settle_price,
        bid=found.bid_price,
        ask=found.ask_price,
        last=found.last_price,
        open_interest_contracts=found.open_interest,
        open_interest_usd=found.open_interest if in_dollars and found.is_inverse else None,
        volume_24h_usd=found.foreign_notional_24h if in_dollars else None,
        funding_rate_8h=_rate_8h(found),
    )


def _contract(found: Instrument) -> str | None:
    if "-" in found.symbol or found.symbol.startswith("."):
        return None
    return next((name for start, name in _CONTRACTS.items() if found.typ.startswith(start)), None)


def _payoff(found: Instrument, contract: str) -> str:
    if contract == "spot":
        return "spot"
    if found.is_inverse:
        return "inverse"
    return "quanto" if found.is_quanto else "linear"


def _rate_8h(found: Instrument) -> float | None:
    if found.funding_rate is None or found.funding_interval is None:
        return None
    hours = hours_of(found.funding_interval)
    return found.funding_rate * 8 / hours if hours > 0 else None


def _common(code: str | None) -> str | None:
    return None if code is None else common_code(code)


def _instant(moment: datetime | None) -> int | None:
    return None if moment is None else of_instant(moment)
