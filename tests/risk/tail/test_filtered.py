"""Filtered historical simulation: past moves at today's volatility, drawn in blocks."""

from __future__ import annotations

import math

import numpy as np
import pytest

from obverse.errors import DataError
from obverse.risk.tail import (
    BookLine,
    Filter,
    Resampling,
    ewma_volatilities,
    filtered_tail_risk,
    historical_tail_risk,
    log_returns,
)

LONG = {"BTC": BookLine(1.0, 10_000, 10_000)}
FAST = Resampling(seed=1, paths=2_000, replicas=20)


def _risk(prices, resampling=FAST, **more):
    return filtered_tail_risk(LONG, {"BTC": prices}, resampling, **({"level": 0.95} | more))


def test_over_one_step_it_is_the_formula_written_out(calm_and_wild) -> None:
    """r*[i] = r[i]·s[T]/s[i], and the order statistic of what that does to the book."""
    moves = log_returns(calm_and_wild)
    before = ewma_volatilities(moves, decay=0.9, seed_steps=30)
    scaled = sorted(
        math.expm1(r * before[-1] / s) for r, s in zip(moves[30:], before[:-1], strict=True)
    )
    worst = scaled[len(scaled) - math.ceil(len(scaled) * 0.95)]
    found = _risk(calm_and_wild, filtering=Filter(0.9, 30)).coins[0]
    assert found.in_usd.value_at_risk == pytest.approx(-worst * 10_000)
    assert found.in_coin.value_at_risk == pytest.approx(-worst / (1 + worst))


def test_it_follows_the_volatility_of_the_day_where_plain_history_does_not(calm_and_wild) -> None:
    """Steps 780 to 840 are wild (turn 13), the 60 before are calm: 4 % against 1 %."""
    at_calm, at_wild = calm_and_wild[:776], calm_and_wild[:838]
    calm, wild = (_risk(p).book_usd.value_at_risk for p in (at_calm, at_wild))
    plain_calm, plain_wild = (
        historical_tail_risk(LONG, {"BTC": p}, level=0.95).book_usd.value_at_risk
        for p in (at_calm, at_wild)
    )
    assert wild > 2.5 * calm
    assert plain_wild < 1.3 * plain_calm


def test_of_constant_volatility_it_is_the_square_root_of_time() -> None:
    """Normal steps of 2 %: over 16 steps four times the value at risk, the history being long."""
    steps = np.random.default_rng(8).standard_normal(8_000) * 0.002
    prices = 10_000 * np.exp(np.cumsum(steps))
    smooth = Filter(0.999, 500)
    one, many = (
        _risk(
            prices,
            Resampling(seed=1, paths=40_000, block_steps=4, replicas=0),
            horizon_steps=h,
            filtering=smooth,
        ).book_usd.value_at_risk
        for h in (1, 16)
    )
    assert many / one == pytest.approx(4, rel=0.08)


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others(calm_and_wild) -> None:
    one, again = (_risk(calm_and_wild, horizon_steps=5) for _ in range(2))
    other = _risk(calm_and_wild, Resampling(seed=2, paths=2_000, replicas=20), horizon_steps=5)
    assert one == again
    assert other.book_usd != one.book_usd
    assert other.book_usd.value_at_risk == pytest.approx(one.book_usd.value_at_risk, rel=0.15)


def test_a_fully_hedged_short_has_no_dollar_risk(calm_and_wild) -> None:
    hedged = {"BTC": BookLine(0.0, -10_000, 10_000)}
    found = filtered_tail_risk(hedged, {"BTC": calm_and_wild}, FAST, horizon_steps=3, level=0.95)
    assert (found.book_usd.value_at_risk, found.book_usd.expected_shortfall) == (0, 0)
    assert found.book_usd.value_at_risk_interval == (0, 0)
    assert found.coins[0].in_coin.value_at_risk > 0


@pytest.mark.parametrize("horizon", [1, 7])
def test_shortfall_is_at_least_value_at_risk(calm_and_wild, horizon: int) -> None:
    found = _risk(calm_and_wild, horizon_steps=horizon)
    for part in (found.book_usd, found.coins[0].in_coin, found.coins[0].in_usd):
        assert part.expected_shortfall > part.value_at_risk > 0


def test_coins_are_drawn_together(calm_and_wild) -> None:
    """A coin and its mirror: drawn apart the dollars of the two would not cancel."""
    mirror = calm_and_wild[0] ** 2 / calm_and_wild
    book = {name: BookLine(1.0, 0.0, 10_000) for name in ("BTC", "MIR")}
    found = filtered_tail_risk(
        book, {"BTC": calm_and_wild, "MIR": mirror}, FAST, level=0.95, horizon_steps=5
    )
    assert found.book_usd.value_at_risk < 0.15 * found.coins[0].in_usd.value_at_risk


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    """60 histories of normal steps, whose 95 % value at risk is known: 90 % intervals."""
    truth, held = -math.expm1(-0.02 * 1.6448536) * 10_000, 0
    for seed in range(60):
        steps = np.random.default_rng(seed).standard_normal(600) * 0.02
        prices = 10_000 * np.exp(np.cumsum(steps))
        found = _risk(
            prices,
            Resampling(seed=seed, block_steps=1, replicas=100),
            filtering=Filter(0.9999, 300),
        )
        low, high = found.book_usd.value_at_risk_interval
        assert low <= high
        held += low <= truth <= high
    assert 45 <= held <= 60


def test_more_history_narrows_the_interval() -> None:
    steps = np.random.default_rng(9).standard_normal(4_000) * 0.02
    prices = 10_000 * np.exp(np.cumsum(steps))
    widths = []
    for kept in (prices[-400:], prices):
        low, high = _risk(kept).book_usd.value_at_risk_interval
        widths.append((high - low) / low)
    assert widths[1] < widths[0] / 1.8


def test_it_says_how_it_drew_and_prints_its_interval(calm_and_wild) -> None:
    found = _risk(calm_and_wild, Resampling(seed=4, block_steps=6, paths=2_000, replicas=20))
    text = str(found.table())
    assert "Blocks of 6.0 steps on average (given), seed 4." in text
    assert "Intervals hold 0.9 of 20 redrawn histories." in text
    assert "value_at_risk_low_usd" in found.to_frame().columns
    without = _risk(calm_and_wild, Resampling(seed=4, replicas=0))
    assert without.book_usd.value_at_risk_interval is None
    assert "value_at_risk_low_usd" not in without.to_frame().columns


@pytest.mark.parametrize(
    ("resampling", "more", "found"),
    [
        (Resampling(seed=-1), {}, "seed: found -1"),
        (Resampling(seed=1, paths=0), {"horizon_steps": 2}, "paths: found 0"),
        (Resampling(seed=1, paths=5), {"horizon_steps": 2}, "5 observations, expected at least 20"),
        (Resampling(seed=1, block_steps=0.2), {}, "block_steps: found 0.2"),
        (Resampling(seed=1, replicas=-1), {}, "replicas: found -1"),
        (Resampling(seed=1, confidence=90), {}, "confidence: found 90"),
        (FAST, {"level": math.nan}, "level: found nan"),
        (FAST, {"horizon_steps": 880}, "0 observations"),
        (FAST, {"filtering": Filter(decay=1.5)}, "decay: found 1.5"),
        (FAST, {"filtering": Filter(seed_steps=899)}, "0 observations"),
        (FAST, {"filtering": Filter(seed_steps=1_000)}, "expected at least 1000 for the seed"),
    ],
)
def test_what_cannot_be_drawn_is_refused(calm_and_wild, resampling, more, found) -> None:
    with pytest.raises(DataError, match=found):
        _risk(calm_and_wild, resampling, **more)


def test_a_history_that_sleeps_and_leaps_is_refused_not_turned_into_infinity() -> None:
    """Volatility falls to nothing, then a leap: scaled to the next step it has no bound."""
    sleep = np.full(300, 100.0)
    leap = np.concatenate([[100, 101], sleep, [200.0] * 5, [100_000.0]])
    with pytest.raises(DataError, match="beyond all bounds"):
        _risk(leap, filtering=Filter(0.5, 1))
