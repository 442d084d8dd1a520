"""Charts of price discovery."""

from __future__ import annotations

from typing import TYPE_CHECKING

from obverse.charts import ACCENT, GRID, SECOND, add_tips, legend_above, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from obverse.analysis.price_discovery.lead_lag import LeadLag
    from obverse.analysis.price_discovery.shares import PriceDiscovery


def plot_lead_lag(found: LeadLag, axes: Axes | None = None) -> Axes:
    """Draw the correlation at each lag, with the lead marked."""
    first, second = found.names
    axes = axes or new_axes(
        f"Lead-lag of {first} and {second}",
        f"lag in ms (right: {first} leads)",
        "correlation (Hayashi-Yoshida)",
    )
    axes.axhline(0, color=GRID, linewidth=1)
    axes.axvline(0, color=GRID, linewidth=1)
    axes.plot(found.lags_ms, found.correlations, color=ACCENT, linewidth=1.4)
    told = f"{found.lead_ms:+g} ms: {found.correlation:+.4f}"
    add_tips(axes, [found.lead_ms], [found.correlation], [told], SECOND)
    axes.annotate(
        told,
        (found.lead_ms, found.correlation),
        xytext=(8, -3),
        textcoords="offset points",
        fontsize=9,
        color=SECOND,
    )
    return axes


def plot_shares(found: PriceDiscovery, axes: Axes | None = None) -> Axes:
    """Draw a row a market: bounds of the information share, and the component share."""
    axes = axes or new_axes("Price discovery", "share, %", "", size=(8.0, 2.6))
    rows = range(len(found.shares))
    for row, share in zip(rows, found.shares, strict=True):
        axes.plot(
            [100 * share.low, 100 * share.high],
            [row, row],
            color=ACCENT,
            linewidth=9,
            solid_capstyle="butt",
            label="information share, bounds" if row == 0 else None,
        )
        reach = 0.0 if share.component_interval is None else share.component_interval[1]
        reach = max(reach - share.component, 0.0)
        axes.errorbar(
            [100 * share.component],
            [row],
            xerr=[100 * reach],
            color=SECOND,
            marker="o",
            capsize=3,
            label="component share, 95 %" if row == 0 else None,
        )
    axes.set_yticks(list(rows), [share.name for share in found.shares])
    axes.set_ylim(-0.6, len(found.shares) - 0.4)
    legend_above(axes)
    return axes
