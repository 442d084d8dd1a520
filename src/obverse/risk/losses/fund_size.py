"""How large an insurance fund should be: the loss quantile that balances two costs.

    min over K ≥ 0 of  r·K + κ·E[max(0, D − K)]   gives   K* = quantile of D at 1 − r/κ

r cost of holding a unit of capital, κ cost of a unit of loss that is not covered; both per the
period of the loss D. At r ≥ κ capital costs more than it saves, and the best fund is none.
Source: Chitra (arXiv 2512.01112, corrected), optimal capital structure. Floats: statistics.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import exp, floor, fsum
from statistics import NormalDist

from obverse.errors import AmountError
from obverse.risk.losses.inputs import finite_float


def lognormal_fund_size(
    *,
    loss_log_mean: float,
    loss_log_volatility: float,
    capital_cost: float,
    shortfall_cost: float,
) -> float:
    """Optimal fund for a lognormal loss: exp(mean + volatility · N⁻¹(1 − r/κ)), in its currency."""
    mean = finite_float(loss_log_mean, "loss_log_mean")
    volatility = finite_float(loss_log_volatility, "loss_log_volatility")
    if volatility < 0:
        raise AmountError(f"loss_log_volatility: {volatility} is below zero.")
    ratio = _cost_ratio(capital_cost, shortfall_cost)
    if ratio >= 1:
        return 0.0
    # by symmetry N⁻¹(1 − x) = −N⁻¹(x), which keeps the digits of a small x
    exponent = mean - volatility * NormalDist().inv_cdf(float(ratio))
    try:
        return exp(exponent)
    except OverflowError:
        raise AmountError(f"insurance fund: e^{exponent:g} is beyond any fund.") from None


def sample_fund_size(
    losses: Sequence[float], *, capital_cost: float, shortfall_cost: float
) -> float:
    """Optimal fund for a sample of losses: the smallest one exceeded by at most r/κ of them.

    Losses are zero or more, one a period, periods without a loss included; an empty sample, NaN
    or a gain raise `AmountError`.
    """
    sample = _losses(losses)
    ratio = _cost_ratio(capital_cost, shortfall_cost)
    if ratio >= 1:
        return 0.0
    above = floor(ratio * len(sample))
    return sorted(sample)[len(sample) - 1 - above]


def fund_cost(
    size: float, losses: Sequence[float], *, capital_cost: float, shortfall_cost: float
) -> float:
    """What a fund of a size costs on a sample: r·K and κ times the mean uncovered loss."""
    held = finite_float(size, "size")
    if held < 0:
        raise AmountError(f"size: {held} is below zero.")
    _cost_ratio(capital_cost, shortfall_cost)
    sample = _losses(losses)
    uncovered = fsum(max(0.0, loss - held) for loss in sample) / len(sample)
    return capital_cost * held + shortfall_cost * uncovered


def _cost_ratio(capital_cost: float, shortfall_cost: float) -> Fraction:
    """The ratio r/κ of the decimals that the two floats print as: 0.1 is a tenth."""
    costs = []
    for cost, what in ((capital_cost, "capital_cost"), (shortfall_cost, "shortfall_cost")):
        if finite_float(cost, what) <= 0:
            raise AmountError(f"{what}: {cost} is not above zero.")
        costs.append(Fraction(repr(float(cost))))
    return costs[0] / costs[1]


def _losses(losses: Sequence[float]) -> list[float]:
    sample = [finite_float(loss, "loss") for loss in losses]
    if not sample:
        raise AmountError("losses: an empty sample has no quantile.")
    if min(sample) < 0:
        raise AmountError(f"loss: {min(sample)} is a gain; write 0 for a period without a loss.")
    return sample
