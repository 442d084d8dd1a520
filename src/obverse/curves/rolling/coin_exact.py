"""A rolled inverse position in exact coin: its gain is the sum of its legs', to the last unit.

Each leg is opened and closed whole, at values rounded as the venue rounds them. The worth of what
is held, joined at each roll by an offset of whole units, is the *adjusted worth*: between any two
instants it changes by what the position gained, because the offset takes out exactly the step from
the value left to the value entered. It is the additive adjustment in one over the price, carried
out in whole satoshi.

Sizes: `contracts` keeps their number; `usd` keeps the dollars, in whole lots of each contract,
which matters where multipliers or lots differ; `coin` keeps the coin value, sized anew at each
roll. Before fees and half-spreads: `obverse.curves.rolling.roll_costs`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from obverse.contracts.instants import Instant, instant, iso
from obverse.contracts.instruments import Instrument
from obverse.contracts.units import Amount, Currency, ExactNumber, exact, exact_price
from obverse.curves.rolling.coin_legs import RolledLeg, RolledMark, RollingAccount, Sizing
from obverse.curves.rolling.panels import ContractPanel
from obverse.curves.rolling.schedules import Roll, RollSchedule
from obverse.errors import MarketDataError
from obverse.market.floats import decimal_of_float
from obverse.tables import Table, Tabular, coin, number, text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Marks = Sequence[tuple[Instant, Mapping[str, ExactNumber]]]


@dataclass(frozen=True, repr=False)
class RolledPosition(Tabular):
    """A position rolled through the contracts of a schedule, in exact coin."""

    underlying: str
    venue: str
    source: str
    rule: str
    sizing: Sizing
    currency: Currency
    legs: tuple[RolledLeg, ...]
    marks: tuple[RolledMark, ...]
    warnings: tuple[str, ...] = field(default=())

    @property
    def pnl(self) -> Amount:
        """Gain of the whole, at the last mark, before costs."""
        return self.marks[-1].pnl

    def gained(self, first: int, last: int) -> Amount:
        """Gain from one mark to another, off the adjusted worth."""
        return self.marks[last].adjusted_worth - self.marks[first].adjusted_worth

    def table(self) -> Table:
        """One row a leg."""
        columns = (
            text("symbol", "Leg"),
            number("contracts", "Contracts", decimals=0, signed=True),
            text("opened", "Opened (UTC)"),
            number("entry_usd", "Entry", "USD"),
            text("closed", "Closed (UTC)"),
            number("exit_usd", "Exit", "USD"),
            coin("pnl", "Gain", self.currency.code, self.currency.shown),
            text("state", ""),
        )
        rows = tuple(
            (
                leg.symbol,
                leg.contracts,
                leg.opened,
                leg.entry_usd,
                leg.closed,
                leg.exit_usd,
                leg.pnl.coins,
                "open" if leg.is_open else "",
            )
            for leg in self.legs
        )
        title = f"{self.underlying} rolled at {self.venue}: {self.pnl} from {len(self.legs)} legs"
        notes = (
            f"By {self.rule}; constant {self.sizing}, before fees and half-spreads. "
            f"Source: {self.source}.",
            *self.warnings,
        )
        return Table(title, columns, rows, notes)

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw the coins gained, with each roll (Matplotlib)."""
        from obverse.curves.rolling.plots import plot_rolled

        return plot_rolled(self, axes)


def rolled_position(
    marks: Marks,
    schedule: RollSchedule,
    instruments: Mapping[str, Instrument],
    *,
    size: ExactNumber,
    sizing: Sizing = "contracts",
) -> RolledPosition:
    """Hold a position through a schedule, rolled at the first marks that have both contracts.

    Parameters
    ----------
    marks : instants, increasing, with the prices known at each, by symbol
    instruments : of every contract of the schedule, as their rulebook describes them
    size : signed; contracts, dollars or coins, as `sizing` says; long above zero

    Raises
    ------
    MarketDataError : marks out of order, a price or instrument that is missing
    AmountError : a size of nothing, also once rounded to whole lots
    """
    if sizing not in ("contracts", "usd", "coin"):
        raise MarketDataError(f"sizing {sizing!r}: there are contracts, usd and coin.")
    priced = _priced(marks)
    currency = _currency(schedule, instruments)
    amount = exact(size, "size")
    account = RollingAccount(instruments, amount, sizing, currency.zero)
    pending = list(schedule.rolls)
    seen: list[RolledMark] = []
    for at, prices in priced:
        if account.position is None:
            if schedule.first not in prices:
                continue
            account.open(schedule.first, at, prices)
        elif pending and _can_roll(pending[0], at, prices):
            account.roll(pending.pop(0).entering, at, prices)
        if account.symbol in prices:
            seen.append(account.mark(at, prices))
    if account.position is None:
        raise MarketDataError(f"rolled position: {schedule.first} has no price among the marks.")
    _check_rolled(pending, priced[-1][0])
    return RolledPosition(
        schedule.underlying,
        schedule.venue,
        schedule.source,
        schedule.rule,
        sizing,
        currency,
        (*account.legs, account.leg(seen[-1].at, seen[-1].price_usd, is_open=True)),
        tuple(seen),
        schedule.warnings,
    )


def marks_of(panel: ContractPanel) -> tuple[tuple[datetime, dict[str, Decimal]], ...]:
    """A panel's prices as exact decimals, by instant and symbol."""
    return tuple(
        (
            panel.moment(row),
            {
                panel.symbols[column]: decimal_of_float(float(panel.prices_usd[row, column]))
                for column in np.flatnonzero(~np.isnan(panel.prices_usd[row])).tolist()
            },
        )
        for row in range(len(panel))
    )


def _can_roll(roll: Roll, at: datetime, prices: Mapping[str, Decimal]) -> bool:
    return at >= roll.at and roll.leaving in prices and roll.entering in prices


def _priced(marks: Marks) -> list[tuple[datetime, dict[str, Decimal]]]:
    priced: list[tuple[datetime, dict[str, Decimal]]] = []
    for at, prices in marks:
        moment = instant(at)
        if priced and moment <= priced[-1][0]:
            raise MarketDataError(f"marks: {iso(moment)} is late or there twice; sort them.")
        priced.append((moment, {name: exact_price(each, name) for name, each in prices.items()}))
    if not priced:
        raise MarketDataError("marks: there are none; give at least one.")
    return priced


def _currency(schedule: RollSchedule, instruments: Mapping[str, Instrument]) -> Currency:
    missing = [name for name in schedule.symbols if name not in instruments]
    if missing:
        raise MarketDataError(
            f"rolled position: no instrument for {', '.join(missing)}; give that of each contract."
        )
    found = {instruments[name].settlement_currency for name in schedule.symbols}
    if len(found) > 1:
        codes = sorted(f"{each.code} (1e-{each.exponent})" for each in found)
        raise MarketDataError(
            f"rolled position: contracts settle in {' and '.join(codes)}; roll in one."
        )
    return found.pop()


def _check_rolled(pending: Sequence[Roll], last: datetime) -> None:
    for roll in pending:
        if last >= roll.leaving_expiry:
            raise MarketDataError(
                f"roll at {iso(roll.at)}: {roll.leaving} and {roll.entering} have no price at one "
                f"instant from then to the expiry of {iso(roll.leaving_expiry)}."
            )
