"""The expiration calendar: when futures deliver, and which of them are listed at an instant.

A calendar is data: how many contracts of each cycle a venue keeps listed, at what time of whose
day they deliver, and the dates that depart from the rule. A weekly contract delivers on a Friday;
a monthly, quarterly (March, June, September, December) or semi-annual (June, December) one on the
last Friday of its month.
"""

from __future__ import annotations

from calendar import FRIDAY, monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from heapq import merge
from itertools import groupby, islice, pairwise
from typing import Literal
from zoneinfo import ZoneInfo

from obverse.contracts.instants import Instant, days_between, instant, iso
from obverse.errors import DataError, RuleError

_LAST_YEAR = 9998  # one short of what a date can hold, so that a time zone cannot overflow it


class Cycle(Enum):
    """How often contracts of one kind deliver, nearest first."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    SEMIANNUAL = "semiannual"


_DAYS_APART = {Cycle.DAILY: 1, Cycle.WEEKLY: 7}
_MONTHS = {
    Cycle.MONTHLY: tuple(range(1, 13)),
    Cycle.QUARTERLY: (3, 6, 9, 12),
    Cycle.SEMIANNUAL: (6, 12),
}
_NEARNESS = {cycle: rank for rank, cycle in enumerate(Cycle)}


@dataclass(frozen=True)
class CycleRule:
    """How many contracts of a cycle are kept listed; at least one."""

    cycle: Cycle
    count: int

    def __post_init__(self) -> None:
        """Refuse a cycle that lists nothing."""
        if self.count < 1:
            raise DataError(
                f"calendar: {self.count} {self.cycle.value} contracts; "
                "list at least one, or leave the cycle out."
            )


@dataclass(frozen=True)
class Calendar:
    """The expirations of one product at one venue, under the rules of one day.

    Attributes
    ----------
    cycles : what is kept listed
    delivery_time, time_zone : wall-clock time of delivery and whose clock (an IANA name); a time
        that the clocks skip counts as if they had not yet changed
    coinciding : "shared": each cycle counts its own dates, and one contract may belong to several;
        "skipped": a cycle counts only dates that no nearer cycle has taken
    moved : pairs of a rule's date and the date that delivered instead, for every cycle it is in
    cancelled : days on which nothing is delivered after all
    added : days that no cycle has; listed on top of the counts, as soon as a later day is listed
    listing_delay : how long after a delivery its successor is listed
    """

    cycles: tuple[CycleRule, ...]
    delivery_time: time
    time_zone: str = "UTC"
    coinciding: Literal["shared", "skipped"] = "shared"
    moved: tuple[tuple[date, date], ...] = ()
    cancelled: tuple[date, ...] = ()
    added: tuple[date, ...] = ()
    listing_delay: timedelta = timedelta(0)

    def __post_init__(self) -> None:
        """Refuse a calendar that says nothing, says it twice, or names no clock."""
        cycles = [rule.cycle for rule in self.cycles]
        if not cycles:
            raise DataError("calendar: no cycles; name at least one, such as quarterly.")
        if len(set(cycles)) < len(cycles):
            raise DataError("calendar: a cycle is named twice; give each its one count.")
        if self.coinciding not in ("shared", "skipped"):
            raise DataError(f"calendar: coinciding {self.coinciding!r} is not shared or skipped.")
        if self.delivery_time.tzinfo is not None:
            raise DataError("calendar: the delivery time has a zone of its own; use time_zone.")
        if self.listing_delay < timedelta(0):
            raise DataError(f"calendar: a listing delay of {self.listing_delay} is below zero.")
        _zone(self.time_zone)
        _check_moved(self)


def _check_moved(calendar: Calendar) -> None:
    planned = [planned for planned, _ in calendar.moved]
    if len(set(planned)) < len(planned):
        raise DataError("calendar: a date is moved twice; give each date one other.")
    for day in planned:
        if not any(_follows(rule.cycle, day) for rule in calendar.cycles):
            raise DataError(f"calendar: {day} is moved, but no cycle delivers on it.")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise DataError(
            f"time zone: {name!r} is not known; expected e.g. UTC or Europe/London."
        ) from None


def delivery_instant(calendar: Calendar, day: date) -> datetime:
    """Return when a contract of that day delivers, in UTC, daylight saving honoured."""
    local = datetime.combine(day, calendar.delivery_time, _zone(calendar.time_zone))
    return local.astimezone(UTC)


def listed_expiries(calendar: Calendar, at: Instant) -> tuple[datetime, ...]:
    """Return the deliveries of the contracts listed at an instant, near to far, all after it."""
    moment = instant(at)
    since = moment - calendar.listing_delay
    days: set[date] = set()
    for rule in sorted(calendar.cycles, key=lambda rule: _NEARNESS[rule.cycle]):
        upcoming = _upcoming(calendar, rule.cycle, since)
        if calendar.coinciding == "skipped":
            upcoming = filter(lambda day: day not in days, upcoming)
        days |= set(islice(upcoming, rule.count))
    furthest = max(days, default=date.min)
    days.update(day for day in calendar.added if day <= furthest)
    expiries = sorted(delivery_instant(calendar, day) for day in days)
    return tuple(expiry for expiry in expiries if expiry > moment)


def next_expiries(
    calendar: Calendar, cycle: Cycle, at: Instant, count: int
) -> tuple[datetime, ...]:
    """Return the next deliveries of one cycle after an instant, listed yet or not, near to far.

    A date that a nearer cycle also has counts. A cycle that the calendar does not have, or a
    count below zero, is refused.
    """
    if cycle not in (rule.cycle for rule in calendar.cycles):
        listed = ", ".join(rule.cycle.value for rule in calendar.cycles)
        raise RuleError(f"No {cycle.value} contracts are listed; there are {listed} ones.")
    if count < 0:
        raise DataError(f"count: {count} expiries; expected none or more.")
    days = islice(_upcoming(calendar, cycle, instant(at)), count)
    return tuple(delivery_instant(calendar, day) for day in days)


def month_expiry(calendar: Calendar, year: int, month: int) -> datetime:
    """Return the delivery of a contract named by its month: its last Friday, unless moved.

    Whether the venue listed that month at all is for its cycles or its listings to say. A month
    whose date is cancelled raises `RuleError`.
    """
    if not (1 <= month <= 12 and 1 <= year <= _LAST_YEAR):
        raise DataError(f"month: {year}-{month:02} is not a month.")
    planned = _last_friday(year, month)
    day = dict(calendar.moved).get(planned, planned)
    if day in calendar.cancelled:
        raise RuleError(f"The delivery of {day} is cancelled; {year}-{month:02} has none.")
    return delivery_instant(calendar, day)


def cycles_of(calendar: Calendar, day: date) -> tuple[Cycle, ...]:
    """Return the cycles that deliver on a day, nearest first; none on any other day.

    A last Friday is weekly, monthly and perhaps quarterly at once, whatever it is listed as:
    where the venue's terms depend on it (fees, names), the last of them is the usual choice.
    """
    cycles = sorted((rule.cycle for rule in calendar.cycles), key=_NEARNESS.__getitem__)
    return tuple(cycle for cycle in cycles if next(_days(calendar, cycle, day), None) == day)


def roll_instants(expiries: Iterable[Instant], *, days_before: int) -> tuple[datetime, ...]:
    """Return when to roll out of each expiry: so many days of 24 hours before it.

    The expiries must be in increasing order, so that one roll follows another; `days_before` is
    zero or more.
    """
    if days_before < 0:
        raise DataError(f"days_before: {days_before} is after the expiry; expected zero or more.")
    moments = [instant(expiry) for expiry in expiries]
    for near, far in pairwise(moments):
        if near >= far:
            raise DataError(f"expiries: {iso(far)} follows {iso(near)}; sort them, near to far.")
    return tuple(moment - timedelta(days=days_before) for moment in moments)


def days_to_expiry(expiry: Instant, at: Instant) -> float:
    """Return the days of 24 hours left, always above zero; an expired contract is refused."""
    end, now = instant(expiry), instant(at)
    if now >= end:
        raise RuleError(f"The contract expired at {iso(end)}; no days are left at {iso(now)}.")
    return days_between(now, end)


def _upcoming(calendar: Calendar, cycle: Cycle, since: datetime) -> Iterator[date]:
    first = since.astimezone(_zone(calendar.time_zone)).date()
    days = _days(calendar, cycle, first)
    return (day for day in days if delivery_instant(calendar, day) > since)


def _days(calendar: Calendar, cycle: Cycle, first: date) -> Iterator[date]:
    """Days on which a cycle really delivers, from `first` on."""
    moved = dict(calendar.moved)
    kept = (day for day in _rule_days(cycle, first) if day not in moved)
    instead = sorted(
        actual for planned, actual in moved.items() if actual >= first and _follows(cycle, planned)
    )
    days = (day for day, _ in groupby(merge(kept, instead)))
    return (day for day in days if day not in calendar.cancelled)


def _rule_days(cycle: Cycle, first: date) -> Iterator[date]:
    """Days that the rule of a cycle gives, from `first` on, exceptions aside."""
    if cycle in _DAYS_APART:
        apart = _DAYS_APART[cycle]
        start = first.toordinal() + (FRIDAY - first.weekday()) % apart
        return map(date.fromordinal, range(start, date(_LAST_YEAR, 12, 31).toordinal(), apart))
    years = range(first.year, _LAST_YEAR)
    fridays = (_last_friday(year, month) for year in years for month in _MONTHS[cycle])
    return (day for day in fridays if day >= first)


def _follows(cycle: Cycle, day: date) -> bool:
    return next(_rule_days(cycle, day), None) == day


def _last_friday(year: int, month: int) -> date:
    last = date(year, month, monthrange(year, month)[1])
    return last - timedelta(days=(last.weekday() - FRIDAY) % 7)
