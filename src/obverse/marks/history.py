"""A perpetual's marks and funding over a history, in one pass: what was accruing, what was paid.

Samples are regular or not, one a step: index, bid and ask (impact prices where the venue uses
them), last price. A step without a book (one side or none) keeps the last basis and adds no premium
sample; a missing step is simply not there. Both are counted. Times must increase; a late or
repeated one is refused. Nothing looks ahead: cutting the history never changes what came before.

The loop is compiled (`_kernels.py`); `_reference.py` says the same with the formulas of `mark.py`
and `funding.py`, step by step.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from obverse.errors import MarketDataError, RuleError
from obverse.marks.schedule import Schedule, from_ns, hours_to_stamps, to_ns, window_ids
from obverse.marks.values import FloatArray, prices
from obverse.rulebooks.records import FundingRule, MarkRule

MARK_POLICIES = {"funding_decay": 0, "basis_average": 1, "median_of_three": 2}
AVERAGES = {None: 0, "exponential": 1, "moving": 2}
PREMIUMS = {"impact_with_basis": 0, "impact": 1, "mark": 2, "mid": 3}
RATE_RULES = {"clamp": 0, "dampener": 1, "divide": 2, "plain": 3}
WEIGHTS = {"flat": 0, "linear": 1, "rolling": 2}


@dataclass(frozen=True)
class PerpetualSamples:
    """What was seen of a perpetual, one row a step; all arrays have the same length.

    `bid_usd`, `ask_usd` and `last_usd` may hold NaN where there was none; nothing else may.
    """

    times_ns: NDArray[np.int64]
    index_usd: FloatArray
    bid_usd: FloatArray
    ask_usd: FloatArray
    last_usd: FloatArray


@dataclass(frozen=True)
class PerpetualHistory:
    """Marks and funding of a perpetual.

    Attributes
    ----------
    mark_usd, premium : a step; the premium is 0 where there was no book to sample
    accruing_rate : rate of the running window as far as it has been sampled
    rate_in_force : rate that the running window's mark decays by and, with a lag, pays at its end
    stamps_ns, paid_rate : funding instants inside the history, and what was exchanged at each
    samples_per_window : premium samples that each of those rates was made of
    steps_without_book : how many steps had no two-sided book
    """

    times_ns: NDArray[np.int64]
    mark_usd: FloatArray
    premium: FloatArray
    accruing_rate: FloatArray
    rate_in_force: FloatArray
    stamps_ns: NDArray[np.int64]
    paid_rate: FloatArray
    samples_per_window: NDArray[np.int64]
    steps_without_book: int


@dataclass(frozen=True)
class Start:
    """What was known before the first step: the rate in force, and the one before it."""

    rate_in_force: float = 0.0


def perpetual_history(
    samples: PerpetualSamples,
    mark: MarkRule,
    funding: FundingRule,
    schedule: Schedule,
    start: Start | None = None,
) -> PerpetualHistory:
    """Run a venue's mark and funding rules over a history.

    Parameters
    ----------
    samples : what was seen, in increasing time
    mark, funding : the venue's rules; one rule of each for the whole history
    schedule : funding stamps, with any change of interval
    start : what was known before; nothing means a rate of zero
    """
    from obverse.marks._kernels import perpetual_kernel

    terms = terms_of(mark, funding)
    checked = check(samples)
    hours, ids, edges = _windows(checked.times_ns, schedule)
    rate = (start or Start()).rate_in_force
    arrays = perpetual_kernel(
        checked.times_ns, checked.index_usd, checked.bid_usd, checked.ask_usd, checked.last_usd,
        hours, ids, rate, *terms,
    )  # fmt: skip
    marks, premiums, accruing, in_force, paid, counts, missing = arrays
    closed = int(ids[-1]) if len(ids) else 0
    return PerpetualHistory(
        times_ns=checked.times_ns,
        mark_usd=marks,
        premium=premiums,
        accruing_rate=accruing,
        rate_in_force=in_force,
        stamps_ns=edges[:closed],
        paid_rate=paid[:closed],
        samples_per_window=counts[:closed],
        steps_without_book=int(missing),
    )


Terms = tuple[int, int, float, float, int, int, int, int, float, float, float, float, int, float]


def terms_of(mark: MarkRule, funding: FundingRule) -> Terms:
    """The two rules as the numbers that the loop takes; a rule it cannot run raises `RuleError`."""
    if mark.policy not in MARK_POLICIES:
        raise RuleError(f"mark policy {mark.policy!r} is not a perpetual's.")
    average = AVERAGES[mark.average]
    step = float(mark.sample_seconds or 1)
    length = max(1, round(float(mark.average_seconds or 0) / step)) if average == 2 else 0
    return (
        MARK_POLICIES[mark.policy],
        average,
        float(mark.average_seconds or 0),
        float(mark.bound_rate or 0),
        length,
        PREMIUMS[funding.premium],
        RATE_RULES[funding.rule],
        WEIGHTS[funding.weights],
        float(funding.interest_rate),
        float(funding.dampener or 0),
        float(funding.coefficient or 1),
        float(funding.cap if funding.cap is not None else Decimal(1_000)),
        1 if funding.lag == "next_window" else 0,
        float(funding.interval_hours),
    )


def check(samples: PerpetualSamples) -> PerpetualSamples:
    """Take samples at the door: lengths, times, prices; a crossed book is refused."""
    times = np.ascontiguousarray(samples.times_ns, dtype=np.int64)
    lengths = {len(times), *(len(getattr(samples, name)) for name in _PRICES)}
    if len(lengths) != 1:
        raise MarketDataError(f"samples: arrays of different lengths {sorted(lengths)}.")
    index = prices(samples.index_usd, "index")
    sides = [_side(getattr(samples, name), name) for name in _PRICES[1:]]
    crossed = sides[0] > sides[1]
    if crossed.any():
        raise MarketDataError(f"samples: step {int(np.argmax(crossed))} has a crossed book.")
    return PerpetualSamples(times, index, *sides)


_PRICES = ("index_usd", "bid_usd", "ask_usd", "last_usd")


def _side(values: FloatArray, what: str) -> FloatArray:
    found = np.ascontiguousarray(values, dtype=np.float64)
    wrong = np.isinf(found) | (found <= 0)
    if wrong.any():
        raise MarketDataError(f"{what}: step {int(np.argmax(wrong))} is not a price.")
    return found


def _windows(
    times_ns: NDArray[np.int64], schedule: Schedule
) -> tuple[FloatArray, NDArray[np.int64], NDArray[np.int64]]:
    """Hours to funding and window of each step, and the stamps that end the windows."""
    if not len(times_ns):
        empty = np.empty(0, dtype=np.int64)
        return np.empty(0), empty, empty
    first, last = from_ns(int(times_ns[0])), from_ns(int(times_ns[-1]))
    stamps = schedule.stamps(first - timedelta(microseconds=1), last + timedelta(days=2))
    edges = np.array([to_ns(stamp) for stamp in stamps], dtype=np.int64)
    return hours_to_stamps(times_ns, stamps), window_ids(times_ns, stamps), edges
