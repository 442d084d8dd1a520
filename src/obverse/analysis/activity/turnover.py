"""Turnover by day, month or year, in dollars and in coin.

An inverse contract is so many dollars whatever the price, so that the two tell different stories:
as the price doubles, the same dollars are half the coins.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from obverse.analysis.activity.bar_values import Bars
from obverse.analysis.provenance import Provenance
from obverse.errors import DataError, MarketDataError
from obverse.tables import Table, Tabular, coin, number, text, usd

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Span = Literal["day", "month", "year"]
_UNITS: dict[Span, str] = {"day": "D", "month": "M", "year": "Y"}


@dataclass(frozen=True)
class SpanTurnover:
    """Turnover of one calendar span in UTC, of the bars that say theirs."""

    name: str
    usd: float
    coin: float
    days: float

    @property
    def average_price_usd(self) -> float:
        """Dollars over coins: the harmonic mean of prices, weighed by dollars."""
        return self.usd / self.coin


@dataclass(frozen=True, repr=False, eq=False)
class Turnover(Tabular):
    """Turnover span by span."""

    provenance: Provenance
    by: Span
    spans: tuple[SpanTurnover, ...]
    warnings: tuple[str, ...] = field(default=())

    @property
    def usd_per_day(self) -> float:
        """Dollars a day over all spans."""
        return sum(each.usd for each in self.spans) / sum(each.days for each in self.spans)

    @property
    def coin_per_day(self) -> float:
        """Coins a day over all spans."""
        return sum(each.coin for each in self.spans) / sum(each.days for each in self.spans)

    def table(self) -> Table:
        """One row a span."""
        name = self.provenance.underlying or "coin"
        columns = (
            text("span", self.by.capitalize()),
            usd("usd", "Turnover", signed=False),
            coin("coin", "Turnover", name, 2, signed=False),
            usd("usd_per_day", "A day", signed=False),
            coin("coin_per_day", "A day", name, 2, signed=False),
            number("average_price_usd", "Average price", "USD"),
            number("days", "Covers", "days", 1),
        )
        rows = tuple(
            (
                each.name, each.usd, each.coin, each.usd / each.days, each.coin / each.days,
                each.average_price_usd, each.days,
            )
            for each in self.spans
        )  # fmt: skip
        title = f"Turnover of {self.provenance.name} by {self.by}"
        return Table(title, columns, rows, (self.provenance.note, *self.warnings))

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw dollars and coins a day, each over its own mean (Matplotlib)."""
        from obverse.charts import ACCENT, SECOND, legend_above, new_axes

        title = f"Turnover of {self.provenance.name} by {self.by}"
        axes = axes or new_axes(title, "", "over its own mean")
        places = list(range(len(self.spans)))
        dollars = [each.usd / each.days / self.usd_per_day for each in self.spans]
        coins = [each.coin / each.days / self.coin_per_day for each in self.spans]
        mark = "o-" if len(places) < 40 else "-"
        axes.plot(places, dollars, mark, color=ACCENT, markersize=4, linewidth=1.6, label="dollars")
        axes.plot(places, coins, mark, color=SECOND, markersize=4, linewidth=1.6, label="coins")
        step = max(1, len(places) // 8)
        axes.set_xticks(places[::step], [each.name for each in self.spans[::step]])
        legend_above(axes)
        return axes


def turnover(bars: Bars, by: Span = "month") -> Turnover:
    """Sum bars by calendar spans. Raises `MarketDataError` where no bar says its volume."""
    if by not in _UNITS:
        raise DataError(f"turnover by {by!r}: there are {', '.join(_UNITS)}.")
    known = np.isfinite(bars.usd) & np.isfinite(bars.coin)
    if not bars.coin[known].sum() > 0:
        raise MarketDataError(f"{bars.provenance.name}: no bar says what was traded in it.")
    moments = bars.starts_ns[known].astype("datetime64[ns]")
    labels, place, counts = np.unique(
        moments.astype(f"datetime64[{_UNITS[by]}]"), return_inverse=True, return_counts=True
    )
    dollars = np.bincount(place, weights=bars.usd[known])
    coins = np.bincount(place, weights=bars.coin[known])
    days = counts * (bars.interval.total_seconds() / 86_400)
    spans = tuple(
        SpanTurnover(str(label), float(value), float(amount), float(length))
        for label, value, amount, length in zip(labels, dollars, coins, days, strict=True)
        if amount > 0
    )
    return Turnover(bars.provenance, by, spans, bars.warnings)
