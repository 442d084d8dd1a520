"""Which account goes where: every account of a book in each scenario of a run."""

from __future__ import annotations

from obverse.risk.accounts import book_accounts
from obverse.risk.book import Book
from obverse.risk.scenarios import ScenarioRun
from obverse.tables import Cell, Table, coin, number, text, usd


def scenario_accounts_table(book: Book, run: ScenarioRun) -> Table:
    """One row a scenario and account, today first: its equity, thinnest ratio and state."""
    columns = (
        text("scenario", "Scenario"),
        text("account", "Account"),
        coin("equity_coin", "Margin balance", "coin", 6),
        usd("equity_usd", "Margin balance"),
        number("margin_ratio", "Margin ratio"),
        number("leverage", "Leverage", "x"),
        text("status", "Status"),
    )
    rows: list[tuple[Cell, ...]] = []
    for outcome in (run.now, *run.outcomes):
        for item in book_accounts(book, outcome.market):
            state = item.state
            rows.append(
                (
                    outcome.scenario.name,
                    item.name,
                    state.margin_balance.coins,
                    state.margin_balance.coins * state.account.index_price,
                    state.thinnest_ratio,
                    state.leverage,
                    state.status,
                )
            )
    label = " (simulated)" if run.now.market.simulated else ""
    return Table(f"{run.title}: which account goes where{label}", columns, tuple(rows))
