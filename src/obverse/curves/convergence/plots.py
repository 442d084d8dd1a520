"""Charts of convergence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from obverse.charts import ACCENT, GRID, SECOND, add_tips, legend_above, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from obverse.curves.convergence.near_expiry import NearExpiry
    from obverse.curves.convergence.observed import Convergence
    from obverse.curves.convergence.settlements import Settlements
    from obverse.curves.convergence.speed import ConvergenceSpeed

DAY = 24.0
TICK_HOURS = (1, 3, 6, 12, DAY, 3 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 90 * DAY, 180 * DAY)


def plot_convergence(found: Convergence, axes: Axes | None = None) -> Axes:
    """Draw median and quartiles of the basis by time to expiry, expiry at the right."""
    title = f"{found.underlying} basis to expiry at {found.venue}"
    axes = axes or new_axes(title, "time to expiry", "basis, bp of the index")
    filled = [each for each in found.buckets if each.count]
    middle = [_middle(each.low_hours, each.high_hours) for each in filled]
    lower = [each.lower_bp or 0.0 for each in filled]
    medians = [each.median_bp or 0.0 for each in filled]
    upper = [each.upper_bp or 0.0 for each in filled]
    axes.axhline(0, color=GRID, linewidth=1)
    axes.fill_between(middle, lower, upper, color=ACCENT, alpha=0.2, linewidth=0, label="quartiles")
    axes.plot(middle, medians, color=ACCENT, linewidth=1.6, label="median")
    tips = [
        f"{each.name}: {each.median_bp:+.2f} bp, {each.count:,} observations" for each in filled
    ]
    add_tips(axes, middle, medians, tips)
    _time_left(axes, middle)
    legend_above(axes)
    return axes


def plot_speed(found: ConvergenceSpeed, axes: Axes | None = None) -> Axes:
    """Draw the size of every basis in the range, and the fitted one, both in logs."""
    title = f"{found.underlying} speed of convergence at {found.venue}: {found.model} model"
    axes = axes or new_axes(title, "time to expiry", "size of the basis, bp of the index")
    seen = found.observed
    own = (seen.hours >= found.min_hours) & (seen.hours <= found.max_hours) & (seen.basis_bp != 0)
    sizes = np.abs(seen.basis_bp[own])
    axes.plot(
        seen.hours[own], sizes, ".", color=SECOND, markersize=2, alpha=0.35, label="observed",
        rasterized=True,
    )  # fmt: skip
    low = max(found.min_hours, float(seen.hours[own].min()))
    high = min(found.max_hours, float(seen.hours[own].max()))
    hours = np.geomspace(low, high, 60)
    axes.plot(hours, [found.expected_bp(each) for each in hours], color=ACCENT, label="fitted")
    axes.set_yscale("log")
    bottom = float(np.percentile(sizes, 1))
    axes.set_ylim(bottom, float(sizes.max()) * 1.5)
    axes.yaxis.set_major_formatter("{x:g}")
    _time_left(axes, [low, high])
    legend_above(axes)
    return axes


def plot_near_expiry(found: NearExpiry, axes: Axes | None = None) -> Axes:
    """Draw the gaps of near forwards to the index and to the settlement window's value."""
    title = f"{found.underlying} near expiry at {found.venue}"
    axes = axes or new_axes(title, "minutes to expiry", "forward less value, bp of the index")
    axes.axhline(0, color=GRID, linewidth=1)
    left = [each.minutes_left for each in found.forwards]
    gaps = [each.index_gap_bp for each in found.forwards]
    tips = [f"{each.symbol}: {each.index_gap_bp:+.2f} bp to the index" for each in found.forwards]
    axes.plot([], [], "o", color=SECOND, markersize=5, label="to the index")
    add_tips(axes, left, gaps, tips, SECOND)
    valued = [each for each in found.forwards if each.window_gap_bp is not None]
    differ = [each for each in valued if each.settled_share > 0]
    if differ:
        left = [each.minutes_left for each in differ]
        gaps = [each.window_gap_bp or 0.0 for each in differ]
        tips = [f"{each.symbol}: {each.window_gap_bp:+.2f} bp to the window" for each in differ]
        axes.plot([], [], "o", color=ACCENT, markersize=5, label="to the window's value")
        add_tips(axes, left, gaps, tips)
    axes.invert_xaxis()
    legend_above(axes)
    return axes


def plot_settlements(found: Settlements, axes: Axes | None = None) -> Axes:
    """Draw what each settlement was off the perpetual's mean over its window, and off its end."""
    title = f"{found.underlying} settlements at {found.venue}"
    axes = axes or new_axes(title, "expiry", f"settlement less {found.perpetual}, bp")
    axes.axhline(0, color=GRID, linewidth=1)
    names = [each.symbol for each in found.settled]
    places = np.arange(len(names), dtype=np.float64)
    for shift, color, label, gaps in (
        (-0.12, SECOND, "to its end", [e.last_gap_bp for e in found.settled]),
        (+0.12, ACCENT, "to its mean", [e.mean_gap_bp for e in found.settled]),
    ):
        xs = (places + shift).tolist()
        axes.plot([], [], "o", color=color, markersize=5, label=label)
        axes.vlines(xs, 0, gaps, color=color, linewidth=1, alpha=0.6)
        tips = [f"{name}: {gap:+.1f} bp {label}" for name, gap in zip(names, gaps, strict=True)]
        add_tips(axes, xs, gaps, tips, color)
    axes.set_xticks(places, names, rotation=45, ha="right")
    legend_above(axes)
    return axes


def _middle(low: float, high: float) -> float:
    return (low * high) ** 0.5 if low > 0 else high / 2


def _time_left(axes: Axes, hours: list[float]) -> None:
    axes.set_xscale("log")
    low, high = min(hours), max(hours)
    shown = [each for each in TICK_HOURS if low * 0.8 <= each <= high * 1.25]
    if shown:
        names = [f"{each:g} h" if each < DAY else f"{each / DAY:g} d" for each in shown]
        axes.set_xticks(shown, names)
        axes.minorticks_off()
    axes.invert_xaxis()
