"""What takers pay: quoted, effective and realised spread, price impact, and depth.

With m the mid before a trade, m_h the mid a horizon later, p its price and d = ±1 its taker's sign,
in basis points of m:

================ ===================== ===================================================
quoted           (ask − bid) / m       what stands, weighed by the time it stands
effective        2 d (p − m) / m       what a taker pays
realised         2 d (p − m_h) / m     what is left to the maker after the horizon
impact           2 d (m_h − m) / m     what the price moved with the taker; effective − realised
================ ===================== ===================================================

Means weigh trades by their dollars. Errors are Newey-West of the weighted deviations.
Source: R. Huang, H. Stoll, Journal of Financial Economics 41 (1996).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from obverse.analysis.inference import mean_error
from obverse.analysis.liquidity.tapes import Quotes, Trades
from obverse.analysis.provenance import Provenance
from obverse.analysis.stored_rows import NS_PER_SECOND, FloatArray
from obverse.errors import DataError, MarketDataError
from obverse.tables import Cell, Table, Tabular, number, text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

BoolArray: TypeAlias = "NDArray[np.bool_]"

HORIZONS_SECONDS = (1.0, 10.0, 60.0)
LEAST_TRADES = 10


@dataclass(frozen=True)
class Mean:
    """A weighted mean and its error, in basis points."""

    mean_bp: float
    error_bp: float


@dataclass(frozen=True)
class Horizon:
    """Realised spread and impact after so many seconds, of the trades that have a mid then."""

    seconds: float
    trades: int
    effective: Mean
    realised: Mean
    impact: Mean


@dataclass(frozen=True, repr=False, eq=False)
class Spreads(Tabular):
    """What trading cost over a span.

    Attributes
    ----------
    quoted_bp : weighed by time
    bid_depth_usd, ask_depth_usd : at the best prices, weighed by time
    effective : of all trades that had a quote before them
    """

    provenance: Provenance
    quoted_bp: float
    bid_depth_usd: float
    ask_depth_usd: float
    mid_usd: float
    trades: int
    effective: Mean
    horizons: tuple[Horizon, ...]
    warnings: tuple[str, ...] = field(default=())

    def table(self) -> Table:
        """One row a measure."""
        columns = (
            text("measure", "Liquidity"),
            number("value", "Value", decimals=4, signed=True),
            number("error", "Error", decimals=4),
            text("unit", "Unit"),
            number("trades", "Trades", decimals=0),
        )
        rows: list[tuple[Cell, ...]] = [
            ("quoted spread", self.quoted_bp, None, "bp", None),
            ("effective spread", self.effective.mean_bp, self.effective.error_bp, "bp",
             self.trades),
        ]  # fmt: skip
        for each in self.horizons:
            for name, mean in (("realised spread", each.realised), ("impact", each.impact)):
                label = f"{name} after {each.seconds:g} s"
                rows.append((label, mean.mean_bp, mean.error_bp, "bp", each.trades))
        for side, depth in (("bid", self.bid_depth_usd), ("ask", self.ask_depth_usd)):
            rows.append((f"depth at the best {side}", depth, None, "USD", None))
            rows.append((f"depth at the best {side}", depth / self.mid_usd, None, "coin", None))
        note = (
            f"{self.provenance.note} Against the last quote strictly before each trade; means "
            "weigh trades by dollars, errors are Newey-West; quotes are weighed by time."
        )
        title = f"What trading {self.provenance.name} cost"
        return Table(title, columns, tuple(rows), (note, *self.warnings))

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw realised spread and impact against the horizon (Matplotlib)."""
        from obverse.charts import ACCENT, GRID, SECOND, legend_above, new_axes

        title = f"Where the effective spread of {self.provenance.name} goes"
        axes = axes or new_axes(title, "seconds after the trade", "basis points")
        axes.axhline(0, color=GRID, linewidth=1)
        seconds = [each.seconds for each in self.horizons]
        for name, colour in (("realised", ACCENT), ("impact", SECOND)):
            means = [getattr(each, name) for each in self.horizons]
            axes.errorbar(
                seconds, [m.mean_bp for m in means], [1.96 * m.error_bp for m in means],
                fmt="o-", color=colour, capsize=3, label=name,
            )  # fmt: skip
        axes.set_xscale("log")
        legend_above(axes)
        return axes


def spreads(
    trades: Trades, quotes: Quotes, *, horizons_seconds: Sequence[float] = HORIZONS_SECONDS
) -> Spreads:
    """Measure what trades paid against best quotes.

    Raises `MarketDataError` where fewer than ten trades have a quote before them. A horizon that
    fewer than ten trades reach within the quotes is left out and told.
    """
    place = quotes.before(trades.times_ns)
    known = (place >= 0) & (trades.times_ns <= quotes.times_ns[-1])
    if known.sum() < LEAST_TRADES:
        raise MarketDataError(
            f"{trades.provenance.name}: {int(known.sum())} trades have a quote before them; "
            f"expected {LEAST_TRADES} at least."
        )
    mid, usd = quotes.mid[place], _dollars(trades, quotes)
    paid = 2e4 * trades.sign * (trades.price - mid) / mid
    found, warnings = [], list(dict.fromkeys((*trades.warnings, *quotes.warnings)))
    if not known.all():
        warnings.append(f"{int((~known).sum()):,} trades lie outside the quotes.")
    for seconds in horizons_seconds:
        own, later = _later(trades, quotes, known, seconds)
        if own.sum() < LEAST_TRADES:
            warnings.append(f"Fewer than {LEAST_TRADES} trades have quotes {seconds:g} s later.")
            continue
        moved = 2e4 * trades.sign * (later - mid) / mid
        parts = (paid[own], (paid - moved)[own], moved[own])
        found.append(Horizon(seconds, int(own.sum()), *(_mean(each, usd[own]) for each in parts)))
    width = np.diff(quotes.times_ns).astype(np.float64)
    if width.sum() <= 0:
        raise MarketDataError(f"{quotes.provenance.name}: all quotes are of one instant.")
    return Spreads(
        provenance=quotes.provenance,
        quoted_bp=float(np.average(quotes.spread_bp[:-1], weights=width)),
        bid_depth_usd=float(np.average(quotes.dollars(quotes.bid_size)[:-1], weights=width)),
        ask_depth_usd=float(np.average(quotes.dollars(quotes.ask_size)[:-1], weights=width)),
        mid_usd=float(np.average(quotes.mid[:-1], weights=width)),
        trades=int(known.sum()),
        effective=_mean(paid[known], usd[known]),
        horizons=tuple(found),
        warnings=tuple(warnings),
    )


def _later(
    trades: Trades,
    quotes: Quotes,
    known: np.ndarray[tuple[int], np.dtype[np.bool_]],
    seconds: float,
) -> tuple[BoolArray, FloatArray]:
    if not (math.isfinite(seconds) and seconds > 0):
        raise DataError(f"horizon: {seconds} seconds; expected a number above zero.")
    instants = trades.times_ns + round(seconds * NS_PER_SECOND)
    return known & (instants <= quotes.times_ns[-1]), quotes.mid[quotes.at(instants)]


def _dollars(trades: Trades, quotes: Quotes) -> FloatArray:
    each = trades.price if np.isnan(quotes.multiplier) else quotes.multiplier
    found: FloatArray = trades.size * each
    return found


def _mean(values: FloatArray, weights: FloatArray) -> Mean:
    share = weights / weights.sum()
    mean = float(share @ values)
    deviations = len(values) * share * (values - mean)
    return Mean(mean, mean_error(deviations))
