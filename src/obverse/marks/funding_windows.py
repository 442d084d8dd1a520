"""A run of funding read window by window, and as of one instant: what accrues, what was paid.

What accrues is a rate per 8 hours, whatever the venue's own unit. What was paid is a fraction of
the position's value, for the whole window. The two are never one number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from obverse.marks.averages import window_average
from obverse.marks.mark import HOURS_PER_YEAR
from obverse.marks.prediction import predicted_funding
from obverse.marks.runs import FundingRun, Part
from obverse.marks.schedule import from_ns, to_ns
from obverse.marks.values import FloatArray
from obverse.marks.windows import HOUR_NS

UNIT_HOURS = 8
"""Accruing rates are told per so many hours."""


@dataclass(frozen=True)
class FundingWindow:
    """A funding window that has ended.

    Attributes
    ----------
    samples, expected : premium samples in it, and as many as the usual step would give
    premium_average : of the samples, as the venue weighs them; none without a sample
    accruing_8h : the rate accruing at its last sample, per 8 hours; none without a step in it, and
        before the first premium that was sampled
    paid : exchanged at its stamp, as a fraction of the position's value; none where not known
    """

    start: datetime
    stamp: datetime
    samples: int
    expected: int
    premium_average: float | None
    accruing_8h: float | None
    paid: float | None

    @property
    def hours(self) -> float:
        """Its length."""
        return (self.stamp - self.start).total_seconds() / 3600


@dataclass(frozen=True)
class Accrual:
    """Funding as of a run's last sample: the window that is running, or that ends at that instant.

    Attributes
    ----------
    stamp : the end of that window
    next_stamp, hours_to_stamp : the next one after `at`, and the hours until then
    premium, premium_average : the last sample's, and of what the rate is made of so far: the
        window's samples or, with rolling weights, those of the last window's length; none without
        one
    samples, to_come : premiums in the window, and those still to come at the usual step
    accruing_8h : rate of the window as far as it has been sampled
    in_force_8h : rate that the mark decays by and, with a lag, is paid at the next stamp; at a
        stamp the window that ends has made it
    predicted_8h : rate that the window ends with if the premium stays at its last value
    lowest_8h, highest_8h : the same while the premium stays within what the average has seen
    in_force_known : whether a sample has made the rate in force; else it is taken as zero
    """

    at: datetime
    start: datetime
    stamp: datetime
    next_stamp: datetime
    samples: int
    to_come: int
    index_usd: float
    mark_usd: float
    premium: float | None
    premium_average: float | None
    accruing_8h: float
    in_force_8h: float
    predicted_8h: float
    lowest_8h: float
    highest_8h: float
    in_force_known: bool = True

    @property
    def hours_to_stamp(self) -> float:
        """Hours from the last sample to the next stamp."""
        return (self.next_stamp - self.at).total_seconds() / 3600


def per_hours(rate_8h: float, hours: float) -> float:
    """A rate per 8 hours as one per so many, linearly: funding does not compound in its window."""
    return rate_8h * hours / UNIT_HOURS


RATE_UNITS = {"1h": 1.0, "8h": 8.0, "24h": 24.0, "1y": float(HOURS_PER_YEAR)}
"""The units that a rate is told in, and their hours; a year has 365 days."""


@dataclass(frozen=True)
class Steps:
    """Every sample of a run, as arrays; rates are per 8 hours.

    `sampled` says which steps have a premium; it is 0 where there was none.
    """

    times_ns: NDArray[np.int64]
    index_usd: FloatArray
    mark_usd: FloatArray
    premium: FloatArray
    sampled: NDArray[np.bool_]
    accruing_8h: FloatArray
    in_force_8h: FloatArray


def steps(run: FundingRun) -> Steps:
    """The samples of all parts, one after another."""
    histories = [part.history for part in run.parts]
    scale = [UNIT_HOURS / part.funding.rate_hours for part in run.parts]
    pairs = list(zip(histories, scale, strict=True))
    return Steps(
        times_ns=np.concatenate([each.times_ns for each in histories]),
        index_usd=np.concatenate([each.index_usd for each in histories]),
        mark_usd=np.concatenate([each.mark_usd for each in histories]),
        premium=np.concatenate([each.premium for each in histories]),
        sampled=np.concatenate([each.sampled for each in histories]),
        accruing_8h=np.concatenate([each.accruing_rate * by for each, by in pairs]),
        in_force_8h=np.concatenate([each.rate_in_force * by for each, by in pairs]),
    )


def windows(
    run: FundingRun, start: datetime | None = None, until: datetime | None = None
) -> tuple[FundingWindow, ...]:
    """The windows whose stamps lie after `start`, up to and with `until`."""
    return tuple(
        window
        for part in run.parts
        for window in _windows(part, run)
        if (start is None or window.stamp > start) and (until is None or window.stamp <= until)
    )


def _windows(part: Part, run: FundingRun) -> Iterator[FundingWindow]:
    history, known = part.history, run.known_ns
    ids = _ids(part)
    averages = _averages(part, ids)
    lagged = part.funding.lag == "next_window" and part.funding.accrual != "continuous"
    edges = history.edges_ns.tolist()
    for place, paid in enumerate(history.paid_rate.tolist()):
        own = np.flatnonzero(ids == place)
        begins, ends = edges[place : place + 2]
        made = begins if lagged else ends  # by when the samples were there that made what it paid
        yield FundingWindow(
            start=from_ns(begins),
            stamp=from_ns(ends),
            samples=int(history.samples_per_window[place]),
            expected=round((ends - begins) / 1e9 / run.step_seconds),
            premium_average=averages.get(place),
            accruing_8h=_accruing(part, int(own[-1])) if len(own) and known <= ends else None,
            paid=paid if known <= made else None,
        )


def _ids(part: Part) -> NDArray[np.int64]:
    """Window of each step; a step at a stamp ends its window."""
    history = part.history
    found = np.searchsorted(history.edges_ns[1:], history.times_ns, side="left")
    return found.astype(np.int64)


def _averages(part: Part, ids: NDArray[np.int64]) -> dict[int, float]:
    """Average premium of each window's samples; at its end a rolling average is a flat one."""
    sampled = part.history.sampled
    linear = part.funding.weights == "linear" and part.funding.accrual != "continuous"
    kept = ids[sampled]
    found = window_average(part.history.premium[sampled], kept, "linear" if linear else "flat")
    return dict(zip(kept.tolist(), found.tolist(), strict=True))  # a window's last one stays


def _accruing(part: Part, place: int) -> float:
    return float(part.history.accruing_rate[place]) * UNIT_HOURS / part.funding.rate_hours


def accrual(run: FundingRun) -> Accrual:
    """What is known of funding at the end of a run; cut the samples to ask for an earlier one."""
    part = run.parts[-1]
    history, rule = part.history, part.funding
    found = predicted_funding(history, rule, step_seconds=run.step_seconds or None)
    ids = _ids(part)
    start, stamp = (from_ns(int(history.edges_ns[ids[-1] + ahead])) for ahead in (0, 1))
    by = UNIT_HOURS / rule.rate_hours
    ahead = by
    if rule.accrual == "continuous":  # predictions are of the whole window
        ahead = UNIT_HOURS / ((stamp - start).total_seconds() / 3600)
    fresh = found.at == stamp and rule.accrual != "continuous"
    rates = history.accruing_rate if fresh else history.rate_in_force
    return Accrual(
        at=found.at,
        start=start,
        stamp=stamp,
        next_stamp=run.schedule.window(found.at)[1],
        samples=int(np.count_nonzero(history.sampled & (ids == ids[-1]))),
        to_come=found.to_come,
        index_usd=float(history.index_usd[-1]),
        mark_usd=float(history.mark_usd[-1]),
        premium=float(history.premium[-1]) if history.sampled[-1] else None,
        premium_average=_average_so_far(part, ids),
        accruing_8h=float(history.accruing_rate[-1]) * by,
        in_force_8h=float(rates[-1]) * by,
        predicted_8h=found.rate_if_last * ahead,
        lowest_8h=found.lowest_rate * ahead,
        highest_8h=found.highest_rate * ahead,
        in_force_known=fresh or rule.accrual == "continuous" or run.known_ns <= to_ns(start),
    )


def _average_so_far(part: Part, ids: NDArray[np.int64]) -> float | None:
    """Average premium that the accruing rate is made of."""
    history, rule = part.history, part.funding
    if rule.weights != "rolling" or rule.accrual == "continuous":
        return _averages(part, ids).get(int(ids[-1]))
    since = int(history.times_ns[-1]) - rule.interval_hours * HOUR_NS
    kept = history.premium[history.sampled & (history.times_ns > since)]
    return float(kept.mean()) if len(kept) else None
