"""Tables of a book's margin accounts: the list of them, then each with its positions and orders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from obverse.app.report.section import Section, untold
from obverse.risk.account_position_sheets import liquidation_table, margin_table, orders_table
from obverse.risk.account_sheets import account_table, accounts_table
from obverse.risk.accounts import BookAccount


def margin_sections(
    accounts: Sequence[BookAccount],
    volatilities_daily: Mapping[str, float],
    *,
    simulated: bool,
) -> Iterator[Section]:
    """The list of accounts, and each account; `volatilities_daily` by coin, where known."""
    if not accounts:
        reason = "the book has no position and no order: nothing is margined"
        yield untold("accounts", "Margin accounts", reason)
        return
    yield Section("accounts", "", accounts_table(accounts, simulated=simulated))
    for item in accounts:
        yield from _account(item, volatilities_daily, simulated)


def _account(
    item: BookAccount, volatilities: Mapping[str, float], simulated: bool
) -> Iterator[Section]:
    coin = item.state.account.coin.code
    yield Section("account", coin, account_table(item, simulated=simulated))
    if item.state.positions:
        yield Section("margin_positions", coin, margin_table(item, simulated=simulated))
        table = liquidation_table(item, volatilities, simulated=simulated)
        yield Section("liquidation", coin, table)
    if item.state.account.orders:
        yield Section("orders", coin, orders_table(item, simulated=simulated))
    if item.matrix is not None:
        yield Section("scenario_margin", coin, item.matrix.summary())
