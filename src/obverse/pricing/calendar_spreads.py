"""Options on one future less another, by Kirk's approximation (1995).

    F = F₁/(F₂ + K),   w = F₂/(F₂ + K),   v² = s₁² + (w·s₂)² − 2·rho·w·s₁·s₂
    call = (F₂ + K)·e^(−rT)·[F·N(d₁) − N(d₂)],   d₁ = ln F/(v√T) + v√T/2

s₁ and s₂ are the volatilities. The second future and the strike are taken together for one
lognormal price; exact at K = 0 (Margrabe 1978). Haug, *The Complete Guide to Option Pricing
Formulas*, prints values.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from obverse.errors import DataError
from obverse.pricing.lognormal import (
    Option,
    check_above_zero,
    check_correlation,
    check_finite,
    check_zero_or_more,
    expected_payoff,
    grown,
)


@dataclass(frozen=True)
class SpreadLegs:
    """Two futures: the first is received, the second is given.

    Attributes
    ----------
    future_1_usd, future_2_usd : dollars per coin, above zero
    volatility_1, volatility_2 : per square root of a year, zero or more
    correlation : of their returns
    """

    future_1_usd: float
    future_2_usd: float
    volatility_1: float
    volatility_2: float
    correlation: float

    def __post_init__(self) -> None:
        """Refuse what is no number or out of its range."""
        check_above_zero(future_1_usd=self.future_1_usd, future_2_usd=self.future_2_usd)
        check_zero_or_more(volatility_1=self.volatility_1, volatility_2=self.volatility_2)
        check_correlation(self.correlation)


def calendar_spread_option_price(
    option: Option, legs: SpreadLegs, *, strike_usd: float, maturity_years: float, rate: float = 0.0
) -> float:
    """Dollar price of the right to the first future less the second for the strike.

    Parameters
    ----------
    option : `call` pays above the strike, `put` below it
    legs : the futures, both for delivery at or after the option's expiry
    strike_usd : may be below zero, but by less than the second future's price
    maturity_years : of the option, zero or more
    rate : dollar rate, continuously compounded per year
    """
    check_finite(strike_usd=strike_usd, rate=rate)
    check_zero_or_more(maturity_years=maturity_years)
    paid = legs.future_2_usd + strike_usd
    if not (math.isfinite(paid) and paid > 0):
        raise DataError(
            f"strike {strike_usd}: with the second future at {legs.future_2_usd} their sum is not "
            "a price above zero, which the approximation needs."
        )
    weighted = legs.volatility_2 * legs.future_2_usd / paid
    volatility = math.hypot(
        legs.volatility_1 - weighted,
        math.sqrt(2 * (1 - legs.correlation) * legs.volatility_1 * weighted),
    )
    deviation = volatility * math.sqrt(maturity_years)
    expected = expected_payoff(option, legs.future_1_usd, paid, deviation)
    return grown(expected, -rate * maturity_years)
