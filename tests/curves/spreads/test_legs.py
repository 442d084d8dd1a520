"""Legs of a spread: equal dollars leave coins open, neutralising takes them away."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.contracts import Instrument
from obverse.contracts.spreads import spread_coin_delta
from obverse.curves.spreads import equal_dollar_position, neutralised
from obverse.errors import AmountError
from obverse.rulebooks import rulebook

INVERSE = Instrument.generic("inverse", "1", "BTC")
PRICES = st.integers(1_000, 500_000).map(lambda n: Decimal(n) / 2)
SHARES = st.fractions(Fraction(-9, 10), Fraction(9), max_denominator=1000)


def test_equal_dollar_legs_leave_the_coin_delta_of_the_venues_formula() -> None:
    held = equal_dollar_position(
        [(INVERSE, 1, 102_000), (INVERSE, -1, 100_000)], usd_amount=1_000_000, index_usd=99_900
    )
    assert [leg.contracts for leg in held.legs] == [1_000_000, -1_000_000]
    expected = spread_coin_delta(usd_amount=1_000_000, far_price=102_000, near_price=100_000)
    assert held.coin_delta == expected == Fraction(1_000_000, 102_000) - 10
    assert "-0.19607843 BTC" in str(held.table())
    assert "equal dollars" in str(held.table())


@given(PRICES, PRICES, st.integers(10_000, 10_000_000), SHARES)
def test_a_move_of_all_prices_gains_the_delta_alone(
    far: Decimal, near: Decimal, usd: int, share: Fraction
) -> None:
    held = equal_dollar_position(
        [(INVERSE, 1, far), (INVERSE, -1, near)], usd_amount=usd, index_usd=near
    )
    gain = sum(
        (leg.coin_gain(Fraction(leg.price_usd) * (1 + share), 1) for leg in held.legs), Fraction(0)
    )
    assert gain == held.coin_delta * share / (1 + share)
    flat = neutralised(held)
    one_lot = 1 / Fraction(near)
    assert abs(flat.coin_delta) <= one_lot / 2
    left = sum(
        (leg.coin_gain(Fraction(leg.price_usd) * (1 + share), 1) for leg in flat.legs), Fraction(0)
    )
    assert left == flat.coin_delta * share / (1 + share)
    assert bool(flat.warnings) == bool(flat.coin_delta)


def test_neutralising_removes_all_of_it_where_lots_allow() -> None:
    held = equal_dollar_position(
        [(INVERSE, 1, 125_000), (INVERSE, -1, 100_000)], usd_amount=1_000_000, index_usd=100_000
    )
    flat = neutralised(held)
    assert held.coin_delta == -2
    assert flat.coin_delta == 0
    assert flat.legs[1].contracts == -800_000
    assert flat.warnings == ()
    assert held.coin_gain([250_000, 200_000], 200_000) == -1
    assert flat.coin_gain([250_000, 200_000], 200_000) == 0
    # The spread's own move is what is left: the far leg gains 8 − 1e6/130000 coins.
    assert flat.coin_gain([130_000, 100_000], 100_000) == 8 - Fraction(1_000_000, 130_000)


def test_by_a_venues_contracts_half_a_lot_is_left_over_and_told() -> None:
    book = rulebook("binance", as_of="2024-08-09")
    perpetual = book.instrument("BTCUSD_PERP")
    held = equal_dollar_position(
        [(perpetual, 1, "61700.1"), (perpetual, -1, "60000.0")], usd_amount=50_000, index_usd=60_000
    )
    flat = neutralised(held, leg=0)
    lot = Fraction(100) / Fraction("61700.1")
    assert flat.neutralised == "BTCUSD_PERP"
    assert 0 < abs(flat.coin_delta) <= lot / 2
    assert "of a lot of BTCUSD_PERP" in flat.warnings[0]
    for leg in flat.legs:
        assert leg.position().contracts == leg.contracts
        unrounded = leg.coin_gain(Decimal(70_000), 70_000)
        assert abs(leg.position().pnl(price=70_000).fraction - unrounded) < Fraction(1, 10**5)


@given(SHARES)
def test_inverse_against_linear_counts_dollars_as_coins_at_the_index(share: Fraction) -> None:
    linear = Instrument.generic("linear", "0.001", "USD")
    linear = linear.__class__(**{**vars(linear), "underlying": "BTC", "lot": Decimal("0.00001")})
    held = equal_dollar_position(
        [(INVERSE, 1, 80_000), (linear, -1, 64_000)], usd_amount=640_000, index_usd=64_000
    )
    assert held.legs[1].contracts == -10_000
    assert held.coin_delta == 8 - 10
    grown = 1 + share
    moves = [leg.coin_gain(Fraction(leg.price_usd) * grown, 64_000 * grown) for leg in held.legs]
    assert sum(moves) == held.coin_delta * share / grown
    assert neutralised(held).coin_delta == 0


def test_butterfly_legs_and_what_is_refused() -> None:
    fly = equal_dollar_position(
        [(INVERSE, 1, 100_000), (INVERSE, -2, 100_000), (INVERSE, 1, 100_000)],
        usd_amount=1_000, index_usd=100_000,
    )  # fmt: skip
    assert fly.coin_delta == 0
    ether = Instrument.generic("inverse", "1", "ETH")
    with pytest.raises(AmountError, match="one coin"):
        equal_dollar_position([(INVERSE, 1, 100), (ether, -1, 100)], usd_amount=10, index_usd=100)
    with pytest.raises(AmountError, match="half a lot"):
        equal_dollar_position([(INVERSE, 1, 1), (INVERSE, -1, 1)], usd_amount="0.1", index_usd=1)
    long_only = equal_dollar_position(
        [(INVERSE, 1, 100), (INVERSE, 1, 100)], usd_amount=10, index_usd=100
    )
    with pytest.raises(AmountError, match="neutralise another leg"):
        neutralised(long_only)
    quanto = Instrument.generic("quanto", "1", "BTC")
    with pytest.raises(AmountError, match="inverse or linear"):
        equal_dollar_position(
            [(INVERSE, 1, 100), (quanto, -1, 100)], usd_amount=10**6, index_usd=100
        )
