"""Everlasting options: never expire, and whoever is long pays κ·(price − payoff) as funding.

Such an option is worth its payoff at a random time θ, exponential of mean 1/κ, undiscounted:

    f = E[payoff(x_θ)],   dx = μ·x dt + sigma·x dW

With s = sigma²/2, the roots p₊ > 0 > p₋ of s·p² + (μ − s)·p − κ = 0 and y = x/K, out of the money

    call = K·y^p₊ · (−p₋) / ((p₊ − 1)(p₊ − p₋))    for x ≤ K
    put  = K·y^p₋ · p₊ / ((1 − p₋)(p₊ − p₋))       for x ≥ K

and in the money C − P = κ·x/(κ − μ) − K. Computed with 1/p₊ and 1/(1 − p₋), which stay finite as s
goes to zero. (Obverse theory notes, everlasting option, where the coefficients a and b have other
forms; Ackerer, Hugonnier, Jermann, *Mathematical Finance* 2025.)
"""

from __future__ import annotations

import math

from obverse.errors import DataError
from obverse.pricing.lognormal import (
    Option,
    check_above_zero,
    check_finite,
    check_zero_or_more,
    option_sign,
)

_NEAREST = 1e-300  # as moneyness; beyond it a power of it may overflow
_STILL = 1e-100  # as mean move over a life, in logs; too small to change a payoff


def everlasting_price(
    option: Option,
    *,
    spot_usd: float,
    strike_usd: float,
    kappa: float,
    volatility: float,
    drift: float = 0.0,
) -> float:
    """Dollar price of an everlasting option on spot.

    Parameters
    ----------
    option : `call` or `put`
    spot_usd, strike_usd : dollars per coin, above zero
    kappa : funding rate on price less payoff, per year, above zero; 1/kappa is the mean life
    volatility : per square root of a year, zero or more
    drift : dollar rate less coin rate, per year; a call has a price only for a drift below kappa

    Raises
    ------
    DataError
        Inputs outside these ranges, and a call whose payoff outgrows its funding.
    """
    option_sign(option)
    check_above_zero(spot_usd=spot_usd, strike_usd=strike_usd, kappa=kappa)
    check_zero_or_more(volatility=volatility)
    check_finite(drift=drift)
    if option == "call" and drift >= kappa:
        raise DataError(
            f"drift {drift} is not below kappa {kappa}: the call's payoff grows faster than its "
            "funding takes it back, and it has no price."
        )
    y = spot_usd / strike_usd
    if not _NEAREST < y < 1 / _NEAREST:
        raise DataError(f"spot {spot_usd} and strike {strike_usd} are too far apart.")
    u, v = _inverse_roots(kappa, drift, volatility * volatility / 2)
    if option == "call":
        in_strikes = _call_below(y, u, v) if y <= 1 else _call_above(y, u, v, drift / kappa)
    else:
        in_strikes = _put_above(y, u, v) if y >= 1 else _put_below(y, u, v)
    return _finite(max(strike_usd * in_strikes, 0.0))


def _inverse_roots(kappa: float, mu: float, s: float) -> tuple[float, float]:
    """u = 1/(1 − p₋) and v = 1/p₊, each by the form that does not cancel; s = sigma²/2."""
    root = math.hypot(mu - s, 2 * math.sqrt(kappa * s))
    if s == 0:  # u is zero if the price only rises, v if it only falls
        return max(-mu, 0.0) / (kappa - min(mu, 0.0)), max(mu, 0.0) / kappa
    v = (mu - s + root) / (2 * kappa) if mu > s else 2 * s / (s - mu + root)
    u = 2 * s / (s + mu + root) if mu > -s else (root - mu - s) / (2 * (kappa - mu))
    return u, v


def _call_below(y: float, u: float, v: float) -> float:
    """Out of the money: y^(1/v) · (1−u)v² / ((1−v)(v + u(1−v)))."""
    if v == 0:
        return 0.0
    return math.pow(y, 1 / v) * (1 - u) * v * v / ((1 - v) * (v + u * (1 - v)))


def _put_above(y: float, u: float, v: float) -> float:
    """Out of the money: y^(1 − 1/u) · u² / (v + u(1−v))."""
    if u == 0:
        return 0.0
    return math.pow(y, 1 - 1 / u) * u * u / (v + u * (1 - v))


def _call_above(y: float, u: float, v: float, growth: float) -> float:
    """In the money: E[x_θ]/K − 1 plus the put; growth = μ/κ."""
    return y / (1 - growth) - 1 + _put_above(y, u, v)


def _put_below(y: float, u: float, v: float) -> float:
    """In the money, in a form that has no pole where the drift is κ, that is v = 1."""
    if u + v < _STILL:
        return 1 - y
    log_y = math.log(y)
    if v == 0:
        bent = 0.0
    elif v == 1:
        bent = log_y
    else:
        bent = v * v * math.expm1((1 - v) / v * log_y) / (1 - v)
    return 1 + y * (1 - u) * (bent - v - u) / (v + u * (1 - v))


def _finite(price: float) -> float:
    if not math.isfinite(price):
        raise DataError("the option's price is beyond what a number holds; check the inputs.")
    return price
