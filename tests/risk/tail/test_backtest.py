"""Forecasts through a past period: what they knew, and how they did on recorded history."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obverse.errors import DataError
from obverse.risk.tail import BookLine, Filter, ewma_volatilities, log_returns, var_backtest


def test_a_forecast_is_the_order_statistic_of_its_window(calm_and_wild) -> None:
    found = var_backtest(calm_and_wild, side="long", level=0.95, window_steps=100)
    falls = -log_returns(calm_and_wild)
    before = ewma_volatilities(falls)
    for place in (0, 17, len(found.adverse_returns) - 1):
        at = 20 + 100 + place
        assert found.first_step + place == at + 1
        assert found.adverse_returns[place] == falls[at]
        window = falls[at - 100 : at]
        assert found.of("historical").value_at_risk[place] == sorted(window)[94]
        standard = window / before[at - 120 : at - 20]
        assert found.of("filtered").value_at_risk[place] == pytest.approx(
            sorted(standard)[94] * before[at - 20]
        )


@settings(max_examples=20, deadline=None)
@given(cut=st.integers(150, 900), side=st.sampled_from(["long", "short"]))
def test_no_forecast_looks_ahead(calm_and_wild, cut: int, side: str) -> None:
    more = {"side": side, "level": 0.95, "window_steps": 100}
    whole, part = var_backtest(calm_and_wild, **more), var_backtest(calm_and_wild[:cut], **more)
    assert part.first_step == whole.first_step
    for method in ("historical", "filtered"):
        kept = len(part.adverse_returns)
        for name in ("value_at_risk", "violations"):
            one, other = getattr(part.of(method), name), getattr(whole.of(method), name)
            assert (one == other[:kept]).all()


def test_a_forecast_does_not_know_its_own_step(calm_and_wild) -> None:
    changed = calm_and_wild.copy()
    changed[-1] *= 0.2
    one, other = (
        var_backtest(p, side="long", level=0.95, window_steps=100) for p in (calm_and_wild, changed)
    )
    for method in ("historical", "filtered"):
        a, b = one.of(method), other.of(method)
        assert (a.value_at_risk == b.value_at_risk).all()
        assert b.violations[-1]


def test_the_long_of_a_history_is_the_short_of_its_mirror(calm_and_wild) -> None:
    """In 1/S a long of S is a short."""
    long = var_backtest(calm_and_wild, side="long", level=0.95, window_steps=100)
    short = var_backtest(1 / calm_and_wild, side="short", level=0.95, window_steps=100)
    for method in ("historical", "filtered"):
        one, other = long.of(method).value_at_risk, short.of(method).value_at_risk
        assert one == pytest.approx(other, rel=1e-9)


def test_violations_are_the_same_in_coin_and_in_dollars(calm_and_wild) -> None:
    """The book's own losses, revalued every step, against the forecast's loss: the same steps."""
    found = var_backtest(calm_and_wild, side="long", level=0.95, window_steps=100)
    moves = np.expm1(-found.adverse_returns)
    bounds = np.expm1(-found.of("historical").value_at_risk)
    line = BookLine(coins=1.0, dollars=10_000, price_usd=10_000)
    for gain in (line.gain_coin, line.gain_usd):
        assert ((gain(moves) < gain(bounds)) == found.of("historical").violations).all()


def test_filtering_keeps_violations_apart_where_volatility_changes(calm_and_wild) -> None:
    found = var_backtest(
        calm_and_wild, side="long", level=0.95, window_steps=200, filtering=Filter(0.9, 20)
    )
    plain, filtered = (found.of(m).coverage for m in ("historical", "filtered"))
    assert plain.transitions.hit_to_hit > filtered.transitions.hit_to_hit
    assert filtered.conditional.p_value > 0.01


@pytest.mark.parametrize("side", ["long", "short"])
@pytest.mark.parametrize("window", [250, 500])
def test_daily_filtered_forecasts_of_bitcoin_2017_to_2020_pass(daily, side, window) -> None:
    """99 % of XBTUSD's days; plain history passes as well, being wide enough, and no better."""
    before = daily.filter(pl.col("open_time") < pl.datetime(2017, 1, 1, time_zone="UTC")).height
    start = max(0, before - window - 21)
    found = var_backtest(daily["close"].to_numpy()[start:], side=side, window_steps=window)
    filtered, plain = found.of("filtered").coverage, found.of("historical").coverage
    assert filtered.unconditional.p_value > 0.05
    assert filtered.conditional.p_value > 0.05
    assert abs(filtered.violations - filtered.expected) <= abs(plain.violations - plain.expected)


def test_hourly_plain_forecasts_of_bitcoin_fail_and_filtered_ones_do_better(hourly) -> None:
    """35,127 hours: 444 violations of 351 expected against 390, and less in clumps."""
    found = var_backtest(hourly["close"].to_numpy(), side="long", window_steps=1_000)
    plain, filtered = (found.of(m).coverage for m in ("historical", "filtered"))
    assert plain.unconditional.p_value < 1e-5
    assert filtered.unconditional.p_value > 0.01
    assert filtered.independence.ratio < plain.independence.ratio / 4
    assert filtered.violations - filtered.expected < 0.5 * (plain.violations - plain.expected)


def test_it_prints_a_row_a_method(calm_and_wild) -> None:
    found = var_backtest(
        calm_and_wild, side="short", level=0.95, window_steps=100, methods=["filtered"]
    )
    text = str(found)
    assert "One-step value at risk of a short at 0.95 over 779 steps" in text
    assert [row["method"] for row in found.to_frame("records")] == ["filtered"]
    with pytest.raises(DataError, match="method 'historical': this backtest has filtered"):
        found.of("historical")


@pytest.mark.parametrize(
    ("count", "more", "found"),
    [
        (122, {}, "122 prices, expected 123 or more for a seed of 20, a window of 100"),
        (900, {"window_steps": 99, "level": 0.99}, "99 observations, expected at least 100"),
        (900, {"side": "both"}, "side: found 'both'"),
        (900, {"level": math.nan}, "level: found nan"),
        (900, {"methods": ["normal"]}, "method 'normal': expected one of historical, filtered"),
        (1, {}, "1 prices, expected at least 2"),
    ],
)
def test_what_cannot_be_tested_is_refused(calm_and_wild, count, more, found) -> None:
    with pytest.raises(DataError, match=found):
        var_backtest(
            calm_and_wild[:count], **({"side": "long", "level": 0.95, "window_steps": 100} | more)
        )


def test_the_shortest_history_has_two_steps_to_test(calm_and_wild) -> None:
    found = var_backtest(calm_and_wild[:123], side="long", level=0.95, window_steps=100)
    assert len(found.adverse_returns) == 2


@pytest.mark.parametrize("bad", [math.nan, math.inf, 0.0, -5.0])
def test_a_price_that_is_none_is_refused(calm_and_wild, bad: float) -> None:
    broken = calm_and_wild.copy()
    broken[400] = bad
    with pytest.raises(DataError, match="step 400"):
        var_backtest(broken, side="long")
