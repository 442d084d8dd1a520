"""Charts of an index and of an outage of its sources: at one instant, and over a range."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from obverse.charts import ACCENT, GRID, SECOND, add_tips, legend_above, new_axes, new_panels
from obverse.marks.composition import Composition
from obverse.marks.composition_history import CompositionHistory

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_composition(whole: Composition, title: str) -> Axes:
    """Draw how far each source's price stands from the median, the used ones apart."""
    axes = new_axes(title, "distance to the median, bp", "", size=(8.0, 2.8))
    axes.axvline(0, color=GRID, linewidth=1)
    parts, middle = whole.value.contributions, whole.value.median_usd
    axes.set_yticks(range(len(parts)), [part.name for part in parts])
    axes.set_ylim(len(parts) - 0.5, -0.5)
    for place, part in enumerate(parts):
        if part.price is None or part.price <= 0 or middle is None:
            continue
        gap = (part.price / middle - 1) * 10_000
        used = part.used_price is not None
        axes.plot([0, gap], [place, place], color=ACCENT if used else SECOND, linewidth=1.4)
        tip = f"{part.name}: {part.price:,.2f} USD, {gap:+.2f} bp, share {part.share:.1%}"
        add_tips(axes, [gap], [place], [tip], ACCENT if used else SECOND)
    return axes


def plot_outage(made: CompositionHistory) -> tuple[Any, ...]:
    """Draw the index with and without sources, and under it the change; no index leaves a gap."""
    label = " (simulated)" if made.simulated else ""
    away = ", ".join(made.away)
    upper, lower = new_panels(
        f"{made.underlying} index without {away}{label}" if away else f"{made.underlying}{label}",
        "UTC",
        ("index, USD", "change, bp"),
    )
    times = made.times
    upper.plot(times, made.before_usd.filled(np.nan), color=ACCENT, linewidth=1.6, label="index")
    after = made.after_usd.filled(np.nan)
    upper.plot(times, after, color=SECOND, linewidth=1.1, linestyle="--", label="in the outage")
    upper.yaxis.set_major_formatter("{x:,.0f}")
    legend_above(upper)
    lower.axhline(0, color=GRID, linewidth=1)
    lower.plot(times, made.change_bp.filled(np.nan), color=SECOND, linewidth=1.2)
    gone = np.ma.getmaskarray(made.after_usd) | np.ma.getmaskarray(made.before_usd)
    if gone.any():
        at = [time for time, away in zip(times, gone.tolist(), strict=True) if away]
        lower.plot(at, [0] * len(at), "x", color=ACCENT, markersize=6, label="no index")
        legend_above(lower)
    return upper, lower
