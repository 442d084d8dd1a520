"""The algebra of a book over moves, against the exact ladder and by hand."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import pytest
from books import MARKET, PERPETUAL, QUANTO, book, held, inverse_books, mixed_books
from hypothesis import given
from hypothesis import strategies as st

from obverse.errors import BookError, DataError
from obverse.risk import exposure, ladder
from obverse.risk.tail import BookLine, book_lines, gains_usd

moves = st.floats(-0.95, 5)
sizes = st.floats(-1e6, 1e6).map(lambda value: round(value, 3))


def test_a_long_of_ten_thousand_dollars_loses_a_coin_when_the_price_halves() -> None:
    """10,000 dollars at 10,000: 1/10000 − 1/5000 a dollar is one coin; at 20,000 half a coin."""
    line = BookLine(coins=1.0, dollars=10_000, price_usd=10_000)
    assert line.gain_coin([-0.5, 0.0, 1.0]) == pytest.approx([-1.0, 0.0, 0.5])
    assert line.gain_usd([-0.5, 0.0, 1.0]) == pytest.approx([-5_000, 0, 10_000])


@given(sizes, sizes, st.floats(1, 1e5), moves)
def test_gains_are_the_differences_of_coins_less_dollars_over_price(c, b, s, r) -> None:
    line, after = BookLine(c, b, s), s * (1 + r)
    size = (abs(c) + abs(b) / s + abs(b) / after) * 1e-12 + 1e-12
    assert line.gain_coin(r) == pytest.approx((c - b / after) - (c - b / s), abs=size)
    assert line.gain_usd(r) == pytest.approx(
        (c * after - b) - (c * s - b), abs=1e-9 * (1 + abs(c) * max(after, s) + abs(b))
    )


@given(st.floats(1, 1e6), st.floats(0.01, 0.9))
def test_in_coin_a_long_loses_faster_than_it_gains(dollars: float, move: float) -> None:
    line = BookLine(0.0, dollars, 10_000)
    down, up = line.gain_coin([-move, move])
    assert -down > up > 0


@given(st.floats(0.1, 1e4), st.floats(1, 1e5), st.lists(moves, min_size=1, max_size=9))
def test_a_fully_hedged_short_stands_still_in_dollars(coins, price, drawn) -> None:
    """Coins held and as many sold short at the price: all is agreed dollars, no coins are left."""
    line = BookLine(coins=0.0, dollars=-coins * price, price_usd=price)
    assert (line.gain_usd(drawn) == 0).all()


@given(inverse_books, st.sampled_from(["BTC", "ETH"]), st.integers(-80, 200))
def test_a_books_lines_give_its_ladder(drawn, coin, percent) -> None:
    """The exact revaluation, position by position, is the outside number."""
    seen = exposure(drawn, MARKET)
    move = Decimal(percent) / 100
    base, rung = (ladder(seen, MARKET, coin, [each]).rungs[0] for each in (Decimal(0), move))
    line = book_lines(seen)[coin]
    gross = abs(line.dollars) + sum(abs(float(p.notional_usd)) for p in seen.positions) + 1e6
    coins = float(rung.equity_coin - base.equity_coin)
    assert line.gain_coin(float(move)) == pytest.approx(coins, abs=gross * 1e-11)
    dollars = float(rung.equity_usd - base.equity_usd)
    assert line.gain_usd(float(move)) == pytest.approx(dollars, abs=gross * 1e-8)


@given(mixed_books, st.integers(-80, 200))
def test_what_is_settled_in_dollars_adds_to_the_dollars_alone(drawn, percent) -> None:
    seen = exposure(drawn, MARKET)
    if any(item.position.instrument.symbol == QUANTO.symbol for item in seen.positions):
        with pytest.raises(BookError, match="moved by ETH and settled in"):
            book_lines(seen)
        return
    move = Decimal(percent) / 100
    base, rung = (ladder(seen, MARKET, "BTC", [each]).rungs[0] for each in (Decimal(0), move))
    gained = gains_usd(book_lines(seen), {"BTC": [float(move)], "ETH": [0.0]})
    gross = 1e6 + sum(abs(float(p.notional_usd)) for p in seen.positions)
    dollars = float(rung.book_usd - base.book_usd)
    assert gained == pytest.approx(dollars, abs=gross * 1e-7)


def test_a_line_of_one_position_is_its_dollars() -> None:
    line = book_lines(exposure(book({"BTC": "2"}, held(PERPETUAL, 1000, "77388")), MARKET))["BTC"]
    assert line.dollars == pytest.approx(10_000 * 77_334.50 / 77_388)
    assert line.coins == pytest.approx(2 + 10_000 / 77_388)


@pytest.mark.parametrize("move", [-1.0, -2.0, math.nan, math.inf])
def test_a_move_that_leaves_no_price_is_refused(move: float) -> None:
    line = BookLine(1.0, 1.0, 1.0)
    for gain in (line.gain_coin, line.gain_usd):
        with pytest.raises(DataError, match="expected finite and above -1"):
            gain([0.1, move])


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ((math.nan, 1, 1), "coins is nan"),
        ((1, math.inf, 1), "dollars is inf"),
        ((1, 1, 0), "price of 0"),
        ((1, 1, -5), "price of -5"),
        ((1, 1, math.nan), "price_usd is nan"),
    ],
)
def test_a_line_of_what_is_no_number_is_refused(values, found) -> None:
    with pytest.raises(DataError, match=found):
        BookLine(*values)


def test_coins_move_together_or_not_at_all() -> None:
    lines = {"BTC": BookLine(1, 0, 100), "ETH": BookLine(10, 0, 10)}
    assert gains_usd(lines, {"BTC": [0.1, -0.1], "ETH": [0.2, 0.0]}) == pytest.approx([30, -10])
    with pytest.raises(DataError, match="every coin must have as many"):
        gains_usd(lines, {"BTC": [0.1], "ETH": [0.2, 0.0]})
    with pytest.raises(DataError, match="expected a history of ETH; found BTC"):
        gains_usd(lines, {"BTC": np.array([0.1])})
    with pytest.raises(DataError, match="at least one coin"):
        gains_usd({}, {"BTC": [0.1]})
