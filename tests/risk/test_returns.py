"""Returns on margin and on value."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from books import held
from hypothesis import given
from hypothesis import strategies as st

from obverse.contracts import Instrument, Position
from obverse.errors import AmountError, DataError
from obverse.risk import return_on_equity

FUTURE = Instrument.generic("inverse", "10", "ETH")


def test_okx_prints_the_return_of_one_contract_at_ten_times() -> None:
    """OKX API v5, Get positions, ETH-USD-210430: long 1 from 2566.31, upl and uplRatio printed."""
    position = held(FUTURE, 1, "2566.31")
    pnl = FUTURE.settlement_currency.amount("-0.0000009932766034")
    found = return_on_equity(position, pnl, leverage="10")
    assert found.return_on_equity == pytest.approx(
        Decimal("-0.0025490556801078"), abs=Decimal("1e-12")
    )
    assert found.return_on_value * 10 == pytest.approx(found.return_on_equity)


def test_a_long_from_10000_at_12500_gains_a_fifth_of_its_value() -> None:
    """1,000 contracts of 10 cost 1 coin and are worth 0.8: +20 %, at 5 times +100 % of margin."""
    position = held(FUTURE, 1000, "10000")
    found = return_on_equity(position, position.pnl(price="12500"), leverage=5)
    assert (found.return_on_equity, found.return_on_value) == (1, Decimal("0.2"))


def test_a_short_gains_what_the_long_loses() -> None:
    long, short = held(FUTURE, 1000, "10000"), held(FUTURE, -1000, "10000")
    one, other = (
        return_on_equity(position, position.pnl(price="8000"), leverage=3)
        for position in (long, short)
    )
    assert one.return_on_value == -other.return_on_value == Decimal("-0.25")
    assert one.return_on_equity == -other.return_on_equity


@given(st.integers(1, 125), st.integers(1, 10**6), st.decimals("1", "100000", places=2))
def test_the_return_on_margin_is_leverage_times_that_on_value_at_any_size(
    leverage: int, contracts: int, price: Decimal
) -> None:
    position = held(FUTURE, contracts, "2500")
    found = return_on_equity(position, position.pnl(price=price), leverage=leverage)
    assert float(found.return_on_equity) == pytest.approx(leverage * float(found.return_on_value))
    assert float(found.return_on_value) == pytest.approx(1 - 2500 / float(price), abs=1e-12)


@pytest.mark.parametrize("leverage", [0, -5])
def test_a_leverage_that_is_none_is_refused(leverage: int) -> None:
    position = held(FUTURE, 1, "2500")
    with pytest.raises(DataError, match="leverage"):
        return_on_equity(position, position.pnl(price="2600"), leverage=leverage)


@pytest.mark.parametrize("leverage", [10.0, "NaN", "ten"])
def test_a_leverage_that_is_not_exact_is_refused(leverage: Any) -> None:
    position = held(FUTURE, 1, "2500")
    with pytest.raises(AmountError, match="leverage"):
        return_on_equity(position, position.pnl(price="2600"), leverage=leverage)


def test_a_flat_position_has_no_return() -> None:
    flat = Position.flat(FUTURE)
    with pytest.raises(DataError, match="is none"):
        return_on_equity(flat, flat.pnl(price="2600"), leverage=10)
