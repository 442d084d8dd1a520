"""Lead-lag: the compiled sums are those of the definition, and a simulated lag is found."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obverse.analysis.price_discovery import hayashi_yoshida, lead_lag
from obverse.analysis.price_discovery._overlap_kernel import overlap_kernel
from obverse.analysis.price_discovery._reference import overlap
from obverse.curves.spreads import PriceSeries
from obverse.errors import DataError, MarketDataError

MS = 10**6
Array = Any


def ticks(name: str, times: Array, prices: Array) -> PriceSeries:
    return PriceSeries(name, np.asarray(times, dtype=np.int64), np.asarray(prices, dtype=float))


def tick_times(rng: Array, mean_ms: float, seconds: int) -> Array:
    gaps = rng.exponential(mean_ms * MS, int(3000 * seconds / mean_ms)).astype(np.int64) + 1
    times = gaps.cumsum()
    return times[times < seconds * 10**9]


def lagged_pair(
    seed: int, lag_ms: int, seconds: int = 120, share: float = 0.8
) -> tuple[PriceSeries, PriceSeries]:
    """Two Brownian prices of correlation `share`; the second follows the first by the lag.

    Each ticks at random times of its own, once in 20 and in 50 ms.
    """
    rng = np.random.default_rng(seed)
    steps = seconds * 1000 + 2000
    common, own = rng.normal(size=(2, steps)) * 1e-5
    first = 100 * np.exp(common.cumsum())
    second = 100 * np.exp((share * common + math.sqrt(1 - share**2) * own).cumsum())
    made = []
    for name, path, mean, delay in (("A", first, 20.0, 0), ("B", second, 50.0, lag_ms)):
        times = tick_times(rng, mean, seconds)
        made.append(ticks(name, times, path[times // MS + 1000 - delay]))
    return made[0], made[1]


@settings(deadline=None)  # the first call compiles
@given(st.data())
def test_the_compiled_sums_are_those_of_the_definition(data: st.DataObject) -> None:
    series = []
    for _ in range(2):
        at = data.draw(st.lists(st.integers(0, 40), min_size=1, max_size=12, unique=True))
        logs = data.draw(st.lists(st.integers(-50, 50), min_size=len(at), max_size=len(at)))
        series += [np.array(sorted(at), dtype=np.int64), np.array(logs, dtype=float)]
    thetas = np.arange(-45, 46, dtype=np.int64)
    found = overlap_kernel(*series, thetas)
    assert found.tolist() == [overlap(*series, int(theta)) for theta in thetas]


def test_covariance_of_shared_ticks_is_the_sum_of_products() -> None:
    rng = np.random.default_rng(4)
    moves = rng.normal(size=(2, 200)) * 1e-3
    at = np.arange(201) * MS
    x, y = (ticks(n, at, 50 * np.exp(np.append(0, m.cumsum())))
            for n, m in zip("AB", moves, strict=True))  # fmt: skip
    found = hayashi_yoshida(x, y)
    assert found.covariance == pytest.approx(float(moves[0] @ moves[1]))
    assert found.correlation == pytest.approx(
        float(moves[0] @ moves[1] / np.sqrt((moves[0] ** 2).sum() * (moves[1] ** 2).sum()))
    )


def test_correlation_of_asynchronous_ticks_has_no_epps_bias() -> None:
    found = [hayashi_yoshida(*lagged_pair(seed, 0, seconds=60)).correlation for seed in range(12)]
    error = np.std(found) / math.sqrt(len(found))
    assert abs(np.mean(found) - 0.8) < 4 * error + 0.02


@pytest.mark.parametrize("lag", [-60, 0, 25, 140])
def test_a_lag_of_so_many_milliseconds_is_found(lag: int) -> None:
    x, y = lagged_pair(7, lag)
    found = lead_lag(x, y, np.arange(-300, 301, 5))
    # Ticks are 20 and 50 ms apart: the contrast is flat within about one of them.
    assert abs(found.lead_ms - lag) <= 20
    assert found.correlation > 0.7
    assert abs(np.median(found.part_leads_ms) - lag) <= 20
    assert len(found.part_leads_ms) == 8
    if lag:
        assert found.ratio is not None
        assert (found.ratio > 1) == (lag > 0)
    leader = "A leads B" if found.lead_ms >= 0 else "B leads A"
    assert leader in str(found.table())


def test_swapping_the_series_mirrors_the_contrast() -> None:
    x, y = lagged_pair(3, 40, seconds=20)
    lags = np.arange(-100, 101, 10)
    one, other = lead_lag(x, y, lags), lead_lag(y, x, lags)
    assert one.correlations == pytest.approx(other.correlations[::-1])


def test_unrelated_prices_have_no_contrast_and_lags_at_an_end_are_told() -> None:
    x, y = lagged_pair(3, 40, seconds=60, share=0.0)
    found = lead_lag(x, y, np.arange(-200, 201, 10))
    assert np.abs(found.correlations).max() < 0.15
    x, y = lagged_pair(3, 80, seconds=60)
    assert "widen" in lead_lag(x, y, np.arange(-50, 51, 10)).warnings[0]


def test_the_chart_marks_the_lead() -> None:
    x, y = lagged_pair(3, 40, seconds=20)
    found = lead_lag(x, y, np.arange(-100, 101, 10))
    axes = found.plot()
    assert any(f"{found.lead_ms:+g} ms" in each.get_text() for each in axes.texts)
    assert found.to_frame()["lag_ms"].to_list() == found.lags_ms.tolist()


def test_what_cannot_be_compared_is_refused() -> None:
    x, y = lagged_pair(3, 0, seconds=2)
    flat = ticks("flat", x.instants_ns, np.full(len(x.instants_ns), 5.0))
    with pytest.raises(MarketDataError, match="never moves"):
        lead_lag(x, flat, [0])
    with pytest.raises(MarketDataError, match="in the span that both have"):
        lead_lag(x, ticks("late", [10**15, 10**15 + 1], [1, 2]), [0])
    with pytest.raises(MarketDataError, match="no ticks"):
        lead_lag(x, ticks("none", [], []), [0])
    for lags in ([], [1, 1], [math.nan]):
        with pytest.raises(DataError, match="lags_ms"):
            lead_lag(x, y, lags)
