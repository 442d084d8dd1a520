"""Charts of a curve: prices and yearly basis against days to delivery."""

from __future__ import annotations

from typing import TYPE_CHECKING

from obverse.charts import ACCENT, GRID, SECOND, TEXT, add_tips, legend_above, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from obverse.curves.term_structure import Curve

SETTLED_DAYS = 5
"""Yearly rates of nearer expiries do not set a chart's scale."""


def plot_prices(term: Curve, axes: Axes | None = None) -> Axes:
    """Draw marks against days to delivery, with the index as a level."""
    label = " (simulated)" if term.simulated else ""
    title = f"{term.underlying} futures curve at {term.venue}{label}"
    axes = axes or new_axes(title, "days to delivery", "USD")
    days = [0.0, *(node.days for node in term.nodes)]
    prices = [term.index_usd, *(node.mark_usd for node in term.nodes)]
    axes.axhline(term.index_usd, color=GRID, linewidth=1, linestyle="--")
    axes.plot(days, prices, color=ACCENT, linewidth=1.6)
    tips = [f"index {term.index_usd:,.2f} USD"]
    tips += [f"{node.symbol}: {node.mark_usd:,.2f} USD" for node in term.nodes]
    add_tips(axes, days, prices, tips)
    for node in term.perpetuals:
        add_tips(axes, [0.0], [node.mark_usd], [f"{node.symbol}: {node.mark_usd:,.2f} USD"], SECOND)
    axes.yaxis.set_major_formatter("{x:,.0f}")
    return axes


def plot_basis(term: Curve, axes: Axes | None = None) -> Axes:
    """Draw annualised basis (continuous, act/365) and forward rates against days to delivery.

    The scale is set by expiries of `SETTLED_DAYS` or more, where there are any: nearer ones divide
    a few dollars of noise by almost no time.
    """
    label = " (simulated)" if term.simulated else ""
    title = f"{term.underlying} annualised basis at {term.venue}{label}"
    axes = axes or new_axes(title, "days to delivery", "% a year, continuous, act/365")
    nodes = [node for node in term.nodes if node.continuous_rate is not None]
    days = [node.days for node in nodes]
    rates = [100 * (node.continuous_rate or 0.0) for node in nodes]
    axes.axhline(0, color=GRID, linewidth=1)
    axes.plot(days, rates, color=ACCENT, linewidth=1.6, label="basis to the expiry")
    tips = [f"{node.symbol}: {rate:+.2f} %/y" for node, rate in zip(nodes, rates, strict=True)]
    add_tips(axes, days, rates, tips)
    _forward_steps(axes, term)
    _settled_scale(axes, days, rates)
    legend_above(axes)
    return axes


def _settled_scale(axes: Axes, days: list[float], rates: list[float]) -> None:
    settled = [rate for day, rate in zip(days, rates, strict=True) if day >= SETTLED_DAYS]
    if not settled:
        return
    low, high = min(0.0, *settled), max(0.0, *settled)
    room = 0.35 * (high - low or 1.0)
    axes.set_ylim(low - room, high + room)
    if min(rates) < low - room or max(rates) > high + room:
        note = f"expiries under {SETTLED_DAYS} days lie off the scale"
        axes.text(0.99, 0.03, note, transform=axes.transAxes, ha="right", fontsize=8, color=TEXT)


def _forward_steps(axes: Axes, term: Curve) -> None:
    edges = [0.0, *(node.days for node in term.nodes)]
    rates = [node.forward_rate for node in term.nodes]
    steps = [
        (low, high, 100 * rate)
        for low, high, rate in zip(edges, edges[1:], rates, strict=False)
        if rate is not None
    ]
    for place, (low, high, rate) in enumerate(steps):
        label = "forward between expiries" if place == 0 else None
        axes.plot([low, high], [rate, rate], color=SECOND, linewidth=1.4, label=label)
