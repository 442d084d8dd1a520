"""A venue's rounding: of values, of fees, of what a part of a position cost."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import LISTED, instruments, listed, lots, prices, signed_lots

from obverse.contracts.accounting import (
    Accounting,
    FieldRounding,
    cost_of_part,
    rounded_fee,
    rounded_value,
)
from obverse.contracts.instruments import Instrument
from obverse.contracts.payoffs import Inverse, Linear
from obverse.contracts.units import Amount, Currency, Rounding
from obverse.rulebooks import rulebook

BTC = Currency("BTC")
fields = st.builds(FieldRounding, st.integers(0, 12), st.sampled_from(Rounding))
fractions = st.fractions(-(10**6), 10**6)


def satoshi_of_a_dollar(price: Decimal, dollars: int = 1) -> int:
    """Round-half-up(1e8 · dollars / price), in integers alone."""
    cents = int(price * 100)
    return (2 * 10**10 * dollars + cents) // (2 * cents)


# Values


@given(lots, prices)
def test_bitmex_values_a_contract_at_the_nearest_satoshi(contracts: int, price: Decimal) -> None:
    value = listed("XBTUSD, lot 1").value(contracts, price)
    assert value.units == contracts * satoshi_of_a_dollar(price)


@given(lots, prices)
def test_bitmex_values_a_lot_of_a_hundred_at_the_nearest_satoshi_since_2021(
    count: int, price: Decimal
) -> None:
    value = listed("XBTUSD, lot 100").value(100 * count, price)
    assert value.units == count * satoshi_of_a_dollar(price, 100)


@pytest.mark.parametrize(
    ("name", "contracts", "price", "expected"),
    [
        ("XBTUSD, lot 1", 1, "7500", "0.00013333"),  # BMX-05a
        ("XBTUSD, lot 1", 1, "50000.5", "0.00002000"),  # BMX-14b: another price, the same value
        ("XBTUSD, lot 100", 100, "29800", "0.00335570"),  # BMX-01
        ("XBTUSD, lot 100", 100, "30000", "0.00333333"),  # BMX-02
        ("XBTUSD, lot 100", 411647400, "97849.76", "4206.91293378"),  # BMX-21
        ("BTCUSD", 1000, "6000", "0.16666667"),
        ("BTCUSD", 1, "30000", "0.00003334"),  # Bybit rounds up
        ("BTC-PERPETUAL", 1, "30000", "0.000333333"),
        ("ETHUSD quanto", 3, "1823.45", "0.00547035"),
    ],
)
def test_published_and_worked_values(name: str, contracts: int, price: str, expected: str) -> None:
    instrument = listed(name)
    assert instrument.value(contracts, price) == instrument.settlement_currency.parse(expected)


def test_a_part_of_a_lot_is_valued_at_its_share_of_the_lot() -> None:
    since_2021 = listed("XBTUSD, lot 100")
    lot = since_2021.value(100, "29800").units
    assert lot == 335_570
    assert since_2021.value(50, "29800").units == 167_785
    assert since_2021.value(1, "29800").units == 3_356  # 3,355.7


@pytest.mark.parametrize("name", LISTED)
@given(count=signed_lots, price=prices)
def test_a_value_is_within_half_a_unit_of_the_formula_or_one_where_it_is_directed(
    name: str, count: int, price: Decimal
) -> None:
    instrument = listed(name)
    contracts = count * instrument.lot
    got = instrument.value(contracts, price).fraction
    formula = instrument.payoff.value(contracts, price)
    off = abs(got - formula) * instrument.settlement_currency.scale
    if name == "BTCUSD":
        assert abs(got) >= abs(formula)
        assert off < 1
    elif name == "BTC-PERPETUAL":
        assert off <= Fraction(1, 2)
    else:
        assert off <= Fraction(abs(count), 2)


@given(instruments, signed_lots, prices)
def test_a_long_and_a_short_of_one_size_are_worth_the_same(
    instrument: Instrument, count: int, price: Decimal
) -> None:
    contracts = count * instrument.lot
    assert instrument.value(-contracts, price) == -instrument.value(contracts, price)


# Fields


@given(fields, fractions)
def test_rounding_a_field_is_symmetric_in_sign(field: FieldRounding, value: Fraction) -> None:
    assert field.apply(-value, BTC) == -field.apply(value, BTC)


@given(fields, fractions)
def test_a_field_keeps_no_decimal_past_its_last(field: FieldRounding, value: Fraction) -> None:
    kept = field.apply(value, BTC)
    assert kept.units % 10 ** (8 - min(field.places, 8)) == 0
    assert abs(kept.fraction - value) < Fraction(1, 10 ** min(field.places, 8))


def test_the_direction_of_a_field_is_that_of_the_magnitude() -> None:
    def kept(rounding: Rounding, value: str) -> str:
        return str(FieldRounding(4, rounding).apply(Fraction(value), BTC).coins)

    assert kept(Rounding.FLOOR, "-0.00019") == "-0.0001"
    assert kept(Rounding.CEILING, "-0.00011") == "-0.0002"
    assert kept(Rounding.TOWARD_ZERO, "0.00019") == "0.0001"
    assert kept(Rounding.NEAREST, "-0.00015") == "-0.0002"
    assert kept(Rounding.HALF_EVEN, "0.00025") == "0.0002"


@pytest.mark.parametrize("price", ["3", "30000"])
def test_without_rounding_the_formula_shows(price: str) -> None:
    plain = Accounting.unrounded("BTC")
    assert plain.is_unrounded
    value = rounded_value(plain, Inverse(Decimal(1)), Decimal(1), Decimal(price), Decimal(1))
    assert abs(value.fraction - 1 / Fraction(price)) <= Fraction(1, 2 * 10**40)
    bitmex = listed("XBTUSD, lot 100").accounting
    assert not bitmex.is_unrounded
    assert bitmex.without_rounding().is_unrounded
    assert bitmex.without_rounding().currency.shown == bitmex.currency.shown


def test_without_rounding_lots_do_not_matter() -> None:
    plain = listed("XBTUSD, lot 100").accounting.without_rounding()
    value = rounded_value(plain, Linear(Decimal(1)), Decimal(7), Decimal("0.3"), Decimal(100))
    assert value.coins == Decimal("2.1")


# Fees


def test_bitmex_fees_are_truncated_paid_or_received() -> None:
    bitmex = listed("XBTUSD, lot 1")
    value = BTC.parse("0.00019990")
    assert rounded_fee(bitmex.accounting, value, Decimal("0.00075")).units == 14  # 14.99
    assert rounded_fee(bitmex.accounting, value, Decimal("-0.00025")).units == -4  # −4.998
    assert rounded_fee(bitmex.accounting, -value, Decimal("0.00075")).units == 14


@pytest.mark.parametrize(
    ("venue", "symbol", "as_of", "contracts", "price", "rate", "expected"),
    [
        ("bitmex", "XBTUSD", "2017-11-10", 885, "6635.5", "-0.00025", "-0.00003334"),  # BMX-13b
        ("kraken", "PI_ETHUSD", "2020-09-01", 5000, "364.65", "0.0005", "0.00685588921"),  # KRK-16
        ("deribit", "BTC-PERPETUAL", "2025-11-10", 5000, "100000", "0.0005", "0.00025"),  # DRB-09a
    ],
)
def test_published_fees(
    venue: str, symbol: str, as_of: str, contracts: int, price: str, rate: str, expected: str
) -> None:
    instrument = rulebook(venue, as_of=as_of).instrument(symbol)
    fee = rounded_fee(instrument.accounting, instrument.value(contracts, price), Decimal(rate))
    assert fee == instrument.settlement_currency.parse(expected)


def test_bybit_truncates_its_delivery_fee_and_rounds_its_trading_fee() -> None:
    """BYB-10: 10,000 contracts at 10,600 and 0.05 % are 47,169.8 satoshi."""
    bybit = listed("BTCUSD")
    value = bybit.value(10_000, "10600")
    rate = Decimal("0.0005")
    assert rounded_fee(bybit.accounting, value, rate, delivery=True).units == 47_169
    assert rounded_fee(bybit.accounting, value, rate).units == 47_170


@given(st.integers(-(10**15), 10**15), st.decimals("-0.01", "0.01", places=5))
def test_a_fee_has_the_sign_of_its_rate_and_never_exceeds_it_when_truncated(
    satoshi: int, rate: Decimal
) -> None:
    fee = rounded_fee(listed("XBTUSD, lot 1").accounting, Amount(satoshi, BTC), rate)
    assert fee.units * rate >= 0
    assert 0 <= abs(Fraction(satoshi) * Fraction(rate)) - abs(fee.units) < 1


# Parts


@given(st.integers(-(10**15), 10**15), lots, lots)
def test_what_a_part_and_its_rest_cost_is_what_the_whole_cost(
    cost: int, part: int, rest: int
) -> None:
    whole = Amount(cost, BTC)
    out = cost_of_part(whole, Decimal(part), Decimal(part + rest))
    exact_share = Fraction(cost) * part / (part + rest)
    assert abs(out.units - exact_share) <= Fraction(1, 2)
    assert (whole - out) + out == whole
    assert cost_of_part(whole, Decimal(part), Decimal(part)) == whole
    assert cost_of_part(-whole, Decimal(part), Decimal(part + rest)) == -out
