"""Risk weights by leverage, and the shares that the paper prints."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.errors import AmountError
from obverse.risk.losses import risk_shares, risk_weight

leverages = st.decimals("0.01", 100, places=2)
equities = st.lists(st.decimals(0, 10**6, places=2), min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("exponent", "weight"),
    [("0", "4"), ("1", "16"), ("2", "64"), ("-1", "1"), ("0.5", "8"), ("-0.5", "2")],
)
def test_a_weight_is_leverage_times_a_power_of_it(exponent: str, weight: str) -> None:
    assert risk_weight("4", weight_exponent=exponent) == Fraction(weight)


def test_a_weight_by_excess_begins_above_the_threshold() -> None:
    assert risk_weight("3", weight_excess_over="2") == 3
    assert risk_weight("2", weight_excess_over="2") == 0
    assert risk_weight("1", weight_excess_over="2") == 0


@given(equity=equities, data=st.data())
def test_shares_sum_to_one(equity: list[Decimal], data: st.DataObject) -> None:
    weights = [
        risk_weight(data.draw(leverages), weight_exponent=data.draw(st.integers(-2, 3)))
        for _ in equity
    ]
    if any(equity):
        shares = risk_shares(equity, weights)
        assert sum(shares) == 1
        assert all(share >= 0 for share in shares)


@given(low=leverages, high=leverages, exponent=st.integers(0, 3) | st.just("1.5"))
def test_more_leverage_weighs_more(low: Decimal, high: Decimal, exponent: int | str) -> None:
    low, high = sorted((low, high))
    assert risk_weight(low, weight_exponent=exponent) <= risk_weight(high, weight_exponent=exponent)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ({}, "one of the two"),
        ({"weight_exponent": "1", "weight_excess_over": "1"}, "one of the two"),
        ({"weight_exponent": "1000"}, "beyond 100"),
        ({"weight_exponent": "NaN"}, "not finite"),
        ({"weight_excess_over": 0.9}, "not exact"),
    ],
)
def test_a_rule_that_is_none_is_refused(words: dict, found: str) -> None:
    with pytest.raises(AmountError, match=found):
        risk_weight("2", **words)


def test_leverage_out_of_range_is_refused() -> None:
    with pytest.raises(AmountError, match="leverage: -1 is below zero"):
        risk_weight("-1", weight_exponent="1")
    with pytest.raises(AmountError, match="zero has no power"):
        risk_weight("0", weight_exponent="-1")


def test_accounts_without_weight_have_no_shares() -> None:
    with pytest.raises(AmountError, match="no account bears weight"):
        risk_shares(["1", "2"], [Fraction(0), Fraction(0)])
    with pytest.raises(AmountError, match="1 equities and 2 weights"):
        risk_shares(["1"], [Fraction(1), Fraction(1)])
    with pytest.raises(AmountError, match="equity: -1 is below zero"):
        risk_shares(["-1"], [Fraction(1)])
