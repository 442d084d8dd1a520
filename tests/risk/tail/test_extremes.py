"""The chance of a liquidation within a horizon, and the leverage for a chance."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.errors import DataError
from obverse.risk.tail import (
    AdverseTail,
    ExtremeValueLaw,
    adverse_moves,
    adverse_tail,
    leverage_for_probability,
    liquidation_probability,
    liquidation_threshold_return,
)

LAW = ExtremeValueLaw(0.05, 0.04, 0.3)
SHORT, LONG = AdverseTail("short", 168, LAW, 200), AdverseTail("long", 168, LAW, 200)
PRICES = 10_000 * np.exp(np.cumsum(np.random.default_rng(7).standard_normal(1_001) * 0.02))
payoffs = st.sampled_from(["inverse", "linear"])
tails = st.sampled_from([SHORT, LONG])


def test_moves_are_the_worst_of_each_block_from_its_opening() -> None:
    """Blocks of two from 100, then from 110: highest 110 and 121, lowest 100·(1 + 1/9) off 90."""
    prices = np.tile([100.0, 90.0], 25)
    prices[0:5] = [100, 105, 110, 121, 99]
    rises = adverse_moves(prices, side="short", horizon_steps=2)
    falls = adverse_moves(prices, side="long", horizon_steps=2)
    assert rises[:2] == pytest.approx([0.10, 0.10])
    assert falls[:2] == pytest.approx([100 / 105 - 1, 110 / 99 - 1])
    assert len(rises) == 24


def test_a_long_sees_the_rise_of_one_over_the_price() -> None:
    one = adverse_moves(PRICES, side="long", horizon_steps=20)
    other = adverse_moves(1 / PRICES, side="short", horizon_steps=20)
    assert one == pytest.approx(other)


def test_highs_and_lows_make_the_moves_worse() -> None:
    for side, worst in (("short", PRICES * 1.01), ("long", PRICES * 0.99)):
        closes = adverse_moves(PRICES, side=side, horizon_steps=20)
        within = adverse_moves(PRICES, side=side, horizon_steps=20, worst_usd=worst)
        assert (within > closes).all()


def test_a_block_does_not_see_the_high_of_the_step_that_it_opens_at_the_end_of() -> None:
    worst = PRICES.copy()
    worst[0] = 10 * PRICES[0]
    found = adverse_moves(PRICES, side="short", horizon_steps=20, worst_usd=worst)
    assert (found == adverse_moves(PRICES, side="short", horizon_steps=20)).all()


@given(payoffs, tails, st.floats(0.0005, 0.3), st.sampled_from(["0", "0.005", "0.02"]))
def test_at_the_leverage_for_a_chance_liquidation_has_that_chance(payoff, tail, p, rate) -> None:
    leverage = leverage_for_probability(p, tail, payoff=payoff, maintenance_rate=float(rate))
    threshold = liquidation_threshold_return(
        payoff, tail.side, margin=repr(1 / leverage), hedge_ratio=1, maintenance_rate=rate
    )
    assert liquidation_probability(threshold, tail) == pytest.approx(p, rel=1e-6)


@given(payoffs, tails, st.floats(1e-6, 0.5), st.floats(1e-6, 0.5), st.floats(0, 0.05))
def test_a_smaller_chance_needs_less_leverage(payoff, tail, one, other, rate) -> None:
    low, high = (
        leverage_for_probability(p, tail, payoff=payoff, maintenance_rate=rate)
        for p in sorted([one, other])
    )
    assert 0 < low <= high


@given(tails, st.floats(1e-6, 0.5))
def test_maintenance_costs_leverage(tail, chance) -> None:
    none, some = (
        leverage_for_probability(chance, tail, payoff="inverse", maintenance_rate=rate)
        for rate in (0.0, 0.01)
    )
    assert some < none


@given(st.floats(1e-12, 1e-3))
def test_at_leverage_one_a_short_inverse_position_is_safe_from_any_rise(chance: float) -> None:
    assert leverage_for_probability(chance, SHORT, payoff="inverse") >= 1
    assert leverage_for_probability(chance, LONG, payoff="linear") >= 1
    never = liquidation_threshold_return("inverse", "short", margin=1, hedge_ratio=1)
    assert liquidation_probability(never, SHORT) == 0


def test_where_a_move_of_the_chance_is_no_loss_maintenance_alone_bounds() -> None:
    falling = AdverseTail("short", 1, ExtremeValueLaw(-1.0, 0.01, 0.0), 50)
    assert leverage_for_probability(0.5, falling, payoff="inverse", maintenance_rate=0.01) == 100
    assert leverage_for_probability(0.5, falling, payoff="inverse") is None


def test_a_position_already_past_its_threshold_is_certain_to_be_liquidated() -> None:
    assert liquidation_probability(Decimal("-0.001"), SHORT) == 1
    assert liquidation_probability(Decimal("0.001"), LONG) == 1
    assert liquidation_probability(0, SHORT) == 1


@pytest.mark.parametrize(("side", "bars"), [("short", "high"), ("long", "low")])
def test_a_weeks_law_of_bitcoin_is_what_was_seen(hourly, side: str, bars: str) -> None:
    """215 weeks of XBTUSD: the fitted chances are within three standard errors of the counts."""
    closes, worst = hourly["close"].to_numpy(), hourly[bars].to_numpy()
    terms = {"side": side, "horizon_steps": 168, "worst_usd": worst}
    tail, moves = adverse_tail(closes, **terms), adverse_moves(closes, **terms)
    assert tail.blocks == len(moves) == 215
    for move in (0.05, 0.1, 0.2, 0.3, 0.5):
        threshold = move if side == "short" else -move / (1 + move)
        chance = liquidation_probability(threshold, tail)
        error = math.sqrt(chance * (1 - chance) / len(moves))
        assert chance == pytest.approx(float((moves > move).mean()), abs=3 * error)
    assert 0.1 < tail.law.shape < 0.6  # a heavy tail


@pytest.mark.parametrize("method", ["l_moments", "likelihood"])
def test_leverage_under_one_per_cent_a_week_is_below_five(hourly, method) -> None:
    """As Alexander, Deng and Zou find: under 1 % the optimal leverage is mostly below 5."""
    tail = adverse_tail(
        hourly["close"].to_numpy(), side="short", horizon_steps=168,
        worst_usd=hourly["high"].to_numpy(), method=method,
    )  # fmt: skip
    found = leverage_for_probability(0.01, tail, payoff="inverse", maintenance_rate=0.005)
    assert 1 < found < 5


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"horizon_steps": 60}, "1001 prices are 16 blocks of 60 steps, expected at least 20"),
        ({"horizon_steps": 0}, "horizon_steps: found 0"),
        ({"side": "sell"}, "side: found 'sell'"),
        ({"worst_usd": PRICES[1:]}, "1000 of them, expected 1001"),
        ({"worst_usd": PRICES * 0}, "not above zero"),
    ],
)
def test_a_history_without_blocks_is_refused(change, found) -> None:
    with pytest.raises(DataError, match=found):
        adverse_tail(PRICES, **({"side": "short", "horizon_steps": 20} | change))


@pytest.mark.parametrize("bad", [math.nan, math.inf, 0.0])
def test_a_price_that_is_none_is_refused(bad: float) -> None:
    broken = PRICES.copy()
    broken[77] = bad
    with pytest.raises(DataError, match="step 77"):
        adverse_tail(broken, side="short", horizon_steps=20)


def test_thresholds_and_chances_that_cannot_be_are_refused() -> None:
    for threshold in (math.nan, math.inf):
        with pytest.raises(DataError, match="threshold return"):
            liquidation_probability(threshold, SHORT)
    with pytest.raises(DataError, match="above -1"):
        liquidation_probability(-1.0, LONG)
    for chance in (0.0, 1.0, math.nan):
        with pytest.raises(DataError, match="probability: found"):
            leverage_for_probability(chance, SHORT, payoff="inverse")
    for rate in (-0.1, 1.0, math.nan):
        with pytest.raises(DataError, match="maintenance_rate: found"):
            leverage_for_probability(0.01, SHORT, payoff="inverse", maintenance_rate=rate)
    with pytest.raises(DataError, match="payoff: found 'quanto'"):
        leverage_for_probability(0.01, SHORT, payoff="quanto")
