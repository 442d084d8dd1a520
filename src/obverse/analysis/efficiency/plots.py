"""Margins of instruments side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from obverse.charts import ACCENT, SECOND, legend_above, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from obverse.analysis.efficiency.capital import CapitalEfficiency


def plot_efficiency(found: CapitalEfficiency, axes: Axes | None = None) -> Axes:
    """Draw initial and maintenance margin in per cent of value, an instrument and size a bar."""
    rows = found.rows[::-1]
    height = max(2.5, 0.32 * len(rows) + 1.2)
    title = "Margin for a dollar of exposure"
    axes = axes or new_axes(title, "% of value at the mark", "", (8.0, height))
    names = [f"{row.symbol} {row.size_usd:,.0f}" for row in rows]
    places = range(len(rows))
    axes.barh(places, [100 * row.initial_rate for row in rows], color=ACCENT, label="initial")
    axes.barh(
        places, [100 * row.maintenance_rate for row in rows], height=0.4, color=SECOND,
        label="maintenance",
    )  # fmt: skip
    axes.set_yticks(list(places), names)
    legend_above(axes)
    return axes
