"""Stored bars as arrays, with what was traded in dollars and in coin.

An inverse contract is so many dollars whatever the price: dollars = contracts · multiplier, coins =
contracts · multiplier / price. The price of a bar is its volume-weighted average where it is
stored, else the mean of its open, high, low and close.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import numpy as np

from obverse.analysis.provenance import Provenance
from obverse.analysis.stored_rows import (
    NS_PER_HOUR,
    FloatArray,
    IntArray,
    check_numbers,
    check_times,
    floats,
    listed_instrument,
    provenance_of,
    stored_rows,
    times_ns,
)
from obverse.contracts.instants import Instant
from obverse.errors import MarketDataError
from obverse.market.series.kinds import bars, kind_named
from obverse.market.store import Store

_PRICES = ("open", "high", "low", "close")
_VOLUMES = ("volume_contracts", "volume_quote", "volume_coin", "average_price")


@dataclass(frozen=True, eq=False)
class Bars:
    """Bars in increasing time; `usd` and `coin` are NaN where nothing says them.

    Attributes
    ----------
    starts_ns : (n,) opens, nanoseconds since 1970 UTC; a bar is known an interval later
    price : (n,) the bar's average price
    """

    provenance: Provenance
    interval: timedelta
    starts_ns: IntArray
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    price: FloatArray
    usd: FloatArray
    coin: FloatArray
    warnings: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        """Refuse bars out of order and prices that are none."""
        check_times(self.starts_ns, f"bars of {self.provenance.name}")
        for name in _PRICES:
            check_numbers(
                getattr(self, name), f"bars of {self.provenance.name}: {name}", above_zero=True
            )

    def __len__(self) -> int:
        """Number of bars."""
        return len(self.close)

    @property
    def interval_words(self) -> str:
        """The interval as bars are named: 1m, 8h, 1d."""
        return bars(self.interval).name.removeprefix("bars_")

    def hourly(self) -> Bars:
        """Bars of whole hours made of these; one with less than 90 % of its bars is left out."""
        return self._joined(NS_PER_HOUR, timedelta(hours=1))

    def daily(self) -> Bars:
        """Bars of whole days in UTC made of these."""
        return self._joined(24 * NS_PER_HOUR, timedelta(days=1))

    def _joined(self, length: int, interval: timedelta) -> Bars:
        if self.interval >= interval:
            return self
        labels, first, counts = np.unique(
            self.starts_ns // length, return_index=True, return_counts=True
        )
        last = first + counts - 1
        whole = counts >= 0.9 * (interval / self.interval)
        if not whole.any():
            raise MarketDataError(
                f"{self.provenance.name}: bars of {self.interval_words} make no whole one of "
                f"{bars(interval).name.removeprefix('bars_')}."
            )
        usd, coin = np.add.reduceat(self.usd, first), np.add.reduceat(self.coin, first)
        means = np.add.reduceat(self.price, first) / counts
        price = np.divide(usd, coin, out=means, where=np.isfinite(usd) & (coin > 0))
        return replace(
            self,
            interval=interval,
            starts_ns=(labels * length)[whole],
            open=self.open[first][whole],
            high=np.maximum.reduceat(self.high, first)[whole],
            low=np.minimum.reduceat(self.low, first)[whole],
            close=self.close[last][whole],
            price=price[whole],
            usd=usd[whole],
            coin=coin[whole],
        )


def stored_bar_values(
    store: Store,
    kind: str,
    venue: str,
    instrument: str,
    *,
    since: Instant | None = None,
    until: Instant | None = None,
) -> Bars:
    """Read stored bars of a kind, such as `bars_1h`, as known at `until`."""
    shape = kind_named(kind)
    if shape.interval is None:
        raise MarketDataError(f"{kind} are no bars; expected such as bars_1h.")
    columns = ("time", *_PRICES, *_VOLUMES)
    rows = stored_rows(store, kind, venue, instrument, since=since, until=until, columns=columns)
    step = int(shape.interval.total_seconds()) * 10**9
    place = provenance_of(rows, store, venue, instrument)
    prices = [floats(rows, name) for name in _PRICES]
    average = floats(rows, "average_price")
    middle = np.where(np.isfinite(average), average, np.mean(prices, axis=0))
    volumes = [floats(rows, name) for name in _VOLUMES[:3]]
    usd, coin, warnings = _traded(place, middle, *volumes)
    opened, high, low, close = prices
    return Bars(
        place, shape.interval, times_ns(rows) - step, opened, high, low, close, middle, usd, coin,
        warnings,
    )  # fmt: skip


def _traded(
    place: Provenance,
    price: FloatArray,
    contracts: FloatArray,
    quote: FloatArray,
    coin: FloatArray,
) -> tuple[FloatArray, FloatArray, tuple[str, ...]]:
    """Dollars and coins of each bar, from what is stored of them."""
    listed = listed_instrument(place.venue, place.instrument, place.last)
    usd = quote.copy()
    inverse = listed is not None and listed.payoff.name == "inverse"
    if listed is not None and inverse:
        usd = np.where(np.isfinite(usd), usd, contracts * float(listed.multiplier))
    made_usd = ~np.isfinite(usd) & np.isfinite(coin)
    made_coin = ~np.isfinite(coin) & np.isfinite(usd)
    warnings: tuple[str, ...] = ()
    if made_usd.any():
        warnings += (
            f"Dollars of {int(made_usd.sum()):,} bars are coins at the bar's average price.",
        )
    if made_coin.any():
        warnings += (
            f"Coins of {int(made_coin.sum()):,} bars are dollars over the bar's average price.",
        )
    unknown = ~np.isfinite(usd) & ~np.isfinite(coin)
    if unknown.any():
        warnings += (f"{int(unknown.sum()):,} of {len(price):,} bars say no volume.",)
    return np.where(made_usd, coin * price, usd), np.where(made_coin, usd / price, coin), warnings
