"""The payoff chart: a book's equity in coin and in dollars against the coin's price."""

from __future__ import annotations

from typing import TYPE_CHECKING

from obverse.charts import ACCENT, GRID, SECOND, legend_above, new_axes, style_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from obverse.risk.ladder import Ladder


def plot_ladder(steps: Ladder, axes: Axes | None = None) -> Axes:
    """Draw equity in coin (left) and in dollars (right) against price."""
    label = " (simulated)" if steps.simulated else ""
    title = f"Equity against the {steps.coin} price{label}"
    axes = axes or new_axes(title, f"{steps.coin} price (USD)", f"equity ({steps.coin})")
    prices = [float(rung.price_usd) for rung in steps.rungs]
    now = next((float(rung.price_usd) for rung in steps.rungs if rung.move == 0), None)
    coin = axes.plot(
        prices, [float(r.equity_coin) for r in steps.rungs], color=ACCENT, label=f"in {steps.coin}"
    )
    dollars = axes.twinx()
    style_axes(dollars, "", "equity (USD)")
    dollars.grid(False)
    usd = dollars.plot(
        prices, [float(r.equity_usd) for r in steps.rungs], color=SECOND, label="in dollars"
    )
    if now is not None:
        axes.axvline(now, color=GRID, linewidth=1, linestyle="--")
    legend_above(axes, handles=[*coin, *usd])
    for each in (axes.xaxis, dollars.yaxis):
        each.set_major_formatter("{x:,.0f}")
    _give_room(axes)
    _give_room(dollars)
    return axes


def _give_room(axes: Axes) -> None:
    """Keep a flat line from being drawn as noise around itself."""
    low, high = axes.get_ylim()
    middle = abs(low + high) / 2
    if high - low < 0.02 * middle:
        axes.set_ylim((low + high) / 2 - 0.1 * middle, (low + high) / 2 + 0.1 * middle)
