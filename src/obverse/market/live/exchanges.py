"""The venues that are read live through ccxt, as data: their names there, pages, spans and stamps.

What ccxt 4.5.90 asks of each, and what that leaves to be told here:

- All label a bar by its **open**. Volume is in coin, at Kraken in contracts.
- Funding of the others is stamped with the end of its interval. Kraken does not document its
  stamp: rates are fixed ahead, and the first, 2018-08-31T16:00Z, is of the perpetual's first day,
  so it is taken for the **start**. Were it the end, rates would be an interval late here, never
  early.
- Binance refuses spans above 200 days (error -4088), and Deribit answers a month of funding.
- OKX and Bybit answer the newest rows of a span, so a full page may hide older ones; OKX keeps
  funding of about three months.
- OKX lists BTC-USD-SWAP since 2021-01-29, but it has traded since 2018: its listings are no start.
- Kraken gives its whole funding history in one answer, lately a month of it.
- Tickers of Bybit have no time, and those of Kraken only that of the last trade.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from obverse.errors import MarketDataError, nearest

Volume = Literal["volume_coin", "volume_contracts"]
Stamp = Literal["start", "end"]
RateSpan = Literal["interval", "hour", "hour and 8 hours"]

_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Exchange:
    """How ccxt reads a venue.

    Attributes
    ----------
    venue : our name, a partition of the store
    ccxt_id : name of the ccxt class
    options : options of the ccxt instance, so that only inverse contracts are loaded where it can
    markets : parameters of `load_markets`
    clock : the ccxt method that tells the venue's time, a number of milliseconds or an answer that
        has a `serverTime`
    bars_page, funding_page : rows that one answer holds at most
    longest_span : the longest span that the venue answers, None for any
    funding_hours : the usual interval; shorter ones are seen by the stamps
    funding_rate : what a stated rate is of: its interval, an hour, or an hour and 8 hours apart
    funding_span : the span asked for at once, None for the whole history in one answer
    until : the ccxt parameters that end a span of bars and of funding, empty where there is none
    contract_usd : dollars of a contract where the venue does not state it
    listing_is_start : whether nothing traded before the listing that the venue states, so that
        nothing before it is asked for
    ticker_is_stamped : whether a ticker's time is that of the ticker
    fees_are_stated : whether the venue's list has fees; else ccxt's are its own
    depths : depths of an order book that may be asked for; empty where only the whole is given
    """

    venue: str
    ccxt_id: str
    options: Mapping[str, Any]
    bars_page: int
    funding_page: int
    funding_hours: float
    markets: Mapping[str, Any] = field(default_factory=dict)
    clock: str = "fetch_time"
    longest_span: timedelta | None = None
    bar_volume: Volume = "volume_coin"
    funding_stamp: Stamp = "end"
    funding_rate: RateSpan = "interval"
    funding_span: timedelta | None = None
    bars_until: str = "until"
    funding_until: str = "until"
    contract_usd: float | None = None
    listing_is_start: bool = True
    ticker_is_stamped: bool = True
    fees_are_stated: bool = False
    depths: tuple[int, ...] = ()

    def depth(self, wanted: int | None) -> int | None:
        """Return the smallest depth that the venue knows and that is no less than is wanted."""
        if wanted is None or not self.depths:
            return None
        return next((depth for depth in self.depths if depth >= wanted), self.depths[-1])


EXCHANGES: tuple[Exchange, ...] = (
    Exchange(
        "deribit", "deribit", {}, funding_rate="hour and 8 hours",
        markets={"kind": "future"},
        bars_page=1000,
        funding_page=744, funding_hours=1, funding_span=720 * _HOUR,
        fees_are_stated=True,
        depths=(1, 5, 10, 20, 50, 100, 1000, 10_000),
    ),
    Exchange(
        "binance", "binancecoinm", {"defaultType": "delivery", "defaultSubType": "inverse"},
        bars_page=1000, longest_span=timedelta(days=200),
        funding_page=1000, funding_hours=8, funding_span=timedelta(days=200),
        depths=(5, 10, 20, 50, 100, 500, 1000),
    ),
    Exchange(
        "bybit", "bybit",
        {
            "defaultType": "swap", "defaultSubType": "inverse",
            "fetchMarkets": {"types": ["inverse"]},
        },
        bars_page=1000,
        funding_page=200, funding_hours=8, funding_span=199 * 8 * _HOUR,
        contract_usd=1.0,
        ticker_is_stamped=False,
        depths=(1, 25, 50, 100, 200, 500),
    ),
    Exchange(
        "okx", "okx",
        {"defaultType": "swap", "fetchMarkets": {"types": ["swap", "future"]}},
        bars_page=100,
        funding_page=100, funding_hours=8, funding_span=99 * 8 * _HOUR, funding_until="after",
        listing_is_start=False,
        depths=(1, 5, 10, 20, 50, 100, 200, 400),
    ),
    Exchange(
        "kraken", "krakenfutures", {}, funding_rate="hour",
        clock="public_get_feeschedules",
        bars_page=2000, bar_volume="volume_contracts", bars_until="",
        funding_page=1_000_000, funding_hours=4, funding_stamp="start", funding_until="",
        ticker_is_stamped=False,
    ),
)  # fmt: skip
"""Every venue that is read live."""


def exchange_named(venue: str) -> Exchange:
    """Look up a venue by our name or by ccxt's. Raises `MarketDataError` for one that is none."""
    for each in EXCHANGES:
        if venue in (each.venue, each.ccxt_id):
            return each
    names = [each.venue for each in EXCHANGES]
    close = nearest(venue, names)
    hint = f" Did you mean {close[0]}?" if close else ""
    raise MarketDataError(f"{venue!r} is not read live; there are {', '.join(names)}.{hint}")
