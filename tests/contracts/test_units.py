"""Exact numbers: the door they come in by, the directions they round in, and amounts of coin."""

from __future__ import annotations

import decimal
import pickle
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.contracts.units import (
    USD,
    Amount,
    Currency,
    Price,
    Rounding,
    exact,
    exact_price,
    plain,
    round_to_step,
    to_decimal,
    to_integer,
    to_ticks,
)
from obverse.errors import AmountError

BTC = Currency("BTC")
FINE = Currency("BTC", exponent=11)
DECIMALS_OWN = {
    Rounding.NEAREST: decimal.ROUND_HALF_UP,
    Rounding.HALF_EVEN: decimal.ROUND_HALF_EVEN,
    Rounding.TOWARD_ZERO: decimal.ROUND_DOWN,
    Rounding.AWAY_FROM_ZERO: decimal.ROUND_UP,
    Rounding.FLOOR: decimal.ROUND_FLOOR,
    Rounding.CEILING: decimal.ROUND_CEILING,
}

numbers = st.decimals(-(10**20), 10**20, allow_nan=False, allow_infinity=False, places=6)
halves = st.integers(-(10**12), 10**12).map(lambda count: Decimal(count) / 2)
units = st.integers(-(10**18), 10**18)
exponents = st.integers(0, 18)


# The door


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("10000.5", "10000.5"),
        (" 7 ", "7"),
        ("1e4", "10000"),
        ("1.50", "1.5"),
        ("-0.0", "0"),
        ("1E-8", "1E-8"),
        (12, "12"),
        (10**30, "1" + "0" * 30),
        (Decimal("0.10"), "0.1"),
    ],
)
def test_exact_numbers_come_in_plain(number: Any, expected: str) -> None:
    assert str(exact(number)) == expected


@pytest.mark.parametrize("number", [0.1, 1.0, float("nan"), True, None, b"1", Fraction(1, 3), []])
def test_only_text_integers_and_decimals_are_exact(number: Any) -> None:
    kind = type(number).__name__
    with pytest.raises(AmountError, match=f"price: {kind} .* is not exact; write it as text"):
        exact(number, "price")


@pytest.mark.parametrize("text", ["", " ", "ten", "1,000", "1.2.3", "0x10", "1 000", "--1"])
def test_text_that_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(AmountError, match="is not a number"):
        exact(text)


@pytest.mark.parametrize(
    "number", ["nan", "NaN", "sNaN", "inf", "-Infinity", Decimal("nan"), Decimal("-inf")]
)
def test_numbers_that_are_not_finite_are_refused(number: Any) -> None:
    with pytest.raises(AmountError, match="is not finite"):
        exact(number)


@pytest.mark.parametrize(
    "number",
    ["1e61", "1e-61", "1e999999", "0e-99", "1" * 61, "0." + "1" * 61, 10**61, 10**5000, "9" * 5000],
    ids=range(9),
)
def test_absurd_sizes_are_refused_in_few_words(number: Any) -> None:
    with pytest.raises(AmountError, match="more than 60 digits") as refused:
        exact(number)
    assert len(str(refused.value)) < 100


@pytest.mark.parametrize("price", ["0", "-1", -7, "-0.0"])
def test_a_price_is_above_zero(price: Any) -> None:
    with pytest.raises(AmountError, match=r"near_price: .* is not above zero"):
        exact_price(price, "near_price")


@given(numbers)
def test_plain_is_the_same_number_without_exponent_or_trailing_zeros(number: Decimal) -> None:
    text = str(plain(number))
    assert Decimal(text) == number
    assert "E+" not in text
    assert not ("." in text and text.endswith("0"))
    assert exact(f"{number:f}") == number == exact(f"{number:E}")


# Directions


@pytest.mark.parametrize("rounding", Rounding)
@given(value=numbers | halves)
def test_each_direction_is_decimals_own(rounding: Rounding, value: Decimal) -> None:
    with decimal.localcontext(prec=60):
        expected = value.quantize(Decimal(1), rounding=DECIMALS_OWN[rounding])
    assert to_integer(Fraction(value), rounding) == int(expected)


@pytest.mark.parametrize("rounding", Rounding)
def test_whole_numbers_stay_where_they_are(rounding: Rounding) -> None:
    assert [to_integer(Fraction(whole), rounding) for whole in (-7, 0, 7)] == [-7, 0, 7]


@pytest.mark.parametrize(
    ("rounding", "expected"),
    [
        (Rounding.NEAREST, [-3, -2, 1, 3]),
        (Rounding.HALF_EVEN, [-2, -2, 0, 2]),
        (Rounding.TOWARD_ZERO, [-2, -1, 0, 2]),
        (Rounding.AWAY_FROM_ZERO, [-3, -2, 1, 3]),
        (Rounding.FLOOR, [-3, -2, 0, 2]),
        (Rounding.CEILING, [-2, -1, 1, 3]),
    ],
)
def test_where_halves_go(rounding: Rounding, expected: list[int]) -> None:
    values = [Fraction(-5, 2), Fraction(-3, 2), Fraction(1, 2), Fraction(5, 2)]
    assert [to_integer(value, rounding) for value in values] == expected


@given(st.fractions(), st.sampled_from(Rounding))
def test_rounding_moves_less_than_one_unit(value: Fraction, rounding: Rounding) -> None:
    moved = abs(to_integer(value, rounding) - value)
    assert moved < 1
    if rounding in (Rounding.NEAREST, Rounding.HALF_EVEN):
        assert moved <= Fraction(1, 2)


@given(numbers, st.sampled_from([Decimal("0.5"), Decimal("0.05"), Decimal("100")]))
def test_a_price_rounds_to_its_tick_and_is_then_whole_ticks(value: Decimal, tick: Decimal) -> None:
    on_tick = round_to_step(value, tick, Rounding.NEAREST)
    assert to_ticks(on_tick, tick) * tick == on_tick
    assert abs(on_tick - value) <= tick / 2


def test_a_price_between_two_ticks_is_refused() -> None:
    assert to_ticks("10000.5", Decimal("0.5")) == 20001
    with pytest.raises(AmountError, match=r"10000\.4 is not a multiple of the tick 0.5"):
        to_ticks("10000.4", Decimal("0.5"))
    with pytest.raises(AmountError, match="step: 0 is not above zero"):
        round_to_step(Decimal(1), Decimal(0), Rounding.NEAREST)


@given(st.fractions())
def test_a_quotient_is_good_to_28_digits(value: Fraction) -> None:
    assert abs(Fraction(to_decimal(value)) - value) <= abs(value) / 10**27
    assert to_decimal(Fraction(2, 3), 4) == Decimal("0.6667")


@pytest.mark.parametrize(
    ("value", "text"),
    [("13333.3333", "13,333.33 USD"), ("-37.63", "-37.63 USD"), ("0.5212345678", "0.521235 USD")],
)
def test_a_derived_price_reads_with_its_unit_and_stays_exact(value: str, text: str) -> None:
    price = Price(Decimal(value))
    assert str(price) == text == repr(price)
    assert price == Decimal(value) == exact(price)
    again = pickle.loads(pickle.dumps(Price(Decimal(value), "EUR")))
    assert (again, again.unit) == (price, "EUR")


# Amounts


@given(units, exponents, st.integers(0, 18))
def test_an_amount_round_trips_through_its_text(count: int, exponent: int, shown: int) -> None:
    currency = Currency("BTC", exponent, shown)
    amount = Amount(count, currency)
    assert currency.parse(repr(amount)) == amount
    assert currency.parse(str(amount.coins)) == amount
    if shown >= exponent:
        assert currency.parse(str(amount)) == amount
    assert currency.amount(amount.coins) == amount == currency.amount(amount.fraction)


def test_an_amount_reads_with_its_currency() -> None:
    assert str(BTC.amount("5")) == "5.00000000 BTC"
    assert str(USD.amount("100000")) == "100,000.00 USD"
    assert str(USD.amount("-0.004")) == "0.00 USD"
    assert repr(FINE.amount("-1234.50000000001")) == "-1,234.50000000001 BTC"
    assert repr(FINE.amount("5")) == "5.00000000 BTC"
    assert BTC.parse("1,000.5").units == 100_050_000_000


def test_a_finer_number_needs_a_named_rounding() -> None:
    with pytest.raises(AmountError, match="finer than its unit of 1e-8"):
        BTC.amount("0.000000015")
    assert BTC.amount("0.000000015", Rounding.NEAREST).units == 2
    assert BTC.amount("-0.000000015", Rounding.FLOOR).units == -2
    assert BTC.amount(Fraction(1, 3), Rounding.TOWARD_ZERO).units == 33_333_333


@given(units, units)
def test_amounts_of_one_currency_add_and_compare(left: int, right: int) -> None:
    one, other = Amount(left, BTC), Amount(right, BTC)
    assert (one + other).units == left + right
    assert (one - other).units == left - right
    assert one + (-one) == BTC.zero
    assert abs(one).units == abs(left)
    assert (one < other, one <= other, one > other, one >= other) == (
        left < right, left <= right, left > right, left >= right,
    )  # fmt: skip
    assert bool(one) == (left != 0)


@pytest.mark.parametrize("other", [USD.amount("1"), FINE.amount("1"), Currency("ETH").amount("1")])
def test_amounts_in_different_units_do_not_add(other: Amount) -> None:
    one = BTC.amount("1")
    for together in (one.__add__, one.__sub__, one.__lt__, one.__le__):
        with pytest.raises(AmountError, match=r"BTC \(1e-8\) and .* do not add"):
            together(other)


def test_the_same_coins_can_be_kept_in_another_unit() -> None:
    assert BTC.amount("1.5").in_unit(FINE) == FINE.amount("1.5")
    assert FINE.amount("0.000000015").in_unit(BTC).units == 2
    assert FINE.amount("0.000000015").in_unit(BTC, Rounding.FLOOR).units == 1
    with pytest.raises(AmountError, match="BTC is not USD; use a price"):
        BTC.amount("1").in_unit(USD)


def test_coins_are_worth_their_price_in_dollars() -> None:
    assert str(BTC.amount("5").in_usd("20000")) == "100,000.00 USD"
    assert BTC.amount("-0.00000001").in_usd("0.5").units == -1  # half a unit, away from zero
    with pytest.raises(AmountError, match="price: 0 is not above zero"):
        BTC.amount("1").in_usd("0")


@given(units, st.decimals("0.01", 1_000_000, places=2))
def test_dollar_worth_is_exact_to_half_a_unit(count: int, price: Decimal) -> None:
    worth = Amount(count, BTC).in_usd(price)
    assert abs(worth.fraction - Fraction(count, 10**8) * Fraction(price)) <= Fraction(1, 2 * 10**8)


@pytest.mark.parametrize("count", [1.0, True, Decimal(1), "1"])
def test_an_amount_is_a_whole_count_of_units(count: Any) -> None:
    with pytest.raises(AmountError, match="not a whole count of units"):
        Amount(count, BTC)


@pytest.mark.parametrize(
    "wrong", [{"code": ""}, {"code": "X", "exponent": -1}, {"code": "X", "exponent": 61},
              {"code": "X", "shown": -1}]
)  # fmt: skip
def test_a_currency_no_ledger_could_hold_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(AmountError, match="currency: "):
        Currency(**wrong)


def test_text_in_another_currency_is_refused() -> None:
    with pytest.raises(AmountError, match="'1 ETH' is not in BTC"):
        BTC.parse("1 ETH")
