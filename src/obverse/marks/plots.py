"""Charts of marks at an instant, and of a run of funding: what accrued apart from what was paid."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from obverse.charts import (
    ACCENT,
    GRID,
    SECOND,
    add_tips,
    legend_above,
    new_axes,
    new_panels,
    style_axes,
)
from obverse.contracts.instants import days_between
from obverse.marks.funding_windows import (
    RATE_UNITS,
    UNIT_HOURS,
    FundingWindow,
    Steps,
    steps,
)
from obverse.marks.readings import Reading
from obverse.marks.runs import FundingRun
from obverse.marks.schedule import from_ns, to_ns

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_TIPS = 60
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
    known = max(from_ns(run.known_ns), start) if start else from_ns(run.known_ns)
    places, times = _chosen(seen, known, until)
    upper, lower = new_panels(
        f"{run.symbol} funding at {run.venue}{_label(run)}",
        "UTC",
        ("accruing, % per 8 h", "paid, % of value"),
    )
    upper.axhline(0, color=GRID, linewidth=1)
    upper.plot(times, 100 * seen.accruing_8h[places], color=ACCENT, linewidth=1.2)
    _yearly_scale(upper)
    lower.axhline(0, color=GRID, linewidth=1)
    paid = [(one.stamp, 100 * one.paid) for one in found if one.paid is not None]
    if paid:
        stamps, rates = [stamp for stamp, _ in paid], [rate for _, rate in paid]
        lower.vlines(stamps, 0, rates, color=SECOND, linewidth=1.4)
        if len(paid) <= _MOST_TIPS:
            tips = [f"paid {stamp:%Y-%m-%d %H:%M}: {rate:+.5f} %" for stamp, rate in paid]
            add_tips(lower, stamps, rates, tips, SECOND)
    return upper, lower


def _yearly_scale(axes: Any) -> None:
    """Say the accruing rate per year too, on the right."""
    by = RATE_UNITS["1y"] / UNIT_HOURS
    yearly = axes.secondary_yaxis("right", functions=(lambda rate: rate * by, lambda y: y / by))
    style_axes(yearly, "", "% a year")
    yearly.grid(visible=False)


def plot_readings(found: Sequence[Reading], title: str) -> Axes:
    """Draw how far the rebuilt and the quoted marks stand from the index, by days to delivery."""
    axes = new_axes(title, "days to delivery (perpetual at 0)", "mark less index, USD")
    axes.axhline(0, color=GRID, linewidth=1)
    rebuilt = [
        (_days(one), one.fair_basis_usd, one.symbol)
        for one in found
        if one.fair_basis_usd is not None
    ]
    days, basis = [each[0] for each in rebuilt], [each[1] for each in rebuilt]
    axes.plot(days, basis, color=ACCENT, linewidth=1.4, label="by the venue's rule")
    add_tips(axes, days, basis, [f"{name}: {usd:+,.2f} USD" for _, usd, name in rebuilt])
    quoted = [float(one.quoted_usd - one.index_usd) for one in found]
    place = [_days(one) for one in found]
    axes.plot(place, quoted, "x", color=SECOND, markersize=7, label="quoted")
    axes.yaxis.set_major_formatter("{x:,.0f}")
    legend_above(axes)
    return axes


def _days(reading: Reading) -> float:
    return 0.0 if reading.expiry is None else days_between(reading.at, reading.expiry)


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
