"""How portfolio margin reads: its matrix, move by move, and the margins made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from obverse.contracts.units import to_decimal
from obverse.tables import Table, coin, percent, text

if TYPE_CHECKING:
    from obverse.risk.portfolio_margin import PortfolioMargin

SHOWN = 8


def matrix_table(margin: PortfolioMargin) -> Table:
    """One row a move of the price, one column a position, and what counts of their sum."""
    columns = (
        percent("price_move", "Move", 1),
        *(
            coin(f"gain_{place}_{item.name}", item.name, margin.coin, SHOWN)
            for place, item in enumerate(margin.positions, start=1)
        ),
        coin("total", "Counts", margin.coin, SHOWN),
    )
    rows = tuple(
        (
            to_decimal(bucket.move),
            *(to_decimal(gain) for gain in bucket.gains),
            to_decimal(bucket.total),
        )
        for bucket in margin.matrix
    )
    notes = (
        f"Worst at {float(margin.worst.move):+.1%}: {float(margin.worst_case):,.8f} {margin.coin}. "
        f"A pair's gain counts {margin.terms.gain_offset:.0%} against the losses of others.",
        "Volatility up, same or down: futures are worth the same, so each move has one row.",
    )
    return Table(
        f"Portfolio margin, {margin.coin}: gains by move of the price", columns, rows, notes
    )


def summary_table(margin: PortfolioMargin) -> Table:
    """The margins and their parts; parts of nothing are left out, but not the three that count."""
    parts = (
        ("worst_case", "Worst case"),
        ("roll_shock", "Roll shock"),
        ("delta_shock", "Delta shock"),
        ("correlation_contingency", "Correlation"),
        ("risk_matrix_margin", "Risk matrix"),
        ("market_maker_protection_margin", "Market-maker protection"),
        ("open_orders_margin", "Open orders"),
        ("spot_margin", "Spot"),
        ("initial_margin", "Initial margin"),
        ("maintenance_margin", "Maintenance margin"),
    )
    always = {"worst_case", "risk_matrix_margin", "initial_margin", "maintenance_margin"}
    columns = (text("part", "Part"), coin("amount", "Amount", margin.coin, SHOWN, signed=False))
    rows = tuple(
        (title, to_decimal(amount))
        for name, title in parts
        if (amount := getattr(margin, name)) or name in always
    )
    factor = f"Maintenance is {margin.terms.maintenance_factor:.0%} of the risk matrix."
    return Table(f"Portfolio margin, {margin.coin}", columns, rows, (factor,))
