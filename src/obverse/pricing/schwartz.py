"""One factor: the log of the spot price reverts to a mean (Schwartz 1997, model 1).

Under the pricing measure, with the volatility s:

    d ln S = k·(m − ln S) dt + s dW
    E[ln S_T] = e^(−kT)·ln S + (1 − e^(−kT))·m
    F(T) = exp(E[ln S_T] + s²·(1 − e^(−2kT))/(4k))
"""

from __future__ import annotations

import math

from obverse.pricing.lognormal import check_above_zero, check_finite, check_zero_or_more, grown


def expected_log_spot(
    spot_usd: float, *, log_mean: float, mean_reversion: float, maturity_years: float
) -> float:
    """Expected log of the spot price.

    Parameters
    ----------
    spot_usd : dollars per coin, above zero
    log_mean : m, the log of dollars per coin that the log price reverts to
    mean_reversion : k per year, zero or more; at zero the log price only wanders
    maturity_years : zero or more
    """
    check_above_zero(spot_usd=spot_usd)
    check_finite(log_mean=log_mean)
    check_zero_or_more(mean_reversion=mean_reversion, maturity_years=maturity_years)
    log_spot = math.log(spot_usd)
    return log_spot - math.expm1(-mean_reversion * maturity_years) * (log_mean - log_spot)


def one_factor_future_price(
    spot_usd: float,
    *,
    log_mean: float,
    mean_reversion: float,
    volatility: float,
    maturity_years: float,
) -> float:
    """Dollar price of a future; as `expected_log_spot`, with the volatility of log spot."""
    check_zero_or_more(volatility=volatility)
    mean = expected_log_spot(
        spot_usd, log_mean=log_mean, mean_reversion=mean_reversion, maturity_years=maturity_years
    )
    z = 2 * mean_reversion * maturity_years
    years = -math.expm1(-z) / z * maturity_years if z > 0 else maturity_years
    return grown(1.0, mean + volatility * volatility * years / 2)
