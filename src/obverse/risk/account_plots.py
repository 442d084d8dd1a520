"""The chart of an account: equity in coin and in dollars against price, and where it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from obverse.charts import ACCENT, GRID, SECOND, TEXT, legend_above, new_axes, style_axes
from obverse.risk.account_ends import ends_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from obverse.risk.account_ladder import AccountLadder


def plot_account(ladder: AccountLadder, axes: Axes | None = None) -> Axes:
    """Draw equity and maintenance in coin (left) and equity in dollars (right) against price."""
    code = ladder.now.state.account.coin.code
    label = " (simulated)" if ladder.simulated else ""
    title = f"{ladder.name}: equity{label}"
    axes = axes or new_axes(title, f"{ladder.underlying} price (USD)", f"equity ({code})")
    prices = [float(rung.price_usd) for rung in ladder.rungs]
    states = [rung.state for rung in ladder.rungs]
    coins = axes.plot(
        prices, [float(s.margin_balance.coins) for s in states], color=ACCENT, label=f"in {code}"
    )
    needed = axes.plot(
        prices,
        [float(s.needed.coins) for s in states],
        color=ACCENT,
        linestyle=":",
        label="maintenance",
    )
    dollars = axes.twinx()
    style_axes(dollars, "", "equity (USD)")
    dollars.grid(False)
    worth = [float(rung.equity_usd) for rung in ladder.rungs]
    in_usd = dollars.plot(prices, worth, color=SECOND, label="in dollars")
    axes.axhline(0, color=GRID, linewidth=0.8)
    _align_zeros(axes, dollars)
    _mark_now(axes, ladder)
    _mark_ends(axes, ladder, prices)
    legend_above(axes, handles=[*coins, *needed, *in_usd])
    for each in (axes.xaxis, dollars.yaxis):
        each.set_major_formatter("{x:,.0f}")
    axes.set_xlim(prices[0], prices[-1])
    return axes


def _align_zeros(axes: Axes, dollars: Any) -> None:
    """Give both scales their zero at the same height."""
    spans = [each.get_ylim() for each in (axes, dollars)]
    below = max(max(-low, 0.0) / (max(high, 0.0) - min(low, 0.0)) for low, high in spans)
    below = min(below, 0.9)
    for each, (low, high) in zip((axes, dollars), spans, strict=True):
        top = max(high, 0.0, -min(low, 0.0) * (1 - below) / below if below else 0.0)
        each.set_ylim(-top * below / (1 - below), top)


def _mark_now(axes: Axes, ladder: AccountLadder) -> None:
    """A line at the price of today."""
    first = ladder.rungs[0]
    now = float(first.price_usd / (1 + first.move))
    axes.axvline(now, color=GRID, linewidth=1, linestyle="--")
    _say(axes, now, f"now {now:,.0f}", TEXT, 4, at_top=False)


def _mark_ends(axes: Axes, ladder: AccountLadder, prices: list[float]) -> None:
    """Lines at the liquidation prices, the side beyond them grey; those farther off as words."""
    first = ladder.rungs[0]
    now = first.price_usd / (1 + first.move)
    for before, after, whose in ends_of(ladder.now, ladder.underlying):
        end, falls = float(now * after / before), after < before
        edge = prices[0] if falls else prices[-1]
        name = "liquidation" if whose == "account" else f"liquidation of {whose}"
        words = f"{name} {float(after):,.0f}"
        if not prices[0] <= end <= prices[-1]:
            far = f"← {words}" if falls else f"{words} →"
            _say(axes, edge, far, SECOND, 4 if falls else -11)
            continue
        axes.axvline(end, color=SECOND, linewidth=1.4)
        _say(axes, end, words, SECOND, -11 if falls else 4)
        if whose == "account":
            axes.axvspan(min(end, edge), max(end, edge), color=GRID, alpha=0.15, linewidth=0)


def _say(axes: Axes, x: float, words: str, color: str, points: int, *, at_top: bool = True) -> None:
    """Words along a line, so many points beside it."""
    axes.annotate(
        words,
        (x, 0.97 if at_top else 0.03),
        xycoords=("data", "axes fraction"),
        xytext=(points, 0),
        textcoords="offset points",
        rotation=90,
        fontsize=8,
        color=color,
        va="top" if at_top else "bottom",
    )
