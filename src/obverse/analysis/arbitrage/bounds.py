"""Between which prices no arbitrage pays: bounds around the fair price of each contract.

**Futures.** The upper bound is the price at which cash-and-carry earns nothing after its costs, the
lower one that at which its reverse does: `obverse.pricing.carry_trades`, solved for the price.

    upper   fair(S(1 + g))·(1 + f) / ((1 − d)(1 − g))
    lower   Q·(1 − f) / ((1 + g)(1 + d)) / (coins that a lent coin becomes)

with g what trading spot costs (fee and half-spread), f the future's taker fee and half-spread, d
its delivery fee, and Q the sold coin's dollars at delivery.

**Perpetuals.** |F − κ/(κ − (r − r'))·S| ≤ C (He, Manela, Ross, von Wachter, arXiv 2212.06888, Props
1 and 2), with κ the anchoring per year (a premium is paid over three times a day: κ = 1095), r − r'
the carry, and C the cost of trading both legs in and out. Inside the dead band of the venue's
funding rate a premium costs nothing, so that the bounds are wider by that band, in price.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from obverse.analysis.arbitrage.assumptions import Assumptions
from obverse.analysis.arbitrage.legs import Leg
from obverse.analysis.arbitrage.outlooks import PERIODS_PER_YEAR
from obverse.contracts.instants import years_between
from obverse.errors import DataError

Verdict = str


@dataclass(frozen=True)
class Bound:
    """A contract's price beside its fair price and the bounds around it; all in USD."""

    venue: str
    symbol: str
    years: float | None
    mark_usd: float
    lower_usd: float
    fair_usd: float
    upper_usd: float

    @property
    def verdict(self) -> Verdict:
        """Whether it is rich, cheap, or within its bounds."""
        if self.mark_usd > self.upper_usd:
            return "rich"
        return "cheap" if self.mark_usd < self.lower_usd else "within"


def bounds(
    legs: Sequence[Leg], at: datetime, assumed: Assumptions, *, dead_band_8h: float = 0.0
) -> tuple[Bound, ...]:
    """Bounds of every future and perpetual against the spot leg of its own venue and coin.

    Raises `DataError` where a contract has no spot leg.
    """
    spots = {(leg.venue, leg.underlying): leg for leg in legs if leg.contract == "spot"}
    found = []
    for leg in legs:
        if leg.contract == "spot" or (leg.expiry is not None and leg.expiry <= at):
            continue
        spot = spots.get((leg.venue, leg.underlying))
        if spot is None:
            raise DataError(f"{leg.symbol} has no spot of {leg.underlying} at {leg.venue}.")
        if leg.expiry is None:
            found.append(_perpetual(leg, spot, assumed, dead_band_8h))
        else:
            found.append(_future(leg, spot, assumed, years_between(at, leg.expiry)))
    return tuple(found)


def _future(leg: Leg, spot: Leg, assumed: Assumptions, years: float) -> Bound:
    g, f, d = _trading(spot), _trading(leg), leg.delivery_fee_rate
    grown = math.exp(assumed.dollar_rate * years)
    yielded = math.exp(assumed.coin_yield * years)
    lent = math.exp(assumed.coin_borrow_rate * years)
    price = spot.mark_usd
    upper = price * (1 + g) * grown / yielded * (1 + f) / ((1 - d) * (1 - g))
    lower = price * (1 - g) * grown * (1 - f) / ((1 + g) * (1 + d)) / lent
    fair = price * grown / yielded
    return Bound(leg.venue, leg.symbol, years, leg.mark_usd, lower, fair, upper)


def _perpetual(leg: Leg, spot: Leg, assumed: Assumptions, dead_band_8h: float) -> Bound:
    carry = assumed.dollar_rate - assumed.coin_yield
    fair = spot.mark_usd * PERIODS_PER_YEAR / (PERIODS_PER_YEAR - carry)
    cost = 2 * (_trading(spot) + _trading(leg)) + dead_band_8h
    low, high = fair - cost * spot.mark_usd, fair + cost * spot.mark_usd
    return Bound(leg.venue, leg.symbol, None, leg.mark_usd, low, fair, high)


def _trading(leg: Leg) -> float:
    """Fee and half-spread of one trade, as a fraction."""
    if leg.bid_usd is None or leg.ask_usd is None:
        return leg.taker_fee_rate
    return leg.taker_fee_rate + (leg.ask_usd - leg.bid_usd) / (leg.ask_usd + leg.bid_usd)
