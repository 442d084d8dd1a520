"""How margin accounts read: the list of them, one account's strip, its positions, its orders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from obverse.contracts import Amount
from obverse.contracts.units import to_decimal
from obverse.tables import Cell, Table, coin, machine, number, percent, text, usd

if TYPE_CHECKING:
    from obverse.risk.accounts import BookAccount
    from obverse.risk.margin import AccountState, Order, PositionState

NOTHING_ENDS_IT = (
    "No price: a short of 1x or less, or a long that its coins cover, is never liquidated."
)


def accounts_table(accounts: Sequence[BookAccount], *, simulated: bool = False) -> Table:
    """One row an account: its state, its margin ratio, and the prices that end it."""
    return states_table(
        "Margin accounts", [(a.name, a.state) for a in accounts], simulated=simulated
    )


def states_table(
    title: str, states: Sequence[tuple[str, AccountState]], *, simulated: bool = False
) -> Table:
    """The same of accounts by any names, such as before and after a trade."""
    columns = (
        text("account", "Account"),
        text("status", "Status"),
        usd("margin_balance_usd", "Balance"),
        machine("available_usd", "USD"),
        number("margin_ratio", "Ratio"),
        number("leverage", "Lev.", "x"),
        text("moved_by", "Moved by"),
        machine("price_usd", "USD"),
        number("falls_to_usd", "Fails below", "USD"),
        percent("falls_by", "Away", 1),
        number("rises_to_usd", "Fails above", "USD"),
        percent("rises_by", "Away", 1),
    )
    rows = tuple(row for name, state in states for row in _account_rows(name, state))
    return Table(f"{title}{_label(simulated)}", columns, rows, _account_notes(states))


def _account_rows(name: str, state: AccountState) -> Iterator[tuple[Cell, ...]]:
    """A row for each coin that moves the account, and each isolated position; the state once."""
    price = state.account.index_price
    head: tuple[Cell, ...] = (
        name,
        state.status,
        state.margin_balance.coins * price,
        state.available.coins * price,
        state.thinnest_ratio,
        state.leverage,
    )
    ends = [*_joint_ends(state), *_isolated_ends(state)] or [(None,) * 6]
    for row in ends:
        yield (*head, *row)
        head = ("", "", None, None, None, None)


def _joint_ends(state: AccountState) -> Iterator[tuple[Cell, ...]]:
    for joint in state.joint:
        below, above = joint.below, joint.above
        yield (
            joint.underlying,
            joint.price,
            below,
            None if below is None else below / joint.price - 1,
            above,
            None if above is None else above / joint.price - 1,
        )


def _isolated_ends(state: AccountState) -> Iterator[tuple[Cell, ...]]:
    for item in state.positions:
        if item.held.setting.mode == "isolated":
            end = (item.liquidation_price, item.distance)
            ends = (*end, None, None) if item.held.position.contracts > 0 else (None, None, *end)
            yield (item.held.symbol, item.held.mark_price, *ends)


def _account_notes(states: Sequence[tuple[str, AccountState]]) -> tuple[str, ...]:
    notes = [
        "Balance: equity of the account. Ratio: the lowest of equity over maintenance, of the "
        "positions held across together and of each isolated one; at 1 they are liquidated. Fails: "
        "all contracts on the coin move by the same per cent."
    ]
    for name, state in states:
        notes += [f"{name}: {words}" for words in _status_words(state)]
    endless = [j for _, state in states for j in state.joint if j.below is None and j.above is None]
    if any(not joint.now for joint in endless):
        notes.append(NOTHING_ENDS_IT)
    return tuple(notes)


def _status_words(state: AccountState) -> Iterator[str]:
    if state.status == "margin call":
        yield f"{-state.available} are missing; until they come, no order is taken."
    if any(joint.now for joint in state.joint):
        yield "maintenance is not covered at the present marks."
    isolated = [item for item in state.positions if item.held.setting.mode == "isolated"]
    for item in isolated:
        if item.is_liquidated:
            yield f"isolated {item.held.symbol} does not cover its maintenance."


def account_table(item: BookAccount, *, simulated: bool = False) -> Table:
    """One account, line by line in the venues' order of words, in coin and in dollars."""
    state = item.state
    code, price = state.account.coin.code, state.account.index_price
    columns = (
        text("what", ""),
        coin("amount", "In coin", code, 8),
        usd("amount_usd", "In dollars", 2),
    )
    rows = tuple((words, amount.coins, amount.coins * price) for words, amount in strip(state))
    notes = (*_ratios(state), *item.notes)
    return Table(f"{item.name}: {state.status}{_label(simulated)}", columns, rows, notes)


def strip(state: AccountState) -> Iterator[tuple[str, Amount]]:
    """The amounts of an account, from the wallet to what is available."""
    yield "wallet balance", state.wallet
    yield "unrealised PnL", state.pnl
    if state.collateral:
        yield "collateral after haircuts", state.collateral
    yield "margin balance", state.margin_balance
    if state.isolated:
        yield "isolated margin", state.isolated
    yield "initial margin", state.initial
    yield "order margin", state.order_margin
    yield "available", state.available
    yield "maintenance margin", state.maintenance


def _ratios(state: AccountState) -> Iterator[str]:
    ratio, leverage = state.margin_ratio, state.leverage
    known = [] if ratio is None else [f"margin ratio {ratio:.2f}"]
    known += [] if leverage is None else [f"leverage {leverage:.2f}x"]
    if known:
        yield f"{', '.join(known).capitalize()}."


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
    rows = tuple(
        (
            one.held.symbol,
            margin_words(one),
            one.held.position.contracts,
            one.held.position.average_price,
            one.held.mark_price,
            one.needs.pnl.coins,
            one.needs.initial.coins,
            one.needs.liquidation.coins,
        )
        for one in item.state.positions
    )
    notes = ("Maint.: maintenance margin with what is kept or due for closing.",)
    return Table(f"{item.name}: positions{_label(simulated)}", columns, rows, notes)


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
    rows = tuple(_liquidation_row(one, volatilities_daily) for one in item.state.positions)
    notes = _position_notes(item.state, volatilities_daily)
    title = f"{item.name}: where each position ends{_label(simulated)}"
    return Table(title, columns, rows, notes)


def _liquidation_row(item: PositionState, volatilities: Mapping[str, float]) -> tuple[Cell, ...]:
    volatility = volatilities.get(item.held.position.instrument.underlying, 0.0)
    return (
        item.held.symbol,
        item.held.mark_price,
        item.liquidation_price,
        item.distance,
        item.distance_in_deviations(volatility),
        item.bankruptcy_price,
        item.break_even_price,
        item.margin_ratio,
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
            "Liquidation and bankruptcy of a position held across: its own mark moves alone, "
            "the rest of the account stays."
        )
    if state.account.mode == "portfolio":
        notes.append(
            "Portfolio margin is of the whole account: no position has a price of its own."
        )
    elif any(item.liquidation_price is None for item in state.positions):
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
    return Table(f"{item.name}: resting orders{_label(simulated)}", columns, rows, notes)


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


def _label(simulated: bool) -> str:
    return " (simulated)" if simulated else ""
