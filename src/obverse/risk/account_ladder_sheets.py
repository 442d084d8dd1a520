"""How an account's ladder reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from obverse.tables import Table, coin, number, percent, text, usd

if TYPE_CHECKING:
    from obverse.risk.account_ladder import AccountLadder


def account_ladder_table(ladder: AccountLadder) -> Table:
    """Equity in coin and in dollars, margin ratio and state at each move of the price."""
    code = ladder.now.state.account.coin.code
    columns = (
        percent("move", "Move", 0),
        number("price_usd", f"{ladder.underlying} price", "USD"),
        coin("equity_coin", "Equity", code, 6),
        usd("equity_usd", "Equity"),
        coin("maintenance_coin", "Maintenance", code, 4, signed=False),
        coin("available_coin", "Available", code, 4),
        number("margin_ratio", "Ratio"),
        number("leverage", "Lev.", "x"),
        text("status", "Status"),
    )
    rows = tuple(
        (
            rung.move,
            rung.price_usd,
            rung.state.margin_balance.coins,
            rung.equity_usd,
            rung.state.needed.coins,
            rung.state.available.coins,
            rung.state.thinnest_ratio,
            rung.state.leverage,
            rung.state.status,
        )
        for rung in ladder.rungs
    )
    label = " (simulated)" if ladder.simulated else ""
    notes = (
        f"All {ladder.underlying} contracts move by the same per cent; other coins stay. Positions "
        "are held through: past a liquidation price they would be closed.",
        "Ratio: the lowest, of the positions held across together and of each isolated one, whose "
        "loss ends at its margin.",
        *_orders_note(ladder),
    )
    title = f"{ladder.name}: as the {ladder.underlying} price moves{label}"
    return Table(title, columns, rows, notes)


def _orders_note(ladder: AccountLadder) -> tuple[str, ...]:
    if not ladder.now.state.account.orders:
        return ()
    return ("Resting orders stay unfilled on the way, and reserve their margin.",)
