"""The funding windows of a history, in nanoseconds.

A window runs from one stamp to the next; a step at a stamp ends its window, and the first instant
of a schedule begins one. Where an interval changes in mid-window, the new span's first stamp ends
the running window early or late (Binance LPTUSDT, 2023-08-13: 8-hourly became 4-hourly at 10:30 and
the window that began at 08:00 ended at 12:00).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from obverse.contracts.instants import iso
from obverse.errors import RuleError
from obverse.marks.schedule import Schedule, from_ns, to_ns

HOUR_NS = 3_600_000_000_000
_TWO_DAYS_NS = 48 * HOUR_NS

Times = NDArray[np.int64]


def window_edges(times_ns: Times, schedule: Schedule) -> Times:
    """Edges of the windows that steps fall in: the first one's start, then the stamps.

    The last edge is at or after the last step; no steps have no edges. A step before the schedule
    begins, or after its last stamp, raises `RuleError`.
    """
    if not len(times_ns):
        return np.empty(0, dtype=np.int64)
    first, last = int(times_ns[0]), int(times_ns[-1])
    begins = to_ns(schedule.spans[0].begins)
    if first < begins:
        raise RuleError(f"No funding is scheduled at {iso(from_ns(first))}.")
    stamps = stamps_ns(schedule, max(begins, first - _TWO_DAYS_NS), last + _TWO_DAYS_NS)
    low = int(np.searchsorted(stamps, max(first, begins + 1)))
    high = int(np.searchsorted(stamps, last))
    if high == len(stamps):
        raise RuleError(f"No funding is scheduled at or after {iso(from_ns(last))}.")
    high = max(low, high)
    start = stamps[low - 1] if low else begins
    return np.concatenate([[start], stamps[low : high + 1]]).astype(np.int64)


def stamps_ns(schedule: Schedule, start_ns: int, end_ns: int) -> Times:
    """Stamps after `start_ns`, up to and with `end_ns`: `Schedule.stamps` as an array."""
    ends = [to_ns(span.begins) for span in schedule.spans[1:]]
    final = end_ns + 1 if schedule.until is None else min(end_ns + 1, to_ns(schedule.until))
    parts = [np.empty(0, dtype=np.int64)]
    for span, until in zip(schedule.spans, [*ends, final], strict=True):
        step, anchor = span.interval_hours * HOUR_NS, span.anchor_hour * HOUR_NS
        low = max(to_ns(span.begins), start_ns + 1)
        first = low + (anchor - low) % step
        parts.append(np.arange(first, min(until, final), step, dtype=np.int64))
    return np.concatenate(parts)
