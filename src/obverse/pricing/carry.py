"""Fair price of a dated future by cost of carry, and how rich or cheap the market is.

    F = (S − Σ payment_i · exp(−r(t_i)·t_i)) · exp((r + u − y) · T)

r dollar rate, u storage or custody cost, y coin yield (lending, staking, convenience), payments in
dollars per coin before T, all continuously compounded per year, act/365. With deterministic rates
an inverse future has the price of the linear one (Obverse theory notes, cost of carry; Hull,
*Options, Futures and Other Derivatives*, ch. 5).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from obverse.errors import DataError
from obverse.pricing.rates import RateCurve, as_curve


@dataclass(frozen=True)
class Payment:
    """What one coin pays its holder before delivery: so many dollars, in so many years."""

    time_years: float
    amount_usd: float


@dataclass(frozen=True)
class Carry:
    """What it costs and pays to hold a coin until delivery, per year, continuously compounded."""

    dollar_rate: float | RateCurve = 0.0
    coin_yield: float | RateCurve = 0.0
    storage_rate: float | RateCurve = 0.0
    payments: tuple[Payment, ...] = field(default=())

    def net_rate(self, maturity_years: float) -> float:
        """r + u − y for a maturity."""
        return (
            as_curve(self.dollar_rate).rate(maturity_years)
            + as_curve(self.storage_rate).rate(maturity_years)
            - as_curve(self.coin_yield).rate(maturity_years)
        )


@dataclass(frozen=True)
class FairPrice:
    """A future's carry price beside its market price.

    `rich_*` is market less fair: above zero the future is rich. `rich_annualised` is
    ln(market / fair) / T, continuously compounded.
    """

    maturity_years: float
    fair_usd: float
    market_usd: float
    rich_usd: float
    rich_rate: float
    rich_annualised: float


def fair_price(spot_usd: float, maturity_years: float, carry: Carry) -> float:
    """Price of a future by cost of carry, in dollars per coin."""
    if not (math.isfinite(spot_usd) and spot_usd > 0):
        raise DataError(f"spot price: {spot_usd} is not above zero.")
    if not (math.isfinite(maturity_years) and maturity_years >= 0):
        raise DataError(f"maturity: {maturity_years} years is not zero or more.")
    rates = as_curve(carry.dollar_rate)
    due = [p for p in carry.payments if 0 <= p.time_years <= maturity_years]
    present = sum(p.amount_usd / rates.growth(p.time_years) for p in due)
    if present >= spot_usd:
        raise DataError(f"payments worth {present:.2f} USD exceed the spot price {spot_usd}.")
    return (spot_usd - present) * math.exp(carry.net_rate(maturity_years) * maturity_years)


def compare_with_market(
    spot_usd: float, market_usd: float, maturity_years: float, carry: Carry
) -> FairPrice:
    """Say how rich or cheap a future is against its carry price."""
    if not (math.isfinite(market_usd) and market_usd > 0):
        raise DataError(f"market price: {market_usd} is not above zero.")
    fair = fair_price(spot_usd, maturity_years, carry)
    log_gap = math.log(market_usd / fair)
    return FairPrice(
        maturity_years=maturity_years,
        fair_usd=fair,
        market_usd=market_usd,
        rich_usd=market_usd - fair,
        rich_rate=market_usd / fair - 1,
        rich_annualised=log_gap / maturity_years if maturity_years > 0 else 0.0,
    )


def implied_coin_rate(
    spot_usd: float, market_usd: float, maturity_years: float, dollar_rate: float | RateCurve
) -> float:
    """Net coin yield (y − u) that makes the market price fair: r − ln(F/S)/T."""
    if maturity_years <= 0:
        raise DataError("implied carry needs a delivery in the future.")
    basis = math.log(market_usd / spot_usd) / maturity_years
    return as_curve(dollar_rate).rate(maturity_years) - basis
