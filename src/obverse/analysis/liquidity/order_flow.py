"""Order-flow imbalance of the best quotes, and how the mid moves with it.

From one quote to the next, with bid b of size q and ask a of size r,

    e = 1{b ≥ b'} q − 1{b ≤ b'} q' − 1{a ≤ a'} r + 1{a ≥ a'} r'      (' the quote before)

which is what buying adds over selling at the best prices; the imbalance of an interval is its sum.
The mid's change over the interval is regressed on it. In a book of one depth D at every tick, the
slope is 1 / (2 D) ticks. Source: R. Cont, A. Kukanov, S. Stoikov, "The price impact of order book
events", Journal of Financial Econometrics 12 (2014), equations 4, 5 and 8.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from obverse.analysis.inference import Line, fit_line
from obverse.analysis.liquidity.tapes import Quotes, Trades
from obverse.analysis.provenance import Provenance
from obverse.analysis.stored_rows import NS_PER_SECOND, FloatArray, IntArray
from obverse.errors import DataError, MarketDataError
from obverse.tables import Table, Tabular, number, text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INTERVAL_SECONDS = 10.0
LEAST_INTERVALS = 10
MILLION = 1e6


@dataclass(frozen=True, repr=False, eq=False)
class OrderFlow(Tabular):
    """How the mid moves with order flow, interval by interval.

    Attributes
    ----------
    imbalance_usd : (n,) order-flow imbalance of the best quotes, in dollars
    traded_usd : (n,) dollars bought less sold by takers; empty without trades
    moves_bp : (n,) change of the mid
    on_imbalance, on_trades : basis points per million dollars
    """

    provenance: Provenance
    interval_seconds: float
    imbalance_usd: FloatArray
    traded_usd: FloatArray
    moves_bp: FloatArray
    on_imbalance: Line
    on_trades: Line | None
    warnings: tuple[str, ...] = field(default=())

    def table(self) -> Table:
        """One row a regressor."""
        columns = (
            text("regressor", "Mid moves with"),
            number("slope", "Slope", "bp per m USD", 4, signed=True),
            number("error", "Error", "bp per m USD", 4),
            number("t", "t", decimals=1, signed=True),
            number("r_squared", "R²", decimals=3),
            number("intervals", "Intervals", decimals=0),
        )
        lines = (("order-flow imbalance", self.on_imbalance), ("signed trades", self.on_trades))
        rows = tuple(
            (name, line.slope, line.slope_error, line.t_statistic, line.r_squared,
             line.observations)
            for name, line in lines if line is not None
        )  # fmt: skip
        note = (
            f"{self.provenance.note} Intervals of {self.interval_seconds:g} s; least squares with "
            "an intercept, Newey-West errors. Both are of the same interval: an explanation, no "
            "forecast."
        )
        title = f"Order flow and price of {self.provenance.name}"
        return Table(title, columns, rows, (note, *self.warnings))

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw moves against imbalance with the fitted line (Matplotlib)."""
        from obverse.charts import ACCENT, SECOND, new_axes

        title = f"Order flow and price of {self.provenance.name}"
        axes = axes or new_axes(title, "order-flow imbalance (m USD)", "change of the mid (bp)")
        x = self.imbalance_usd / MILLION
        axes.plot(x, self.moves_bp, "o", color=ACCENT, markersize=3)
        ends = np.array([x.min(), x.max()])
        line = self.on_imbalance
        axes.plot(ends, line.intercept + line.slope * ends, color=SECOND, linewidth=1.4)
        return axes


def imbalances(quotes: Quotes) -> FloatArray:
    """(n − 1,) what each quote adds to the imbalance over the one before, in units of size."""
    bid, before, q, q_before = _pairs(quotes.bid, quotes.bid_size)
    ask, ask_before, r, r_before = _pairs(quotes.ask, quotes.ask_size)
    found: FloatArray = (
        (bid >= before) * q
        - (bid <= before) * q_before
        - (ask <= ask_before) * r
        + (ask >= ask_before) * r_before
    )
    return found


def order_flow(
    quotes: Quotes, trades: Trades | None = None, *, interval_seconds: float = INTERVAL_SECONDS
) -> OrderFlow:
    """Regress changes of the mid on order flow, over whole intervals from the first quote on.

    Raises `MarketDataError` for fewer than ten intervals, or where nothing varies.
    """
    if not interval_seconds > 0:
        raise DataError(f"interval: {interval_seconds} seconds; expected a number above zero.")
    step = round(interval_seconds * NS_PER_SECOND)
    first, last = int(quotes.times_ns[0]), int(quotes.times_ns[-1])
    count = (last - first) // step
    if count < LEAST_INTERVALS:
        raise MarketDataError(
            f"{quotes.provenance.name}: quotes over {(last - first) / NS_PER_SECOND:,.0f} s make "
            f"{count} intervals of {interval_seconds:g} s; expected {LEAST_INTERVALS} at least."
        )
    edges = first + step * np.arange(count + 1)
    own = quotes.at(edges)
    moves = 1e4 * np.diff(np.log(quotes.mid[own]))
    flows = quotes.dollars(np.concatenate([[0.0], imbalances(quotes)]))
    totals = np.cumsum(flows)[own]
    imbalance = np.diff(totals)
    traded = _traded(trades, quotes, edges) if trades is not None else np.empty(0)
    warnings = quotes.warnings if trades is None else (*quotes.warnings, *trades.warnings)
    return OrderFlow(
        provenance=quotes.provenance,
        interval_seconds=interval_seconds,
        imbalance_usd=imbalance,
        traded_usd=traded,
        moves_bp=moves,
        on_imbalance=fit_line(imbalance / MILLION, moves),
        on_trades=fit_line(traded / MILLION, moves) if np.any(traded) else None,
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _pairs(
    price: FloatArray, size: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    return price[1:], price[:-1], size[1:], size[:-1]


def _traded(trades: Trades, quotes: Quotes, edges: IntArray) -> FloatArray:
    each = trades.price if np.isnan(quotes.multiplier) else quotes.multiplier
    totals = np.concatenate([[0.0], np.cumsum(trades.sign * trades.size * each)])
    found: FloatArray = np.diff(totals[np.searchsorted(trades.times_ns, edges, side="right")])
    return found
