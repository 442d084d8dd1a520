"""`--explain`: what every number of an account is made of, and the rules of margin in words."""

from __future__ import annotations

from collections.abc import Iterator

from obverse.app.report.section import Section
from obverse.app.risk.state import State
from obverse.app.rule_words import describe
from obverse.contracts import Amount
from obverse.marks.explain import RuleWords
from obverse.marks.sheets import rules_table
from obverse.risk.accounts import BookAccount
from obverse.risk.margin import AccountState, PositionState
from obverse.risk.margin.requirements import entry_value
from obverse.rulebooks import ProductRules
from obverse.tables import Table, text

KINDS = ("margin", "liquidation", "portfolio_margin", "rounding")


def explained(state: State) -> Iterator[Section]:
    """For each account: from the holdings to what is available, position by position, the rules."""
    for item in state.accounts:
        coin = item.state.account.coin.code
        yield Section("lines", coin, lines_table(item))
        if item.matrix is not None:
            yield Section("matrix", coin, item.matrix.table())
        for product in _products(item):
            title = f"{product.product.id} by the rules of {item.rules.name}"
            yield Section("rules", coin, rules_table(title, _words(item, product)))


def _products(item: BookAccount) -> list[ProductRules]:
    instruments = [held.position.instrument for held in item.state.account.held]
    instruments += [order.instrument for order, _ in item.state.account.orders]
    found = {item.rules.rules_of(one).product.id: item.rules.rules_of(one) for one in instruments}
    return list(found.values())


def _words(item: BookAccount, product: ProductRules) -> list[RuleWords]:
    return [
        RuleWords(
            kind=kind.replace("_", " "),
            words=describe(entry),
            sources=tuple(item.rules.file.sources[key] for key in entry.source),
            begins=entry.begins,
            uncertain=entry.uncertain,
            note=entry.note,
        )
        for kind, entry in product.entries()
        if kind in KINDS
    ]


def lines_table(item: BookAccount) -> Table:
    """The numbers of an account, each with what it comes of."""
    state = item.state
    rows = [row for position in state.positions for row in _position_lines(position)]
    rows += list(_account_lines(state))
    columns = (text("name", "What"), text("value", "Value"), text("origin", "From"))
    return Table(f"{item.name}: from the positions to what is available", columns, tuple(rows))


def _position_lines(item: PositionState) -> Iterator[tuple[str, str, str]]:
    held, needs = item.held, item.needs
    position, terms, symbol = held.position, held.terms, held.symbol
    basis = "mark" if terms.value_basis == "mark" else "entry"
    payoff = position.instrument.payoff.name
    formula = "contracts × multiplier / price" if payoff == "inverse" else f"the {payoff} payoff"
    code = position.instrument.settlement_currency.code
    yield (f"{symbol} value at entry", f"{float(entry_value(position)):.8f} {code}", formula)
    yield (f"{symbol} value at the mark", f"{float(item.value):.8f} {code}", formula)
    yield (
        f"{symbol} unrealised PnL",
        str(needs.pnl),
        "entry less mark for an inverse long",
    )
    yield (f"{symbol} initial margin", str(needs.initial), "its bracket, or value over leverage")
    yield (f"{symbol} maintenance", str(needs.maintenance), f"its bracket, value at the {basis}")
    if needs.closing_fee:
        yield (f"{symbol} fee for closing", str(needs.closing_fee), _closing(item))
    yield (f"{symbol} coins behind it", f"{float(item.backing):.8f} {code}", _backing(item))
    if item.liquidation_price is not None:
        rounding = terms.price_rounding.replace("_", " ")
        origin = f"where PnL and coins behind it meet maintenance; rounding: {rounding}"
        yield (f"{symbol} liquidation price", f"{item.liquidation_price:,.2f} USD", origin)


def _closing(item: PositionState) -> str:
    terms = item.held.terms
    return f"{terms.closing_fee.replace('_', ' ')}, rate {float(terms.taker_fee_rate):.4%}"


def _backing(item: PositionState) -> str:
    if item.held.setting.mode == "isolated":
        return "its own margin"
    return "the balance, other positions' gains, less what they need"


def _account_lines(state: AccountState) -> Iterator[tuple[str, str, str]]:
    def line(name: str, amount: Amount, origin: str) -> tuple[str, str, str]:
        return (name, str(amount), origin)

    yield line("wallet balance", state.wallet, "holdings of the coin at the venue")
    yield line("unrealised PnL", state.pnl, "sum of the positions'")
    if state.collateral:
        yield line("collateral", state.collateral, "other holdings there, after haircuts")
    yield line("margin balance", state.margin_balance, "wallet + PnL + collateral")
    if state.isolated:
        yield line("isolated margin", state.isolated, "posted behind isolated positions, with fees")
    yield line(
        "cross equity", state.cross_equity, "wallet − isolated margin + cross PnL + collateral"
    )
    yield line("initial margin", state.initial, "sum of the positions held across")
    yield line("order margin", state.order_margin, "reserved by resting orders")
    yield line("available", state.available, "cross equity − initial − order margin")
    yield line("maintenance", state.maintenance, "sum of the positions held across, with fees")
    if state.margin_ratio is not None:
        yield ("margin ratio", f"{state.margin_ratio:.4f}", "cross equity / maintenance")
