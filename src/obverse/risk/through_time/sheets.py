"""How an account through time reads: its margin calls, every instant, and the chart."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, cast

from obverse.charts import ACCENT, GRID, SECOND, add_tips, legend_above, new_panels
from obverse.tables import UNKNOWN, Column, Look, Table, coin, number, usd

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from obverse.risk.through_time.account_path import MarginPath

_MOST_TIPS = 60
"""With more calls than this they are marked without tooltips."""

_MOST_LEVERAGE = 125.0
"""The chart goes no higher: near zero equity leverage has no end."""

_TIME = Column("at", "Time (UTC)", look=Look.TEXT)


def calls_table(path: MarginPath) -> Table:
    """One row a margin call."""
    unit = path.account.coin.code
    columns = (
        _TIME,
        number("price_usd", f"{unit} index", "USD"),
        number("ratio_before", "Margin ratio"),
        coin("top_up", "Top-up", unit, 8, signed=False),
        usd("top_up_usd", "Top-up", signed=False),
        coin("total", "Top-ups so far", unit, 8, signed=False),
    )
    rows = tuple(
        (
            call.at,
            call.price_usd,
            known(call.ratio_before),
            call.top_up,
            call.top_up * call.price_usd,
            call.total,
        )
        for call in path.calls
    )
    title = f"Margin calls of {path.account.venue} {unit}, {len(path.times)} instants"
    return Table(title, columns, rows, (_worst(path), _liquidation(path), *_silence(path)))


def _silence(path: MarginPath) -> tuple[str, ...]:
    """What calls are of, and what it means that there are none."""
    told = (
        "A call: nothing is available, or the ratio is under the trigger where one is given. It is "
        "topped up at once, to an available balance of zero or to the target."
    )
    isolated = [item.symbol for item in path.account.isolated]
    alone = (f"No calls are made on isolated positions ({', '.join(isolated)}): their margin is "
             "what they may lose.",) if isolated else ()  # fmt: skip
    if path.calls:
        return (told, *alone)
    if path.liquidated is not None:
        return alone
    return ("No margin call: there was always margin available.", *alone)


def _worst(path: MarginPath) -> str:
    place = path.worst
    ratio, leverage = known(path.margin_ratio[place]), known(path.leverage[place])
    return (
        f"Worst at {path.times[place]:%Y-%m-%d %H:%M}: index {path.index_usd[place]:,.2f} USD, "
        f"margin ratio {UNKNOWN if ratio is None else f'{ratio:,.2f}'}, effective leverage "
        f"{UNKNOWN if leverage is None else f'{leverage:,.2f}x'}, without top-ups."
    )


def _liquidation(path: MarginPath) -> str:
    if path.liquidated is None:
        return "Without top-ups it would not have been liquidated. Funding is not in this."
    at = path.times[path.liquidated]
    price = path.index_usd[path.liquidated]
    return (
        f"Without top-ups it would have been liquidated at {at:%Y-%m-%d %H:%M}, with the index at "
        f"{price:,.2f} USD. Funding is not in this."
    )


def steps_table(path: MarginPath) -> Table:
    """One row an instant, without top-ups."""
    unit = path.account.coin.code
    columns = (
        _TIME,
        number("index_usd", f"{unit} index", "USD"),
        coin("equity_coin", "Equity", unit, 8),
        usd("equity_usd", "Equity"),
        number("leverage", "Leverage", "x"),
        coin("initial", "Initial", unit, 8, signed=False),
        coin("maintenance", "Maintenance", unit, 8, signed=False),
        coin("available", "Available", unit, 8),
        number("margin_ratio", "Margin ratio"),
    )
    arrays = [getattr(path, column.key).tolist() for column in columns[1:]]
    rows = tuple((at, *map(known, values)) for at, *values in zip(path.times, *arrays, strict=True))
    return Table(f"{path.account.venue} {unit} through time", columns, rows)


def known(value: Any) -> float | None:
    """A number for a table; none where it is infinite."""
    return float(value) if isfinite(value) else None


def plot_path(path: MarginPath) -> tuple[Axes, ...]:
    """Draw effective leverage above, the margin ratio below, and mark the calls on both."""
    unit = path.account.coin.code
    upper, lower = new_panels(
        f"{path.account.venue} {unit}: leverage and margin ratio without top-ups",
        "UTC",
        ("leverage, x", "margin ratio"),
    )
    # untyped: matplotlib takes datetimes and breaks lines at NaN, which no table does
    times = cast(Any, list(path.times))
    for axes, name, color in ((upper, "leverage", ACCENT), (lower, "margin_ratio", SECOND)):
        values = [known(value) for value in getattr(path, name)]
        shown = [float("nan") if value is None else value for value in values]
        axes.plot(times, shown, color=color, linewidth=1.4, label=name.replace("_", " "))
        called = [call for call in path.calls if values[call.place] is not None]
        xs = [call.at for call in called]
        ys = [shown[call.place] for call in called]
        if len(called) <= _MOST_TIPS:
            tips = [f"top-up {call.top_up:,.4f} {unit} at {call.price_usd:,.0f}" for call in called]
            add_tips(axes, xs, ys, tips, color)
        else:
            axes.plot(xs, ys, "o", color=color, markersize=3)
    upper.set_ylim(0.0, min(upper.get_ylim()[1], _MOST_LEVERAGE))
    lower.axhline(1, color=GRID, linewidth=1, linestyle="--", label="liquidation")
    if path.liquidated is not None:
        for axes in (upper, lower):
            axes.axvline(times[path.liquidated], color=GRID, linewidth=1, linestyle="--")
    legend_above(lower)
    return upper, lower
