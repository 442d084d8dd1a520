"""How the variance changes with the hour of the day and the weekday.

Each move is divided by the local deviation of a week around it, in which every hour of the week
counts once, so that only the pattern within weeks is left. The variance of an hour of the day is
then its weighted standard deviation, squared: moves beyond 2.58 robust deviations are left out and
the loss of variance, 8 %, is put back. Weekdays follow from what the hours leave. Both have mean 1.

Source: K. Boudt, C. Croux, S. Laurent, "Robust estimation of intraweek periodicity in volatility
and jump detection", J. Empirical Finance 18 (2011), equations 9 to 11.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from obverse.errors import MarketDataError
from obverse.market.calibration.moves import NORMAL_QUARTILE, FloatArray, Moves, local_deviation
from obverse.market.calibration.records import Seasons

WEEK_HOURS = 168
_MONDAY_OFFSET = 3  # 1970-01-01 was a Thursday
_OUTSIDE = 6.635  # 99 % of χ²₁
_PUT_BACK = 1.081


def hours_of_day(hours: NDArray[np.int64]) -> NDArray[np.int64]:
    """Hour of the day, 0 to 23 UTC, of hours since 1970."""
    return hours % 24


def weekdays(hours: NDArray[np.int64]) -> NDArray[np.int64]:
    """Weekday, 0 for Monday, of hours since 1970."""
    return (hours // 24 + _MONDAY_OFFSET) % 7


def season_of(seasons: Seasons, hours: NDArray[np.int64]) -> FloatArray:
    """Factor of the variance in each hour since 1970."""
    by_hour = np.array(seasons.hour_variances)[hours_of_day(hours)]
    found: FloatArray = by_hour * np.array(seasons.weekday_variances)[weekdays(hours)]
    return found


def fit_seasons(moves: Moves, name: str) -> Seasons:
    """Fit the pattern. Raises `MarketDataError` where an hour or a weekday hardly ever moves."""
    deviation = local_deviation(moves.returns, WEEK_HOURS)
    standard = moves.returns / deviation
    by_hour = _variances(standard, hours_of_day(moves.hours), 24, f"{name}: hour of the day")
    left = standard / np.sqrt(by_hour[hours_of_day(moves.hours)])
    by_day = _variances(left, weekdays(moves.hours), 7, f"{name}: weekday, Monday is 0,")
    return Seasons(tuple(by_hour.tolist()), tuple(by_day.tolist()))


def _variances(
    standard: FloatArray, groups: NDArray[np.int64], count: int, what: str
) -> FloatArray:
    found = np.empty(count)
    for group in range(count):
        own = standard[groups == group]
        robust = np.median(np.abs(own)) / NORMAL_QUARTILE if len(own) else 0.0
        if robust == 0:
            raise MarketDataError(f"{what} {group}: the price does not move in half of its hours.")
        inside = own[own * own <= _OUTSIDE * robust * robust]
        found[group] = _PUT_BACK * np.mean(inside * inside)
    scaled: FloatArray = found / found.mean()
    return scaled
