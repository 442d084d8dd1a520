"""How margin accounts read: the list of them, one account's strip, its positions, its orders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from obverse.contracts import Amount
from obverse.risk.account_orders import price_with_orders
from obverse.tables import Cell, Table, coin, machine, number, percent, text, usd

if TYPE_CHECKING:
    from obverse.risk.accounts import BookAccount
    from obverse.risk.margin import AccountState

NOTHING_ENDS_IT = (
    "No price (—): a short of 1x or less, or a long that its coins cover, is never liquidated; nor "
    "is a price said that lies beyond a hundred times today's, or under a hundredth of it."
)
_FAR = 100


def shown_end(end: Decimal | None, price: Decimal) -> Decimal | None:
    """A price that ends a position; none where it is beyond a hundred times the price of now."""
    if end is None or not price / _FAR <= end <= price * _FAR:
        return None
    return end


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
    return Table(f"{title}{label(simulated)}", columns, rows, _account_notes(states))


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
        below, above = (shown_end(end, joint.price) for end in (joint.below, joint.above))
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
            price = shown_end(item.liquidation_price, item.held.mark_price)
            end = (price, item.distance if price is not None else None)
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
    endless = [
        joint
        for _, state in states
        for joint in state.joint
        if not any(shown_end(end, joint.price) for end in (joint.below, joint.above))
    ]
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
    yield from _order_words(state)


def _order_words(state: AccountState) -> Iterator[str]:
    """Where the account fails once its resting orders have filled on the way."""
    coin = state.account.coin.code
    for joint in state.joint:
        if joint.underlying != coin:
            continue
        for falls, words in (
            (True, "buys fill on the way down"),
            (False, "sales fill on the way up"),
        ):
            end = price_with_orders(state.account, joint.price, falls=falls)
            if end is not None and shown_end(end, joint.price) is not None:
                side = "below" if falls else "above"
                yield f"if its resting {words}, it fails {side} {end:,.2f}."


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
    return Table(f"{item.name}: {state.status}{label(simulated)}", columns, rows, notes)


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


def label(simulated: bool) -> str:
    """What the title of a simulated market's table ends with."""
    return " (simulated)" if simulated else ""
