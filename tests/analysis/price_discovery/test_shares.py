"""Information and component shares recover those of simulated markets."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from obverse.analysis.price_discovery import PriceDiscovery, price_discovery, sampled
from obverse.curves.spreads import PriceSeries
from obverse.errors import DataError, MarketDataError

Array = Any


def corrected(seed: int, alpha: Array, omega: Array, count: int) -> Array:
    """Prices that correct their differences from the last one: each row of alpha has its speed."""
    rng = np.random.default_rng(seed)
    shocks = rng.multivariate_normal(np.zeros(len(omega)), omega, size=count)
    logs = np.zeros((count, len(omega)))
    for n in range(1, count):
        gap = logs[n - 1, :-1] - logs[n - 1, -1]
        logs[n] = logs[n - 1] + alpha @ gap + shocks[n]
    return 60_000 * np.exp(1e-4 * logs)


def test_two_markets_have_the_shares_of_baillies_formulas() -> None:
    alpha, rho = np.array([[-0.05], [0.10]]), 0.5
    omega = np.array([[1.0, rho * 1.5], [rho * 1.5, 2.25]])
    # Closed form for two markets: weights, then each market first and last in the order.
    first, second = 0.10 / 0.15, 0.05 / 0.15
    whole = first**2 + 2 * first * second * rho * 1.5 + second**2 * 2.25
    high = (first + second * rho * 1.5) ** 2 / whole
    low = first**2 * (1 - rho**2) / whole
    found = [price_discovery(("P", "S"), corrected(seed, alpha, omega, 4000), lags=1)
             for seed in range(16)]  # fmt: skip
    shares = [each["P"] for each in found]
    for name, truth in (("component", first), ("low", low), ("high", high)):
        values = np.array([getattr(share, name) for share in shares])
        assert abs(values.mean() - truth) < 4 * values.std() / math.sqrt(16) + 0.01, name
    inside = [
        low <= first <= high
        for low, high in (share.component_interval or (1.0, 0.0) for share in shares)
    ]
    # 16 intervals of 95 %: under 12 has a chance of one in 1,000.
    assert sum(inside) >= 12
    assert all(each["S"].component == pytest.approx(1 - each["P"].component) for each in found)
    assert abs(np.mean([each.correlation for each in found]) - rho) < 0.02


def test_a_market_that_only_follows_has_no_share() -> None:
    omega = np.diag([1.0, 0.3])
    found = price_discovery(
        ("leads", "follows"), corrected(1, np.array([[0.0], [0.4]]), omega, 6000), lags=1
    )
    leader = found["leads"]
    assert leader.component_interval is not None
    assert leader.component_interval[0] <= 1 <= leader.component_interval[1]
    assert leader.low > 0.98
    assert found["follows"].high < 0.02
    assert found.warnings == ()


def test_three_markets_and_their_bounds_add_up() -> None:
    alpha = np.array([[-0.2, 0.05], [0.05, -0.1], [0.1, 0.05]])
    omega = np.array([[1.0, 0.3, 0.2], [0.3, 1.0, 0.4], [0.2, 0.4, 1.5]])
    # The weights are orthogonal to both columns of alpha: their cross product.
    truth = np.cross(alpha[:, 0], alpha[:, 1])
    truth = truth / truth.sum()
    found = [price_discovery(("A", "B", "C"), corrected(seed, alpha, omega, 4000), lags=1)
             for seed in range(8)]  # fmt: skip
    weights = np.array([[share.component for share in each.shares] for each in found])
    error = weights.std(axis=0) / math.sqrt(8)
    assert (np.abs(weights.mean(axis=0) - truth) < 4 * error + 0.02).all()
    for each in found:
        assert sum(share.low for share in each.shares) <= 1 <= sum(s.high for s in each.shares)
        assert all(0 <= share.low <= share.high <= 1 for share in each.shares)
    assert "Price discovery" in str(found[0].table())
    assert len(found[0].plot().get_yticks()) == 3


def test_independent_innovations_have_one_share_for_every_order() -> None:
    prices = corrected(5, np.array([[-0.1], [0.1]]), np.eye(2), 20_000)
    found = price_discovery(("A", "B"), prices, lags=1)["A"]
    assert found.high - found.low < 0.05
    assert found.middle == pytest.approx(0.5, abs=0.1)


def small() -> PriceDiscovery:
    prices = corrected(5, np.array([[-0.1], [0.1]]), np.eye(2), 200)
    return price_discovery(("A", "B"), prices, lags=1)


def test_short_series_have_no_errors_and_say_so() -> None:
    found = small()
    assert found["A"].component_error is None
    assert found["A"].component_interval is None
    assert "Too few" in found.warnings[-1]
    assert "—" in str(found.table())
    with pytest.raises(KeyError):
        found["C"]


def test_what_has_no_shares_is_refused() -> None:
    prices = corrected(5, np.array([[-0.1], [0.1]]), np.eye(2), 200)
    for bad, told in (
        (prices[:30], "60 or more"),
        (prices[:, [0, 0]], "multiples"),
        (-prices, "above zero"),
        (np.where(np.arange(200)[:, None] == 7, np.nan, prices), "finite"),
    ):
        with pytest.raises(MarketDataError, match=told):
            price_discovery(("A", "B"), bad, lags=1)
    with pytest.raises(DataError, match="markets"):
        price_discovery(("A",), prices)
    with pytest.raises(DataError, match="lags"):
        price_discovery(("A", "B"), prices, lags=-1)


def test_a_grid_holds_the_last_price_known_and_refuses_holes() -> None:
    second = 10**9
    a = PriceSeries("A", np.array([0, 3, 4]) * second, np.array([1.0, 2.0, 3.0]))
    b = PriceSeries("B", np.array([1, 2, 5]) * second, np.array([7.0, 8.0, 9.0]))
    grid = sampled([a, b], step_seconds=1, max_age_seconds=5)
    assert grid.tolist() == [[1, 7], [1, 8], [2, 8], [3, 8]]
    with pytest.raises(MarketDataError, match="older than 1 s"):
        sampled([a, b], step_seconds=1, max_age_seconds=1)
    with pytest.raises(DataError, match="step_seconds"):
        sampled([a, b], step_seconds=0, max_age_seconds=1)
