"""Depth: taken from the best price on, never more than is there."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.errors import AmountError, DataError
from obverse.risk.engines import Depth, Level, one_price

sizes = st.lists(st.integers(1, 500), min_size=1, max_size=6)


def bids(*levels: tuple[int, int]) -> Depth:
    return Depth("bids", tuple(Level(Decimal(price), Decimal(size)) for price, size in levels))


def test_the_best_prices_go_first_and_what_is_left_stays() -> None:
    trades, left = bids((100, 5), (99, 10)).take(Decimal(8))
    assert [(each.price, each.contracts) for each in trades] == [(100, 5), (99, 3)]
    assert left == bids((99, 7))


def test_a_limit_stops_it() -> None:
    book = bids((100, 5), (99, 10), (90, 50))
    trades, left = book.take(Decimal(40), Decimal("98.5"))
    assert sum(each.contracts for each in trades) == 15 == book.available(Decimal("98.5"))
    assert left == bids((90, 50))
    asks = Depth("asks", (Level(Decimal(100), Decimal(5)), Level(Decimal(101), Decimal(5))))
    assert asks.available(Decimal(100)) == 5


@given(sizes=sizes, wanted=st.integers(1, 4000))
def test_contracts_are_neither_made_nor_lost(sizes, wanted) -> None:
    book = bids(*((1000 - place, size) for place, size in enumerate(sizes)))
    trades, left = book.take(Decimal(wanted))
    taken = sum(each.contracts for each in trades)
    assert taken == min(wanted, sum(sizes))
    assert taken + left.available() == sum(sizes)


@pytest.mark.parametrize("levels", [((99, 5), (100, 5)), ((100, 5), (100, 5))])
def test_levels_out_of_order_are_refused(levels) -> None:
    with pytest.raises(DataError, match="expected the best price first"):
        bids(*levels)


def test_what_is_no_level_is_refused() -> None:
    with pytest.raises(DataError, match="0 contracts, expected some"):
        Level(Decimal(100), Decimal(0))
    for price in ("0", "-5", "NaN"):
        with pytest.raises(AmountError):
            one_price("bids", price, 5)
    with pytest.raises(DataError, match="expected bids or asks"):
        Depth("middle")  # type: ignore[arg-type]
