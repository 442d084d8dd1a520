"""A book in scenarios: its equity in coin and in dollars, each position's gain, its margin.

Every scenario makes a market (`shocked_market`) on which the book is valued anew; margin is worked
out on that same pair by whoever knows how, through `margin_ratios`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

from obverse.contracts import Amount, Position
from obverse.errors import DataError, nearest
from obverse.market import Market
from obverse.risk.book import Book
from obverse.risk.exposure import BookExposure, exposure
from obverse.risk.scenarios.sheets import ladder_table, positions_table, run_table
from obverse.risk.scenarios.shocked import shocked_market
from obverse.risk.scenarios.shocks import Scenario
from obverse.tables import Table, Tabular

MarginRatios: TypeAlias = Callable[[BookExposure, Market], Mapping[str, Decimal | None]]
"""From a valued book and its market to the margin ratio of each account, none without positions."""


@dataclass(frozen=True)
class CoinOutcome:
    """One coin's part of a book in a scenario; changes are against today.

    `equity_coin` is what is held of the coin plus gains settled in it, `equity_usd` that in dollars
    at the coin's shocked price.
    """

    coin: str
    price_usd: Decimal
    equity_coin: Decimal
    equity_usd: Decimal
    change_coin: Decimal
    change_usd: Decimal


@dataclass(frozen=True)
class PositionOutcome:
    """One position in a scenario.

    `gain` is what it gains on today in its settlement currency; `gain_usd` the change of its
    unrealised gain's worth in dollars, the settlement coin's own move included.
    """

    position: Position
    mark_before: Decimal
    mark_after: Decimal
    gain: Amount
    gain_usd: Decimal


@dataclass(frozen=True, repr=False)
class ScenarioOutcome(Tabular):
    """A book in one scenario; prints as a table of its positions.

    Attributes
    ----------
    exposure, market : the book valued in the scenario, and the market it makes
    equity_usd, change_usd : the whole book in dollars, and against today
    margin_ratios : from account to margin ratio, where they were asked for
    """

    scenario: Scenario
    market: Market
    exposure: BookExposure
    coins: tuple[CoinOutcome, ...]
    positions: tuple[PositionOutcome, ...]
    equity_usd: Decimal
    change_usd: Decimal
    margin_ratios: Mapping[str, Decimal | None] = field(default_factory=dict)

    @property
    def lowest_margin(self) -> tuple[str, Decimal] | None:
        """The account with the lowest margin ratio, and that ratio."""
        known = [(ratio, name) for name, ratio in self.margin_ratios.items() if ratio is not None]
        ratio, name = min(known, default=(None, ""))
        return None if ratio is None else (name, ratio)

    def coin(self, coin: str) -> CoinOutcome:
        """The outcome of one coin; one that the book does not have raises `DataError`."""
        for item in self.coins:
            if item.coin == coin:
                return item
        known = [item.coin for item in self.coins]
        hint = nearest(coin, known)
        raise DataError(
            f"No {coin!r} in the book; it has {', '.join(known) or 'no coin'}."
            + (f" Did you mean {hint[0]}?" if hint else "")
        )

    def table(self) -> Table:
        """One row a position."""
        return positions_table(self)


@dataclass(frozen=True, repr=False)
class ScenarioLadder(Tabular):
    """One coin's equity, in coin and in dollars, scenario by scenario; prints as a table."""

    coin: str
    run: ScenarioRun

    def table(self) -> Table:
        """One row a scenario, today first."""
        return ladder_table(self.run, self.coin)


@dataclass(frozen=True, repr=False)
class ScenarioRun(Tabular):
    """A book in several scenarios, today among them as `now`; prints as a table, one row each."""

    title: str
    now: ScenarioOutcome
    outcomes: tuple[ScenarioOutcome, ...]

    @property
    def worst(self) -> ScenarioOutcome:
        """The scenario in which the book is worth fewest dollars; the first of equals."""
        return min(self.outcomes, key=lambda item: item.equity_usd)

    def worst_in(self, coin: str) -> ScenarioOutcome:
        """The scenario that leaves fewest of a coin; the first of equals."""
        return min(self.outcomes, key=lambda item: item.coin(coin).equity_coin)

    def outcome(self, name: str) -> ScenarioOutcome:
        """The outcome of a scenario by its name."""
        for item in self.outcomes:
            if item.scenario.name == name:
                return item
        close = nearest(name, [item.scenario.name for item in self.outcomes])
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise DataError(f"No scenario {name!r} in this run.{hint}")

    def ladder(self, coin: str) -> ScenarioLadder:
        """One coin's equity in coin and in dollars, a row a scenario."""
        self.now.coin(coin)
        return ScenarioLadder(coin, self)

    def table(self) -> Table:
        """One row a scenario: the whole book in dollars, and its thinnest margin."""
        return run_table(self)


TODAY = Scenario("now")
"""The scenario of no change."""


def run_scenarios(
    book: Book,
    market: Market,
    scenarios: Sequence[Scenario],
    *,
    margin_ratios: MarginRatios | None = None,
    title: str = "Scenarios",
) -> ScenarioRun:
    """Value a book in scenarios.

    `margin_ratios` works margin out on the valued book and the market of each, today included.
    Without a scenario, or with two of one name, `DataError` is raised.
    """
    names = [scenario.name for scenario in scenarios]
    if not names or len(set(names)) < len(names):
        twice = next((name for name in names if names.count(name) > 1), None)
        found = "there is none" if twice is None else f"{twice!r} is there twice"
        raise DataError(f"scenarios: {found}; give at least one, each with a name of its own.")
    base = exposure(book, market)
    outcomes = [
        _outcome(book, market, base, scenario, margin_ratios) for scenario in (TODAY, *scenarios)
    ]
    return ScenarioRun(title, outcomes[0], tuple(outcomes[1:]))


def _outcome(
    book: Book,
    market: Market,
    base: BookExposure,
    scenario: Scenario,
    margin_ratios: MarginRatios | None,
) -> ScenarioOutcome:
    shocked = market if scenario is TODAY else shocked_market(market, scenario)
    valued = base if scenario is TODAY else exposure(book, shocked)
    return ScenarioOutcome(
        scenario=scenario,
        market=shocked,
        exposure=valued,
        coins=tuple(
            CoinOutcome(
                coin=after.coin,
                price_usd=after.index_usd,
                equity_coin=after.equity,
                equity_usd=after.equity_usd,
                change_coin=after.equity - before.equity,
                change_usd=after.equity_usd - before.equity_usd,
            )
            for before, after in zip(base.coins, valued.coins, strict=True)
        ),
        positions=tuple(
            PositionOutcome(
                position=after.position,
                mark_before=before.mark.price,
                mark_after=after.mark.price,
                gain=after.pnl - before.pnl,
                gain_usd=after.pnl_usd.coins - before.pnl_usd.coins,
            )
            for before, after in zip(base.positions, valued.positions, strict=True)
        ),
        equity_usd=valued.equity_usd,
        change_usd=valued.equity_usd - base.equity_usd,
        margin_ratios={} if margin_ratios is None else margin_ratios(valued, shocked),
    )
