"""Future spreads: one price for two legs, and the coins that equal dollars leave open."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from strategies import lots, prices

from obverse.contracts import Inverse
from obverse.contracts.spreads import spread_coin_delta, spread_price
from obverse.errors import AmountError


@pytest.mark.parametrize(
    ("far", "near", "expected"),
    [
        ("78623", "77303", "1320"),  # DRB-20, prices
        ("78614.61", "77311.06", "1303.55"),  # DRB-20, marks
        ("78613.8", "77311.09", "1302.71"),  # DRB-21, marks
        ("77303", "78623", "-1320"),
        ("77303.0", "77303", "0"),
    ],
)
def test_a_spread_is_priced_far_less_near(far: str, near: str, expected: str) -> None:
    assert str(spread_price(far_price=far, near_price=near)) == expected


@given(prices, prices, prices)
def test_neighbouring_spreads_add_up_to_the_wide_one(
    near: Decimal, middle: Decimal, far: Decimal
) -> None:
    first = spread_price(far_price=middle, near_price=near)
    second = spread_price(far_price=far, near_price=middle)
    assert first + second == spread_price(far_price=far, near_price=near)


@given(lots, prices, prices)
def test_the_coins_left_open_are_those_of_the_legs(
    dollars: int, far: Decimal, near: Decimal
) -> None:
    one_dollar = Inverse(Decimal(1))
    legs = one_dollar.settlement_delta(dollars, far) + one_dollar.settlement_delta(-dollars, near)
    assert spread_coin_delta(usd_amount=dollars, far_price=far, near_price=near) == legs


def test_equal_dollars_are_not_equal_coins() -> None:
    left = spread_coin_delta(usd_amount=100_000, far_price="12500", near_price="10000")
    assert left == Fraction(-2)
    assert spread_coin_delta(usd_amount=100_000, far_price="10000", near_price="10000") == 0


@pytest.mark.parametrize("leg", ["far_price", "near_price"])
@pytest.mark.parametrize("price", ["0", "-1", "nan"])
def test_a_leg_without_a_price_is_named(leg: str, price: str) -> None:
    legs = {"far_price": "1", "near_price": "1", leg: price}
    with pytest.raises(AmountError, match=f"{leg}: "):
        spread_price(**legs)
    with pytest.raises(AmountError, match=f"{leg}: "):
        spread_coin_delta(usd_amount=1, **legs)
