"""Historical simulation: a book over the moves that its coins have made."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obverse.errors import DataError
from obverse.risk.tail import BookLine, historical_tail_risk

PRICES = 10_000 * np.exp(np.cumsum(np.random.default_rng(5).standard_normal(300) * 0.03))
coins = st.integers(-100_000, 100_000).map(lambda thousandths: thousandths / 1_000)
dollars = st.integers(-1_000_000, 1_000_000).map(float)
lines = st.builds(BookLine, coins, dollars, st.just(10_000.0))


def _risk(line: BookLine, **more):
    return historical_tail_risk({"BTC": line}, {"BTC": PRICES}, **({"level": 0.95} | more))


def test_it_is_the_order_statistic_of_the_moves_written_out() -> None:
    """299 returns at 95 %: the 285th loss of a long of 10,000 dollars at 10,000."""
    found = _risk(BookLine(1.0, 10_000, 10_000)).coins[0]
    moves = sorted(now / before - 1 for before, now in pairwise(PRICES))
    worst = moves[299 - 285]
    assert found.in_coin.value_at_risk == pytest.approx(-worst / (1 + worst))
    assert found.in_usd.value_at_risk == pytest.approx(-worst * 10_000)


def test_in_coin_the_shortfall_of_a_long_is_the_worse_for_convexity() -> None:
    """A fall by x costs x/(1 − x) coins for each coin of size; in dollars without coins held, x."""
    coin = _risk(BookLine(1.0, 10_000, 10_000)).coins[0]
    for in_coin, in_usd in (
        (coin.in_coin.value_at_risk, coin.in_usd.value_at_risk),
        (coin.in_coin.expected_shortfall, coin.in_usd.expected_shortfall),
    ):
        assert in_coin > in_usd / 10_000
    var = coin.in_usd.value_at_risk / 10_000
    assert coin.in_coin.value_at_risk == pytest.approx(var / (1 - var))


def test_a_fully_hedged_short_has_no_dollar_risk_and_all_of_the_coins() -> None:
    found = _risk(BookLine(0.0, -10_000, 10_000))
    assert (found.book_usd.value_at_risk, found.book_usd.expected_shortfall) == (0, 0)
    assert math.copysign(1, found.book_usd.value_at_risk) == 1
    assert found.coins[0].in_coin.value_at_risk > 0.03


@settings(max_examples=40)
@given(lines, st.integers(1, 5))
def test_shortfall_is_at_least_value_at_risk_in_both_currencies(line, horizon) -> None:
    for part in (found := _risk(line, horizon_steps=horizon).coins[0]).in_coin, found.in_usd:
        assert part.expected_shortfall >= part.value_at_risk


@settings(max_examples=40)
@given(lines, st.floats(0.5, 0.98), st.floats(0.5, 0.98))
def test_risk_rises_with_the_level(line, one, other) -> None:
    low, high = (_risk(line, level=level).book_usd for level in sorted([one, other]))
    assert high.value_at_risk >= low.value_at_risk


@settings(max_examples=40)
@given(lines, st.sampled_from([2.0, 16.0]))
def test_twice_the_book_is_twice_the_risk(line, factor) -> None:
    more = BookLine(line.coins * factor, line.dollars * factor, line.price_usd)
    one, many = _risk(line).coins[0], _risk(more).coins[0]
    assert many.in_coin.value_at_risk == factor * one.in_coin.value_at_risk
    assert many.in_usd.value_at_risk == factor * one.in_usd.value_at_risk


def test_several_steps_overlap() -> None:
    found = _risk(BookLine(1.0, 10_000, 10_000), horizon_steps=10)
    assert found.observations == 290
    moves = sorted(PRICES[10:] / PRICES[:-10] - 1)
    place = 290 - math.ceil(290 * 0.95)
    assert found.coins[0].in_usd.value_at_risk == pytest.approx(-moves[place] * 10_000)


def test_two_coins_that_move_against_each_other_cancel_in_dollars_only() -> None:
    """A long of one and as much of its mirror: the sum of log moves is nothing, nearly."""
    mirror = PRICES[0] ** 2 / PRICES
    book = {"BTC": BookLine(1.0, 10_000, 10_000), "MIR": BookLine(1.0, 10_000, 10_000)}
    found = historical_tail_risk(book, {"BTC": PRICES, "MIR": mirror}, level=0.95)
    alone = [coin.in_usd.value_at_risk for coin in found.coins]
    assert found.book_usd.value_at_risk < 0.1 * min(alone)


def test_it_prints_as_a_table_with_the_book_under_its_coins() -> None:
    book = {"BTC": BookLine(1.0, 10_000, 10_000), "ETH": BookLine(5.0, 0, 10_000)}
    found = historical_tail_risk(book, {"BTC": PRICES, "ETH": PRICES}, level=0.95)
    text = str(found.table())
    assert "Tail risk at 0.95 over 1 step: historical simulation" in text.splitlines()[0]
    assert [row["coin"] for row in found.to_frame("records")] == ["BTC", "ETH", "book"]
    assert found.to_frame("records")[2]["value_at_risk"] is None


@pytest.mark.parametrize(
    ("histories", "more", "found"),
    [
        ({"ETH": PRICES}, {}, "expected a history of BTC; found ETH"),
        ({"BTC": PRICES[:50]}, {"level": 0.99}, "49 observations, expected at least 100"),
        ({"BTC": PRICES[:30]}, {"horizon_steps": 15}, "15 observations, expected at least 20"),
        ({"BTC": PRICES[:30]}, {"horizon_steps": 60}, "0 observations, expected at least 20"),
        ({"BTC": [*PRICES, math.nan]}, {}, "nan"),
        ({"BTC": [*PRICES, 0.0]}, {}, "not above zero"),
        ({"BTC": PRICES}, {"level": 1.0}, "level: found 1.0"),
        ({"BTC": PRICES}, {"horizon_steps": 0}, "horizon_steps: found 0"),
    ],
)
def test_what_cannot_be_told_is_refused(histories, more, found) -> None:
    with pytest.raises(DataError, match=found):
        historical_tail_risk(
            {"BTC": BookLine(1.0, 0.0, 1.0)}, histories, **({"level": 0.95} | more)
        )


def test_histories_of_other_lengths_are_refused() -> None:
    book = {"BTC": BookLine(1.0, 0, 1), "ETH": BookLine(1.0, 0, 1)}
    with pytest.raises(DataError, match="found BTC 300, ETH 299 prices"):
        historical_tail_risk(book, {"BTC": PRICES, "ETH": PRICES[1:]})
