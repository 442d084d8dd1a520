"""When funding is exchanged: stamps at a regular interval, whose length may change on a date.

A schedule is a list of spans, each with its own interval and anchor; a window runs from one stamp
to the next, and a span that begins in mid-window cuts it: the new span's first stamp ends it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from obverse.contracts.instants import iso
from obverse.errors import DataError, MarketDataError, RuleError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR_NS = 3_600_000_000_000


@dataclass(frozen=True)
class Span:
    """Stamps every `interval_hours`, one of them at `anchor_hour` UTC, from an instant on."""

    begins: datetime
    interval_hours: int
    anchor_hour: int = 0

    def __post_init__(self) -> None:
        """Refuse intervals that do not divide a day."""
        if self.interval_hours < 1 or 24 % self.interval_hours:
            raise DataError(f"funding interval: {self.interval_hours} h does not divide a day.")
        if not 0 <= self.anchor_hour < 24:
            raise DataError(f"funding anchor: {self.anchor_hour} is not an hour of the day.")

    def at_or_after(self, moment: datetime) -> datetime:
        """Return the first stamp at or after an instant."""
        step = timedelta(hours=self.interval_hours)
        anchor = _EPOCH + timedelta(hours=self.anchor_hour)
        return anchor + -((anchor - moment) // step) * step


@dataclass(frozen=True)
class Schedule:
    """Funding stamps of one contract over time."""

    spans: tuple[Span, ...]
    until: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse spans out of order."""
        starts = [span.begins for span in self.spans]
        if not starts or any(a >= b for a, b in pairwise(starts)):
            raise DataError("funding schedule: give spans in order of their start, at least one.")

    def stamps(self, start: datetime, end: datetime) -> list[datetime]:
        """Return the stamps after `start`, up to and with `end`."""
        return list(self._stamps(start, end))

    def _stamps(self, start: datetime, end: datetime) -> Iterator[datetime]:
        for place, span in enumerate(self.spans):
            last = self.spans[place + 1].begins if place + 1 < len(self.spans) else self.until
            moment = span.at_or_after(max(span.begins, start))
            if moment == start:
                moment += timedelta(hours=span.interval_hours)
            while moment <= end and (last is None or moment < last):
                yield moment
                moment += timedelta(hours=span.interval_hours)

    def window(self, at: datetime) -> tuple[datetime, datetime]:
        """Return the running window at an instant: its last stamp (or start) and its next."""
        day = timedelta(days=2)
        ahead = self.stamps(at, at + day)
        if at < self.spans[0].begins or not ahead:
            raise RuleError(f"No funding is scheduled at {iso(at)}.")
        behind = self.stamps(at - day, at)
        return (behind[-1] if behind else self.spans[0].begins), ahead[0]

    def hours_to_funding(self, at: datetime) -> float:
        """Return the hours from an instant to the next stamp."""
        return (self.window(at)[1] - at).total_seconds() / 3600


def window_ids(times_ns: NDArray[np.int64], stamps: Sequence[datetime]) -> NDArray[np.int64]:
    """Number the windows that sample times belong to; a sample at a stamp ends its window.

    Times are UTC nanoseconds, increasing; duplicates and late samples are refused.
    """
    times = np.asarray(times_ns, dtype=np.int64)
    if len(times) > 1 and not (np.diff(times) > 0).all():
        place = int(np.argmin(np.diff(times))) + 1
        raise MarketDataError(f"samples: step {place} is late or there twice.")
    edges = np.array([to_ns(stamp) for stamp in stamps], dtype=np.int64)
    return np.searchsorted(edges, times, side="left").astype(np.int64)


def to_ns(moment: datetime) -> int:
    """UTC nanoseconds of an instant, exactly."""
    gap = moment - _EPOCH
    return (gap.days * 86_400 + gap.seconds) * 1_000_000_000 + gap.microseconds * 1_000


def from_ns(nanoseconds: int) -> datetime:
    """Instant of UTC nanoseconds, to the microsecond."""
    return _EPOCH + timedelta(microseconds=nanoseconds // 1_000)


def hours_to_stamps(times_ns: NDArray[np.int64], stamps: Sequence[datetime]) -> NDArray[np.float64]:
    """Hours from each time to its window's stamp; every time needs a stamp at or after it."""
    edges = np.array([to_ns(stamp) for stamp in stamps], dtype=np.int64)
    places = np.searchsorted(edges, np.asarray(times_ns), side="left")
    if len(places) and places.max() >= len(edges):
        raise MarketDataError("samples: the last ones have no funding stamp after them.")
    found: NDArray[np.float64] = (edges[places] - np.asarray(times_ns)) / _HOUR_NS
    return found
