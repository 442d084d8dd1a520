"""Positions, trade by trade: the averages that people read, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import listed, lots, prices, signed_lots, unrounded

from obverse.contracts import Amount, Currency, Instrument, Position, fill
from obverse.errors import AmountError, DefectError, RuleError
from obverse.rulebooks import rulebook

DOLLAR = Instrument.generic("inverse", "1", "BTC")
BTC = DOLLAR.settlement_currency


# The headline


@pytest.mark.parametrize(
    "instrument",
    [DOLLAR, rulebook("kraken", as_of="2022-01-01").instrument("PI_XBTUSD"),
     listed("XBTUSD, lot 1"), listed("XBTUSD, lot 100"), listed("BTCUSD"),
     listed("BTC-PERPETUAL")],
    ids=lambda instrument: f"{instrument.venue}, lot {instrument.lot}",
)  # fmt: skip
def test_two_fills_average_harmonically(instrument: Instrument) -> None:
    """Cost adds up, prices do not: averaging prices gives 15,000 and a wrong 3.33333333 BTC."""
    flat = Position.flat(instrument)
    position = flat.buy(usd_amount=100_000, price="10000").buy(usd_amount=100_000, price="20000")
    coins = instrument.settlement_currency

    assert position.average_price is not None
    assert round(position.average_price, 2) == Decimal("13333.33")
    assert str(position.average_price) == "13,333.33 USD"
    assert position.cost == coins.amount("15")
    assert position.pnl(price="20000") == coins.amount("5")
    assert str(position.pnl(price="20000")) == "5.00000000 BTC"
    assert str(position.pnl(price="20000").in_usd("20000")) == "100,000.00 USD"

    wrong = Position.flat(DOLLAR).buy(usd_amount=200_000, price="15000").pnl(price="20000")
    assert str(wrong) == "3.33333333 BTC"
    assert str(position.pnl(price="20000")) != str(wrong)


def test_bitmex_averages_by_whole_satoshi_a_lot() -> None:
    """BMX-03: three lots of 100 cost 1,002,236 satoshi, that is 334,078 a lot and a bit."""
    long = Position.flat(listed("XBTUSD, lot 100"))
    long = long.buy(100, price="29800").buy(200, price="30000")
    assert long.cost.units == 1_002_236
    assert long.average_price == Decimal(100 * 10**8) / 334_078  # down for a long
    short = Position.flat(long.instrument).sell(100, price="29800").sell(200, price="30000")
    assert short.average_price == Decimal(100 * 10**8) / 334_079  # up for a short


def test_bybit_costs_go_up() -> None:
    """BYB-01: 1,000 at 5,000 and 2,000 at 6,000 average to 5,625, at a cost rounded up."""
    long = Position.flat(listed("BTCUSD")).buy(1000, price="5000").buy(2000, price="6000")
    assert str(long.cost) == "0.53333334 BTC"
    assert str(long.average_price) == "5,625.00 USD"


def test_a_reduction_leaves_the_average_alone_and_an_increase_moves_it() -> None:
    long = Position.flat(DOLLAR).buy(1000, price="10000")
    assert long.sell(400, price="50000").average_price == 10_000
    assert long.buy(1000, price="20000").average_price != 10_000


# Increase, reduce, close, reverse


def test_a_life_from_flat_to_flat() -> None:
    flat = Position.flat(listed("XBTUSD, lot 1"))
    assert (flat.side, flat.average_price, flat.pnl(price="1").units) == ("flat", None, 0)
    long = flat.buy(1000, price="10000").buy(1000, price="12500")
    assert (long.side, long.contracts, long.cost.units) == ("long", 2000, 18_000_000)
    less = long.sell(500, price="15000")
    assert (less.contracts, less.cost.units) == (1500, 13_500_000)
    assert less.realized.units == 4_500_000 - 500 * 6_667
    short = less.sell(2500, price="20000")
    assert (short.side, short.contracts, short.cost.units) == ("short", -1000, -5_000_000)
    assert short.realized.units == less.realized.units + 13_500_000 - 1500 * 5_000
    over = short.close(price="25000")
    assert (over.side, over.contracts, over.cost.units) == ("flat", 0, 0)
    assert over.realized.units == short.realized.units + 4_000_000 - 5_000_000
    assert over.close(price="1") is over


def test_a_quanto_gains_in_proportion_to_the_price() -> None:
    long = Position.flat(listed("ETHUSD quanto")).buy(1000, price="2000").buy(1000, price="3000")
    assert long.average_price == 2500
    assert str(long.pnl(price="2600")) == "0.20000000 BTC"
    assert str(long.sell(2000, price="2400").realized) == "-0.20000000 BTC"


@given(unrounded, signed_lots, prices, st.data())
def test_a_partial_reduction_keeps_the_average(
    instrument: Instrument, count: int, price: Decimal, data: st.DataObject
) -> None:
    held = fill(Position.flat(instrument), count * instrument.lot, price)
    out = data.draw(st.integers(0, abs(count) - 1)) * (1 if count < 0 else -1)
    left = fill(held, out * instrument.lot, data.draw(prices)) if out else held
    before, after = held.average_price, left.average_price
    assert before is not None
    assert after is not None
    assert abs(after - before) <= before / 10**20
    assert abs(before - price) <= price / 10**20


@given(lots, prices)
def test_dollars_and_contracts_size_the_same_order(count: int, price: Decimal) -> None:
    flat = Position.flat(listed("BTC-PERPETUAL"))
    assert flat.buy(usd_amount=10 * count, price=price) == flat.buy(count, price=price)
    assert flat.sell(usd_amount=10 * count, price=price) == flat.sell(str(count), price=price)


def test_a_position_as_a_venue_reports_it() -> None:
    """BYB-21: 11 contracts at a cost of 0.00159252 have an entry price of 6,907.291588."""
    bybit = listed("BTCUSD")
    cost = bybit.settlement_currency.parse("0.00159252 BTC")
    long = Position.from_cost(bybit, 11, cost)
    assert abs((long.average_price or 0) - Decimal("6907.291588174717")) < Decimal("1e-9")
    short = Position.from_cost(bybit, -11, cost)
    assert (short.cost, short.side) == (-cost, "short")
    assert short.pnl(price="6000") == -long.pnl(price="6000")


def test_a_position_reads_in_one_line() -> None:
    long = Position.flat(listed("XBTUSD, lot 1")).buy(2000, price="10000")
    assert str(long) == (
        "long 2,000 XBTUSD from 10,000.00 USD, cost 0.20000000 BTC, realised 0.00000000 BTC"
    )
    assert str(long.close(price="20000")) == "flat XBTUSD, realised 0.10000000 BTC"
    assert str(Position.flat(long.instrument).sell(5, price="10000")).startswith("short 5 XBTUSD")


# What is refused

FLAT = Position.flat(DOLLAR)


@pytest.mark.parametrize(
    ("trade", "message"),
    [
        (lambda: FLAT.buy(price="1"), "size: give contracts or usd_amount"),
        (lambda: FLAT.buy(1, usd_amount=1, price="1"), "size: give contracts or usd_amount"),
        (lambda: FLAT.buy(0, price="1"), "size: 0 is not above zero; buy and sell give the side"),
        (lambda: FLAT.sell(-3, price="1"), "size: -3 is not above zero"),
        (lambda: FLAT.buy(1.5, price="1"), "contracts: float 1.5 is not exact"),
        (lambda: FLAT.buy(1, price=10000.5), "price: float 10000.5 is not exact"),
        (lambda: FLAT.buy(1, price="0"), "price: 0 is not above zero"),
        (lambda: FLAT.buy(1, price="nan"), "price: 'nan' is not finite"),
        (lambda: FLAT.buy(1, price="1").pnl(price="-5"), "price: -5 is not above zero"),
        (lambda: FLAT.buy(usd_amount="0.5", price="1"), "not a whole number"),
        (lambda: Position.from_cost(DOLLAR, 0, BTC.amount("1")), "cost: "),
        (lambda: Position.from_cost(DOLLAR, 1, Currency("ETH").amount("1")), "cost: "),
    ],
    ids=range(12),
)
def test_a_trade_that_says_nothing_exact_is_refused(trade: Callable[[], Any], message: str) -> None:
    with pytest.raises(AmountError) as refused:
        trade()
    assert message in str(refused.value)


def test_only_inverse_contracts_are_sized_in_dollars() -> None:
    linear = Position.flat(Instrument.generic("linear", "1", "USDT"))
    with pytest.raises(RuleError, match="is linear: size it in contracts"):
        linear.buy(usd_amount=100, price="1")


@pytest.mark.parametrize(
    ("contracts", "cost"),
    [(Decimal(0), BTC.amount("1")), (Decimal(1), BTC.amount("-1")), (Decimal(-1), BTC.amount("1")),
     (Decimal(1), Currency("ETH").amount("1"))],
    ids=["cost of nothing", "long at a short's cost", "short at a long's cost", "other coin"],
)  # fmt: skip
def test_a_position_that_contradicts_itself_is_a_defect(contracts: Decimal, cost: Amount) -> None:
    with pytest.raises(DefectError):
        Position(DOLLAR, contracts, cost, BTC.zero)
