"""Statistics of spreads recover what was simulated, within stated confidence."""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.curves.spreads import (
    engle_granger,
    half_life,
    johansen,
    perpetual_spread,
    spread_carry,
    z_scores,
)
from obverse.errors import DataError, MarketDataError

from ..made_histories import made

HOUR_NS = 3600 * 10**9
Array = Any


def ornstein_uhlenbeck(rng: Array, speed: float, hours: Array, deviation: float = 1.0) -> Array:
    """An exact path from the stationary law."""
    x = np.empty(len(hours))
    x[0] = rng.normal() * deviation
    for n, step in enumerate(np.diff(hours), 1):
        kept = math.exp(-speed * step)
        x[n] = kept * x[n - 1] + deviation * math.sqrt(1 - kept**2) * rng.normal()
    return x


@pytest.mark.parametrize("window", [None, 25])
@pytest.mark.parametrize("robust", [False, True])
def test_z_scores_are_those_of_each_window_alone(window: int | None, robust: bool) -> None:
    values = 1e6 + np.random.default_rng(3).normal(size=120).cumsum()
    found = z_scores(values, window=window, robust=robust)
    for end in range(20, 121):
        own = values[max(0, end - (window or end)) : end]
        middle = np.median(own) if robust else own.mean()
        scale = 1.4826022 * np.median(np.abs(own - middle)) if robust else own.std(ddof=1)
        assert found.scores[end - 1] == pytest.approx((own[-1] - middle) / scale, rel=1e-5)
    assert np.isnan(found.scores[:19]).all()


def test_an_outlier_hides_itself_from_the_mean_but_not_from_the_median() -> None:
    values = np.random.default_rng(5).normal(size=60)
    values[-3:] = 50.0
    assert z_scores(values).scores[-1] < 5
    assert z_scores(values, robust=True).scores[-1] > 25


@given(st.floats(-1e6, 1e6), st.integers(3, 60))
def test_what_never_varies_has_no_score(value: float, count: int) -> None:
    assert np.isnan(z_scores(np.full(count, value), least=3).scores).all()


@pytest.mark.parametrize("even", [True, False])
def test_half_life_interval_holds_the_true_one_95_times_in_100(even: bool) -> None:
    speed = math.log(2) / 12
    rng, inside, found = np.random.default_rng(11), 0, []
    paths = 120
    for _ in range(paths):
        steps = np.ones(400) if even else rng.exponential(1.0, 400) + 0.01
        hours = steps.cumsum()
        path = 7 + 3 * ornstein_uhlenbeck(rng, speed, hours)
        one = half_life(path, (hours * HOUR_NS).astype(np.int64))
        low, high = one.interval
        inside += (low or 0.0) <= 12 <= (high or math.inf)
        found.append(one)
    # 120 intervals of 95 %: 114 ± 2.4 expected; three deviations below is 107.
    assert inside >= 107
    raw = np.mean([each.speed_raw for each in found]) / speed
    corrected = np.mean([each.speed for each in found]) / speed
    error = np.std([each.speed for each in found]) / speed / math.sqrt(paths)
    assert raw > 1.08
    assert abs(corrected - 1) < 4 * error + 0.03


def test_half_life_of_even_steps_is_that_of_the_regression() -> None:
    path = ornstein_uhlenbeck(np.random.default_rng(2), 0.1, np.arange(3000.0))
    before, after = path[:-1], path[1:]
    slope = np.cov(before, after)[0, 1] / before.var(ddof=1)
    found = half_life(path, np.arange(3000) * HOUR_NS)
    assert found.speed_raw == pytest.approx(-math.log(slope), rel=1e-4)
    assert found.deviation == pytest.approx(1, rel=0.1)
    assert "half-life, hours" in str(found.table())


def test_a_random_walk_is_told_to_return_nowhere() -> None:
    walk = np.random.default_rng(8).normal(size=500).cumsum()
    found = half_life(walk, np.arange(500) * HOUR_NS)
    assert found.interval[1] is None
    assert "unit root" in found.warnings[0]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (np.ones(50), "never vary"),
        (np.arange(5.0), "20 or more"),
        (np.append(np.arange(50.0), np.nan), "finite"),
    ],
)
def test_half_life_refuses(values: Array, told: str) -> None:
    with pytest.raises(MarketDataError, match=told):
        half_life(values, np.arange(len(values)) * HOUR_NS)


def cointegrated(seed: int, count: int = 800) -> Array:
    rng = np.random.default_rng(seed)
    common = 100 + rng.normal(size=count).cumsum() * 0.5
    near = common + ornstein_uhlenbeck(rng, 0.1, np.arange(float(count)), 0.3)
    return np.column_stack([3 + 2 * common, near])


def test_cointegration_is_found_with_its_hedge_ratio() -> None:
    ratios, ranks, chances = [], [], []
    for seed in range(8):
        prices = cointegrated(seed)
        tested, ranked = engle_granger(("F", "S"), prices), johansen(("F", "S"), prices)
        ratios.append((tested.hedge_ratios[0], -ranked.vectors[0][1]))
        ranks.append(ranked.rank())
        chances.append(tested.p_value)
    assert max(chances) < 0.01
    assert ranks.count(1) >= 6
    for found in np.array(ratios).T:
        assert abs(found.mean() - 2) < 4 * found.std() / math.sqrt(8) + 0.03
    assert abs(tested.left(prices).mean()) < 1e-9
    assert "1 by the trace test" in str(ranked.table())
    assert "Engle" in str(tested.table())


def test_walks_of_their_own_are_seldom_cointegrated() -> None:
    refused, ranks = 0, 0
    for seed in range(40):
        walks = 500 + np.random.default_rng(seed).normal(size=(300, 2)).cumsum(axis=0)
        refused += engle_granger(("A", "B"), walks).p_value < 0.05
        ranks += johansen(("A", "B"), walks).rank() > 0
    # 5 % of 40 is 2; a binomial exceeds 6 once in 300.
    assert refused <= 6
    assert ranks <= 7


def test_cointegration_refuses_what_it_cannot_test() -> None:
    prices = cointegrated(1)
    with pytest.raises(MarketDataError, match="multiples"):
        engle_granger(("A", "B"), prices[:, [0, 0]])
    with pytest.raises(MarketDataError, match="50 or more"):
        johansen(("A", "B"), prices[:20])
    with pytest.raises(DataError, match="lags"):
        johansen(("A", "B"), prices, lags=-1)
    with pytest.raises(DataError, match="names"):
        johansen(("A",), prices)
    with pytest.raises(DataError, match="level"):
        johansen(("A", "B"), prices).rank("2 %")


def test_without_statsmodels_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [each for each in sys.modules if each.split(".")[0] == "statsmodels"]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "statsmodels", None)
    with pytest.raises(DataError, match=r'pip install "obverse\[statistics\]"'):
        engle_granger(("A", "B"), cointegrated(1))


def test_carry_of_a_log_linear_curve_is_known() -> None:
    rate, days = 0.05, (30.0, 90.0, 180.0)
    marks = {d: 100 * math.exp(rate * d / 365) for d in days}
    history = made([marks], perpetual=[100.5])
    found = spread_carry(history, {"F90": 1, "F30": -1}, horizon_days=10)
    expected = [100 * math.exp(rate * (d - 10) / 365) - marks[d] for d in (90.0, 30.0)]
    assert found.roll_down_usd == pytest.approx(expected[0] - expected[1])
    assert found.funding_usd == 0
    with_perpetual = spread_carry(
        history, {"F90": 1, "perpetual": -1}, horizon_days=10, funding_rate_8h=0.0001
    )
    assert with_perpetual.funding_usd == pytest.approx(100.5 * 0.0001 * 30)
    assert with_perpetual.total_usd == pytest.approx(expected[0] + 100.5 * 0.003)
    assert "funding" in str(with_perpetual.table())
    assert perpetual_spread(history, "F90").level_usd[0] == pytest.approx(marks[90.0] - 100.5)
    with pytest.raises(MarketDataError, match="within the horizon"):
        spread_carry(history, {"F30": 1}, horizon_days=31)
    with pytest.raises(MarketDataError, match="funding_rate_8h"):
        spread_carry(history, {"perpetual": 1})
