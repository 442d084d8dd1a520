"""Carry trades against the same trades done step by step with exact inverse positions.

The simulations know no formula of the trade: they buy and sell coins, open a position, pay fees
on coin values, deliver at a price, and count what is there.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obverse.contracts import Instrument, Position
from obverse.errors import DataError
from obverse.pricing import (
    Carry,
    CarryTrade,
    Payment,
    TradeFees,
    cash_and_carry,
    fair_price,
    reverse_cash_and_carry,
)

Trade = Callable[[float, float, float, Carry, TradeFees], CarryTrade]
FUTURE = Instrument.generic("inverse", "1", "BTC")
FREE = TradeFees(0, 0, 0)
DERIBIT = TradeFees(spot=0.001, future=0.0005, delivery=0.00025)
BOTH = pytest.mark.parametrize("trade", [cash_and_carry, reverse_cash_and_carry])

prices = st.floats(1_000, 200_000).map(lambda price: round(price, 2))
years = st.floats(0.01, 2)
rates = st.floats(-0.1, 0.3)
fractions = st.floats(0, 0.01)
fees = st.builds(TradeFees, fractions, fractions, fractions)


def _exact(number: float) -> Decimal:
    return Decimal(repr(number))


def _delivered(dollars: float, side: str, at: float, delivery: float, fee: TradeFees) -> float:
    """Coins that so many dollars of the future bring: gain, less the trade and delivery fees."""
    size, price, end = _exact(dollars), _exact(at), _exact(delivery)
    flat = Position.flat(FUTURE)
    held = flat.sell(size, price=price) if side == "sell" else flat.buy(size, price=price)
    closed = held.close(price=end)
    trade_fee = abs(held.cost.fraction) * Fraction(fee.future)
    delivery_fee = abs(held.value(price=end).fraction) * Fraction(fee.delivery)
    return float(closed.realized.fraction - trade_fee - delivery_fee)


def _carry_profit(
    spot: float, future: float, maturity: float, rate: float, fee: TradeFees, delivery: float
) -> float:
    """Borrow dollars, buy a coin, sell as many dollars as it covers, deliver, sell, pay back."""
    debt = spot * (1 + fee.spot) * math.exp(rate * maturity)
    sold = future / (1 + fee.future)
    coins = 1 + _delivered(sold, "sell", future, delivery, fee)
    return coins * delivery * (1 - fee.spot) - debt


def _reverse_profit(
    spot: float, future: float, maturity: float, rate: float, fee: TradeFees, delivery: float
) -> float:
    """Sell a coin, lend the dollars, buy them forward, deliver, buy coins for them; less one."""
    dollars = spot * (1 - fee.spot) * math.exp(rate * maturity)
    bought = dollars / (1 + fee.delivery) / (1 + fee.spot)
    coins = dollars / (delivery * (1 + fee.spot))
    return coins + _delivered(bought, "buy", future, delivery, fee) - 1


@settings(deadline=None)
@given(prices, prices, years, rates, fees, st.lists(prices, min_size=2, max_size=5))
def test_cash_and_carry_locks_its_dollars_at_any_delivery_price(
    spot: float, future: float, maturity: float, rate: float, fee: TradeFees, ends: list[float]
) -> None:
    found = cash_and_carry(spot, future, maturity, Carry(rate), fee)
    for delivery in [*ends, 0.01, 1e7]:
        profit = _carry_profit(spot, future, maturity, rate, fee, delivery)
        assert profit == pytest.approx(found.profit_usd, rel=1e-9, abs=1e-6 * spot)


@settings(deadline=None)
@given(prices, prices, years, rates, fees, st.lists(prices, min_size=2, max_size=5))
def test_the_reverse_locks_its_coins_at_any_delivery_price(
    spot: float, future: float, maturity: float, rate: float, fee: TradeFees, ends: list[float]
) -> None:
    found = reverse_cash_and_carry(spot, future, maturity, Carry(rate), fee)
    for delivery in ends:
        profit = _reverse_profit(spot, future, maturity, rate, fee, delivery)
        assert profit == pytest.approx(found.profit_coin, rel=1e-9, abs=1e-9)


def test_a_quarter_at_deribit_by_hand() -> None:
    """77,334.50 spot, BTC-27MAR26 at 77,723.48 in 0.149159884 years, dollars at 4 %, no fees.

    Financed: 77,334.50·exp(0.0059664) = 77,797.29. Carry: 77,723.48 − 77,797.29 = −73.81 USD.
    Reverse: 77,797.29/77,723.48 − 1 = +0.00094969 BTC, +73.44 USD at the spot.
    """
    terms = (77_334.50, 77_723.48, 0.149159884, Carry(0.04), FREE)
    carry, reverse = cash_and_carry(*terms), reverse_cash_and_carry(*terms)
    assert carry.profit_usd == pytest.approx(-73.81, abs=0.005)
    assert carry.profit_coin == pytest.approx(-73.81 / 77_334.50, abs=1e-7)
    assert reverse.profit_coin == pytest.approx(0.00094969, abs=1e-7)
    assert reverse.profit_usd == pytest.approx(73.44, abs=0.005)
    assert carry.annualised == pytest.approx(-reverse.annualised)
    assert carry.annualised == pytest.approx(math.log(77_723.48 / 77_334.50) / 0.149159884 - 0.04)
    assert (carry.name, reverse.name) == ("cash-and-carry", "reverse")


def test_a_cash_and_carry_with_large_fees_by_hand() -> None:
    """A coin for 100 and 20 % is 120; sell N = 125/1.25 = 100 at 125 for 0.2 coins, 0.8 are left.

    Delivered at 50, say: 0.8 + 100/50 − 100/125 = 2 coins, less 10 % 1.8, sold at 50 less 20 %: 72.
    Fees: 20, then 0.2 coins at 100 are 20, 0.2 at 50 are 10, 20 % of 90 are 18.
    """
    found = cash_and_carry(100, 125, 1, Carry(), TradeFees(spot=0.2, future=0.25, delivery=0.1))
    assert found.profit_usd == pytest.approx(72 - 120)
    assert found.fees_usd == pytest.approx(68)


def test_a_reverse_with_large_fees_by_hand() -> None:
    """A coin sold at 150 less 20 % is 120; buy N = 120/1.25/1.2 = 80 at 100, for 0.08 coins.

    Delivered at 50, say: 80/100 − 80/50 = −0.8 coins, and 25 % of 1.6 as fee: −1.28 in all. 120
    dollars buy 120/(50·1.2) = 2 coins, which leaves 0.72.
    Fees: 30, then 0.08 coins at 150 are 12, 0.4 at 50 are 20, 20 % of 100 are 20.
    """
    fees = TradeFees(spot=0.2, future=0.1, delivery=0.25)
    found = reverse_cash_and_carry(150, 100, 1, Carry(), fees)
    assert found.profit_coin == pytest.approx(0.72 - 1)
    assert found.fees_usd == pytest.approx(82)


@BOTH
@settings(deadline=None)
@given(
    prices,
    years,
    st.builds(Carry, rates, rates, rates, st.just((Payment(0.005, 3), Payment(0.01, -2)))),
)
def test_without_fees_the_fair_future_leaves_no_profit_either_way(
    trade: Trade, spot: float, maturity: float, carry: Carry
) -> None:
    found = trade(spot, fair_price(spot, maturity, carry), maturity, carry, FREE)
    assert found.profit_usd == pytest.approx(0, abs=1e-9 * spot)
    assert found.profit_coin == pytest.approx(0, abs=1e-9)
    assert found.annualised == pytest.approx(0, abs=1e-9)
    assert found.fees_usd == 0


@BOTH
@pytest.mark.parametrize(("which", "times"), [("spot", 2), ("future", 1), ("delivery", 1)])
def test_each_fee_alone_turns_the_fair_future_into_a_loss_both_ways(
    trade: Trade, which: str, times: int
) -> None:
    """Spot is traded on entry and on exit, so its fee is paid twice."""
    carry = Carry(0.05, 0.01, 0.002)
    only = TradeFees(**{"spot": 0, "future": 0, "delivery": 0} | {which: 0.001})
    found = trade(60_000, fair_price(60_000, 0.5, carry), 0.5, carry, only)
    assert found.profit_usd == pytest.approx(-60 * times, rel=0.05)  # a thousandth of a coin
    assert found.profit_coin == pytest.approx(-0.001 * times, rel=0.05)
    assert found.annualised == pytest.approx(-0.002 * times, rel=0.05)
    assert found.fees_usd == pytest.approx(60 * times, rel=0.05)


@settings(deadline=None)
@given(prices, prices, years, st.builds(Carry, rates, rates), fees)
def test_the_two_trades_never_both_win(
    spot: float, future: float, maturity: float, carry: Carry, fee: TradeFees
) -> None:
    found = [
        t(spot, future, maturity, carry, fee) for t in (cash_and_carry, reverse_cash_and_carry)
    ]
    assert min(trade.profit_usd for trade in found) <= 1e-9 * spot


@BOTH
def test_a_rich_future_pays_the_carry_and_a_cheap_one_the_reverse(trade: Trade) -> None:
    rich, cheap = (trade(60_000, future, 0.5, Carry(0.04), DERIBIT) for future in (63_000, 59_000))
    assert (rich.profit_usd > 0) is (rich.annualised > 0) is (trade is cash_and_carry)
    assert (cheap.profit_coin > 0) is (cheap.annualised > 0) is (trade is reverse_cash_and_carry)


def test_a_coin_that_earns_makes_the_carry_better_and_the_reverse_worse() -> None:
    """Half a year of 3 % on the coin: exp(0.015) − 1 = 1.5113 % of it."""
    idle, earning = Carry(0.04), Carry(0.04, coin_yield=0.03)
    gain = [
        trade(60_000, 61_000, 0.5, earning, FREE).profit_coin
        - trade(60_000, 61_000, 0.5, idle, FREE).profit_coin
        for trade in (cash_and_carry, reverse_cash_and_carry)
    ]
    # The carry's debt is exp(0.02) a coin and grows exp(−0.015) as fast.
    assert gain[0] == pytest.approx(math.exp(0.02) - math.exp(0.005))
    assert gain[1] == pytest.approx(-0.0151131, abs=5e-8)


def test_a_payment_on_the_coin_is_the_buyers_gain_and_the_sellers_cost() -> None:
    """600 dollars a quarter before delivery, at 4 %, are 606.03 then."""
    paid = Carry(0.04, payments=(Payment(0.25, 600),))
    carry, plain = (
        cash_and_carry(60_000, 61_000, 0.5, terms, FREE) for terms in (paid, Carry(0.04))
    )
    assert carry.profit_usd - plain.profit_usd == pytest.approx(606.03, abs=0.005)
    short, bare = (
        reverse_cash_and_carry(60_000, 61_000, 0.5, terms, FREE) for terms in (paid, Carry(0.04))
    )
    assert short.profit_coin - bare.profit_coin == pytest.approx(-606.03 / 61_000, abs=1e-7)


@BOTH
def test_the_fees_are_those_of_a_coin_bought_traded_and_delivered(trade: Trade) -> None:
    """At a flat curve: 2·0.1 % + 0.05 % + 0.025 % of 60,000 dollars, 165, but for fees on fees."""
    found = trade(60_000, 60_000, 0.5, Carry(), DERIBIT)
    assert found.fees_usd == pytest.approx(165, abs=0.25)
    assert found.profit_usd == pytest.approx(-165, abs=0.25)


@BOTH
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 0.0, -1.0])
@pytest.mark.parametrize("place", ["spot", "future", "maturity"])
def test_a_price_or_maturity_that_is_none_is_refused(trade: Trade, place: str, bad: float) -> None:
    good = {"spot": 60_000.0, "future": 61_000.0, "maturity": 0.5} | {place: bad}
    with pytest.raises(DataError, match=place):
        trade(good["spot"], good["future"], good["maturity"], Carry(0.04), FREE)


@pytest.mark.parametrize("bad", [math.nan, math.inf, 1.0, -1.0, 50.0])
@pytest.mark.parametrize("place", ["spot", "future", "delivery"])
def test_a_fee_that_takes_everything_is_refused(place: str, bad: float) -> None:
    with pytest.raises(DataError, match="fee"):
        TradeFees(**{"spot": 0, "future": 0, "delivery": 0} | {place: bad})


@BOTH
def test_a_trade_prints_in_one_line_with_units(trade: Trade) -> None:
    made = trade(100_000, 102_000, 0.25, Carry(0.04), DERIBIT)
    assert str(made) == repr(made)
    assert str(made) == (
        f"{made.name}: {made.profit_usd:+,.2f} USD, {made.profit_coin:+.6f} coin, "
        f"{made.annualised:+.2%} a year, after fees of {made.fees_usd:,.2f} USD"
    )


def test_a_trade_without_fees_prints_its_gain() -> None:
    """102,000 less 100,000·exp(0.01) = 994.98 dollars, ln of their ratio four times a year."""
    assert str(cash_and_carry(100_000, 102_000, 0.25, Carry(0.04), FREE)) == (
        "cash-and-carry: +994.98 USD, +0.009950 coin, +3.92% a year, after fees of 0.00 USD"
    )
