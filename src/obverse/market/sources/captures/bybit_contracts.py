"""Bybit's instruments as its interface of version 2 lists them.

- The list is known from its `time_now`, in seconds to the microsecond.
- What is quoted in USD is inverse and settled in coin, one contract a dollar; in USDT it is linear,
  one contract a coin. A name that ends in a month's letter and a year (`BTCUSDM21`) is a future's,
  delivered at 08:00 UTC of the day that its alias tells (`BTCUSD0625`).
- Fees are fractions of value, negative where the maker is paid. Margins are not listed: the highest
  leverage is not kept. `lot_size` is the smallest order.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated

import msgspec

from obverse.contracts.symbols import SymbolPattern
from obverse.market.series.kinds import INSTRUMENTS
from obverse.market.sources.captures.rows import Rows, at_eight

_FUTURE = re.compile(r"[A-Z0-9]+USD[FGHJKMNQUVXZ](?P<year>\d{2})")
_ALIAS = re.compile(r"[A-Z0-9]+USD(?P<day>\d{4})")
_DAY = SymbolPattern("{YYMMDD}")
_NANOSECONDS_PER_SECOND = 10**9


class PriceFilter(msgspec.Struct):
    """Limits on prices."""

    tick_size: float


class LotSizeFilter(msgspec.Struct):
    """Limits on sizes."""

    min_trading_qty: float


class Instrument(msgspec.Struct):
    """An instrument as listed, those of its fields that are read."""

    name: str
    alias: str
    status: str
    base_currency: str
    quote_currency: str
    taker_fee: float
    maker_fee: float
    price_filter: PriceFilter
    lot_size_filter: LotSizeFilter


class Listing(msgspec.Struct):
    """An answer of `v2/public/symbols`."""

    ret_code: int
    ret_msg: str
    time_now: Annotated[str, msgspec.Meta(pattern=r"^\d{1,11}(\.\d{1,9})?$")]
    result: list[Instrument] | None = None


def expiry_ns(name: str, alias: str) -> int | None:
    """Instant of delivery, nanoseconds since 1970 UTC; None for a perpetual."""
    future, day = _FUTURE.fullmatch(name), _ALIAS.fullmatch(alias)
    if future is None or day is None:
        return None
    return at_eight(_DAY, future["year"] + day["day"])


def add_listing(rows: Rows, listing: Listing, local_time_ns: int) -> None:
    """Add the specifications of a list; a refusal of the venue's is told instead."""
    if listing.ret_code:
        rows.note("dropped", "", f"the venue refused to list: {listing.ret_msg}")
    for each in listing.result or ():
        inverse = each.quote_currency == "USD"
        rows.add(
            each.name,
            INSTRUMENTS,
            time=int(Decimal(listing.time_now) * _NANOSECONDS_PER_SECOND),
            local_time=local_time_ns,
            symbol=each.name,
            contract="future" if _FUTURE.fullmatch(each.name) else "perpetual",
            payoff="inverse" if inverse else "linear",
            underlying=each.base_currency,
            quote=each.quote_currency,
            settlement=each.base_currency if inverse else each.quote_currency,
            state=each.status,
            expiry=expiry_ns(each.name, each.alias),
            contract_size=1.0,
            tick_size=each.price_filter.tick_size,
            lot_size=each.lot_size_filter.min_trading_qty,
            maker_fee=each.maker_fee,
            taker_fee=each.taker_fee,
        )
