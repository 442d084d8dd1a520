"""A perpetual's mark and premium at one instant, and the same formulas over arrays."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from perpetual_histories import RULES, funding_rule, mark_rule

from obverse.errors import RuleError
from obverse.marks.instant import Book, instant_basis, instant_mark, instant_premium

INDEX = np.array([100.0, 101.0, 99.0])
BOOK = Book(INDEX * 1.001, INDEX * 1.002, INDEX * np.array([1.0, 1.0015, 1.1]))


def at(array, step):
    return float(array[step])


@pytest.mark.parametrize("name", sorted(RULES))
def test_a_history_in_arrays_is_its_instants(name):
    mark, funding = RULES[name]
    rate, hours = np.array([1e-4, -2e-4, 3e-3]), np.array([7.5, 1.0, 0.0])
    basis = instant_basis(mark, BOOK, INDEX)
    common = {"index": INDEX, "rate_in_force": rate, "hours_to_funding": hours}
    marks = instant_mark(mark, funding, **common, average_basis=basis, last=BOOK.last_usd)
    premiums = instant_premium(funding, book=BOOK, mark=marks, **common)
    for step in range(3):
        book = Book(at(BOOK.bid_usd, step), at(BOOK.ask_usd, step), at(BOOK.last_usd, step))
        one = {key: at(array, step) for key, array in common.items()}
        gap = instant_basis(mark, book, one["index"])
        price = instant_mark(mark, funding, **one, average_basis=gap, last=book.last_usd)
        assert (gap, price) == (basis[step], marks[step])
        assert instant_premium(funding, book=book, mark=price, **one) == premiums[step]


def test_the_market_price_is_the_last_price_confined_to_the_book():
    rule = mark_rule(basis_of="market_price")
    np.testing.assert_allclose(
        instant_basis(rule, BOOK, INDEX), INDEX * np.array([0.001, 0.0015, 0.002]), rtol=1e-9
    )
    assert instant_basis(rule, Book(99.0, 103.0), 100.0) == 1.0


def test_a_mark_keeps_to_its_bounds():
    rule = mark_rule(bound_rate=Decimal("0.005"))
    common = {"index": 100.0, "rate_in_force": 0.0, "hours_to_funding": 1.0, "last": None}
    assert instant_mark(rule, funding_rule(), **common, average_basis=3.0) == pytest.approx(100.5)
    assert instant_mark(rule, funding_rule(), **common, average_basis=-3.0) == pytest.approx(99.5)


def test_a_dated_policy_is_no_perpetuals():
    rule = mark_rule(policy="annualised_impact_basis")
    with pytest.raises(RuleError, match="not a perpetual's"):
        instant_mark(
            rule, funding_rule(), index=100.0, rate_in_force=0.0, hours_to_funding=1.0,
            average_basis=0.0, last=None,
        )  # fmt: skip
