"""An account along the price of a coin: each rung is the account worked out anew."""

from __future__ import annotations

from decimal import Decimal

import pytest
from books import ETHER, MARKET, PERPETUAL, as_simulated, flat_market, held

from obverse.contracts import Position
from obverse.errors import DataError
from obverse.risk import Book, Holding
from obverse.risk.account_ladder import account_ladder, account_ladders
from obverse.risk.accounts import book_accounts
from obverse.risk.margin import MarginSetting, Order

FALL, FLAT, RISE = Decimal("-0.1"), Decimal(0), Decimal("0.1")


def mine(coins: str, *positions: Position, **more: object) -> Book:
    """A book with so many bitcoins, and fifty ether, at Deribit."""
    holdings = (Holding("BTC", Decimal(coins), "deribit"), Holding("ETH", Decimal(50), "deribit"))
    return Book("by hand", holdings, positions, **more)  # type: ignore[arg-type]


LONG = held(PERPETUAL, 10_000, "80000")


@pytest.mark.parametrize("move", ["-0.3", "-0.1", "0.25"])
def test_a_rung_is_the_account_at_a_market_of_that_price(move: str) -> None:
    book = mine("0.5", LONG)
    (ladder,) = account_ladders(book, flat_market("50000"), "BTC", (Decimal(move),))
    (rung,) = ladder.rungs
    price = 50_000 * (1 + Decimal(move))
    (again,) = book_accounts(book, flat_market(str(price)))
    assert rung.price_usd == rung.coin_usd == price
    assert rung.state.margin_balance == again.state.margin_balance
    assert rung.state.maintenance == again.state.maintenance
    assert rung.state.status == again.state.status
    assert rung.equity_usd == again.state.margin_balance.coins * price


def test_a_long_by_hand() -> None:
    """0.5 BTC and 100,000 USD from 80,000, the mark 10 % down."""
    (ladder,) = account_ladders(mine("0.5", LONG), MARKET, "BTC", (FALL,))
    mark = 77_388 * 0.9
    equity = 0.5 + 1.25 - 100_000 / mark
    assert float(ladder.rungs[0].state.margin_balance.coins) == pytest.approx(equity, abs=2e-8)
    usd = equity * 77_334.5 * 0.9
    assert float(ladder.rungs[0].equity_usd) == pytest.approx(usd, abs=0.01)


def test_rungs_go_up_whatever_order_the_moves_have() -> None:
    (ladder,) = account_ladders(mine("1", LONG), MARKET, "BTC", (RISE, FALL, FLAT))
    assert [rung.move for rung in ladder.rungs] == [FALL, FLAT, RISE]
    equities = [rung.state.margin_balance.coins for rung in ladder.rungs]
    assert equities == sorted(equities)
    assert ladder.rungs[1].state == ladder.now.state


def test_a_move_that_leaves_no_price_is_refused() -> None:
    for move in ("-1", "-1.5"):
        with pytest.raises(DataError, match="leaves no price"):
            account_ladders(mine("1", LONG), MARKET, "BTC", (Decimal(move),))


def test_only_accounts_that_the_coin_moves_have_a_ladder() -> None:
    book = mine("1", LONG, held(ETHER, 1_000, "2400"))
    assert [item.name for item in account_ladders(book, MARKET, "BTC")] == ["deribit BTC"]
    assert [item.name for item in account_ladders(book, MARKET, "ETH")] == ["deribit ETH"]
    assert account_ladders(mine("1", LONG), MARKET, "ETH") == ()


def test_one_account_alone() -> None:
    book = mine("1", LONG, held(ETHER, 1_000, "2400"))
    bitcoin, _ = book_accounts(book, MARKET)
    found = account_ladder(book, MARKET, bitcoin, "BTC", (FALL, RISE))
    assert found.name == "deribit BTC"
    (same,) = account_ladders(book, MARKET, "BTC", (FALL, RISE))
    assert [rung.state for rung in found.rungs] == [rung.state for rung in same.rungs]


def test_an_isolated_positions_loss_ends_at_its_margin() -> None:
    setting = MarginSetting(mode="isolated", leverage=Decimal(10))
    book = mine("5", LONG, settings=(setting,))
    (ladder,) = account_ladders(book, MARKET, "BTC", (Decimal("-0.6"), Decimal("-0.5")))
    lowest = [rung.state.margin_balance.coins for rung in ladder.rungs]
    assert lowest[0] == lowest[1] == Decimal(5) - Decimal("0.125")


def test_the_table_has_the_rungs_and_says_what_it_is() -> None:
    (ladder,) = account_ladders(mine("0.5", LONG), as_simulated(MARKET), "BTC")
    table = ladder.table()
    assert table.title == "deribit BTC: as the BTC price moves (simulated)"
    for row, rung in zip(table.records(), ladder.rungs, strict=True):
        assert row["price_usd"] == rung.price_usd
        assert row["equity_coin"] == rung.state.margin_balance.coins
        assert row["status"] == rung.state.status
    assert not any("Resting orders" in note for note in table.notes)
    order = Order(PERPETUAL, Decimal(1_000), Decimal(70_000))
    (resting,) = account_ladders(mine("0.5", LONG, orders=(order,)), MARKET, "BTC", (FALL,))
    assert any("Resting orders stay unfilled" in note for note in resting.table().notes)
    assert "simulated" not in resting.table().title
