"""A book in scenarios: built-in ones, a file's, and the worst days of a history."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from obverse.app.report.section import Section, untold
from obverse.app.risk.state import State
from obverse.errors import DataError
from obverse.market import Market
from obverse.risk import BookExposure
from obverse.risk.account_scenarios import scenario_accounts_table
from obverse.risk.accounts import margin_ratios
from obverse.risk.scenarios import (
    Scenario,
    built_in_scenarios,
    read_scenarios,
    run_scenarios,
    scenario_named,
    worst_days,
)

ALL = "all"
WORST_DAY = "worst day"


def scenario_sections(state: State, asked: str) -> Iterator[Section]:
    """The book in scenarios: all built-in ones, one by its name, a file's, or the worst day."""
    path = Path(asked)
    if path.suffix == ".toml" or path.is_file():
        yield from _file(state, path)
        return
    if asked == ALL:
        yield from _run(state, built_in_scenarios(), "Scenarios")
    elif asked.replace("-", " ") == WORST_DAY:
        yield from _worst(state)
    else:
        yield from _run(state, (_named(asked),), f"Scenario {asked!r}")


def _named(asked: str) -> Scenario:
    try:
        return scenario_named(asked)
    except DataError as error:
        raise DataError(
            f"{error} Also: {ALL!r}, {WORST_DAY!r} of the market's history, or a scenario file."
        ) from None


def _file(state: State, path: Path) -> Iterator[Section]:
    try:
        words = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise DataError(f"{path}: not text in UTF-8; expected a TOML file of scenarios.") from None
    found = read_scenarios(words, str(path), state.market.asked)
    if found.scenarios:
        yield from _run(state, found.scenarios, f"Scenarios of {path.name}")
    for day in found.days:
        yield from _run(state, day.scenarios(), f"{day.day} replayed")
    for plan in found.cascades:
        yield Section("cascade", "", plan.run(state.market).table())


def _worst(state: State) -> Iterator[Section]:
    """The worst days of the market's history for a long and for a short of each coin held."""
    for coin in state.book.underlyings:
        if coin not in state.histories.prices:
            reason = state.histories.reasons.get(coin, "it has no history")
            yield untold("scenarios", f"Worst days of {coin}", reason, coin)
            continue
        for side in ("long", "short"):
            day, *_ = worst_days(
                state.histories.prices,
                1,
                coin=coin,
                against="long" if side == "long" else "short",
                source=state.histories.source,
            )
            title = f"{day.day}, the worst day of {coin} for a {side}, replayed"
            yield from _run(state, day.scenarios(), title)


def _run(state: State, scenarios: tuple[Scenario, ...], title: str) -> Iterator[Section]:
    run = run_scenarios(state.book, state.market, scenarios, margin_ratios=_ratios, title=title)
    yield Section("scenarios", "", run.table())
    if state.accounts:
        table = scenario_accounts_table(state.book, run)
        yield Section("scenario_accounts", "", table)
    for item in run.now.coins:
        yield Section("scenario_ladder", item.coin, run.ladder(item.coin).table())
    if len(scenarios) == 1:
        yield Section("scenario_positions", "", run.outcomes[0].table())


def _ratios(valued: BookExposure, market: Market) -> dict[str, Decimal | None]:
    return margin_ratios(valued.book, market)
