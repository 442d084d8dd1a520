"""Contracts between their no-arbitrage bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from obverse.charts import ACCENT, GRID, SECOND, add_tips, legend_above, new_axes
from obverse.contracts.instants import DAYS_PER_YEAR

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from obverse.analysis.arbitrage.bounds import Bound
    from obverse.analysis.arbitrage.screens import ArbitrageScreen


def plot_bounds(
    found: ArbitrageScreen, axes: Axes | None = None, underlying: str | None = None
) -> Axes:
    """Draw marks and bounds, of one coin or all, in per cent of fair value against days."""
    label = " (simulated)" if found.simulated else ""
    of = f"{underlying} contracts" if underlying else "Contracts"
    title = f"{of} between their no-arbitrage bounds{label}"
    own = {(leg.venue, leg.symbol) for leg in found.legs if underlying in (None, leg.underlying)}
    shown = [each for each in found.bounds if (each.venue, each.symbol) in own]
    axes = axes or new_axes(title, "days to delivery (perpetuals at 0)", "% of fair value")
    axes.axhline(0, color=GRID, linewidth=1)
    for place, each in enumerate(shown):
        days = 0.0 if each.years is None else each.years * DAYS_PER_YEAR
        low, high, mark = (
            _beside(each, p) for p in (each.lower_usd, each.upper_usd, each.mark_usd)
        )
        axes.plot(
            [days, days], [low, high], color=ACCENT, linewidth=3, alpha=0.35,
            label="no arbitrage pays" if place == 0 else None,
        )  # fmt: skip
        colour = ACCENT if each.verdict == "within" else SECOND
        tip = f"{each.symbol} at {each.venue}: {mark:+.3f} % of fair, {each.verdict}"
        add_tips(axes, [days], [mark], [tip], colour)
    legend_above(axes)
    return axes


def _beside(bound: Bound, price_usd: float) -> float:
    return 100 * (price_usd / bound.fair_usd - 1)
