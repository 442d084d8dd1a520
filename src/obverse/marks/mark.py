"""Mark prices: what a position is valued at, by the policy its venue names.

Every formula takes numbers or histories (`marks.values`). Symbols: S index, r funding rate of the
running interval, t hours to funding, h hours of the interval.
"""

from __future__ import annotations

import math

import numpy as np

from obverse.errors import MarketDataError
from obverse.marks.values import Values, confined, median_of

HOURS_PER_YEAR = 24 * 365


def decayed_mark(index: Values, rate: Values, hours_to_funding: Values, interval: Values) -> Values:
    """S·(1 + r·t/h): the funding still to come, and no order book. Source: BitMEX fair price."""
    return index * (1 + rate * hours_to_funding / interval)


def whole_minutes(hours: float) -> float:
    """Time to funding as BitMEX counts it: up to the next whole minute."""
    return math.ceil(round(hours * 60, 6)) / 60


def fair_basis_rate(rate: Values, interval: Values) -> Values:
    """A funding rate per year of 365 days, simple."""
    return rate * (HOURS_PER_YEAR / interval)


def basis_mark(index: Values, average_basis: Values) -> Values:
    """S plus an average of the basis: Deribit, OKX, Kraken, and Binance's second price."""
    return index + average_basis


def bounded_mark(mark: Values, index: Values, bound_rate: Values) -> Values:
    """A mark kept within a fraction of the index. Source: Deribit perpetual."""
    return confined(mark, index * (1 - bound_rate), index * (1 + bound_rate))


def median_mark(decayed: Values, averaged: Values, last: Values) -> Values:
    """The middle of decayed funding, averaged basis and last price: Binance, Bybit."""
    return median_of(decayed, averaged, last)


def impact_basis_rate(impact_mid: Values, index: Values, years: Values) -> Values:
    """(impact mid / S − 1) per year: a dated future's fair basis. Source: BitMEX futures guide."""
    return (impact_mid / index - 1) / years


def annualised_mark(index: Values, basis_rate: Values, years: Values) -> Values:
    """S·(1 + basis rate · T): BitMEX futures; with a basis rate of index it is Bybit's."""
    return index * (1 + basis_rate * years)


def protected_last(last: Values, fair: Values, maintenance_rate: Values) -> Values:
    """Last price confined to half the maintenance margin around fair. Source: BitMEX."""
    half = maintenance_rate / 2
    return confined(last, fair * (1 - half), fair * (1 + half))


def refreshed(candidate: Values, narrow: Values, start: float) -> Values:
    """A basis rate that is renewed only while the book is narrow, and held otherwise.

    `narrow` is true where the impact spread is small enough; `start` holds before the first one.
    """
    if not isinstance(candidate, np.ndarray):
        return candidate if narrow else start
    flags = np.asarray(narrow, dtype=bool)
    place = np.where(flags, np.arange(len(candidate)), -1)
    last = np.maximum.accumulate(place)
    return np.where(last >= 0, candidate[np.maximum(last, 0)], start)


def settling_mark(mark: Values, expected_settlement: Values, elapsed_share: Values) -> Values:
    """Near delivery: the settled share of the window at its average, the rest at the mark.

    `elapsed_share` is 0 before the window and 1 at its end.
    """
    shares = np.asarray(elapsed_share)
    if not ((shares >= 0) & (shares <= 1)).all():
        raise MarketDataError("settling mark: the elapsed share is not between 0 and 1.")
    return elapsed_share * expected_settlement + (1 - elapsed_share) * mark
