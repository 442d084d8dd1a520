"""A perpetual's marks and funding over a history, in one pass: what was accruing, what was paid.

Nothing looks ahead: cutting the history never changes what came before. Rates are per `rate_hours`
of the funding rule, above zero where longs pay; what a window exchanged (`paid_rate`) is a rate on
the position's value, for that window whatever its length. What was decided:

Samples
    Each step is a sample, at the venue's cadence or not; averages go by time. A missing step is not
    there, and nothing stands in for it: a window's average is of the steps that it has, the k-th of
    them weighted k where weights are linear. Late and repeated steps, and prices that are none, are
    refused (`samples.py`). No steps give empty arrays; one step is a history.
Basis
    A step without both sides of a book leaves no premium sample and keeps the last average basis,
    which is 0 before the first book. Exponential averages start at their first basis; moving ones
    are of the steps in the last `average_seconds`. Without a last price the basis is the mid's, and
    the third price of the median is the second.
Mark
    As computed: the venue's printed decimals (`policies.rounded_mark`) are not applied.
Discrete and fixed amounts
    The rate of a window is the one accruing at its last step; it comes in force at the stamp, and
    is exchanged at that stamp or, with a lag, at the next. Flat and linear weights start anew at
    each stamp; rolling ones are of the samples in the last `interval_hours`, whatever the stamps. A
    window without any sample keeps the rate in force. The first window is made of the steps that
    are there, and so is a window cut short by a change of interval, which exchanges rate · (its own
    hours) / `rate_hours`: Binance and Bybit divide by 8/N likewise. Caps bind before that.
Continuous
    The accruing rate is the rule's of the last premium, in force at once and held until the next
    step that has one; `weights` and `lag` do not matter. A window exchanges the sum of rate · time
    / `rate_hours`. Time before the first step counts for nothing.

The loop is compiled (`_perpetual_kernel.py`); `_reference.py` says the same with the formulas of
`mark.py` and `funding.py`, step by step.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from obverse.errors import MarketDataError
from obverse.marks.samples import PerpetualSamples, check
from obverse.marks.schedule import Schedule
from obverse.marks.terms import terms_of
from obverse.marks.values import FloatArray
from obverse.marks.windows import HOUR_NS, window_edges
from obverse.rulebooks.records import FundingRule, MarkRule


@dataclass(frozen=True)
class PerpetualHistory:
    """Marks and funding of a perpetual; no array holds a NaN.

    Attributes
    ----------
    times_ns, index_usd : of each step, as they were given
    mark_usd : mark of each step
    premium, sampled : premium of each step, and whether there was a book to take it from (else 0)
    accruing_rate : rate of the running window as far as it has been sampled, per `rate_hours`
    rate_in_force : rate that the running window's mark decays by and, with a lag, pays at its end
    edges_ns : start of the first window and the stamps that end the windows, the running one's too
    paid_rate : what each window that has ended exchanged, for the whole window
    samples_per_window : premium samples in each of those
    """

    times_ns: NDArray[np.int64]
    index_usd: FloatArray
    mark_usd: FloatArray
    premium: FloatArray
    sampled: NDArray[np.bool_]
    accruing_rate: FloatArray
    rate_in_force: FloatArray
    edges_ns: NDArray[np.int64]
    paid_rate: FloatArray
    samples_per_window: NDArray[np.int64]

    @property
    def stamps_ns(self) -> NDArray[np.int64]:
        """Funding instants inside the history, one for each `paid_rate`."""
        return self.edges_ns[1 : len(self.paid_rate) + 1]

    @property
    def window_hours(self) -> FloatArray:
        """Hours of the windows that have ended."""
        found: FloatArray = np.diff(self.edges_ns)[: len(self.paid_rate)] / HOUR_NS
        return found

    @property
    def steps_without_book(self) -> int:
        """How many steps had no two-sided book."""
        return int(len(self.sampled) - np.count_nonzero(self.sampled))


@dataclass(frozen=True)
class Start:
    """What was known before the first step: the rate in force."""

    rate_in_force: float = 0.0

    def __post_init__(self) -> None:
        """Refuse a rate that is none."""
        if not np.isfinite(self.rate_in_force):
            raise MarketDataError(f"start: {self.rate_in_force} is not a rate.")


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
    from obverse.marks._perpetual_kernel import perpetual_kernel

    terms = terms_of(mark, funding)
    seen = check(samples)
    edges = window_edges(seen.times_ns, schedule)
    found = _room_for(seen, edges)
    scratch = np.empty((3, len(seen.times_ns)))
    perpetual_kernel(
        seen.times_ns, seen.index_usd, seen.bid_usd, seen.ask_usd, seen.last_usd, edges,
        (start or Start()).rate_in_force, terms, found.mark_usd, found.premium, found.sampled,
        found.accruing_rate, found.rate_in_force, found.paid_rate, found.samples_per_window,
        scratch,
    )  # fmt: skip
    return found


def _room_for(seen: PerpetualSamples, edges: NDArray[np.int64]) -> PerpetualHistory:
    """A history with its arrays still to be filled."""
    steps, windows = len(seen.times_ns), max(len(edges) - 1, 0)
    if windows and seen.times_ns[-1] < edges[-1]:
        windows -= 1  # the last one is still running
    return PerpetualHistory(
        times_ns=seen.times_ns,
        index_usd=seen.index_usd,
        mark_usd=np.empty(steps),
        premium=np.empty(steps),
        sampled=np.empty(steps, dtype=np.bool_),
        accruing_rate=np.empty(steps),
        rate_in_force=np.empty(steps),
        edges_ns=edges,
        paid_rate=np.empty(windows),
        samples_per_window=np.empty(windows, dtype=np.int64),
    )


@dataclass(frozen=True)
class FixedAmounts:
    """What a contract of one dollar pays an hour, fixed in coin at the start of each window.

    Attributes
    ----------
    starts_ns, stamps_ns : the windows, from and to
    index_usd : the index at each start: the last one seen at or before it
    coin_per_contract_hour : coin that a contract pays in an hour of the window
    """

    starts_ns: NDArray[np.int64]
    stamps_ns: NDArray[np.int64]
    index_usd: FloatArray
    coin_per_contract_hour: FloatArray


def fixed_amounts(history: PerpetualHistory) -> FixedAmounts:
    """Relative rates as amounts of coin: each over the index when its window began (Kraken).

    A window that began before the first step has no index to go by and is left out. The exact
    formula for one window is `funding.absolute_rate`.
    """
    starts, stamps = history.edges_ns[: len(history.paid_rate)], history.stamps_ns
    place = np.searchsorted(history.times_ns, starts, side="right") - 1
    known = place >= 0
    index = history.index_usd[place[known]]
    hourly = history.paid_rate[known] / history.window_hours[known]
    return FixedAmounts(starts[known], stamps[known], index, hourly / index)
