"""The settlement window as an Asian forward: values, variances, and the rulebook's windows."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.curves.convergence import (
    delivery_rule,
    expected_average_usd,
    settlement_window,
    variance_ratio,
    variance_years,
    window_value,
)
from obverse.errors import MarketDataError, RuleError
from obverse.marks.delivery import DeliveryWindow, average_delivery

END = datetime(2026, 3, 27, 8, tzinfo=UTC)
YEAR = 365 * 86_400
WINDOW = DeliveryWindow(END, Decimal(30), Decimal(60))
UNSTEPPED = DeliveryWindow(END, Decimal(30))


def samples(*prices: int) -> list[tuple[datetime, Decimal]]:
    """Index samples of the window's minutes."""
    start = WINDOW.start
    return [(start + timedelta(minutes=n + 1), Decimal(p)) for n, p in enumerate(prices)]


def test_windows_are_the_rulebooks() -> None:
    assert settlement_window("deribit", "BTC", END).minutes == 30
    assert settlement_window("deribit", "btc", END).sample_seconds == 4
    assert settlement_window("binance", "BTC", "2024-09-27T08:00Z").minutes == 60
    assert settlement_window("binance", "BTC", "2025-03-28T08:00Z").minutes == 30
    assert delivery_rule("kraken", "BTC", END).method == "volume_weighted_medians"
    with pytest.raises(RuleError, match=r"no future on DOGE at 2026-03-27T08:00:00Z; .*BTC, ETH"):
        delivery_rule("deribit", "DOGE", END)


def test_inside_the_window_the_value_is_average_so_far_and_the_rest_expected() -> None:
    seen = samples(100, 102, 104, 106, 108, 110, 112, 114, 116, 118)
    at = WINDOW.start + timedelta(minutes=10)
    found = window_value(WINDOW, seen, at, index_usd=118.0)
    assert found.average_usd == 109
    assert found.settled_share == pytest.approx(1 / 3)
    assert found.value_usd == pytest.approx(109 / 3 + 118 * 2 / 3)
    assert found.exposure == pytest.approx(2 / 3)
    assert found.samples_missing == 0
    later = [*seen, (WINDOW.start + timedelta(minutes=11), Decimal(900))]
    assert window_value(WINDOW, later, at, index_usd=118.0) == found, "no look-ahead"


def test_at_the_end_the_value_is_the_delivery_price_whatever_the_index() -> None:
    seen = samples(*range(100, 130))
    for index in (50.0, 500.0):
        found = window_value(WINDOW, seen, END, index_usd=index, yearly_rate=0.3)
        assert found.value_usd == float(average_delivery(WINDOW, seen)) == 114.5
        assert (found.exposure, found.variance_years) == (0, 0)


def test_before_the_window_the_value_is_the_forward_of_the_average() -> None:
    at = END - timedelta(days=30)
    found = window_value(WINDOW, (), at, index_usd=100.0, yearly_rate=0.12)
    times = 30 / 365 - np.linspace(0, 0.5 / 8760, 2001)
    assert found.value_usd == pytest.approx(float(np.mean(100 * np.exp(0.12 * times))), rel=1e-10)
    assert found.average_usd is None
    assert found.exposure == 1
    assert expected_average_usd(100.0, 0.0, at, WINDOW.start, END) == 100


def test_an_average_over_the_window_has_a_third_of_the_variance_of_its_end() -> None:
    assert variance_ratio(UNSTEPPED) == pytest.approx(1 / 3)
    for seconds, count in ((1, 1800), (6, 300), (60, 30), (1800, 1)):
        window = DeliveryWindow(END, Decimal(30), Decimal(seconds))
        expected = (count + 1) * (2 * count + 1) / (6 * count**2)
        assert variance_ratio(window) == pytest.approx(expected)
    assert variance_ratio(settlement_window("deribit", "BTC", END)) == pytest.approx(
        1 / 3, rel=0.01
    )
    day_before = variance_years(UNSTEPPED, UNSTEPPED.start - timedelta(days=1)) * YEAR
    assert day_before == pytest.approx(86_400 + 1800 / 3)


@given(minutes=st.floats(-100, 30, allow_nan=False))
def test_variance_falls_as_time_passes_and_is_that_of_summed_increments(minutes: float) -> None:
    at = WINDOW.start + timedelta(minutes=minutes)
    found = variance_years(WINDOW, at) * YEAR
    grid = [WINDOW.start + timedelta(minutes=n + 1) for n in range(30)]
    left = np.array([max(0.0, (each - at).total_seconds()) for each in grid])
    by_hand = np.minimum.outer(left, left).sum() / 30**2
    assert found == pytest.approx(by_hand, rel=1e-6, abs=1e-6)
    assert variance_years(WINDOW, at - timedelta(minutes=1)) >= variance_years(WINDOW, at)


@given(share=st.floats(0, 1))
def test_without_a_step_the_variance_left_is_cubic(share: float) -> None:
    at = UNSTEPPED.start + timedelta(minutes=30 * share)
    found = variance_years(UNSTEPPED, at) * YEAR
    assert found == pytest.approx((1 - share) ** 3 * 600, abs=1e-3)


def test_simulated_averages_have_the_stated_value_and_variance() -> None:
    at = WINDOW.start + timedelta(minutes=12)
    seen = samples(*[100] * 12)
    found = window_value(WINDOW, seen, at, index_usd=104.0)
    volatility = 0.8
    random = np.random.default_rng(11)
    steps = random.normal(0, volatility * math.sqrt(60 / YEAR), (20_000, 18))
    paths = 104 * np.exp(np.cumsum(steps, axis=1) - volatility**2 * 60 / YEAR / 2)
    deliveries = (12 * 100 + paths.sum(axis=1)) / 30
    error = deliveries.std() / math.sqrt(len(deliveries))
    assert found.value_usd == pytest.approx(deliveries.mean(), abs=4 * error)
    expected = 104 * volatility * math.sqrt(found.variance_years)
    assert deliveries.std() == pytest.approx(expected, rel=0.03)


def test_bad_input_is_named() -> None:
    inside = WINDOW.start + timedelta(minutes=3)
    with pytest.raises(MarketDataError, match=r"10% of the window of .* no index sample"):
        window_value(WINDOW, (), inside, index_usd=100.0)
    with pytest.raises(MarketDataError, match="after the delivery"):
        window_value(WINDOW, samples(100), END + timedelta(seconds=1), index_usd=100.0)
    for index, rate in ((math.nan, 0.0), (0.0, 0.0), (-5.0, 0.0), (100.0, math.inf)):
        with pytest.raises(MarketDataError, match="a price above zero"):
            window_value(WINDOW, (), END - timedelta(days=1), index_usd=index, yearly_rate=rate)
    backwards = samples(100, 101)[::-1]
    with pytest.raises(MarketDataError, match="late or there twice"):
        window_value(WINDOW, backwards, inside, index_usd=100.0)
