"""Common ground of the option prices: call or put, the door, and one lognormal expectation.

With a lognormal X of mean F and E[X] = F, whose log has the standard deviation v:

    E[(X − K)⁺] = F·N(d₁) − K·N(d₂),   d₁ = ln(F/K)/v + v/2,   d₂ = d₁ − v

The side that is out of the money is computed so, the other by parity, so that a small time value
is not lost in a large intrinsic one; N comes from `erfc`, which holds in both tails.
"""

from __future__ import annotations

import math
from typing import Literal, TypeAlias, get_args

from obverse.errors import DataError

Option: TypeAlias = Literal["call", "put"]
"""Right to buy, or to sell."""

_ROOT_TWO = math.sqrt(2)


def option_sign(option: Option) -> int:
    """+1 for a call, −1 for a put; another word raises `DataError`."""
    if option not in get_args(Option):
        raise DataError(f"option {option!r}: expected one of {', '.join(get_args(Option))}.")
    return 1 if option == "call" else -1


def check_finite(**values: float) -> None:
    """Refuse what is no finite number; a keyword is what the message calls the value."""
    for name, value in values.items():
        if not math.isfinite(value):
            raise DataError(f"{name}: {value} is not a finite number.")


def check_above_zero(**values: float) -> None:
    """Refuse what is not a finite number above zero."""
    for name, value in values.items():
        if not (math.isfinite(value) and value > 0):
            raise DataError(f"{name}: {value} is not a finite number above zero.")


def check_zero_or_more(**values: float) -> None:
    """Refuse what is not a finite number, zero or more."""
    for name, value in values.items():
        if not (math.isfinite(value) and value >= 0):
            raise DataError(f"{name}: {value} is not a finite number, zero or more.")


def check_correlation(correlation: float) -> None:
    """Refuse what is not within −1 and 1."""
    if not -1 <= correlation <= 1:
        raise DataError(f"correlation: {correlation} is not between -1 and 1.")


def grown(value: float, power: float) -> float:
    """value · exp(power); growth that no float holds raises `DataError`."""
    try:
        found = value * math.exp(power)
    except OverflowError:
        found = math.inf
    if not math.isfinite(found):
        raise DataError(
            f"{value} times exp({power}) is beyond any price: rates, drifts and volatilities are "
            "fractions per year (0.05 is 5 %) and times are years."
        )
    return found


def normal_probability(value: float) -> float:
    """N(value), the standard normal distribution, to full precision in both tails."""
    return math.erfc(-value / _ROOT_TWO) / 2


def standard_moneyness(
    mean: float, strike: float, deviation: float, option: Option
) -> tuple[float, float]:
    """Return d₁ and d₂ with the option's sign, so that N(d₂) is the chance of exercise.

    Without deviation both are infinite, since it is exercised or it is not; at the money both are
    then zero, the middle of its two sides.
    """
    sign = option_sign(option)
    log_ratio = math.log(_ratio(mean, strike))
    if deviation == 0:
        certain = math.copysign(math.inf, sign * log_ratio) if log_ratio else 0.0
        return certain, certain
    middle = log_ratio / deviation
    return sign * (middle + deviation / 2), sign * (middle - deviation / 2)


def expected_payoff(option: Option, mean: float, strike: float, deviation: float) -> float:
    """E[(X − K)⁺] of a call or E[(K − X)⁺] of a put, undiscounted, in the unit of the strike.

    Parameters
    ----------
    option : `call` or `put`
    mean, strike : F and K above, both above zero
    deviation : v above, of ln X at expiry: volatility · √years; zero leaves the intrinsic value
    """
    intrinsic = max(option_sign(option) * (mean - strike), 0.0)
    _ratio(mean, strike)
    if deviation == 0:
        return intrinsic
    if mean < strike:
        d1, d2 = standard_moneyness(mean, strike, deviation, "call")
        time_value = mean * normal_probability(d1) - strike * normal_probability(d2)
    else:
        d1, d2 = standard_moneyness(mean, strike, deviation, "put")
        time_value = strike * normal_probability(d2) - mean * normal_probability(d1)
    return intrinsic + max(time_value, 0.0)


def _ratio(mean: float, strike: float) -> float:
    ratio = mean / strike if 0 < strike < math.inf else 0.0
    if not 0 < ratio < math.inf:
        raise DataError(f"a price of {mean} and a strike of {strike} are too far apart.")
    return ratio
