"""Tables of the market alone: what is quoted, the curve, fair prices, carry trades."""

from __future__ import annotations

from dataclasses import dataclass

from obverse.contracts import iso
from obverse.contracts.instants import days_between
from obverse.curves import Curve, CurveNode
from obverse.market import Market
from obverse.pricing import (
    Carry,
    RateCurve,
    TradeFees,
    cash_and_carry,
    compare_with_market,
    implied_coin_yield,
    reverse_cash_and_carry,
)
from obverse.rulebooks import Rulebook
from obverse.tables import Cell, Column, Table, coin, machine, number, percent, text, usd

STALE_DAYS = 1
"""A snapshot older than this at the instant asked for is warned of."""


@dataclass(frozen=True)
class Terms:
    """What a report assumes of the world outside the market.

    `assumed` names what nobody gave; `spot_fee` is a fraction of value.
    """

    carry: Carry
    spot_fee: float
    assumed: tuple[str, ...] = ()

    def words(self) -> str:
        """Print the rates in words."""
        rates = (
            ("dollar rate r", self.carry.dollar_rate),
            ("storage u", self.carry.storage_rate),
            ("coin yield y", self.carry.coin_yield),
        )
        found = ", ".join(f"{name} {_rate_words(rate)}" for name, rate in rates)
        if self.carry.payments:
            found += f", {len(self.carry.payments)} payments"
        return found + (f"; assumed: {', '.join(self.assumed)}" if self.assumed else "")


def _rate_words(rate: float | RateCurve) -> str:
    if isinstance(rate, RateCurve):
        return f"{rate.rates[0]:.2%} to {rate.rates[-1]:.2%} by maturity"
    return f"{rate:.2%}"


def market_table(market: Market, curves: tuple[Curve, ...]) -> Table:
    """One row an underlying: index, front and back basis, shape, age."""
    columns = (
        text("underlying", "Coin"),
        number("index_usd", "Index", "USD"),
        number("index_range_bp", "Range", "bp", 1),
        number("futures", "Futures", decimals=0),
        percent("front_rate", "Front", unit="%/y"),
        percent("back_rate", "Back", unit="%/y"),
        text("shape", "Shape"),
        Column("taken", "Taken at (UTC)", for_files=False),
        machine("at"),
        number("age_hours", "Age", "h", 1),
    )
    rows = tuple(_market_row(market, term) for term in curves)
    label = "SIMULATED market" if market.simulated else "Market"
    title = f"{label} at {market.venue} as of {iso(market.asked)}"
    notes = [f"Source: {market.source}. Front and back: continuous basis of listed futures."]
    notes += [f"WARNING: {words}" for words in stale(market, curves)]
    for term in curves:
        found = market[term.underlying].findings
        notes += [f"{term.underlying}: {finding}" for finding in found]
    return Table(title, columns, rows, (*notes, *map(str, market.findings)))


def stale(market: Market, curves: tuple[Curve, ...]) -> list[str]:
    """Say which snapshots are older than a day at the instant asked for."""
    return [
        f"the {term.underlying} snapshot is {days_between(term.at, market.asked):.0f} days old; "
        f"nothing later is in {market.source}."
        for term in curves
        if days_between(term.at, market.asked) > STALE_DAYS
    ]


def _market_row(market: Market, term: Curve) -> tuple[Cell, ...]:
    snapshot = market[term.underlying]
    listed = [node for node in term.nodes if node.listed]
    width = snapshot.index_range_bp
    return (
        term.underlying,
        snapshot.index,
        None if width is None else float(width),
        len(listed),
        term.front.continuous_rate if term.front else None,
        term.back.continuous_rate if term.back else None,
        term.shape.value,
        f"{term.at:%Y-%m-%d %H:%M:%S}",
        term.at,
        (market.asked - snapshot.at).total_seconds() / 3600,
    )


def perpetual_table(term: Curve) -> Table:
    """Premium of each perpetual and the funding it implies; accruing funding apart."""
    columns = (
        text("symbol", "Perpetual"),
        number("mark_usd", "Mark", "USD"),
        number("premium_usd", "Premium", "USD", signed=True),
        percent("premium_rate", "Premium", 4),
        percent("implied_funding_1h", "Impl. 1h", 5, unit="%"),
        percent("implied_funding_8h", "8h", 4, unit="%"),
        percent("implied_funding_24h", "24h", 4, unit="%"),
        percent("implied_funding_1y", "1y", 2, unit="%"),
        percent("accruing_rate_8h", "Accr. 8h", 4, unit="%"),
    )
    rows = tuple(
        (
            node.symbol,
            node.mark_usd,
            node.premium_usd,
            node.premium_rate,
            node.implied_funding_1h,
            node.implied_funding_8h,
            node.implied_funding_24h,
            node.implied_funding_1y,
            node.accruing_rate_8h,
        )
        for node in term.perpetuals
    )
    note = "Implied: the premium read as an 8-hour rate, scaled linearly, before clamp and cap."
    none = "No perpetual was quoted in this market at that time."
    return Table(f"{term.underlying} perpetual", columns, rows, (note if rows else none,))


def fair_table(term: Curve, terms: Terms) -> Table:
    """Carry price of each expiry, how rich the market is, and the coin yield it implies."""
    columns = (
        text("symbol", "Expiry"),
        Column("note", "", for_files=False),
        number("days", "Days", decimals=1),
        number("market_usd", "Market", "USD"),
        number("fair_usd", "Fair", "USD"),
        number("rich_usd", "Rich", "USD", signed=True),
        percent("rich_rate", "Rich", 3),
        percent("rich_annualised", "Rich", unit="%/y"),
        percent("implied_coin_yield", "Coin yield", unit="%/y"),
    )
    rows = tuple(_fair_row(term, node, terms) for node in term.nodes if _priced(node))
    notes = (
        f"Fair: index · exp((r + u − y)·T), a year, continuous: {terms.words()}.",
        "Coin yield: the y that makes the market price fair.",
    )
    return Table(f"{term.underlying} fair prices by cost of carry", columns, rows, notes)


def _priced(node: CurveNode) -> bool:
    return node.continuous_rate is not None


def _fair_row(term: Curve, node: CurveNode, terms: Terms) -> tuple[Cell, ...]:
    fair = compare_with_market(term.index_usd, node.mark_usd, node.years, terms.carry)
    implied = implied_coin_yield(term.index_usd, node.mark_usd, node.years, terms.carry)
    return (
        node.symbol,
        "" if node.listed else "*",
        node.days,
        fair.market_usd,
        fair.fair_usd,
        fair.rich_usd,
        fair.rich_rate,
        fair.rich_annualised,
        implied,
    )


def trades_table(term: Curve, terms: Terms, rules: Rulebook) -> Table:
    """Cash-and-carry and its reverse for each listed expiry, per coin, net of fees."""
    unit = term.underlying
    columns = (
        text("symbol", "Expiry"),
        number("days", "Days", decimals=1),
        usd("carry_profit_usd", "Carry", 2),
        coin("carry_profit_coin", "Carry", unit, 6),
        percent("carry_annualised", "Carry", unit="%/y"),
        usd("reverse_profit_usd", "Reverse", 2),
        coin("reverse_profit_coin", "Reverse", unit, 6),
        percent("reverse_annualised", "Reverse", unit="%/y"),
    )
    rows: list[tuple[Cell, ...]] = []
    notes: list[str] = []
    for node in term.nodes:
        if not (node.listed and _priced(node)):
            continue
        fees, note = _fees(rules, node, terms)
        notes += [note] if note not in notes else []
        rows.append(_trade_row(term, node, terms, fees))
    notes.append("Net of fees and of what coin and dollars earn anyway; margin cost not counted.")
    title = f"{unit} cash-and-carry (buy coin, sell future) and reverse, per 1 {unit} to delivery"
    return Table(title, columns, tuple(rows), tuple(notes))


def _trade_row(term: Curve, node: CurveNode, terms: Terms, fees: TradeFees) -> tuple[Cell, ...]:
    arguments = (term.index_usd, node.mark_usd, node.years, terms.carry, fees)
    carry, reverse = cash_and_carry(*arguments), reverse_cash_and_carry(*arguments)
    return (
        node.symbol,
        node.days,
        carry.profit_usd,
        carry.profit_coin,
        carry.annualised,
        reverse.profit_usd,
        reverse.profit_coin,
        reverse.annualised,
    )


def _fees(rules: Rulebook, node: CurveNode, terms: Terms) -> tuple[TradeFees, str]:
    instrument = rules.instrument(node.symbol)
    fees = rules.rules_of(instrument).fees_of(node.expiry)
    found = TradeFees(terms.spot_fee, float(fees.taker), float(fees.delivery))
    note = (
        f"Fees of value: spot {found.spot:.3%} each way, future taker {found.future:.3%}, "
        f"delivery {found.delivery:.4%} ({rules.name}"
        + (f"; uncertain, see obverse rules {rules.venue}" if fees.uncertain else "")
        + ")."
    )
    return found, note
