"""How a book's results read: tables of holdings, positions, exposure, ladder, hedge."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from obverse.risk.groups import by_group
from obverse.tables import Cell, Column, Table, coin, number, percent, text, usd

if TYPE_CHECKING:
    from obverse.risk.exposure import BookExposure, CoinExposure, PositionExposure
    from obverse.risk.hedge import Hedge
    from obverse.risk.ladder import Ladder


def _label(result: BookExposure | Ladder) -> str:
    return " (simulated)" if result.simulated else ""


def holdings_table(exposure: BookExposure) -> Table:
    """What is held, where, and its worth at the index."""
    columns = (
        text("currency", "Currency"),
        text("place", "Where"),
        number("amount", "Amount", decimals=4, signed=True),
        usd("worth_usd", "Worth", 2),
    )
    rows: tuple[tuple[Any, ...], ...] = tuple(
        (item.currency, item.place, item.amount, item.amount * exposure.price_of(item.currency))
        for item in exposure.book.holdings
    )
    worth = sum((row[3] for row in rows), Decimal(0))
    rows = (*rows, ("total", "", None, worth)) if len(rows) > 1 else rows
    return Table(f"Book {exposure.book.name!r}: holdings{_label(exposure)}", columns, rows)


def positions_tables(exposure: BookExposure) -> list[Table]:
    """Positions at their marks, one table a settlement coin."""
    settlements = dict.fromkeys(item.pnl.currency.code for item in exposure.positions)
    return [
        _positions(exposure, code, [p for p in exposure.positions if p.pnl.currency.code == code])
        for code in settlements
    ]


def _positions(exposure: BookExposure, code: str, items: list[PositionExposure]) -> Table:
    columns = (
        text("symbol", "Instrument"),
        text("venue", "Venue"),
        number("contracts", "Contracts", decimals=0, signed=True),
        usd("notional_usd", "Notional"),
        number("entry_usd", "Entry", "USD"),
        number("mark_usd", "Mark", "USD"),
        coin("pnl", "Unreal. PnL", code, 8),
        usd("pnl_usd", "PnL"),
    )
    rows = tuple(
        (
            item.position.instrument.symbol,
            item.venue,
            item.position.contracts,
            item.notional_usd,
            item.position.average_price,
            item.mark.price,
            item.pnl.coins,
            item.pnl_usd.coins,
        )
        for item in items
    )
    notes = [f"{i.position.instrument.symbol}: {i.mark.how}." for i in items if i.mark.how]
    title = f"Positions settled in {code}{_label(exposure)}"
    return Table(title, columns, rows, tuple(notes))


def exposure_table(exposure: BookExposure, code: str) -> Table:
    """What is open on one coin and what it has gained, by place, by expiry and in total."""
    columns = (
        text("name", "Group"),
        usd("notional_usd", "Net notional"),
        coin("pnl_coin", "Unreal. PnL", code, 8),
        usd("pnl_usd", "Unreal. PnL", 2),
        number("effective_leverage", "Leverage", "x"),
    )
    note = "Leverage: gross notional settled in the coin over the coins kept and gained there."
    title = f"{code} exposure{_label(exposure)}"
    return Table(title, columns, _group_rows(exposure, code, columns), (note,))


def sensitivity_table(exposure: BookExposure, code: str) -> Table:
    """Deltas and convexities on one coin, by place, by expiry and in total."""
    columns = (
        text("name", "Group"),
        coin("coin_delta", "Coin delta", code),
        usd("dollar_delta_usd", "Dollar delta"),
        coin("coin_convexity", "Coin gamma", code),
        usd("dollar_convexity", "Dollar gamma"),
    )
    notes = (
        "Coin delta: coins whose dollar move the positions share. Dollar delta: dollars gained per "
        "+100 %, with the coins held in that place. Gamma: P² times the second derivative.",
    )
    title = f"{code} deltas and gammas{_label(exposure)}"
    return Table(title, columns, _group_rows(exposure, code, columns), notes)


def _group_rows(
    exposure: BookExposure, code: str, columns: tuple[Column, ...]
) -> tuple[tuple[Cell, ...], ...]:
    return tuple(
        tuple(getattr(group, column.key) for column in columns)
        for group in by_group(exposure, code)
    )


def coins_table(exposure: BookExposure) -> Table:
    """One row a coin, and the dollars: equity, deltas with the held coins included, leverage."""
    columns = (
        text("coin", "Coin"),
        coin("equity", "Equity", "coins"),
        usd("equity_usd", "Equity"),
        coin("coin_delta", "Pos. delta", "coins"),
        coin("dollar_delta_coin", "Dollar delta", "coins"),
        usd("dollar_delta_usd", "Dollar delta"),
        usd("settled_notional_usd", "Gross notional", signed=False),
        number("effective_leverage", "Leverage", "x"),
    )
    rows: list[tuple[Cell, ...]] = [_coin_row(item) for item in exposure.coins]
    if exposure.dollars:
        rows.append(("USD", None, exposure.dollars, None, None, None, None, None))
    rows.append(
        (
            "total",
            None,
            exposure.equity_usd,
            None,
            None,
            sum(item.dollar_delta_usd for item in exposure.coins),
            exposure.notional_usd,
            exposure.effective_leverage,
        )
    )
    notes = (
        "Dollar delta: dollars gained per +100 % of price, held coins included; zero is a "
        "synthetic dollar.",
        "Leverage of a coin: gross notional settled in it over its equity; in total: all over all.",
    )
    return Table(f"Book by coin{_label(exposure)}", columns, tuple(rows), notes)


def _coin_row(item: CoinExposure) -> tuple[Cell, ...]:
    return (
        item.coin,
        item.equity,
        item.equity_usd,
        item.coin_delta,
        item.dollar_delta_coin,
        item.dollar_delta_usd,
        item.settled_notional_usd,
        item.effective_leverage,
    )


def composition_table(exposure: BookExposure, code: str) -> Table:
    """A coin's dollar delta by the sources of its index, where the book names them."""
    item = next(item for item in exposure.coins if item.coin == code)
    columns = (
        text("source", "Source"),
        number("weight", "Weight", "%", 2),
        coin("dollar_delta_coin", "Dollar delta", code),
        usd("dollar_delta_usd", "Dollar delta"),
    )
    rows = tuple(
        (
            source.name,
            source.weight * 100,
            float(source.weight) * item.dollar_delta_coin,
            float(source.weight) * item.dollar_delta_usd,
        )
        for source in exposure.book.index_composition[code]
    )
    return Table(f"{code} exposure by index source{_label(exposure)}", columns, rows)


def ladder_table(steps: Ladder) -> Table:
    """Equity in coin and in dollars at each move of the price."""
    now = next((rung for rung in steps.rungs if rung.move == 0), None)
    columns = (
        percent("move", "Move", 0),
        number("price_usd", "Price", "USD"),
        coin("equity_coin", "Equity", steps.coin, 6),
        coin("change_coin", "Change", steps.coin, 6),
        usd("equity_usd", "Equity"),
        usd("change_usd", "Change"),
        usd("book_usd", "Whole book"),
    )
    rows = tuple(
        (
            rung.move,
            rung.price_usd,
            rung.equity_coin,
            rung.equity_coin - now.equity_coin if now else None,
            rung.equity_usd,
            rung.equity_usd - now.equity_usd if now else None,
            rung.book_usd,
        )
        for rung in steps.rungs
    )
    notes = (
        f"Index and all {steps.coin} contracts move by the same per cent; other coins stay. "
        "No liquidation on the way is modelled.",
    )
    return Table(f"{steps.coin} price ladder{_label(steps)}", columns, rows, notes)


def hedge_table(code: str, hedges: tuple[Hedge, ...]) -> Table:
    """For each listed instrument: the whole lots that make the dollar delta zero."""
    columns = (
        text("symbol", "Instrument"),
        text("side", "Side"),
        number("contracts", "Contracts", decimals=0),
        usd("usd_amount", "Amount", signed=False),
        number("price_usd", "Price", "USD"),
        coin("left_coin", "Left over", code, 6),
        usd("left_usd", "Left over", 2),
    )
    rows = tuple(
        (
            item.instrument.symbol,
            item.side,
            item.contracts,
            item.usd_amount,
            item.price_usd,
            item.left_coin,
            item.left_usd,
        )
        for item in hedges
    )
    notes = (
        "One of these trades makes the dollar delta zero (a synthetic dollar), in whole lots.",
        *(f"{item.instrument.symbol}: {item.how}." for item in hedges if item.how),
    )
    return Table(f"{code} hedge to a synthetic dollar", columns, rows, notes)
