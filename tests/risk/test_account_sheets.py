"""How accounts read: in the venues' order of words, summing up, with what a reader must know."""

from __future__ import annotations

from decimal import Decimal

import pytest
from books import MARKET, PERPETUAL, flat_market, held

from obverse.contracts import Position
from obverse.market import Market
from obverse.risk import Book, Holding
from obverse.risk.account_position_sheets import liquidation_table, margin_table, orders_table
from obverse.risk.account_sheets import account_table, accounts_table, shown_end, strip
from obverse.risk.accounts import BookAccount, book_accounts
from obverse.risk.margin import MarginSetting, Order

LONG, SHORT = held(PERPETUAL, 10_000, "80000"), held(PERPETUAL, -10_000, "76000")
ISOLATED = MarginSetting(mode="isolated", leverage=Decimal(10))
BUY = Order(PERPETUAL, Decimal(5_000), Decimal(70_000))


def account(
    coins: str, *positions: Position, market: Market = MARKET, **more: object
) -> BookAccount:
    """The account of so many bitcoins at Deribit."""
    holdings = (Holding("BTC", Decimal(coins), "deribit"),)
    return book_accounts(Book("by hand", holdings, positions, **more), market)[0]  # type: ignore[arg-type]


def test_the_strip_adds_up() -> None:
    setting = {"settings": (ISOLATED,), "orders": (BUY,)}
    amounts = {words: item.coins for words, item in strip(account("2", LONG, **setting).state)}
    assert amounts["margin balance"] == amounts["wallet balance"] + amounts["unrealised PnL"]
    assert amounts["isolated margin"] == Decimal("0.125")
    rest = amounts["wallet balance"] - amounts["isolated margin"]
    assert amounts["available"] == rest - amounts["initial margin"] - amounts["order margin"]
    across = {words: item.coins for words, item in strip(account("2", LONG, orders=(BUY,)).state)}
    assert "isolated margin" not in across
    needed = across["initial margin"] + across["order margin"]
    assert across["available"] == across["margin balance"] - needed


def test_dollars_are_coins_at_the_index() -> None:
    for row in account_table(account("2", LONG)).records():
        assert row["amount_usd"] == row["amount"] * Decimal("77334.50")


def test_an_account_has_its_row_with_both_ends() -> None:
    (row,) = accounts_table([account("0.5", SHORT)]).records()
    assert row["account"] == "deribit BTC"
    assert row["falls_to_usd"] is row["falls_by"] is None
    now, end = Decimal(str(row["price_usd"])), Decimal(str(row["rises_to_usd"]))
    assert now == Decimal("77334.50")
    assert row["rises_by"] == end / now - 1 > 0


def test_an_isolated_position_has_a_row_of_its_own() -> None:
    item = account("2", LONG, settings=(ISOLATED,))
    (row,) = accounts_table([item]).records()
    assert row["moved_by"] == "BTC-PERPETUAL"
    assert row["falls_to_usd"] == item.state.positions[0].liquidation_price
    assert row["rises_to_usd"] is None


@pytest.mark.parametrize(
    ("end", "shown"),
    [("0.99", None), ("1", "1"), ("50", "50"), ("10000", "10000"), ("10000.01", None)],
)
def test_an_end_is_shown_within_a_hundredth_and_a_hundredfold(end: str, shown: str | None) -> None:
    assert shown_end(Decimal(end), Decimal(100)) == (None if shown is None else Decimal(shown))
    assert shown_end(None, Decimal(100)) is None


def test_what_nothing_ends_is_explained_and_only_then() -> None:
    assert any("No price (—)" in note for note in accounts_table([account("5", SHORT)]).notes)
    assert not any("No price" in note for note in accounts_table([account("0.5", LONG)]).notes)


def test_a_margin_call_and_a_liquidation_are_said() -> None:
    """0.06 BTC behind 1.292 BTC of value: 0.018 of equity, between maintenance and initial."""
    call = account("0.06", LONG)
    assert call.state.status == "margin call"
    (note,) = [note for note in accounts_table([call]).notes if "are missing" in note]
    assert note == (
        f"deribit BTC: {-call.state.available} are missing; until they come, no order is taken."
    )
    failed = account("0.05", LONG)
    assert failed.state.status == "liquidation"
    assert any("not covered at the present marks" in n for n in accounts_table([failed]).notes)


def test_an_isolated_position_past_its_end_is_said() -> None:
    item = account("2", LONG, market=flat_market("70000"), settings=(ISOLATED,))
    notes = accounts_table([item]).notes
    assert any("isolated BTC-PERPETUAL does not cover its maintenance" in note for note in notes)


def test_resting_buys_bring_the_end_nearer_and_that_is_said() -> None:
    """150,000 USD at their joint cost, less the taker's or maker's fee of 50,000 at 70,000."""
    item = account("0.5", LONG, orders=(BUY,))
    (note,) = [note for note in accounts_table([item]).notes if "resting buys fill" in note]
    found = float(note.rsplit(" ", 1)[1].rstrip(".").replace(",", ""))
    paid = 50_000 / 70_000 * 0.0005
    worth = 0.5 + 100_000 / 80_000 + 50_000 / 70_000 - paid
    value = (-1.01 + (1.01**2 + 4 * 0.00005 * worth) ** 0.5) / (2 * 0.00005)
    basis = 77_334.5 / 77_388
    assert found == pytest.approx(150_000 / value * basis, rel=1e-3)
    (joint,) = item.state.joint
    assert joint.below is not None
    assert found > joint.below


def test_an_order_beyond_the_end_is_not_filled_on_the_way() -> None:
    far = Order(PERPETUAL, Decimal(5_000), Decimal(30_000))
    notes = accounts_table([account("0.5", LONG, orders=(far,))]).notes
    assert not any("resting" in note for note in notes)


def test_positions_and_their_ends() -> None:
    item = account("0.5", LONG)
    (row,) = margin_table(item).records()
    (position,) = item.state.positions
    assert (row["symbol"], row["contracts"]) == ("BTC-PERPETUAL", 10_000)
    assert (row["entry_usd"], row["mark_usd"]) == (80_000, 77_388)
    assert row["pnl"] == position.needs.pnl.coins
    assert row["maintenance"] == position.needs.liquidation.coins
    (end,) = liquidation_table(item, {"BTC": 0.02}).records()
    assert end["liquidation_usd"] == position.liquidation_price
    away = float(position.liquidation_price or 0) / 77_388
    assert float(end["distance"]) == pytest.approx(away - 1, rel=1e-9)


def test_distance_in_deviations_needs_a_volatility() -> None:
    item = account("0.5", LONG)
    (known,), (unknown,) = (
        liquidation_table(item, deviations).records() for deviations in ({"BTC": 0.02}, {})
    )
    (half,) = liquidation_table(item, {"BTC": 0.04}).records()
    assert known["distance_deviations"] < 0
    assert float(known["distance_deviations"]) == pytest.approx(
        2 * float(half["distance_deviations"])
    )
    assert unknown.get("distance_deviations") is None


def test_orders_are_listed() -> None:
    (row, *_) = orders_table(account("2", LONG, orders=(BUY,))).records()
    assert "BTC-PERPETUAL" in row.values()
    assert Decimal(70_000) in row.values()
