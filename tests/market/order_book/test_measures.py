"""Measures and walks of a book, by hand and by what must hold of every book."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.contracts import Inverse, Linear, Quanto
from obverse.contracts.payoffs import Payoff
from obverse.errors import MarketDataError
from obverse.market.order_book import (
    RISING,
    BookLevel,
    BookState,
    FollowedBook,
    Reach,
    Ticks,
    Unit,
    basis_points_within,
    book_stream,
    depth,
    imbalance,
    impact_prices,
    levels_within,
    micro_price,
    mid_price,
    spread,
    spread_basis_points,
    walk,
)

from .streams import frame, message

INVERSE, LINEAR = Inverse(Decimal(100)), Linear(Decimal(1))


def levels(*pairs: tuple[str, str]) -> tuple[BookLevel, ...]:
    return tuple(BookLevel(Decimal(price), Decimal(size)) for price, size in pairs)


BOOK = BookState(
    0,
    Decimal("0.5"),
    levels(("10000", "3"), ("9990", "5"), ("9900", "10")),
    levels(("10000.5", "1"), ("10010", "4"), ("12500", "20")),
)
HALF_EMPTY = BookState(0, Decimal("0.5"), BOOK.bids, ())


def test_middle_spread_and_micro_price() -> None:
    assert mid_price(BOOK) == Decimal("10000.25")
    assert spread(BOOK) == Decimal("0.5")
    assert spread_basis_points(BOOK) == pytest.approx(Decimal("0.4999875003"), rel=Decimal("1e-9"))
    # One contract asked against three bid: the price leans to the ask.
    assert micro_price(BOOK) == Decimal("10000.375")


def test_depth_over_levels_and_within_basis_points() -> None:
    assert depth(BOOK, "bids", levels_within(2)) == 8
    assert depth(BOOK, "bids", levels_within(99)) == 18
    # 9.75 / 10000.25 is 9.7498 basis points, 10.25 / 10000.25 is 10.2497: on either side of 10.
    assert depth(BOOK, "asks", basis_points_within(10)) == 5
    assert depth(BOOK, "bids", basis_points_within(10)) == 3
    assert depth(BOOK, "bids", basis_points_within("0.1")) == 0


def test_imbalance_runs_from_asks_alone_to_bids_alone() -> None:
    assert imbalance(BOOK, levels_within(1)) == Decimal("0.5")
    assert imbalance(BOOK, basis_points_within(10)) == Decimal("-0.25")
    assert imbalance(HALF_EMPTY, levels_within(3)) == 1
    assert imbalance(BOOK, basis_points_within("0.1")) is None


def test_a_side_that_is_missing_gives_no_number() -> None:
    for measure in (mid_price, micro_price, spread, spread_basis_points):
        assert measure(HALF_EMPTY) is None
    assert depth(HALF_EMPTY, "asks", levels_within(3)) == 0
    assert depth(HALF_EMPTY, "bids", basis_points_within(5)) is None
    assert imbalance(HALF_EMPTY, basis_points_within(5)) is None


@pytest.mark.parametrize(
    "wrong", [{}, {"levels": 0}, {"levels": 1, "basis_points": 1}, {"basis_points": Decimal(-1)}]
)
def test_a_reach_is_one_thing_and_reaches_something(wrong: dict[str, Decimal]) -> None:
    with pytest.raises(MarketDataError, match="depth: "):
        Reach(**wrong)  # type: ignore[arg-type]


def test_an_inverse_fill_averages_harmonically() -> None:
    found = walk(BOOK, "asks", 5, payoff=INVERSE)
    coins = 100 / Fraction("10000.5") + 400 / Fraction(10010)
    assert found.settlement_value == pytest.approx(Decimal(float(coins)), rel=Decimal("1e-15"))
    assert found.average_price == pytest.approx(Decimal(float(500 / coins)), rel=Decimal("1e-15"))
    arithmetic = walk(BOOK, "asks", 5, payoff=LINEAR).average_price
    assert arithmetic == Decimal("10008.1")
    assert found.average_price is not None
    assert arithmetic > found.average_price  # harmonic below arithmetic
    assert (found.levels, found.last_price, found.complete) == (2, Decimal(10010), True)


@pytest.mark.parametrize(
    ("payoff", "unit", "size", "contracts"),
    [
        (INVERSE, "usd", "250", "2.5"),  # one of 100 dollars at the best, one and a half behind
        (INVERSE, "coin", Decimal(200) / Decimal(12500), None),
        (LINEAR, "usd", "10000.5", "1"),
        (LINEAR, "coin", "1.5", "1.5"),
        (Quanto(Decimal("0.000001")), "coin", "0.0100005", "1"),
    ],
)
def test_a_size_may_be_in_dollars_or_coin(
    payoff: Payoff, unit: Unit, size: str, contracts: str | None
) -> None:
    found = walk(BOOK, "asks", size, payoff=payoff, unit=unit)
    assert found.complete
    if contracts is None:  # coins taken are what adds up for an inverse contract
        assert found.settlement_value == Decimal(size)
    else:
        assert found.contracts == Decimal(contracts)


def test_a_size_beyond_the_side_is_told_and_has_no_price() -> None:
    found = walk(BOOK, "asks", 30, payoff=INVERSE)
    assert (found.taken, found.missing, found.contracts) == (25, 5, 25)
    assert found.impact_price is None
    assert found.average_price is not None
    assert BOOK.asks[0].price < found.average_price < BOOK.asks[-1].price
    assert "too thin" in repr(found)
    nothing = walk(HALF_EMPTY, "asks", 1, payoff=INVERSE)
    assert (nothing.taken, nothing.average_price, nothing.levels) == (0, None, 0)
    assert "too thin" in repr(nothing)
    assert impact_prices(BOOK, 19, payoff=INVERSE)[0] is None
    assert impact_prices(BOOK, 3, payoff=INVERSE)[0] == 10000


def test_a_walk_beyond_what_the_snapshot_showed_is_told() -> None:
    stream = frame(
        message(1, snapshot=True, bids={99.5: 1.0, 99.0: 1.0}, asks={101.0: 1.0}),
        message(2, bids={98.0: 1.0}),
    )
    book = FollowedBook(Ticks("0.5"), RISING)
    for each in book_stream(stream, book.ticks, RISING).messages():
        book.take(each)
    state = book.state()
    assert state is not None
    assert (state.lowest_shown, state.highest_shown) == (99, 101)
    assert not walk(state, "bids", 2, payoff=LINEAR).beyond
    assert not walk(state, "asks", 5, payoff=LINEAR).beyond
    far = walk(state, "bids", 3, payoff=LINEAR)
    assert far.beyond
    assert "more levels than known" in repr(far)
    assert not walk(BOOK, "bids", 18, payoff=LINEAR).beyond  # no snapshot to compare with


@pytest.mark.parametrize("size", ["0", "-1"])
def test_a_size_that_takes_nothing_is_refused(size: str) -> None:
    with pytest.raises(MarketDataError, match="above zero"):
        walk(BOOK, "asks", size, payoff=INVERSE)


def test_units_and_sides_that_are_none_are_refused() -> None:
    with pytest.raises(MarketDataError, match="no unit 'euro'"):
        walk(BOOK, "asks", 1, payoff=INVERSE, unit="euro")  # type: ignore[arg-type]
    with pytest.raises(MarketDataError, match="quanto"):
        walk(BOOK, "asks", 1, payoff=Quanto(Decimal(1)), unit="usd")
    with pytest.raises(MarketDataError, match="no side 'buy'"):
        walk(BOOK, "buy", 1, payoff=INVERSE)  # type: ignore[arg-type]


_LEVEL = st.tuples(st.integers(1, 400), st.integers(1, 50))
_SIDE = st.lists(_LEVEL, min_size=1, max_size=8, unique_by=lambda level: level[0])


@given(side=_SIDE, size=st.integers(1, 100))
def test_an_inverse_walk_averages_at_or_below_a_linear_one_within_the_prices_reached(
    side: list[tuple[int, int]], size: int
) -> None:
    asks = [BookLevel(Decimal(price), Decimal(count)) for price, count in sorted(side)]
    book = BookState(0, Decimal(1), (), tuple(asks))
    linear = walk(book, "asks", size, payoff=Linear(Decimal(1)))
    inverse = walk(book, "asks", size, payoff=Inverse(Decimal(1)))
    assert linear.contracts == inverse.contracts == min(size, sum(count for _, count in side))
    assert linear.missing == inverse.missing
    assert linear.average_price is not None
    assert inverse.average_price is not None
    tiny = Decimal("1e-24")
    assert inverse.average_price <= linear.average_price + tiny
    low, high = asks[0].price, linear.last_price
    assert high is not None
    assert low - tiny <= inverse.average_price <= high + tiny


@given(side=_SIDE, size=st.integers(1, 100), more=st.integers(1, 100))
def test_a_larger_size_never_has_a_better_price(
    side: list[tuple[int, int]], size: int, more: int
) -> None:
    asks = [BookLevel(Decimal(price), Decimal(count)) for price, count in sorted(side)]
    book = BookState(0, Decimal(1), (), tuple(asks))
    near = walk(book, "asks", size, payoff=INVERSE).average_price
    far = walk(book, "asks", size + more, payoff=INVERSE).average_price
    assert near is not None
    assert far is not None
    assert far >= near - Decimal("1e-24")


@pytest.mark.parametrize(
    ("bids", "words"),
    [
        ((("9", "1"), ("10", "1")), "do not run outwards"),
        ((("9", "1"), ("9", "2")), "do not run outwards"),
        ((("9", "0"),), "0 offered at 9"),
        ((("9", "-1"),), "-1 offered at 9"),
        ((("0", "1"),), "no level"),
        ((("NaN", "1"),), "no level"),
        ((("9", "Infinity"),), "no level"),
    ],
)
def test_a_state_that_is_no_book_is_refused(bids: tuple[tuple[str, str], ...], words: str) -> None:
    with pytest.raises(MarketDataError, match=words):
        BookState(0, Decimal(1), levels(*bids), ())


def test_a_followed_book_shows_its_levels_and_prints_them() -> None:
    stream = frame(
        message(1, snapshot=True, bids={99.5: 1.5, 99.0: 2.0}, asks={101.0: 1.0}, at=10**9),
        message(2, asks={100.5: 3.0}, at=2 * 10**9),
    )
    ticks = Ticks("0.5")
    book = FollowedBook(ticks, RISING)
    assert book.state() is None
    for each in book_stream(stream, ticks, RISING).messages():
        book.take(each)
    state = book.state()
    assert state is not None
    assert state.asks == levels(("100.5", "3"), ("101", "1"))
    assert state.time.isoformat() == "1970-01-01T00:00:02+00:00"
    printed = repr(state)
    assert "Order book at 1970-01-01T00:00:02Z" in printed
    row = next(line for line in printed.splitlines() if "99.0" in line)
    assert row.split() == ["3.5", "2.0", "99.0", "101.0", "1.0", "4.0"]
    assert state.to_frame()["ask_total"].to_list() == [3.0, 4.0]
