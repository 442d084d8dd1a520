"""Charts of rolls and rolled series."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from obverse.charts import ACCENT, GRID, SECOND, add_tips, legend_above, new_axes
from obverse.marks.schedule import from_ns

WORDS = {"contracts": "contracts", "usd": "dollars", "coin": "coins"}

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from obverse.curves.rolling.coin_exact import RolledPosition
    from obverse.curves.rolling.continuous import ContinuousSeries
    from obverse.curves.rolling.roll_costs import RollCosts
    from obverse.curves.rolling.schedules import RollSchedule


def plot_schedule(schedule: RollSchedule, axes: Axes | None = None) -> Axes:
    """Draw how long before expiry each contract is left."""
    title = f"{schedule.underlying} rolls at {schedule.venue}: {schedule.rule}"
    axes = axes or new_axes(title, "", "days before expiry")
    times = [roll.at for roll in schedule.rolls]
    days = [roll.days_before for roll in schedule.rolls]
    axes.axhline(0, color=GRID, linewidth=1)
    axes.vlines(cast(Any, times), 0, days, color=ACCENT, linewidth=1, alpha=0.6)
    tips = [
        f"{roll.leaving} to {roll.entering}, {roll.days_before:.1f} days before: {roll.reason}"
        for roll in schedule.rolls
    ]
    add_tips(axes, times, days, tips)
    _dates(axes)
    return axes


def plot_continuous(series: ContinuousSeries, axes: Axes | None = None) -> Axes:
    """Draw recorded prices of the contracts held, and the joined one."""
    title = f"{series.underlying} at {series.venue}, joined by {series.method}"
    axes = axes or new_axes(title, "", "USD")
    times = [from_ns(int(at)) for at in series.instants_ns]
    whole = cast(Any, times)
    axes.plot(whole, series.prices_usd, color=SECOND, linewidth=1, label="recorded")
    axes.plot(whole, series.adjusted_usd, color=ACCENT, linewidth=1.4, label="joined")
    rolled = [n for n in range(1, len(times)) if series.symbols[n] != series.symbols[n - 1]]
    add_tips(
        axes,
        [times[n] for n in rolled],
        [float(series.prices_usd[n]) for n in rolled],
        [f"into {series.symbols[n]} at {series.prices_usd[n]:,.2f} USD" for n in rolled],
        SECOND,
    )
    axes.yaxis.set_major_formatter("{x:,.0f}")
    _dates(axes)
    legend_above(axes)
    return axes


def plot_rolled(found: RolledPosition, axes: Axes | None = None) -> Axes:
    """Draw the coins that a rolled position gained."""
    title = f"{found.underlying} rolled at {found.venue}, constant {WORDS[found.sizing]}"
    axes = axes or new_axes(title, "", f"gained, {found.currency.code}, before costs")
    times = [mark.at for mark in found.marks]
    gained = [float(mark.pnl.coins) for mark in found.marks]
    axes.axhline(0, color=GRID, linewidth=1)
    axes.plot(cast(Any, times), gained, color=ACCENT, linewidth=1.6)
    place = {at: n for n, at in enumerate(times)}
    opened = [leg for leg in found.legs[1:] if leg.opened in place]
    add_tips(
        axes,
        [leg.opened for leg in opened],
        [gained[place[leg.opened]] for leg in opened],
        [f"into {leg.contracts:+,f} {leg.symbol} at {leg.entry_usd:,f} USD" for leg in opened],
    )
    _dates(axes)
    return axes


def plot_costs(found: RollCosts, axes: Axes | None = None) -> Axes:
    """Draw each roll's yearly yield of a long, and below it its cost a year."""
    title = f"{found.underlying} roll yield and cost at {found.venue}"
    axes = axes or new_axes(title, "", "% a year, simple, act/365")
    names = [f"{each.roll.leaving}\nto {each.roll.entering}" for each in found.rolls]
    places = np.arange(len(names), dtype=np.float64)
    yields = [100 * each.yearly_yield for each in found.rolls]
    costs = [-100 * each.yearly_cost for each in found.rolls]
    axes.axhline(0, color=GRID, linewidth=1)
    for shift, color, label, heights in (
        (-0.12, ACCENT, "roll yield of a long", yields),
        (+0.12, SECOND, "cost", costs),
    ):
        xs = (places + shift).tolist()
        axes.vlines(xs, 0, heights, color=color, linewidth=1.4, alpha=0.7)
        axes.plot([], [], "o", color=color, markersize=5, label=label)
        tips = [f"{height:+.2f} %/y" for height in heights]
        add_tips(axes, xs, heights, tips, color)
    axes.set_xticks(places, names, fontsize=8)
    legend_above(axes)
    return axes


def _dates(axes: Axes) -> None:
    from datetime import UTC

    from matplotlib import dates

    untyped = cast(Any, dates)
    locator = untyped.AutoDateLocator(tz=UTC)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(untyped.ConciseDateFormatter(locator, tz=UTC))
