"""Three payoffs: the identity that ties inverse to linear, and slopes that match differences."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import multipliers, payoffs, prices, signed_lots

from obverse.contracts.payoffs import (
    PAYOFFS,
    Inverse,
    Linear,
    Payoff,
    Quanto,
    dollar_convexity,
    dollar_delta,
)
from obverse.errors import AmountError

STEP = Fraction(1, 10**5)


def gain(payoff: Payoff, contracts: int, entry: Decimal, price: Fraction | Decimal) -> Fraction:
    """Coins gained since the entry."""
    return payoff.pnl(payoff.value(contracts, entry), payoff.value(contracts, price))


def slopes(values: dict[int, Fraction]) -> tuple[Fraction, Fraction]:
    """P·d/dP and P²·d²/dP² from values at P·(1 − STEP), P, and P·(1 + STEP)."""
    first = (values[1] - values[-1]) / (2 * STEP)
    return first, (values[1] - 2 * values[0] + values[-1]) / STEP**2


def close(found: Fraction, expected: Fraction) -> bool:
    return abs(found - expected) <= abs(expected) * 2 * STEP**2


# An inverse contract in S is a linear one in 1/S, sides swapped


@given(multipliers, signed_lots, prices)
def test_an_inverse_value_in_s_is_the_linear_value_in_one_over_s(
    multiplier: Decimal, contracts: int, price: Decimal
) -> None:
    inverse, linear = Inverse(multiplier), Linear(multiplier)
    flipped = 1 / Fraction(price)
    assert inverse.value(contracts, price) == linear.value(contracts, flipped)
    assert inverse.contracts(Fraction(3), price) == linear.contracts(Fraction(3), flipped)


@given(multipliers, signed_lots, prices, prices)
def test_an_inverse_long_gains_what_a_linear_short_in_one_over_s_gains(
    multiplier: Decimal, contracts: int, entry: Decimal, price: Decimal
) -> None:
    inverse, linear = Inverse(multiplier), Linear(multiplier)
    cost, value = (linear.value(-contracts, 1 / Fraction(at)) for at in (entry, price))
    assert gain(inverse, contracts, entry, price) == linear.pnl(cost, value)


@given(multipliers, st.lists(st.tuples(st.integers(1, 10**6), prices), min_size=1, max_size=6))
def test_the_inverse_average_in_s_is_one_over_the_linear_average_in_one_over_s(
    multiplier: Decimal, fills: list[tuple[int, Decimal]]
) -> None:
    inverse, linear = Inverse(multiplier), Linear(multiplier)
    held = sum(count for count, _ in fills)
    cost = sum((inverse.value(count, price) for count, price in fills), Fraction(0))
    flipped = sum((linear.value(count, 1 / Fraction(price)) for count, price in fills), Fraction(0))
    average = inverse.average_price(held, cost)
    assert average == 1 / linear.average_price(held, flipped)
    low, high = min(price for _, price in fills), max(price for _, price in fills)
    assert low <= average <= high


@given(multipliers, signed_lots, prices)
def test_inverse_slopes_follow_from_the_linear_ones_by_the_chain_rule(
    multiplier: Decimal, contracts: int, price: Decimal
) -> None:
    inverse, linear = Inverse(multiplier), Linear(multiplier)
    flipped = 1 / Fraction(price)
    delta = linear.settlement_delta(-contracts, flipped)
    bend = linear.settlement_convexity(-contracts, flipped)
    assert inverse.settlement_delta(contracts, price) == -delta
    assert inverse.settlement_convexity(contracts, price) == bend + 2 * delta


# Every payoff


@given(payoffs, signed_lots, prices, prices)
def test_settlement_slopes_are_those_of_the_gain(
    payoff: Payoff, contracts: int, entry: Decimal, price: Decimal
) -> None:
    gains = {
        k: gain(payoff, contracts, entry, Fraction(price) * (1 + k * STEP)) for k in (-1, 0, 1)
    }
    delta, convexity = slopes(gains)
    assert close(delta, payoff.settlement_delta(contracts, price))
    assert close(convexity, payoff.settlement_convexity(contracts, price))


@given(payoffs, signed_lots, prices)
def test_dollar_slopes_are_those_of_the_gain_in_dollars(
    payoff: Payoff, contracts: int, price: Decimal
) -> None:
    along = isinstance(payoff, Inverse)
    settlement = Fraction(price) if along else Fraction(7, 3)
    moved = {k: 1 + k * STEP for k in (-1, 0, 1)}
    gains = {
        k: gain(payoff, contracts, price, Fraction(price) * up) * settlement * (up if along else 1)
        for k, up in moved.items()
    }
    delta, convexity = slopes(gains)
    found = dollar_delta(payoff, contracts, price, settlement_usd=settlement)
    bend = dollar_convexity(
        payoff, contracts, price, settlement_usd=settlement, settles_in_underlying=along
    )
    assert close(delta, found)
    assert close(convexity, bend)


@given(signed_lots, prices)
def test_an_inverse_contract_is_a_straight_line_in_dollars(contracts: int, price: Decimal) -> None:
    assert dollar_convexity(
        Inverse(Decimal(10)), contracts, price, settlement_usd=price, settles_in_underlying=True
    ) == 0  # fmt: skip
    bent = dollar_convexity(
        Inverse(Decimal(10)), contracts, price, settlement_usd=price, settles_in_underlying=False
    )
    assert bent == -20 * contracts


@given(payoffs, signed_lots, prices)
def test_contracts_are_the_inverse_of_value(payoff: Payoff, contracts: int, price: Decimal) -> None:
    assert payoff.contracts(payoff.value(contracts, price), price) == contracts


@given(payoffs, signed_lots, prices)
def test_the_average_of_one_fill_is_its_price(
    payoff: Payoff, contracts: int, price: Decimal
) -> None:
    assert payoff.average_price(contracts, payoff.value(contracts, price)) == Fraction(price)


@given(payoffs, signed_lots, prices, prices)
def test_a_long_gains_as_the_price_rises_and_a_short_the_opposite(
    payoff: Payoff, contracts: int, entry: Decimal, price: Decimal
) -> None:
    moved = gain(payoff, contracts, entry, price)
    assert moved == -gain(payoff, -contracts, entry, price)
    assert (moved > 0) == ((price > entry) == (contracts > 0) and price != entry)


def test_a_short_of_the_coin_held_is_an_exact_synthetic_dollar() -> None:
    short, held = -10_000, Fraction(1)
    for price in ("1000", "10000", "123456.78"):
        coins = held + gain(Inverse(Decimal(1)), short, Decimal(10_000), Decimal(price))
        assert coins * Fraction(price) == 10_000


def test_an_inverse_long_loses_faster_than_it_gains() -> None:
    long = [gain(Inverse(Decimal(1)), 10_000, Decimal(10_000), Decimal(p)) for p in (5_000, 15_000)]
    assert long == [Fraction(-1), Fraction(1, 3)]


# Dollars


def test_notional_in_dollars_is_fixed_for_inverse_contracts_only() -> None:
    inverse, linear, quanto = (PAYOFFS[name](Decimal("0.01")) for name in PAYOFFS)
    for price in (100, 200):
        assert inverse.notional_usd(5, price, price) == Fraction(5, 100)
    assert linear.notional_usd(5, 200, 1) == 10
    assert quanto.notional_usd(5, 200, 30_000) == 300_000


def test_a_quanto_differs_from_a_linear_contract_in_its_settlement_coin_alone() -> None:
    linear, quanto = Linear(Decimal("0.01")), Quanto(Decimal("0.01"))
    assert quanto.value(7, 100) == linear.value(7, 100)
    assert dollar_delta(quanto, 7, 100, settlement_usd=20_000) == 20_000 * dollar_delta(
        linear, 7, 100, settlement_usd=1
    )


# What is refused


@pytest.mark.parametrize("kind", PAYOFFS.values(), ids=PAYOFFS)
@pytest.mark.parametrize("multiplier", ["0", "-1", "NaN", "Infinity"])
def test_a_multiplier_is_above_zero(kind: type[Inverse], multiplier: str) -> None:
    with pytest.raises(AmountError, match=r"multiplier: .* is not (above zero|finite)"):
        kind(Decimal(multiplier))


def test_what_has_no_price_is_refused() -> None:
    with pytest.raises(AmountError, match="price: zero has no price"):
        Inverse(Decimal(1)).value(1, 0)
    with pytest.raises(AmountError, match="cost: zero has no price"):
        Inverse(Decimal(1)).average_price(1, 0)
    with pytest.raises(AmountError, match="contracts: zero has no price"):
        Linear(Decimal(1)).average_price(0, 1)
    with pytest.raises(AmountError, match="price: zero has no price"):
        Quanto(Decimal(1)).contracts(1, 0)
    assert Linear(Decimal(1)).value(2, Decimal("-37.63")) == Fraction("-75.26")
