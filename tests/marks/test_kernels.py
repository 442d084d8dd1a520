"""The compiled door and the compiled rates, against the formulas that they stand for."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from perpetual_histories import funding_rule, mark_rule

from obverse.marks._kernels import exponential_average_kernel, rate_kernel, samples_kernel
from obverse.marks.policies import capped_rate
from obverse.marks.terms import terms_of

rate_rules = st.builds(
    funding_rule,
    rule=st.sampled_from(["clamp", "dampener", "divide", "plain"]),
    interest_rate=st.sampled_from([Decimal("0.0001"), Decimal(0), Decimal("-0.0002")]),
    dampener=st.sampled_from([Decimal("0.0005"), Decimal("0.00025"), Decimal(1)]),
    coefficient=st.sampled_from([Decimal(8), Decimal(24)]),
    cap=st.sampled_from([None, Decimal("0.00375"), Decimal("0.0001")]),
)


@settings(deadline=None)
@given(rule=rate_rules, premium=st.floats(-0.1, 0.1))
def test_a_compiled_rate_is_the_rules(rule, premium) -> None:
    terms = terms_of(mark_rule(), rule)
    found = rate_kernel(
        terms.rule, premium, terms.interest, terms.dampener, terms.coefficient, terms.cap
    )
    assert found == pytest.approx(capped_rate(rule, premium), rel=1e-14, abs=1e-16)


@settings(deadline=None)
@given(rule=rate_rules, low=st.floats(-0.1, 0.1), high=st.floats(-0.1, 0.1))
def test_rates_never_fall_when_premiums_rise(rule, low, high) -> None:
    low, high = sorted([low, high])
    assert capped_rate(rule, low) <= capped_rate(rule, high) + 1e-16


@pytest.mark.parametrize(
    ("name", "wrong", "passes"),
    [
        ("s", math.nan, False), ("s", 0.0, False), ("s", math.inf, False), ("s", -1.0, False),
        ("bid", math.nan, True), ("bid", 0.0, False), ("bid", math.inf, False),
        ("bid", 103.0, False), ("ask", math.nan, True), ("ask", -1.0, False), ("ask", 98.0, False),
        ("ask", 99.0, True), ("last", math.nan, True), ("last", 0.0, False),
        ("last", math.inf, False), ("last", 1e16, False), ("last", 500.0, True),
    ],
)  # fmt: skip
def test_the_door_tells_prices_from_none(name, wrong, passes) -> None:
    columns = {"s": 100.0, "bid": 99.0, "ask": 101.0, "last": 100.0}
    arrays = {key: np.full(40, value) for key, value in columns.items()}
    arrays[name][33] = wrong
    assert samples_kernel(np.arange(40), *arrays.values(), 1e-12, 1e15) is passes


@pytest.mark.parametrize("times", [[0, 1, 1, 2], [0, 2, 1, 3], [1, 0, 2, 3]])
def test_the_door_refuses_late_and_repeated_steps(times) -> None:
    prices = np.full(4, 100.0)
    assert not samples_kernel(np.array(times), prices, prices, prices, prices, 1e-12, 1e15)


def test_no_samples_have_no_average() -> None:
    assert len(exponential_average_kernel(np.empty(0), np.empty(0), 30.0)) == 0
