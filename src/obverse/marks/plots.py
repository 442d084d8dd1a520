"""Charts of a run of funding: mark, index and premium; what accrued and, apart, what was paid."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from obverse.charts import ACCENT, GRID, SECOND, add_tips, legend_above, new_panels
from obverse.marks.funding_windows import FundingWindow, Steps, steps
from obverse.marks.runs import FundingRun
from obverse.marks.schedule import from_ns, to_ns

_MOST_TIPS = 200
"""With more stamps than this, those paid are a line without marked points."""


def plot_marks(
    run: FundingRun, start: datetime | None = None, until: datetime | None = None
) -> tuple[Any, ...]:
    """Draw mark and index, and under them the premium, over a range."""
    seen = steps(run)
    places, times = _chosen(seen, start, until)
    upper, lower = new_panels(
        f"{run.symbol} mark and index at {run.venue}{_label(run)}", "UTC", ("USD", "premium, %")
    )
    upper.plot(times, seen.mark_usd[places], color=ACCENT, linewidth=1.6, label="mark by rule")
    upper.plot(times, seen.index_usd[places], color=SECOND, linewidth=1.1, label="index")
    upper.yaxis.set_major_formatter("{x:,.0f}")
    legend_above(upper)
    sampled = places & seen.sampled
    at = [from_ns(time) for time in seen.times_ns[sampled].tolist()]
    lower.axhline(0, color=GRID, linewidth=1)
    lower.plot(at, 100 * seen.premium[sampled], color=ACCENT, linewidth=1.2)
    return upper, lower


def plot_funding(
    run: FundingRun,
    found: Sequence[FundingWindow],
    start: datetime | None = None,
    until: datetime | None = None,
) -> tuple[Any, ...]:
    """Draw the accruing rate, and in axes of its own what was paid at each stamp."""
    seen = steps(run)
    places, times = _chosen(seen, start, until)
    upper, lower = new_panels(
        f"{run.symbol} funding at {run.venue}{_label(run)}",
        "UTC",
        ("accruing, % per 8 h", "paid, % of value"),
    )
    upper.axhline(0, color=GRID, linewidth=1)
    upper.plot(times, 100 * seen.accruing_8h[places], color=ACCENT, linewidth=1.2)
    lower.axhline(0, color=GRID, linewidth=1)
    paid = [(one.stamp, 100 * one.paid) for one in found if one.paid is not None]
    if paid:
        stamps, rates = [stamp for stamp, _ in paid], [rate for _, rate in paid]
        lower.vlines(stamps, 0, rates, color=SECOND, linewidth=1.4)
        if len(paid) <= _MOST_TIPS:
            tips = [f"paid {stamp:%Y-%m-%d %H:%M}: {rate:+.5f} %" for stamp, rate in paid]
            add_tips(lower, stamps, rates, tips, SECOND)
    return upper, lower


def _label(run: FundingRun) -> str:
    return " (simulated)" if run.simulated else ""


def _chosen(
    seen: Steps, start: datetime | None, until: datetime | None
) -> tuple[NDArray[np.bool_], list[datetime]]:
    """Which samples lie in a range, and their instants."""
    places = np.ones(len(seen.times_ns), dtype=np.bool_)
    if start is not None:
        places &= seen.times_ns >= to_ns(start)
    if until is not None:
        places &= seen.times_ns <= to_ns(until)
    return places, [from_ns(time) for time in seen.times_ns[places].tolist()]
