"""Where an account ends, and how far its chart is drawn."""

from __future__ import annotations

from decimal import Decimal

import pytest
from books import ETHER, MARKET, PERPETUAL, held

from obverse.contracts import Position
from obverse.risk import Book, Holding
from obverse.risk.account_ends import drawing_moves, ends_of, moved_by
from obverse.risk.accounts import BookAccount, book_accounts
from obverse.risk.margin import MarginSetting, Order


def account(coins: str, *positions: Position, **more: object) -> BookAccount:
    """The account of so many bitcoins at Deribit."""
    holdings = (Holding("BTC", Decimal(coins), "deribit"),)
    return book_accounts(Book("by hand", holdings, positions, **more), MARKET)[0]  # type: ignore[arg-type]


LONG, SHORT = held(PERPETUAL, 10_000, "80000"), held(PERPETUAL, -10_000, "76000")


def test_the_coins_of_its_positions_move_an_account() -> None:
    assert moved_by(account("1", LONG)) == ("BTC",)
    order = Order(PERPETUAL, Decimal(1_000), Decimal(70_000))
    assert moved_by(account("1", orders=(order,))) == ("BTC",)
    assert moved_by(account("1", held(ETHER, 100, "2400"))) == ("ETH",)


def test_a_longs_end_lies_below_and_a_shorts_above() -> None:
    ((now, end, whose),) = ends_of(account("0.5", LONG), "BTC")
    assert whose == "account"
    assert end < now
    ((now, end, whose),) = ends_of(account("0.5", SHORT), "BTC")
    assert end > now
    assert ends_of(account("0.5", LONG), "ETH") == ()
    assert ends_of(account("2", SHORT), "BTC") == ()  # its coins cover it


def test_an_end_beyond_a_hundredth_of_the_price_is_left_out() -> None:
    """Deribit's requirement overtakes a short's gain where its value is some 20,000 coins."""
    item = account("0.5", SHORT)
    (joint,) = item.state.joint
    assert joint.below is not None
    assert joint.below < joint.price / 100
    assert [end for _, end, _ in ends_of(item, "BTC")] == [joint.above]


def test_an_isolated_position_ends_at_its_own_price() -> None:
    setting = MarginSetting(mode="isolated", leverage=Decimal(10))
    item = account("0.5", LONG, settings=(setting,))
    ((mark, end, whose),) = ends_of(item, "BTC")
    assert (mark, whose) == (Decimal(77388), "BTC-PERPETUAL")
    assert end == item.state.positions[0].liquidation_price


def test_a_drawing_reaches_half_down_and_up_where_the_end_is_within() -> None:
    moves = drawing_moves(account("0.5", LONG), "BTC")
    assert (len(moves), moves[0], moves[-1]) == (41, Decimal("-0.5"), Decimal("0.5"))
    assert list(moves) == sorted(moves)


def test_a_drawing_reaches_past_an_end_not_too_far_off() -> None:
    item = account("0.8", SHORT)
    ((now, end, _),) = ends_of(item, "BTC")
    move = end / now - 1
    assert Decimal("0.5") < move < 2
    moves = drawing_moves(item, "BTC")
    assert float(moves[-1]) == pytest.approx(float(move) + 0.05)
    assert moves[0] == Decimal("-0.5")
