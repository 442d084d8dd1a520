"""Charts of the curve through time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from obverse.charts import ACCENT, GRID, SECOND, TEXT, add_tips, legend_above, new_axes, new_panels
from obverse.contracts.instants import DAYS_PER_YEAR

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from obverse.curves.constant_maturity import ConstantMaturity
    from obverse.curves.factors import CurveFactors
    from obverse.curves.interpolation import RateCurve
    from obverse.curves.joined import JoinedCurves
    from obverse.curves.regimes import Regimes

YEARLY = "% a year, continuous, act/365"
_COLOURS = (ACCENT, SECOND, "#3a9d6e", "#b0508e", "#7a6ad0", TEXT)
_STYLES = ("-", "-", "-", "-", "-", "--")
_SHAPE_COLOURS = {"contango": ACCENT, "backwardation": SECOND, "mixed": GRID}


def plot_rate_curve(found: RateCurve, axes: Axes | None = None) -> Axes:
    """Draw rates and forward rates against days, with the nodes marked."""
    title = f"{found.label or 'Rates'}: {found.method.value}"
    axes = axes or new_axes(title, "days to delivery", YEARLY)
    at = np.linspace(found.years[0] / 50, found.years[-1], 400)
    days = at * DAYS_PER_YEAR
    axes.axhline(0, color=GRID, linewidth=1)
    axes.plot(days, 100 * found.forward(at), color=SECOND, linewidth=1.2, label="forward rate")
    axes.plot(days, 100 * found.rate(at), color=ACCENT, linewidth=1.6, label="basis")
    nodes, rates = (found.years * DAYS_PER_YEAR).tolist(), (100 * found.rates).tolist()
    tips = [f"{day:.1f} days: {rate:+.2f} %/y" for day, rate in zip(nodes, rates, strict=True)]
    add_tips(axes, nodes, rates, tips)
    legend_above(axes)
    return axes


def plot_constant_maturity(found: ConstantMaturity, axes: Axes | None = None) -> Axes:
    """Draw the basis of each tenor through time; missing values leave a gap."""
    title = f"{found.underlying} constant-maturity basis at {found.venue}"
    axes = axes or new_panels(title, "", (YEARLY,))[0]
    axes.axhline(0, color=GRID, linewidth=1)
    at = found.instants_ns.astype("datetime64[ns]")
    for place, days in enumerate(found.days):
        colour = _COLOURS[place % len(_COLOURS)]
        axes.plot(
            at, 100 * found.rates[:, place], color=colour, linewidth=1.2, label=f"{days:g} days"
        )
    _settled_scale(axes, 100 * found.rates)
    _legend(axes)
    return axes


def plot_factors(found: CurveFactors, axes: Axes | None = None) -> Axes:
    """Draw the loadings of the leading components against days."""
    title = f"{found.underlying} components at {found.venue}"
    axes = axes or new_axes(title, "days ahead", "loading")
    axes.axhline(0, color=GRID, linewidth=1)
    for place, loadings in enumerate(found.loadings):
        colour = _COLOURS[place % len(_COLOURS)]
        label = f"component {place + 1}: {100 * found.explained[place]:.1f} %"
        axes.plot(found.days, loadings, color=colour, linewidth=1.6, label=label)
        tips = [
            f"{label}, {days:g} days: {value:+.3f}"
            for days, value in zip(found.days, loadings, strict=True)
        ]
        add_tips(axes, found.days, loadings.tolist(), tips, colour)
    axes.set_xticks(found.days, [f"{days:g}" for days in found.days])
    _legend(axes)
    return axes


def plot_regimes(found: Regimes, axes: Axes | None = None) -> Axes:
    """Draw each spell as a bar through time, a row a shape."""
    title = f"{found.underlying} curve at {found.venue}: contango and backwardation"
    axes = axes or new_panels(title, "", ("",), size=(8.0, 2.4))[0]
    rows = list(_SHAPE_COLOURS)
    for spell in found.spells:
        if spell.shape.value not in rows:
            continue
        start, end = np.datetime64(spell.start_ns, "ns"), np.datetime64(spell.end_ns, "ns")
        height = rows.index(spell.shape.value)
        colour = _SHAPE_COLOURS[spell.shape.value]
        axes.plot([start, end], [height, height], color=colour, linewidth=9, solid_capstyle="butt")
    shares = found.shares
    named = {shape.value: share for shape, share in shares.items()}
    labels = [f"{row}, {100 * named.get(row, 0.0):.1f} %" for row in rows]
    axes.set_yticks(range(len(rows)), labels)
    axes.set_ylim(-0.6, len(rows) - 0.4)
    return axes


def plot_joined(found: JoinedCurves, axes: Axes | None = None) -> Axes:
    """Draw the rate that the perpetual implies beside the first dated one of a week or more."""
    title = f"{found.underlying} short end at {found.venue}: funding beside dated futures"
    axes = axes or new_panels(title, "", (YEARLY,))[0]
    at = found.history.instants_ns.astype("datetime64[ns]")
    axes.axhline(0, color=GRID, linewidth=1)
    axes.plot(at, 100 * found.short_rates, color=SECOND, linewidth=1.0, label="perpetual")
    dated = 100 * found.dated_rates
    axes.plot(at, dated, color=ACCENT, linewidth=1.4, label=f"dated, {found.dated_days:g}+ days")
    _settled_scale(axes, 100 * np.column_stack([found.short_rates, found.dated_rates]))
    _legend(axes)
    return axes


def _settled_scale(axes: Any, values: NDArray[np.float64]) -> None:
    """Set the scale by all but the outermost half per cent of the values at either end."""
    known = values[np.isfinite(values)]
    if not len(known):
        return
    low, high = np.percentile(known, [0.5, 99.5])
    low, high = min(float(low), 0.0), max(float(high), 0.0)
    room = 0.15 * (high - low or 1.0)
    axes.set_ylim(low - room, high + room)
    if known.min() < low - room or known.max() > high + room:
        note = "outermost values lie off the scale"
        axes.text(0.99, 0.03, note, transform=axes.transAxes, ha="right", fontsize=8, color=TEXT)


def _legend(axes: Any) -> None:
    axes.legend(
        frameon=False, fontsize=8, labelcolor=TEXT, borderaxespad=0.2, loc="lower right",
        bbox_to_anchor=(1.0, 1.0), ncols=5, columnspacing=1.0, handlelength=1.2,
    )  # fmt: skip
