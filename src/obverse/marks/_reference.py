"""Plain twins of the compiled kernels: slow, and obviously right.

They step through a history with the formulas for one instant (`instant.py`, `mark.py`,
`funding.py`, `policies.py`), and sum from scratch at each step.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np

from obverse.marks.averages import exponential_step
from obverse.marks.history import PerpetualHistory, Start
from obverse.marks.instant import Book, instant_basis, instant_mark, instant_premium
from obverse.marks.mark import whole_minutes
from obverse.marks.policies import capped_rate
from obverse.marks.samples import PerpetualSamples
from obverse.marks.schedule import Schedule, from_ns, to_ns
from obverse.marks.windows import HOUR_NS
from obverse.rulebooks.records import FundingRule, MarkRule


def exponential_average_reference(
    values: Sequence[float], times: Sequence[float], time_constant: float
) -> list[float]:
    """Step an exponential average sample by sample."""
    found: list[float] = []
    for place, value in enumerate(values):
        if place == 0:
            found.append(value)
        else:
            seconds = times[place] - times[place - 1]
            found.append(exponential_step(found[-1], value, seconds, time_constant))
    return found


Sample = tuple[int, float]
"""When, in nanoseconds, and what."""


@dataclass
class Past:
    """What a step needs to know of those before it."""

    rate_in_force: float
    accruing: float
    basis: float = 0.0
    bases: list[Sample] = field(default_factory=list)
    premiums: list[Sample] = field(default_factory=list)
    in_window: list[float] = field(default_factory=list)


@dataclass
class Output:
    """Columns of the history as they grow."""

    mark: list[float] = field(default_factory=list)
    premium: list[float] = field(default_factory=list)
    sampled: list[bool] = field(default_factory=list)
    accruing: list[float] = field(default_factory=list)
    in_force: list[float] = field(default_factory=list)
    edges: list[int] = field(default_factory=list)
    paid: list[float] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)


def perpetual_history_reference(
    samples: PerpetualSamples,
    mark: MarkRule,
    funding: FundingRule,
    schedule: Schedule,
    start: Start | None = None,
) -> PerpetualHistory:
    """Say what `perpetual_history` says, step by step; samples are taken as they are."""
    rate = (start or Start()).rate_in_force
    past, out = Past(rate, rate), Output()
    times = [int(time) for time in samples.times_ns]
    if times:
        out.edges = list(window_around(schedule, times[0]))
    for step, time in enumerate(times):
        while time > out.edges[-1]:
            close(out, past, funding, times[:step])
            out.edges.append(window_around(schedule, out.edges[-1] + 1_000)[1])
        if funding.accrual == "continuous":
            past.rate_in_force = past.accruing
        move_on(samples, step, mark, funding, past, out)
    if times and times[-1] == out.edges[-1]:
        close(out, past, funding, times)
    return history_of(samples, out)


def window_around(schedule: Schedule, time: int) -> tuple[int, int]:
    """The window that a step falls in: one at a stamp ends its window."""
    first = to_ns(schedule.spans[0].begins)
    moment = from_ns(time) - timedelta(microseconds=0 if time == first else 1)
    begins, ends = schedule.window(moment)
    return to_ns(begins), to_ns(ends)


def close(out: Output, past: Past, funding: FundingRule, times: list[int]) -> None:
    """End the running window at its stamp."""
    begins, ends = out.edges[-2:]
    hours = (ends - begins) / HOUR_NS
    if funding.accrual == "continuous":
        out.paid.append(accrued(out, times, begins, ends) / funding.rate_hours)
    else:
        rate = past.rate_in_force if funding.lag == "next_window" else past.accruing
        out.paid.append(rate * hours / funding.rate_hours)
    out.counts.append(len(past.in_window))
    past.rate_in_force = past.accruing
    past.in_window = []


def accrued(out: Output, times: list[int], begins: int, ends: int) -> float:
    """Rate times hours within a window, each step's rate held until the next step."""
    parts = []
    for step, rate in enumerate(out.accruing):
        until = times[step + 1] if step + 1 < len(times) else ends
        span = min(until, ends) - max(times[step], begins)
        parts.append(rate * max(span, 0) / HOUR_NS)
    return math.fsum(parts)


def move_on(
    samples: PerpetualSamples,
    step: int,
    mark: MarkRule,
    funding: FundingRule,
    past: Past,
    out: Output,
) -> None:
    """Take one step: basis, mark, premium, rate."""
    time, index = int(samples.times_ns[step]), float(samples.index_usd[step])
    last = none_if_nan(samples.last_usd[step])
    bid, ask = none_if_nan(samples.bid_usd[step]), none_if_nan(samples.ask_usd[step])
    book = None if bid is None or ask is None else Book(bid, ask, last)
    hours = (out.edges[-1] - time) / HOUR_NS
    hours = whole_minutes(hours) if mark.whole_minutes else hours
    if book is not None:
        past.bases.append((time, float(instant_basis(mark, book, index))))
        past.basis = average_basis(mark, past)
    common = {"index": index, "rate_in_force": past.rate_in_force, "hours_to_funding": hours}
    price = instant_mark(mark, funding, **common, average_basis=past.basis, last=last)
    sample = 0.0
    if book is not None:
        sample = float(instant_premium(funding, book=book, mark=price, **common))
        past.premiums.append((time, sample))
        past.in_window.append(sample)
    past.accruing = accruing(funding, past, time, sampled=book is not None)
    if funding.accrual == "continuous":
        past.rate_in_force = past.accruing
    out.mark.append(float(price))
    out.premium.append(sample)
    out.sampled.append(book is not None)
    out.accruing.append(past.accruing)
    out.in_force.append(past.rate_in_force)


def average_basis(rule: MarkRule, past: Past) -> float:
    """Average of the basis up to the sample just taken."""
    (time, value), seconds = past.bases[-1], float(rule.average_seconds or 0)
    if rule.average == "moving":
        span = int((rule.average_seconds or 0) * 1_000_000_000)
        return mean([gap for when, gap in past.bases if when > time - span])
    if rule.average == "exponential" and len(past.bases) > 1:
        return exponential_step(past.basis, value, (time - past.bases[-2][0]) / 1e9, seconds)
    return value


def accruing(rule: FundingRule, past: Past, time: int, *, sampled: bool) -> float:
    """Rate of the running window so far; with nothing to go by, the one that there was."""
    if rule.accrual == "continuous":
        return float(capped_rate(rule, past.premiums[-1][1])) if sampled else past.accruing
    if rule.weights == "rolling":
        span = rule.interval_hours * HOUR_NS
        values = [value for when, value in past.premiums if when > time - span]
    else:
        values = past.in_window
    if not values:
        return past.rate_in_force
    if rule.weights == "linear":
        weights = range(1, len(values) + 1)
        average = weighted(weights, values)
    else:
        average = mean(values)
    return float(capped_rate(rule, average))


def mean(values: Sequence[float]) -> float:
    """Mean, summed without error."""
    return math.fsum(values) / len(values)


def weighted(weights: Sequence[int], values: Sequence[float]) -> float:
    """Weighted mean, summed without error."""
    parts = [weight * value for weight, value in zip(weights, values, strict=True)]
    return math.fsum(parts) / sum(weights)


def none_if_nan(value: float) -> float | None:
    """A price, or none."""
    return None if math.isnan(value) else float(value)


def history_of(samples: PerpetualSamples, out: Output) -> PerpetualHistory:
    """Columns as the record that the fast path returns."""
    return PerpetualHistory(
        times_ns=samples.times_ns,
        index_usd=samples.index_usd,
        mark_usd=np.array(out.mark, dtype=np.float64),
        premium=np.array(out.premium, dtype=np.float64),
        sampled=np.array(out.sampled, dtype=np.bool_),
        accruing_rate=np.array(out.accruing, dtype=np.float64),
        rate_in_force=np.array(out.in_force, dtype=np.float64),
        edges_ns=np.array(out.edges, dtype=np.int64),
        paid_rate=np.array(out.paid, dtype=np.float64),
        samples_per_window=np.array(out.counts, dtype=np.int64),
    )
