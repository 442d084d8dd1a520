"""A curve's basis drawn over what it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from obverse.charts import ACCENT, GRID, SECOND, TEXT, add_tips, legend_above, new_axes
from obverse.curves.plots import SETTLED_DAYS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from obverse.curves.ghosts import ComparedCurve
    from obverse.curves.term_structure import Curve

_STYLES = ("--", "-.", ":")
Points = tuple[list[float], list[float], list[str]]


def plot_ghosts(found: ComparedCurve, axes: Axes | None = None) -> Axes:
    """Draw yearly basis against days to delivery, listed expiries only where there are any.

    Expiries of under five days do not set the scale: they divide noise by almost no time.
    """
    term = found.curve
    label = " (simulated)" if term.simulated else ""
    title = f"{term.underlying} annualised basis at {term.venue}{label}"
    unit = f"% a year, {found.convention}, act/365"
    axes = axes or new_axes(title, "days to delivery", unit)
    axes.axhline(0, color=GRID, linewidth=1)
    for place, ghost in enumerate(found.ghosts):
        days, rates, _ = _points(found, ghost.curve)
        style = _STYLES[place % len(_STYLES)]
        axes.plot(
            days, rates, color=SECOND, linewidth=1.2, linestyle=style, alpha=0.8,
            label=f"{ghost.label} before",
        )  # fmt: skip
    days, rates, tips = _points(found, term)
    axes.plot(days, rates, color=ACCENT, linewidth=1.8, label=f"{term.at:%Y-%m-%d %H:%M}")
    add_tips(axes, days, rates, tips)
    if not days:
        axes.text(0.5, 0.5, f"no expiry beyond {SETTLED_DAYS} days", transform=axes.transAxes,
                  ha="center", color=TEXT)  # fmt: skip
    legend_above(axes)
    return axes


def _points(found: ComparedCurve, term: Curve) -> Points:
    nodes = [node for node in term.nodes if node.listed] or list(term.nodes)
    days, rates, tips = [], [], []
    for node in nodes:
        rate = found.rate(term, node.years)
        if rate is None or node.days < SETTLED_DAYS:
            continue
        days.append(node.days)
        rates.append(100 * rate)
        tips.append(f"{node.symbol}: {100 * rate:+.2f} %/y")
    return days, rates, tips
