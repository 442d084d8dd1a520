"""How scenarios read: the whole book by scenario, one coin's ladder, a scenario's positions."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from obverse.tables import Cell, Table, coin, number, percent, text, usd

if TYPE_CHECKING:
    from obverse.risk.scenarios.results import ScenarioOutcome, ScenarioRun

VOLATILITY_NOTE = (
    "Futures do not depend on volatility: where a scenario changes it, only tail measures on "
    "scaled returns and the option part of a portfolio margin do."
)
UNTOUCHED_NOTE = "Positions are held through: no liquidation on the way is modelled here."


def run_table(run: ScenarioRun) -> Table:
    """The whole book in dollars and the thinnest margin, a row a scenario, today first."""
    with_margin = any(item.margin_ratios for item in (run.now, *run.outcomes))
    columns = [
        text("scenario", "Scenario"),
        usd("equity_usd", "Whole book"),
        usd("change_usd", "Change"),
        percent("change", "Change", 1),
    ]
    if with_margin:
        columns += [number("margin_ratio", "Lowest margin ratio"), text("account", "Account")]
    rows = [_run_row(run, item, with_margin) for item in (run.now, *run.outcomes)]
    return Table(_title(run), tuple(columns), tuple(rows), _notes(run))


def _run_row(run: ScenarioRun, item: ScenarioOutcome, with_margin: bool) -> tuple[Cell, ...]:
    base = run.now.equity_usd
    row: tuple[Cell, ...] = (
        item.scenario.name,
        item.equity_usd,
        item.change_usd,
        item.change_usd / base if base > 0 else None,
    )
    if not with_margin:
        return row
    account, ratio = item.lowest_margin or ("", None)
    return (*row, ratio, account)


def ladder_table(run: ScenarioRun, code: str) -> Table:
    """One coin's equity in coin and in dollars, a row a scenario, today first."""
    columns = (
        text("scenario", "Scenario"),
        number("price_usd", "Price", "USD"),
        coin("equity_coin", "Equity", code, 6),
        coin("change_coin", "Change", code, 6),
        usd("equity_usd", "Equity"),
        usd("change_usd", "Change"),
        usd("book_usd", "Whole book"),
    )
    rows = []
    for item in (run.now, *run.outcomes):
        own = item.coin(code)
        rows.append(
            (
                item.scenario.name,
                own.price_usd,
                own.equity_coin,
                own.change_coin,
                own.equity_usd,
                own.change_usd,
                item.equity_usd,
            )
        )
    return Table(f"{_title(run)}: {code}", columns, tuple(rows), _notes(run))


def positions_table(outcome: ScenarioOutcome) -> Table:
    """What each position gains in a scenario, in its settlement currency and in dollars."""
    columns = (
        text("symbol", "Instrument"),
        text("venue", "Venue"),
        number("contracts", "Contracts", decimals=0, signed=True),
        number("mark_before_usd", "Mark now", "USD"),
        number("mark_after_usd", "Mark then", "USD"),
        number("gain", "Gain", decimals=8, signed=True),
        text("currency", "in"),
        usd("gain_usd", "Gain"),
    )
    rows = tuple(
        (
            item.position.instrument.symbol,
            item.position.instrument.venue,
            item.position.contracts,
            item.mark_before,
            item.mark_after,
            item.gain.coins,
            item.gain.currency.code,
            item.gain_usd,
        )
        for item in outcome.positions
    )
    label = " (simulated)" if outcome.market.simulated else ""
    parts = (outcome.scenario.note, outcome.scenario.source)
    notes = tuple(part for part in parts if part)
    return Table(f"Scenario {outcome.scenario.name!r}{label}", columns, rows, notes)


def _title(run: ScenarioRun) -> str:
    return f"{run.title}{' (simulated)' if run.now.market.simulated else ''}"


def _notes(run: ScenarioRun) -> tuple[str, ...]:
    scenarios = [item.scenario for item in run.outcomes]
    known = run.now.market.underlyings
    unknown = sorted({coin for each in scenarios for coin in each.moves if coin not in known})
    notes = [UNTOUCHED_NOTE]
    if unknown:
        notes.append(f"Not in the market, so not moved: {', '.join(unknown)}.")
    if any(scenario.volatility != Decimal(1) for scenario in scenarios):
        notes.append(VOLATILITY_NOTE)
    return tuple(notes)
