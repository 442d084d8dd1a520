"""Which account goes where in a scenario: the same as the account at the shocked market."""

from __future__ import annotations

from decimal import Decimal

from books import PERPETUAL, as_simulated, flat_market, held

from obverse.risk import Book, Holding
from obverse.risk.account_scenarios import scenario_accounts_table
from obverse.risk.accounts import book_accounts
from obverse.risk.scenarios import Scenario, run_scenarios

BOOK = Book(
    "by hand",
    (Holding("BTC", Decimal("0.5"), "deribit"),),
    (held(PERPETUAL, 10_000, "50000"),),
)
CRASH, RALLY = (
    Scenario(name, moves={"BTC": Decimal(move)})
    for name, move in (("crash", "-0.3"), ("up", "0.2"))
)


def test_each_row_is_the_account_at_that_price() -> None:
    run = run_scenarios(BOOK, flat_market("50000"), (CRASH, RALLY))
    rows = scenario_accounts_table(BOOK, run).records()
    assert [row["scenario"] for row in rows] == ["now", "crash", "up"]
    for row, price in zip(rows, ("50000", "35000", "60000"), strict=True):
        (account,) = book_accounts(BOOK, flat_market(price))
        assert row["account"] == "deribit BTC"
        assert row["equity_coin"] == account.state.margin_balance.coins
        assert row["equity_usd"] == account.state.margin_balance.coins * Decimal(price)
        assert row["margin_ratio"] == account.state.thinnest_ratio
        assert row["status"] == account.state.status
    assert [row["status"] for row in rows] == ["healthy", "bankrupt", "healthy"]


def test_a_simulated_market_says_so() -> None:
    market = flat_market("50000")
    plain = scenario_accounts_table(BOOK, run_scenarios(BOOK, market, (CRASH,)))
    drawn = scenario_accounts_table(BOOK, run_scenarios(BOOK, as_simulated(market), (CRASH,)))
    assert "simulated" not in plain.title
    assert drawn.title.endswith("(simulated)")


def test_a_book_without_positions_has_no_rows() -> None:
    coins = Book("coins", (Holding("BTC", Decimal(1), "deribit"),))
    run = run_scenarios(coins, flat_market("50000"), (CRASH,))
    assert scenario_accounts_table(coins, run).rows == ()
