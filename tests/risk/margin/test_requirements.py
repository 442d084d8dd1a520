"""What positions and orders ask: initial and maintenance margin, fees kept, orders' reserves."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obverse.errors import DataError, RuleError
from obverse.risk.margin import (
    Order,
    closing_fee_reserve,
    initial_margin,
    maintenance_margin,
    margin_ratio,
    order_cost,
    order_margin,
    requirement,
    reserved_by_orders,
)
from obverse.risk.margin.orders import available_balance
from obverse.risk.margin.requirements import checked_leverage

from . import draws


@settings(deadline=None)
@given(style=draws.styles, usd=draws.usd_lots, price=draws.prices, long=st.booleans())
def test_maintenance_is_no_more_than_initial_margin(style, usd, price, long) -> None:
    instrument, terms = draws.product(style)
    position = draws.opened(instrument, usd * 1000, price, long=long)
    needed = [
        requirement(position, terms, kind, basis="entry") for kind in ("maintenance", "initial")
    ]
    assert Fraction(0) <= needed[0] <= needed[1]


@settings(deadline=None)
@given(style=draws.styles, usd=draws.usd_lots, price=draws.prices, leverage=draws.leverages)
def test_initial_margin_at_a_leverage_is_entry_value_over_it(style, usd, price, leverage) -> None:
    instrument, terms = draws.product(style)
    position = draws.opened(instrument, usd * 1000, price, long=True)
    found = initial_margin(position, terms, leverage=leverage).fraction
    exact = position.cost.fraction / Fraction(leverage)
    assert abs(found - exact) <= Fraction(1, 10**8)


def test_binance_maintenance_by_its_brackets() -> None:
    # BTCUSD_PERP: 0.4 % up to 5 coins, 0.5 % above, less the deduction that joins them (I4).
    instrument, terms = draws.product("marginal, coin")
    small = draws.opened(instrument, 200_000, Decimal(50_000), long=True)
    assert maintenance_margin(small, terms).coins == Decimal("0.016")
    large = draws.opened(instrument, 400_000, Decimal(50_000), long=True)
    assert maintenance_margin(large, terms).coins == Decimal("0.035")


def test_the_closing_fee_is_at_the_bankruptcy_price_or_on_entry_and_margin() -> None:
    instrument, terms = draws.product("marginal, coin, fee kept")  # Bybit: 0.055 %
    for long, share in ((True, Fraction(11, 10)), (False, Fraction(9, 10))):
        position = draws.opened(instrument, 100_000, Decimal(50_000), long=long)
        reserve = closing_fee_reserve(position, terms, leverage=10)
        assert reserve.fraction == pytest.approx(float(2 * share * terms.taker_fee_rate), abs=1e-8)
    instrument, terms = draws.product("steps at entry")  # BitMEX: longs and shorts alike
    shorts = draws.opened(instrument, 100_000, Decimal(50_000), long=False)
    reserve = closing_fee_reserve(shorts, terms, leverage=10)
    assert reserve.fraction == pytest.approx(
        float(Fraction(22, 10) * terms.taker_fee_rate), abs=1e-8
    )
    with pytest.raises(DataError, match="give leverage or bankruptcy_price"):
        closing_fee_reserve(shorts, terms)


def test_leverage_above_the_venues_limit_is_refused() -> None:
    _, terms = draws.product("linear in size")
    assert checked_leverage("50", terms) == 50
    with pytest.raises(RuleError, match="leverage: 51x is above the venue's limit of 50x"):
        checked_leverage("51", terms)
    for wrong in ("0", "-3"):
        with pytest.raises(DataError, match="is not above zero"):
            checked_leverage(wrong)


def test_an_orders_cost_is_margin_and_both_fees() -> None:
    instrument, terms = draws.product("marginal, coin, fee kept")
    order = Order(instrument, Decimal(100_000), Decimal(50_000), Decimal(10))
    cost = order_cost(order, terms)
    assert cost.initial_margin.coins == Decimal("0.2")
    assert cost.open_fee.fraction == pytest.approx(0.0011, abs=1e-8)
    assert cost.close_fee.fraction == pytest.approx(0.00121, abs=1e-8)
    assert cost.order_cost == cost.initial_margin + cost.open_fee + cost.close_fee


def test_orders_of_both_sides_reserve_by_the_larger_where_the_venue_says_so() -> None:
    instrument, terms = draws.product("steps at entry")
    assert terms.order_sides == "larger"
    buy = Order(instrument, Decimal(20_000), Decimal(50_000), Decimal(10))
    sell = Order(instrument, Decimal(-30_000), Decimal(50_000), Decimal(10))
    each = [order_margin(order, terms).fraction for order in (buy, sell)]
    assert reserved_by_orders([buy, sell], terms) == max(each)
    # what closes a long of 10,000 reserves nothing: 20,000 of the sale open
    assert reserved_by_orders([sell], terms, Decimal(10_000)) == each[1] * Fraction(2, 3)
    assert reserved_by_orders([sell], terms, Decimal(30_000)) == 0


def test_what_a_balance_leaves_after_orders_and_their_fees() -> None:
    instrument, terms = draws.product("marginal, coin")
    balance = instrument.accounting.currency.amount(1)
    order = Order(instrument, Decimal(1000), Decimal(50_000), Decimal(5), Decimal("0.0005"))
    found = available_balance(balance, [(order, terms)])
    assert found.order_margin.coins == Decimal("0.4")
    assert found.available.coins == Decimal("0.599")


def test_an_order_of_nothing_is_refused() -> None:
    instrument, _ = draws.product("marginal, coin")
    for contracts, price in (("0", "50000"), ("5", "0"), ("5", "-1")):
        with pytest.raises(DataError, match="expected a size that is not zero and a price above"):
            Order(instrument, Decimal(contracts), Decimal(price))


def test_nothing_required_has_no_ratio() -> None:
    assert margin_ratio(Fraction(5), Fraction(0)) is None
    assert margin_ratio(Fraction(1), Fraction(2)) == Decimal("0.5")
