"""Roll schedules: when to leave one future for the next, decided on nothing later than the roll.

A roll's instant is when it is decided. It is carried out at the first instant at or after it at
which both contracts have a price (`obverse.curves.rolling.executions`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from obverse.contracts.calendar import (
    Calendar,
    Cycle,
    listed_expiries,
    next_expiries,
    roll_instants,
)
from obverse.contracts.instants import Instant, days_between, instant, iso
from obverse.errors import DataError, MarketDataError, RuleError
from obverse.rulebooks import ProductRules, rulebook
from obverse.rulebooks.listing import Legs, build
from obverse.tables import Table, Tabular, machine, number, text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LONGEST_LISTING = timedelta(days=1500)


@dataclass(frozen=True)
class DatedContract:
    """A dated future: its name, its delivery, and since when it is listed, where that is known."""

    symbol: str
    expiry: datetime
    listed: datetime | None = None


@dataclass(frozen=True)
class Roll:
    """Leaving one future for another, decided at an instant, and why then."""

    at: datetime
    leaving: str
    entering: str
    leaving_expiry: datetime
    entering_expiry: datetime
    reason: str

    @property
    def days_before(self) -> float:
        """Days of 24 hours from the roll to the expiry of what it leaves."""
        return days_between(self.at, self.leaving_expiry)


@dataclass(frozen=True, repr=False)
class RollSchedule(Tabular):
    """The rolls of one position through the futures of a coin, in order.

    Attributes
    ----------
    rule : by which they were found, as people read it
    first, first_expiry : what is held before the first roll
    """

    underlying: str
    venue: str
    source: str
    rule: str
    first: str
    first_expiry: datetime
    rolls: tuple[Roll, ...]
    warnings: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        """Hold the chain together: each roll leaves what is held, before it expires, in order."""
        held, expiry, last = self.first, self.first_expiry, None
        for roll in self.rolls:
            if roll.leaving != held or roll.leaving_expiry != expiry:
                raise MarketDataError(f"roll at {iso(roll.at)} leaves {roll.leaving}, not {held}.")
            if last is not None and roll.at <= last:
                raise MarketDataError(f"roll at {iso(roll.at)} is not after {iso(last)}.")
            if not roll.at <= roll.leaving_expiry < roll.entering_expiry:
                raise MarketDataError(
                    f"roll at {iso(roll.at)} from {roll.leaving} to {roll.entering}: expected it "
                    "by the expiry it leaves, into a later one."
                )
            held, expiry, last = roll.entering, roll.entering_expiry, roll.at

    @property
    def symbols(self) -> tuple[str, ...]:
        """Contracts held, in order."""
        return (self.first, *(roll.entering for roll in self.rolls))

    def held(self, at: Instant) -> str:
        """Contract held at an instant, a roll at that instant included."""
        moment = instant(at)
        past = [roll.entering for roll in self.rolls if roll.at <= moment]
        return past[-1] if past else self.first

    def until(self, at: Instant) -> RollSchedule:
        """The rolls decided by an instant."""
        moment = instant(at)
        return replace(self, rolls=tuple(roll for roll in self.rolls if roll.at <= moment))

    def table(self) -> Table:
        """One row a roll."""
        columns = (
            text("at", "Roll (UTC)"),
            text("leaving", "From"),
            text("entering", "To"),
            number("days_before", "Before expiry", "days"),
            text("reason", "Why"),
            machine("leaving_expiry"),
            machine("entering_expiry"),
        )
        rows = tuple(
            (
                roll.at,
                roll.leaving,
                roll.entering,
                roll.days_before,
                roll.reason,
                roll.leaving_expiry,
                roll.entering_expiry,
            )
            for roll in self.rolls
        )
        title = f"{self.underlying} rolls at {self.venue}: {self.rule}"
        notes = (f"Begins in {self.first}. Source: {self.source}.", *self.warnings)
        return Table(title, columns, rows, notes)

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw which contract is held when (Matplotlib)."""
        from obverse.curves.rolling.plots import plot_schedule

        return plot_schedule(self, axes)


def cycle_contracts(
    venue: str, underlying: str, cycle: Cycle, *, since: Instant, until: Instant
) -> tuple[DatedContract, ...]:
    """The successive futures of one cycle, from the first after `since` to the first after `until`.

    Each is named and dated by the rules in force when the one before delivers; listing instants
    are those of the calendar in force then, none where it would be listed longer than it counts.

    Raises
    ------
    RuleError : the venue has no future on the coin then, or no such cycle
    """
    moment, end = instant(since), instant(until)
    if moment > end:
        raise DataError(f"cycle: {iso(moment)} is after {iso(end)}; give since before until.")
    found: list[DatedContract] = []
    while moment <= end:
        rules = future_rules(venue, underlying, moment)
        assert rules.calendar is not None
        expiry = next_expiries(rules.calendar, cycle, moment, 1)[0]
        symbol = build(venue, rules, Legs(expiry)).symbol
        found.append(DatedContract(symbol, expiry, _listed(rules.calendar, expiry)))
        moment = expiry
    return tuple(found)


def future_rules(venue: str, underlying: str, at: Instant) -> ProductRules:
    """The rules of a venue's dated futures on a coin at an instant.

    Raises `RuleError` where there are none.
    """
    book = rulebook(venue, as_of=at)
    for rules in book.products.values():
        product = rules.product
        if product.kind == "future" and product.underlying == underlying and rules.calendar:
            return rules
    raise RuleError(f"{book.name} lists no future on {underlying} at {iso(instant(at))}.")


def days_before_schedule(
    contracts: Sequence[DatedContract],
    *,
    days_before: int,
    venue: str,
    underlying: str,
    until: Instant | None = None,
) -> RollSchedule:
    """Roll so many days of 24 hours before each expiry.

    The calendar is known in advance: nothing is looked at but it. A contract that is not listed yet
    when it would be entered is told.

    Raises
    ------
    MarketDataError : no contracts
    DataError : expiries out of order, or a number of days below zero
    """
    if not contracts:
        raise MarketDataError("roll schedule: no contracts; give at least one.")
    end = None if until is None else instant(until)
    instants = roll_instants([each.expiry for each in contracts], days_before=days_before)
    rolls: list[Roll] = []
    told: list[str] = []
    for at, (near, far) in zip(instants, pairwise(contracts), strict=False):
        if end is not None and at > end:
            break
        reason = f"{days_before} days before expiry"
        rolls.append(Roll(at, near.symbol, far.symbol, near.expiry, far.expiry, reason))
        if far.listed is not None and far.listed > at:
            told.append(
                f"{far.symbol} is listed on {iso(far.listed)}, after the roll of {iso(at)}."
            )
    return RollSchedule(
        underlying,
        venue,
        "expiration calendar",
        f"{days_before} days before expiry",
        contracts[0].symbol,
        contracts[0].expiry,
        tuple(rolls),
        tuple(told),
    )


def _listed(calendar: Calendar, expiry: datetime) -> datetime | None:
    """When a calendar first lists an expiry: to the minute, by halving."""
    early, late = expiry - _LONGEST_LISTING, expiry - timedelta(minutes=1)
    if expiry in listed_expiries(calendar, early) or expiry not in listed_expiries(calendar, late):
        return None
    while late - early > timedelta(minutes=1):
        middle = early + (late - early) / 2
        if expiry in listed_expiries(calendar, middle):
            late = middle
        else:
            early = middle
    return (late - timedelta(seconds=30)).replace(second=0, microsecond=0) + timedelta(minutes=1)
