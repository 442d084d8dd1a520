"""Two factors: spot price and a mean-reverting convenience yield (Gibson, Schwartz 1990).

    dS = (r − δ)·S dt + s₁·S dW₁,   dδ = k·(m − δ) dt + s₂ dW₂,   dW₁ dW₂ = rho dt

With h(τ) = (1 − e^(−kτ))/k, H₁(T) = ∫₀ᵀ h and H₂(T) = ∫₀ᵀ h²:

    ln F(T) = ln S + r·T − δ·h(T) − m·(T − h(T)) + ½·s₂²·H₂(T) − rho·s₁·s₂·H₁(T)

The expected spot price is the same with the real-world drift and mean. The log of the future for T
varies until t by

    s₁²·t − 2·rho·s₁·s₂·(H₁(T) − H₁(T−t)) + s₂²·(H₂(T) − H₂(T−t))

so an option expiring at t is Black's on F(T), the future for its own delivery and not for T − t.
(Schwartz, *Journal of Finance* 1997, model 2; Obverse theory notes, section 4b, where the published
call of 4.991482 is shown to use the wrong future.) For coins the yield is convenience less
inconvenience of holding them: r − δ is the carry that funding implies.
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

_SERIES_BELOW = 0.5
_SERIES_TERMS = 20


@dataclass(frozen=True)
class GibsonSchwartz:
    """Where spot and convenience yield stand, and how they move.

    Attributes
    ----------
    spot_usd : dollars per coin
    convenience_yield : now, continuous per year
    yield_mean : what the yield reverts to: under the pricing measure (less the price of yield
        risk over k) for futures and options, in the real world for expectations
    mean_reversion : k per year; at zero the yield wanders freely
    spot_volatility : of log spot, per square root of a year
    yield_volatility : of the yield, in yield per square root of a year
    correlation : of the two
    """

    spot_usd: float
    convenience_yield: float
    yield_mean: float
    mean_reversion: float
    spot_volatility: float
    yield_volatility: float
    correlation: float

    def __post_init__(self) -> None:
        """Refuse what is no number or out of its range."""
        check_above_zero(spot_usd=self.spot_usd)
        check_finite(convenience_yield=self.convenience_yield, yield_mean=self.yield_mean)
        check_zero_or_more(
            mean_reversion=self.mean_reversion,
            spot_volatility=self.spot_volatility,
            yield_volatility=self.yield_volatility,
        )
        check_correlation(self.correlation)

    def rates_of_variance(self) -> tuple[float, float, float]:
        """Variance of log spot, of the yield, and their covariance, each per year."""
        return (
            self.spot_volatility * self.spot_volatility,
            self.yield_volatility * self.yield_volatility,
            self.correlation * self.spot_volatility * self.yield_volatility,
        )


def two_factor_future_price(model: GibsonSchwartz, *, maturity_years: float, rate: float) -> float:
    """Dollar price of a future; `model.yield_mean` is under the pricing measure."""
    return _expected_spot(model, maturity_years, rate)


def two_factor_expected_spot(model: GibsonSchwartz, *, horizon_years: float, drift: float) -> float:
    """Expected spot in dollars; `drift` is the coin's total yearly return, its yield included."""
    return _expected_spot(model, horizon_years, drift)


def expected_convenience_yield(model: GibsonSchwartz, *, horizon_years: float) -> float:
    """Expected yield at a horizon: mean + (yield − mean)·e^(−kT)."""
    check_zero_or_more(horizon_years=horizon_years)
    fade = math.exp(-model.mean_reversion * horizon_years)
    return model.yield_mean + (model.convenience_yield - model.yield_mean) * fade


def two_factor_option_price(
    option: Option,
    model: GibsonSchwartz,
    *,
    strike_usd: float,
    expiry_years: float,
    maturity_years: float,
    rate: float,
) -> float:
    """Dollar price of an option on a future, discounted from the option's expiry.

    Parameters
    ----------
    option : `call` or `put`
    model : its `yield_mean` is under the pricing measure
    strike_usd : above zero
    expiry_years, maturity_years : of the option and of the future, which delivers no earlier
    rate : dollar rate, continuously compounded per year
    """
    check_above_zero(strike_usd=strike_usd)
    check_zero_or_more(expiry_years=expiry_years)
    future = two_factor_future_price(model, maturity_years=maturity_years, rate=rate)
    if expiry_years > maturity_years:
        raise DataError(
            f"an option that expires in {expiry_years} years needs a future that delivers then "
            f"or later, not in {maturity_years}."
        )
    deviation = math.sqrt(_log_variance(model, expiry_years, maturity_years))
    expected = expected_payoff(option, future, strike_usd, deviation)
    return grown(expected, -rate * expiry_years)


def _expected_spot(model: GibsonSchwartz, years: float, drift: float) -> float:
    check_zero_or_more(years=years)
    check_finite(rate=drift)
    h, h_sum, h_square_sum = _loadings(model.mean_reversion, years)
    _, yield_variance, covariance = model.rates_of_variance()
    power = (
        drift * years
        - model.convenience_yield * h
        - model.yield_mean * (years - h)
        + yield_variance * h_square_sum / 2
        - covariance * h_sum
    )
    return grown(model.spot_usd, power)


def _log_variance(model: GibsonSchwartz, expiry_years: float, maturity_years: float) -> float:
    """Variance of ln F(T) until t; what rounding takes below zero is zero."""
    _, far_sum, far_square_sum = _loadings(model.mean_reversion, maturity_years)
    _, rest_sum, rest_square_sum = _loadings(model.mean_reversion, maturity_years - expiry_years)
    spot_variance, yield_variance, covariance = model.rates_of_variance()
    variance = (
        spot_variance * expiry_years
        - 2 * covariance * (far_sum - rest_sum)
        + yield_variance * (far_square_sum - rest_square_sum)
    )
    return max(variance, 0.0)


def _loadings(mean_reversion: float, years: float) -> tuple[float, float, float]:
    """h, H₁ and H₂; by series where z = kT is small and the closed forms cancel."""
    z = mean_reversion * years
    if z < _SERIES_BELOW:
        terms = [(-z) ** n / math.factorial(n) for n in range(_SERIES_TERMS)]
        first = sum(term / (n + 1) for n, term in enumerate(terms))
        second = sum(term / ((n + 1) * (n + 2)) for n, term in enumerate(terms))
        third = sum(
            term * (2 ** (n + 2) - 2) / ((n + 1) * (n + 2) * (n + 3))
            for n, term in enumerate(terms)
        )
    else:
        first = -math.expm1(-z) / z
        second = (1 - first) / z
        third = (1 - 2 * first - math.expm1(-2 * z) / (2 * z)) / z / z
    return first * years, second * years * years, third * years * years * years
