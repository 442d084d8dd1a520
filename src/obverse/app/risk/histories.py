"""Price histories behind a risk sheet: of the simulated market, or of a file of many instants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from obverse.errors import DataError, MarketDataError
from obverse.market import Market, history
from obverse.market.calibration import Calibration, calibrated_path
from obverse.market.simulated_paths import COINS
from obverse.risk.scenarios import PriceHistory, price_history
from obverse.risk.tail import ewma_volatility, log_returns
from obverse.risk.tail.volatility import SEED_STEPS

if TYPE_CHECKING:
    from obverse.marks.values import FloatArray

_DAY_NS = 86_400 * 10**9


@dataclass(frozen=True)
class Histories:
    """Index prices of coins up to an instant.

    Attributes
    ----------
    prices : as they were seen, coin by coin
    reasons : why a coin has none
    """

    source: str
    prices: Mapping[str, PriceHistory] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)

    def daily(self, coins: Iterable[str]) -> dict[str, FloatArray]:
        """Prices at the same hour of each day that all coins have, oldest first."""
        known = {coin: _by_day(self.prices[coin]) for coin in coins if coin in self.prices}
        shared = sorted(set.intersection(*(set(days) for days in known.values()))) if known else []
        return {coin: np.array([days[day] for day in shared]) for coin, days in known.items()}

    def volatilities(self, coins: Iterable[str]) -> dict[str, float]:
        """Standard deviation of a day's log return, of each coin with enough days that moved."""
        found = {}
        for coin in coins:
            days = self.daily([coin]).get(coin, np.array([]))
            if len(days) > SEED_STEPS and np.any(log_returns(days)):
                found[coin] = ewma_volatility(log_returns(days))
        return found


def simulated_histories(
    seed: int, coins: Iterable[str], until: datetime, calibration: Calibration | None = None
) -> Histories:
    """The simulated hours of each coin that the simulation knows."""
    found, reasons = {}, {}
    for coin in coins:
        if coin in COINS:
            path = calibrated_path(seed, coin, until, calibration)
            found[coin] = price_history(path.times_ns, path.index_usd)
        else:
            reasons[coin] = "the simulation does not know it"
    return Histories(f"simulated hours, seed {seed}", found, reasons)


def recorded_histories(path: str, market: Market, coins: Iterable[str]) -> Histories:
    """Index prices of each coin in a file, from the instants of its first contract."""
    found, reasons = {}, {}
    for coin in coins:
        if coin not in market.underlyings:
            reasons[coin] = f"{market.source} has none of it"
            continue
        quotes = (*market[coin].perpetuals, *market[coin].futures)
        try:
            if not quotes:
                raise DataError("the file has no contract on it")
            seen = history(path, quotes[0].symbol, venue=market.venue).snapshots
        except (DataError, MarketDataError) as error:
            reasons[coin] = str(error)
            continue
        known = [snapshot for snapshot in seen if snapshot.at <= market.asked]
        found[coin] = price_history(
            [snapshot.at for snapshot in known], [float(snapshot.index) for snapshot in known]
        )
    return Histories(market.source, found, reasons)


def _by_day(prices: PriceHistory) -> dict[int, float]:
    """The last price of each whole day that ends with the history."""
    last = int(prices.times_ns[-1])
    days = (prices.times_ns - last - 1) // _DAY_NS
    return {int(day): float(price) for day, price in zip(days, prices.prices_usd, strict=True)}
