"""Allocation in whole units: sums to the last unit, caps, remainders, refusals."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.contracts import Amount, Currency
from obverse.errors import AmountError, BookError, DefectError
from obverse.risk.losses import POLICIES, Haircut, Winner, allocate, allocate_coins
from obverse.risk.losses.coin_allocation import CoinAllocation

from . import draws
from .draws import BTC


def sats(units: int) -> Amount:
    return Amount(units, BTC)


def _units(made: CoinAllocation) -> list[int]:
    return [item.taken.units for item in made.haircuts]


def test_the_odd_units_go_to_the_largest_remainders() -> None:
    """100 units over 1, 2 and 4: 14.29, 28.57 and 57.14; the odd unit goes to the second."""
    profits = {"A": sats(100), "B": sats(200), "C": sats(400)}
    assert _units(allocate_coins("pro_rata", profits, sats(100))) == [14, 29, 57]


def test_equal_remainders_go_to_the_account_named_first() -> None:
    profits = {"B": sats(50), "A": sats(50)}
    assert allocate_coins("pro_rata", profits, sats(7)).taken() == {"B": sats(4), "A": sats(3)}


def test_a_cap_is_not_passed_by_the_odd_unit() -> None:
    """A third of 10 units is 3 whole ones, and a fourth is never taken."""
    made = allocate_coins(
        "capped_pro_rata", {"A": sats(10), "B": sats(10)}, sats(13), caps={"A": Fraction(1, 3)}
    )
    assert _units(made) == [3, 10]
    assert made.uncovered == sats(0)


def test_what_caps_do_not_allow_is_uncovered_in_whole_units() -> None:
    made = allocate_coins("capped_pro_rata", {"A": sats(10)}, sats(9), caps={"A": "0.55"})
    assert (_units(made), made.uncovered) == ([5], sats(4))
    assert "0.00000004 BTC is uncovered" in str(made.table())


def test_a_result_reads_as_a_table() -> None:
    made = allocate_coins("pro_rata", {"A": sats(150), "B": sats(50)}, sats(20))
    text = repr(made)
    assert "0.00000020 BTC shared out, pro_rata" in text
    assert "+10.00" in text
    frame = made.to_frame("records")
    assert frame[0]["taken"] == pytest.approx(15e-8)
    assert made.haircuts[0].kept == sats(135)
    assert made.haircuts[0].fraction == Fraction(1, 10)


@pytest.mark.parametrize("policy", POLICIES)
@given(data=st.data())
def test_parts_add_up_to_the_budget_to_the_last_unit(policy: str, data: st.DataObject) -> None:
    profits = data.draw(draws.coin_profits)
    total = sum(part.units for part in profits.values())
    budget = sats(data.draw(st.integers(0, total + 5)))
    capped = policy != "pro_rata"
    names = list(profits)
    caps = {name: data.draw(draws.fractions) for name in names[::2]} if capped else {}
    weights = {name: data.draw(draws.weights) for name in names[1::2]}
    made = allocate_coins(policy, profits, budget, caps=caps, weights=weights)
    assert sum(_units(made)) + made.uncovered.units == budget.units
    assert made.uncovered.units >= 0
    for item in made.haircuts:
        assert 0 <= item.taken.units <= item.profit.units * caps.get(item.account, Fraction(1))


@given(data=st.data())
def test_nobody_is_a_unit_away_from_the_exact_share(data: st.DataObject) -> None:
    profits = data.draw(draws.coin_profits)
    total = sum(part.units for part in profits.values())
    budget = data.draw(st.integers(0, total))
    exact = allocate(
        "pro_rata", [Winner(n, Fraction(p.units)) for n, p in profits.items()], Fraction(budget)
    )
    made = allocate_coins("pro_rata", profits, sats(budget))
    assert all(abs(got - want) < 1 for got, want in zip(_units(made), exact.taken, strict=True))
    assert made == allocate_coins("pro_rata", dict(profits), sats(budget))


def test_a_profit_below_zero_is_refused() -> None:
    with pytest.raises(AmountError, match="account A: profit: -1 is below zero"):
        allocate_coins("queue", {"A": sats(-1)}, sats(1))


def test_a_profit_in_another_currency_or_unit_is_refused() -> None:
    for other in (Currency("ETH"), Currency("BTC", 9)):
        with pytest.raises(AmountError, match="do not add"):
            allocate_coins("queue", {"A": Amount(1, other)}, sats(1))


def test_a_cap_or_weight_of_nobody_is_refused() -> None:
    for words in ({"caps": {"Z": 1}}, {"weights": {"Z": 1}}):
        with pytest.raises(BookError, match="no account 'Z'"):
            allocate_coins("queue", {"A": sats(1)}, sats(1), **words)


@pytest.mark.parametrize("cap", [Decimal("NaN"), 0.5, "2"])
def test_a_cap_that_is_none_is_refused(cap) -> None:
    with pytest.raises(AmountError, match="cap"):
        allocate_coins("queue", {"A": sats(1)}, sats(1), caps={"A": cap})


def test_a_record_that_does_not_add_up_is_a_defect() -> None:
    with pytest.raises(DefectError, match="taken of a budget"):
        CoinAllocation("queue", sats(5), (Haircut("A", sats(9), sats(4)),), sats(0))
    with pytest.raises(DefectError, match="more than a profit"):
        CoinAllocation("queue", sats(5), (Haircut("A", sats(4), sats(5)),), sats(0))
