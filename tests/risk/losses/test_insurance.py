"""The insurance fund: its part of a liquidation, and a balance that never goes below zero."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import instruments, lots, prices

from obverse.contracts import Amount, Currency, Instrument
from obverse.errors import AmountError, DefectError
from obverse.risk.losses import FundPart, InsuranceFund, cover, fund_part, receive, run_fund, settle
from obverse.rulebooks import rulebook

from . import draws
from .draws import BTC

PERPETUAL = rulebook("bitmex", as_of="2019-01-01").instrument("XBTUSD")


def sats(units: int) -> Amount:
    return Amount(units, BTC)


def test_a_long_closed_below_bankruptcy_costs_the_fund() -> None:
    """10000 dollars at 8000 are 1.25 XBT, at 7812.50 they are 1.28."""
    part = fund_part(PERPETUAL, Decimal(10_000), bankruptcy_price="8000", fill_price="7812.5")
    assert part.direction == "pays"
    assert part.amount.coins == Decimal("0.03")


def test_a_short_closed_below_bankruptcy_is_the_funds_gain() -> None:
    part = fund_part(PERPETUAL, Decimal(-10_000), bankruptcy_price="8000", fill_price="7812.5")
    assert part.direction == "receives"
    assert part.amount.coins == Decimal("0.03")


def test_closed_at_bankruptcy_nobody_pays() -> None:
    part = fund_part(PERPETUAL, Decimal(100), bankruptcy_price="8000", fill_price="8000")
    assert part.direction is None
    assert not part.amount


@given(instrument=instruments, size=lots, bankruptcy=prices, fill=prices)
def test_a_long_and_a_short_of_one_size_mirror_each_other(
    instrument: Instrument, size: int, bankruptcy: Decimal, fill: Decimal
) -> None:
    contracts = instrument.lot * size
    long, short = (
        fund_part(instrument, side * contracts, bankruptcy_price=bankruptcy, fill_price=fill)
        for side in (1, -1)
    )
    assert long.gain == -short.gain
    if fill < bankruptcy:
        assert long.gain.units <= 0


def test_a_fund_pays_what_it_has_and_names_the_rest() -> None:
    fund, entry = cover(InsuranceFund.of(sats(100)), sats(130), "XBTUSD 7")
    assert (entry.reference, entry.direction) == ("XBTUSD 7", "out")
    assert (entry.amount, entry.residual, entry.balance) == (sats(100), sats(30), sats(0))
    assert (fund.balance, fund.paid, fund.uncovered) == (sats(0), sats(100), sats(30))


def test_a_fund_takes_in_what_a_better_close_leaves() -> None:
    fund, entry = receive(InsuranceFund.of(sats(5)), sats(7), "fee")
    assert (entry.direction, entry.amount, entry.balance) == ("in", sats(7), sats(12))
    assert fund.received == sats(7)


def test_a_run_is_a_history_that_reads_as_a_table() -> None:
    parts = [("first", FundPart(sats(50))), ("second", FundPart(sats(-80)))]
    history = run_fund(InsuranceFund.of(sats(10)), parts)
    assert [item.balance.units for item in history.entries] == [60, 0]
    assert history.residual == history.fund.uncovered == sats(20)
    text = repr(history)
    assert "Insurance fund, opened with 0.00000010 BTC" in text
    assert [row["flow"] for row in history.to_frame("records")] == [5e-7, -6e-7]


gains = st.integers(-(10**9), 10**9).map(lambda units: FundPart(sats(units)))


@given(opening=draws.amounts | draws.small_amounts, parts=st.lists(gains, max_size=12))
def test_no_coin_is_made_or_lost_and_no_balance_is_below_zero(
    opening: Amount, parts: list[FundPart]
) -> None:
    history = run_fund(InsuranceFund.of(opening), [("", part) for part in parts])
    assert all(item.balance.units >= 0 for item in history.entries)
    paid_in_full = opening + sum((part.gain for part in parts), sats(0))
    assert history.fund.balance - history.residual == paid_in_full
    assert history.residual == history.fund.uncovered
    assert all(item.balance.units == 0 for item in history.entries if item.residual)


@given(opening=draws.amounts, part=gains)
def test_a_part_is_settled_the_way_it_goes(opening: Amount, part: FundPart) -> None:
    fund = InsuranceFund.of(opening)
    step = cover if part.gain.units < 0 else receive
    assert settle(fund, part, "x") == step(fund, part.amount, "x")


def test_amounts_below_zero_and_other_coins_are_refused() -> None:
    fund = InsuranceFund.of(sats(1))
    for step in (cover, receive):
        with pytest.raises(AmountError, match="name the direction"):
            step(fund, sats(-1))
        with pytest.raises(AmountError, match="do not add"):
            step(fund, Amount(1, Currency("ETH")))
    with pytest.raises(AmountError, match="zero or more"):
        InsuranceFund.of(sats(-1))


def test_a_fund_that_paid_more_than_it_had_is_a_defect() -> None:
    with pytest.raises(DefectError, match="a balance of"):
        replace(InsuranceFund.of(sats(1)), paid=sats(2))


@pytest.mark.parametrize("price", ["0", "-1", "NaN", 8000.0])
def test_a_price_that_is_none_is_refused(price) -> None:
    with pytest.raises(AmountError):
        fund_part(PERPETUAL, Decimal(1), bankruptcy_price="8000", fill_price=price)


def test_the_gain_is_exact_without_rounding() -> None:
    generic = Instrument.generic("linear", "1", "USD")
    part = fund_part(generic, Decimal("-0.4"), bankruptcy_price="1.5", fill_price="1.25")
    assert part.gain.fraction == Fraction(1, 10)
