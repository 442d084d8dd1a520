"""Partial liquidation: the slice restores maintenance to the last digit, and is the smallest."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import payoffs

from obverse.contracts import Inverse, Linear, Payoff
from obverse.errors import AmountError, RuleError
from obverse.risk.losses import Slice, contracts_to_tier, restoring_slice

ONE = Linear(Decimal(1))
SHORT: dict[str, Any] = {
    "sign": -1,
    "contracts": "1",
    "mark_price": "5.5",
    "equity": "-4.399",
    "maintenance_rate": "0.1",
    "execution_price": "5.55",
    "fee_rate": "0.003",
}


def test_a_deep_loss_needs_more_than_the_position() -> None:
    """Chitra, liquidation strategy: 4.949 / 0.4835 = 10.24 contracts of one."""
    found = restoring_slice(ONE, **SHORT)
    assert found.needed == Fraction("4.949") / Fraction("0.4835")
    assert round(float(found.needed), 2) == 10.24
    assert found.closed == 1
    assert not found.restores


def test_a_healthy_account_closes_nothing() -> None:
    found = restoring_slice(ONE, **(SHORT | {"equity": "0.55"}))
    assert (found.needed, found.closed, found.restores) == (0, 0, True)


def test_where_closing_costs_more_than_it_frees_no_slice_restores() -> None:
    found = restoring_slice(ONE, **(SHORT | {"execution_price": "6.1"}))
    assert found.needed is None
    assert found.closed == 1
    assert not found.restores


def test_an_inverse_long_closed_at_the_mark() -> None:
    """10000 dollars at 10000 need 0.05; with 0.04 the rest must be 8000 dollars."""
    found = restoring_slice(
        Inverse(Decimal(1)),
        sign=1,
        contracts=10_000,
        mark_price="10000",
        equity="0.04",
        maintenance_rate="0.05",
        execution_price="10000",
    )
    assert found.closed == 2000


@st.composite
def accounts(draw: st.DrawFn) -> dict[str, Any]:
    """Draw an account somewhere near its maintenance, closed within 3 % of the mark."""
    mark = Decimal(draw(st.integers(100, 10**6)))
    slip = Decimal(draw(st.integers(-30, 30))) / 1000
    return {
        "sign": draw(st.sampled_from([1, -1])),
        "contracts": draw(st.integers(1, 10**6)),
        "mark_price": mark,
        "maintenance_rate": Decimal(draw(st.integers(1, 200))) / 1000,
        "execution_price": mark * (1 + slip),
        "fee_rate": Decimal(draw(st.integers(0, 10))) / 1000,
    }


@given(payoff=payoffs, account=accounts(), health=st.integers(0, 1500))
def test_after_the_slice_equity_is_the_maintenance_of_the_rest(
    payoff: Payoff, account: dict[str, Any], health: int
) -> None:
    size, sign, rate = account["contracts"], account["sign"], Fraction(account["maintenance_rate"])
    value = payoff.value(1, account["mark_price"])
    equity = rate * value * size * Fraction(health, 1000)
    found = restoring_slice(payoff, equity=equity, **account)
    gain = payoff.pnl(
        payoff.value(sign, account["mark_price"]), payoff.value(sign, account["execution_price"])
    )

    def spare(closed: Fraction) -> Fraction:
        after = equity + gain * closed - Fraction(account["fee_rate"]) * value * closed
        return after - rate * value * (size - closed)

    assert 0 <= found.closed <= size
    if health >= 1000:
        assert found.closed == 0
    elif found.restores:
        assert spare(found.closed) == 0
        assert spare(found.closed * Fraction(999, 1000)) < 0
    else:
        assert spare(Fraction(size)) < 0


def test_whole_lots_are_rounded_up_and_end_at_the_position() -> None:
    ten = Decimal(10)
    assert Slice(Fraction(100), Fraction(31)).in_lots(ten) == 40
    assert Slice(Fraction(100), Fraction(30)).in_lots(ten) == 30
    assert Slice(Fraction(100), Fraction(99)).in_lots(ten) == 100
    assert Slice(Fraction(100), None).in_lots(ten) == 100
    assert Slice(Fraction(100), Fraction(0)).in_lots(ten) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"contracts": "0"},
        {"mark_price": "0"},
        {"execution_price": "-1"},
        {"equity": "NaN"},
        {"maintenance_rate": "1.5"},
        {"fee_rate": "-0.1"},
        {"equity": 1.5},
    ],
)
def test_inputs_out_of_range_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(AmountError):
        restoring_slice(ONE, **(SHORT | changes))


def test_the_excess_over_a_tiers_cap_is_closed() -> None:
    """OKX's example: 15000 contracts down to tier 1 of 2000 close 13000."""
    assert contracts_to_tier(15_000, ["2000"], 1) == 13_000
    assert contracts_to_tier(15_000, ["2000", "9000", "20000"], 2) == 6_000
    assert contracts_to_tier(15_000, ["2000", "9000", "20000"], 3) == 0


@pytest.mark.parametrize(
    ("target", "found"), [(0, "tiers 1 to 2"), (3, "tiers 1 to 2"), (True, "whole")]
)
def test_a_tier_that_is_not_there_is_refused(target: int, found: str) -> None:
    with pytest.raises(RuleError, match=found):
        contracts_to_tier(10, ["1", "2"], target)


@pytest.mark.parametrize("caps", [["2", "1"], ["1", "1"], ["0", "1"]])
def test_caps_that_do_not_rise_are_refused(caps: list[str]) -> None:
    with pytest.raises(AmountError, match="tier_caps"):
        contracts_to_tier(10, caps, 1)
