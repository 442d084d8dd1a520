"""The funding of the running window, predicted from the samples that it has so far.

Figures are of the rate that the running window is making, per `rate_hours`: it comes in force at
the window's stamp and, with a lag, is exchanged one window later. With continuous accrual they are
of what the window will have exchanged at its stamp, for the whole window, as `paid_rate`.

The range is what can come of it while every premium still to be sampled stays between the lowest
and the highest that the average has seen: rates never fall when premiums rise. It supposes samples
at the usual step of the history until the stamp; where some fail to come it holds as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from obverse.contracts.instants import iso
from obverse.errors import MarketDataError
from obverse.marks.history import PerpetualHistory
from obverse.marks.policies import capped_rate
from obverse.marks.schedule import from_ns
from obverse.marks.values import FloatArray
from obverse.marks.windows import HOUR_NS
from obverse.rulebooks.records import FundingRule


@dataclass(frozen=True)
class PredictedFunding:
    """What the running window comes to.

    Attributes
    ----------
    at, stamp : instant of the last step, and of the window's end
    samples, to_come : premiums that the average has, and those still to come until the stamp
    rate_so_far : rate of the samples so far; continuous: what was exchanged so far
    rate_if_last : rate at the stamp if the premium stays at its last value
    lowest_rate, highest_rate : rate at the stamp if it stays within what was seen
    lowest_premium, highest_premium, last_premium : what was seen; none without a sample
    """

    at: datetime
    stamp: datetime
    samples: int
    to_come: int
    rate_so_far: float
    rate_if_last: float
    lowest_rate: float
    highest_rate: float
    lowest_premium: float | None = None
    highest_premium: float | None = None
    last_premium: float | None = None

    def __str__(self) -> str:
        """One line: the rate so far, and what it can become."""
        return (
            f"{self.rate_so_far:.6%} so far; at {iso(self.stamp)} {self.rate_if_last:.6%} if the "
            f"premium stays, {self.lowest_rate:.6%} to {self.highest_rate:.6%} if within its range"
        )


def predicted_funding(
    history: PerpetualHistory, rule: FundingRule, *, step_seconds: float | None = None
) -> PredictedFunding:
    """Predict the rate of the window that the last step falls in.

    Parameters
    ----------
    history, rule : a history, and the funding rule that it was run by
    step_seconds : time between the samples to come; if not given, the history's median step, and
        the rule's `sample_seconds` for a history of one step

    A window without any sample is predicted to keep the rate that is accruing, and has no range. A
    last step at a stamp has nothing still to come: the figures are final.
    """
    if not len(history.times_ns):
        raise MarketDataError("predicted funding: a history without a step has no running window.")
    if step_seconds is not None and not step_seconds > 0:
        raise MarketDataError(f"predicted funding: a step of {step_seconds} s is none.")
    now, stamp, _ = _window(history)
    to_come = (stamp - now) // _step_ns(history, rule, step_seconds)
    if rule.accrual == "continuous":
        return _continuous(history, rule, to_come)
    begins = now - rule.interval_hours * HOUR_NS if rule.weights == "rolling" else None
    held = _premiums(history, begins)
    rate = float(history.accruing_rate[-1])
    if not len(held):
        return PredictedFunding(from_ns(now), from_ns(stamp), 0, to_come, rate, rate, rate, rate)
    low, high, last = float(held.min()), float(held.max()), float(held[-1])
    kept = held
    if rule.weights == "rolling":
        kept = _premiums(history, stamp - rule.interval_hours * HOUR_NS)

    def final(premium: float) -> float:
        if to_come == 0:
            return rate
        return float(capped_rate(rule, _average(rule, kept, premium, to_come)))

    rates = [final(low), final(last), final(high)]  # in this order, but for their last bits
    return PredictedFunding(
        from_ns(now), from_ns(stamp), len(held), to_come,
        rate, rates[1], min(rates), max(rates), low, high, last,
    )  # fmt: skip


def _continuous(history: PerpetualHistory, rule: FundingRule, to_come: int) -> PredictedFunding:
    """What is exchanged is a sum over time: so far, and at the rates that were seen."""
    now, stamp, begins = _window(history)
    held = _premiums(history, None)
    rates, times = history.accruing_rate, history.times_ns
    first = int(np.searchsorted(times, begins, side="left"))
    spans = np.diff(times[max(first - 1, 0) :]).astype(np.float64)
    if first > 0:
        spans[0] = times[first] - begins  # the rate of the step before the window reaches into it
    scale = rule.rate_hours * HOUR_NS
    so_far = float(np.sum(rates[max(first - 1, 0) : -1] * spans)) / scale
    rest = (stamp - now) / scale
    low = high = last = float(rates[-1])
    seen: tuple[float, ...] = ()
    if len(held):
        seen = (float(held.min()), float(held.max()), float(held[-1]))
        low, high = (
            pick(last, float(capped_rate(rule, premium)))
            for pick, premium in ((min, seen[0]), (max, seen[1]))
        )
    return PredictedFunding(
        from_ns(now), from_ns(stamp), len(held), to_come,
        so_far, so_far + last * rest, so_far + low * rest, so_far + high * rest, *seen,
    )  # fmt: skip


def _window(history: PerpetualHistory) -> tuple[int, int, int]:
    """Last step, and end and start of its window."""
    return int(history.times_ns[-1]), int(history.edges_ns[-1]), int(history.edges_ns[-2])


def _step_ns(history: PerpetualHistory, rule: FundingRule, step_seconds: float | None) -> int:
    """Nanoseconds between the samples to come."""
    if step_seconds is not None:
        return max(1, round(step_seconds * 1e9))
    if len(history.times_ns) > 1:
        return int(np.median(np.diff(history.times_ns)))
    return int(rule.sample_seconds * 1_000_000_000)


def _premiums(history: PerpetualHistory, after: int | None) -> FloatArray:
    """Premium samples after an instant; without one, those of the running window."""
    times: NDArray[np.int64] = history.times_ns
    if after is None:
        place = 0
        if len(history.edges_ns) > 2:
            place = int(np.searchsorted(times, history.edges_ns[-2], side="right"))
    else:
        place = int(np.searchsorted(times, after, side="right"))
    found: FloatArray = history.premium[place:][history.sampled[place:]]
    return found


def _average(rule: FundingRule, kept: FloatArray, premium: float, to_come: int) -> float:
    """Average at the stamp with `to_come` more samples of one premium."""
    count = len(kept)
    if rule.weights != "linear":
        return (float(kept.sum()) + premium * to_come) / (count + to_come)
    total = count + to_come
    weights = np.arange(1, count + 1)
    before = count * (count + 1) // 2
    all_weights = total * (total + 1) // 2
    return (float((weights * kept).sum()) + premium * (all_weights - before)) / all_weights
