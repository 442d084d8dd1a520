"""How the positions and orders of a margin account read: what each needs, and where it ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from obverse.contracts.units import to_decimal
from obverse.risk.account_sheets import NOTHING_ENDS_IT, label, shown_end
from obverse.tables import Cell, Table, coin, number, percent, text

if TYPE_CHECKING:
    from obverse.risk.accounts import BookAccount
    from obverse.risk.margin import AccountState, Order, PositionState


def margin_table(item: BookAccount, *, simulated: bool = False) -> Table:
    """Positions of an account at their marks: how each is margined, and what it needs."""
    code = item.state.account.coin.code
    columns = (
        text("symbol", "Instrument"),
        text("mode", "Margin"),
        number("contracts", "Contracts", decimals=0, signed=True),
        number("entry_usd", "Entry", "USD"),
        number("mark_usd", "Mark", "USD"),
        coin("pnl", "Unreal. PnL", code, 8),
        coin("initial", "Initial", code, 6, signed=False),
        coin("maintenance", "Maint.", code, 6, signed=False),
    )
    rows = tuple(_margin_row(one, item.state) for one in item.state.positions)
    notes = ("Maint.: maintenance margin with what is kept or due for closing.",)
    return Table(f"{item.name}: positions{label(simulated)}", columns, rows, notes)


def _margin_row(item: PositionState, state: AccountState) -> tuple[Cell, ...]:
    alone = state.account.mode != "portfolio"
    return (
        item.held.symbol,
        margin_words(item) if alone else "portfolio",
        item.held.position.contracts,
        item.held.position.average_price,
        item.held.mark_price,
        item.needs.pnl.coins,
        item.needs.initial.coins if alone else None,
        item.needs.liquidation.coins if alone else None,
    )


def liquidation_table(
    item: BookAccount, volatilities_daily: Mapping[str, float], *, simulated: bool = False
) -> Table:
    """Positions of an account: where each ends, and how far that is.

    `volatilities_daily` are standard deviations of a day's log return, by underlying; without any,
    distances in them are left out.
    """
    deviations = number("distance_deviations", "Distance", "sd", 1, signed=True)
    columns = (
        text("symbol", "Instrument"),
        number("mark_usd", "Mark", "USD"),
        number("liquidation_usd", "Liquidation", "USD"),
        percent("distance", "Distance", 1),
        replace(deviations, for_people=bool(volatilities_daily)),
        number("bankruptcy_usd", "Bankruptcy", "USD"),
        number("break_even_usd", "Break-even", "USD"),
        number("margin_ratio", "Ratio"),
    )
    rows = tuple(
        _liquidation_row(one, item.state, volatilities_daily) for one in item.state.positions
    )
    notes = _position_notes(item.state, volatilities_daily)
    title = f"{item.name}: where each position ends by itself{label(simulated)}"
    return Table(title, columns, rows, notes)


def _liquidation_row(
    item: PositionState, state: AccountState, volatilities: Mapping[str, float]
) -> tuple[Cell, ...]:
    volatility = volatilities.get(item.held.position.instrument.underlying, 0.0)
    alone, mark = state.account.mode != "portfolio", item.held.mark_price
    end = shown_end(item.liquidation_price, mark)
    return (
        item.held.symbol,
        mark,
        end,
        item.distance if end is not None else None,
        item.distance_in_deviations(volatility) if end is not None else None,
        shown_end(item.bankruptcy_price, mark) if alone else None,
        item.break_even_price,
        item.margin_ratio if alone else None,
    )


def margin_words(item: PositionState) -> str:
    """How a position is margined, such as `cross` or `isolated 10x`."""
    setting = item.held.setting
    leverage = setting.leverage
    if leverage is None and setting.posted is not None and item.backing > 0:
        leverage = to_decimal(item.value / item.backing)
    return setting.mode if leverage is None else f"{setting.mode} {leverage:.4g}x"


def _position_notes(state: AccountState, volatilities: Mapping[str, float]) -> tuple[str, ...]:
    notes = []
    if any(item.held.setting.mode == "cross" for item in state.positions):
        notes.append(
            "Of a position held across: its own mark moves alone, the rest of the account stays. "
            "Where all marks move together is in the list of accounts."
        )
    notes += [
        f"{item.held.symbol} does not cover its maintenance now: its price is where it last did."
        for item in state.positions
        if item.is_liquidated and item.liquidation_price is not None
    ]
    if state.account.mode == "portfolio":
        notes.append(
            "Portfolio margin is of the whole account: no position has a price of its own."
        )
    elif not all(
        shown_end(item.liquidation_price, item.held.mark_price) for item in state.positions
    ):
        notes.append(NOTHING_ENDS_IT)
    underlyings = dict.fromkeys(i.held.position.instrument.underlying for i in state.positions)
    known = [f"{name} {volatilities[name]:.2%}" for name in underlyings if name in volatilities]
    if known:
        notes.append(f"sd: standard deviation of a day's log return, {', '.join(known)}.")
    return tuple(notes)


def orders_table(item: BookAccount, *, simulated: bool = False) -> Table:
    """Resting orders of an account, which reserve its order margin together."""
    code = item.state.account.coin.code
    columns = (
        text("symbol", "Instrument"),
        text("side", "Side"),
        number("contracts", "Contracts", decimals=0),
        number("price_usd", "Price", "USD"),
        coin("value", "Value", code, 8, signed=False),
        number("leverage", "Leverage", "x"),
    )
    rows = tuple(_order_row(order) for order, _ in item.state.account.orders)
    notes = (f"Reserved by all of them together: {item.state.order_margin}.",)
    return Table(f"{item.name}: resting orders{label(simulated)}", columns, rows, notes)


def _order_row(order: Order) -> tuple[Cell, ...]:
    value = order.instrument.value(order.contracts, order.price)
    return (
        order.instrument.symbol,
        "buy" if order.contracts > 0 else "sell",
        abs(order.contracts),
        order.price,
        abs(value).coins,
        order.leverage,
    )
