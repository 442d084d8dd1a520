"""The size of a fund: quantiles by hand, against one another, and as the cheapest of all."""

from __future__ import annotations

from math import exp, inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.errors import AmountError
from obverse.risk.losses import fund_cost, lognormal_fund_size, sample_fund_size

COSTS = {"capital_cost": 0.05, "shortfall_cost": 1.0}


def _lognormal(**changes: float) -> float:
    plain = {"loss_log_mean": 0.0, "loss_log_volatility": 1.0, **COSTS}
    return lognormal_fund_size(**(plain | changes))


def test_the_95_percent_quantile_of_a_lognormal_loss() -> None:
    """N⁻¹(0.95) = 1.6448536269514722 (Abramowitz and Stegun, table 26.1, to more digits)."""
    assert _lognormal() == pytest.approx(exp(1.6448536269514722), rel=1e-12)
    assert _lognormal(loss_log_mean=2.0, loss_log_volatility=0.5) == pytest.approx(
        exp(2 + 0.5 * 1.6448536269514722), rel=1e-12
    )


def test_at_equal_costs_and_above_the_best_fund_is_none() -> None:
    assert _lognormal(capital_cost=1.0) == 0
    assert _lognormal(capital_cost=2.0) == 0
    assert sample_fund_size([1.0, 2.0], capital_cost=1.0, shortfall_cost=1.0) == 0


def test_a_median_loss_when_capital_costs_half_of_a_shortfall() -> None:
    assert _lognormal(loss_log_mean=1.0, capital_cost=0.5) == pytest.approx(exp(1), rel=1e-15)
    assert _lognormal(loss_log_volatility=0.0, loss_log_mean=1.0) == exp(1)


def test_the_fund_of_a_sample_is_exceeded_by_no_more_than_the_cost_ratio() -> None:
    losses = [float(loss) for loss in range(1, 11)]
    for capital, size in ((0.1, 9), (0.3, 7), (0.7, 3), (0.05, 10), (0.15, 9)):
        assert sample_fund_size(losses, capital_cost=capital, shortfall_cost=1.0) == size


ratios = st.integers(1, 99).map(lambda percent: percent / 100)
samples = st.lists(st.floats(0, 1e6), min_size=1, max_size=30)


@given(losses=samples, ratio=ratios, other=st.floats(0, 1e6))
def test_no_other_fund_is_cheaper(losses: list[float], ratio: float, other: float) -> None:
    costs = {"capital_cost": ratio, "shortfall_cost": 1.0}
    best = sample_fund_size(losses, **costs)
    least = fund_cost(best, losses, **costs)
    for size in (other, *losses, 0.0):
        assert least <= fund_cost(size, losses, **costs) * (1 + 1e-12) + 1e-9


@given(low=ratios, high=ratios, volatility=st.floats(0.01, 3))
def test_dearer_capital_makes_a_smaller_fund(low: float, high: float, volatility: float) -> None:
    low, high = sorted((low, high))
    cheap = _lognormal(capital_cost=low, loss_log_volatility=volatility)
    dear = _lognormal(capital_cost=high, loss_log_volatility=volatility)
    assert dear <= cheap


def test_a_sample_of_lognormal_quantiles_has_the_lognormal_fund() -> None:
    from statistics import NormalDist

    count = 20_000
    losses = [exp(NormalDist(1, 0.8).inv_cdf((n + 0.5) / count)) for n in range(count)]
    found = sample_fund_size(losses, **COSTS)
    exact = lognormal_fund_size(loss_log_mean=1.0, loss_log_volatility=0.8, **COSTS)
    assert found == pytest.approx(exact, rel=1e-3)


@pytest.mark.parametrize(
    "changes",
    [
        {"loss_log_volatility": -1.0},
        {"loss_log_mean": nan},
        {"loss_log_mean": 1e6},
        {"capital_cost": 0.0},
        {"shortfall_cost": -1.0},
        {"shortfall_cost": inf},
    ],
)
def test_inputs_out_of_range_are_refused(changes: dict[str, float]) -> None:
    with pytest.raises(AmountError, match="|".join([*changes, "beyond any fund"])):
        _lognormal(**changes)


@pytest.mark.parametrize(
    ("losses", "found"), [([], "empty sample"), ([1.0, nan], "finite"), ([1.0, -2.0], "a gain")]
)
def test_a_sample_that_is_none_is_refused(losses: list[float], found: str) -> None:
    with pytest.raises(AmountError, match=found):
        sample_fund_size(losses, **COSTS)
    with pytest.raises(AmountError, match="size"):
        fund_cost(-1.0, [1.0], **COSTS)
