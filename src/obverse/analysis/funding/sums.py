"""Funding summed over days, months and years: in dollars, in coin, and as the venue publishes it.

The plain sum is what one dollar of a long paid, each payment in the dollars of its own instant.
Where the index is recorded, the coin sum is what a long of one coin at the start paid in coin
(`obverse.marks.funding.accumulated_funding`): that is Deribit's own value.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from obverse.analysis.funding.histories import FundingHistory
from obverse.analysis.provenance import Provenance
from obverse.analysis.stored_rows import (
    NS_PER_DAY,
    NS_PER_HOUR,
    FloatArray,
    times_ns,
)
from obverse.contracts.instants import DAYS_PER_YEAR, Instant
from obverse.errors import DataError
from obverse.market.series.kinds import FUNDING_SUMS
from obverse.market.store import Store, scan
from obverse.marks.funding import accumulated_funding
from obverse.tables import Table, Tabular, number, percent, text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Span = Literal["day", "month", "year"]
_UNITS: dict[Span, str] = {"day": "D", "month": "M", "year": "Y"}


@dataclass(frozen=True)
class SpanSum:
    """Funding of one calendar span in UTC; a payment belongs to the span its interval begins in.

    Attributes
    ----------
    plain : sum of the rates
    coin : coin paid per coin held at the start; None where an index is not recorded
    published : the venue's own value; None where it is not stored
    days : length that the recorded payments cover
    whole : whether they are as long as the span
    """

    name: str
    plain: float
    coin: float | None
    published: float | None
    days: float
    whole: bool


@dataclass(frozen=True, repr=False, eq=False)
class FundingSums(Tabular):
    """Sums span by span, and over the days up to the last payment."""

    provenance: Provenance
    by: Span
    spans: tuple[SpanSum, ...]
    trailing: dict[int, float | None]
    warnings: tuple[str, ...] = field(default=())

    def table(self) -> Table:
        """One row a span."""
        columns = (
            text("span", self.by.capitalize()),
            percent("plain", "Plain sum", 4),
            percent("coin", "Coin paid", 4),
            percent("published", "Published", 4),
            percent("annual", "Plain, a year", unit="%/y"),
            number("days", "Covers", "days", 1),
            text("whole", "Whole"),
        )
        rows = tuple(
            (
                each.name, each.plain, each.coin, each.published,
                each.plain * DAYS_PER_YEAR / each.days, each.days, "yes" if each.whole else "no",
            )
            for each in self.spans
        )  # fmt: skip
        last = ", ".join(
            f"{days} d {'not covered' if value is None else f'{value:+.4%}'}"
            for days, value in self.trailing.items()
        )
        notes = (
            f"Up to the last payment, plain: {last}.",
            "Plain: what a dollar of a long paid. Coin paid: per coin held at the start of the "
            "span, at the index of each payment. A year: simple, of 365 days.",
            self.provenance.note,
            *self.warnings,
        )
        return Table(f"Funding of {self.provenance.name} by {self.by}", columns, rows, notes)

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw the plain sums (Matplotlib)."""
        from obverse.charts import ACCENT, GRID, new_axes

        title = f"Funding of {self.provenance.name} by {self.by}"
        axes = axes or new_axes(title, "", "% of value")
        axes.axhline(0, color=GRID, linewidth=1)
        places = list(range(len(self.spans)))
        axes.bar(places, [100 * each.plain for each in self.spans], color=ACCENT)
        step = max(1, len(places) // 8)
        axes.set_xticks(places[::step], [each.name for each in self.spans[::step]])
        return axes


def trailing_sums(history: FundingHistory, days: int) -> FloatArray:
    """(n,) plain sum over the days up to each payment; NaN where payments do not cover them."""
    if days < 1:
        raise DataError(f"trailing sum: {days} days are none; expected 1 at least.")
    begins = history.times_ns - days * NS_PER_DAY
    first = np.searchsorted(history.times_ns, begins, side="right")
    totals = np.concatenate([[0.0], np.cumsum(history.rates)])
    lengths = np.concatenate([[0.0], np.cumsum(history.hours)])
    places = np.arange(1, len(history) + 1)
    covered = lengths[places] - lengths[first]
    sums: FloatArray = np.where(
        np.abs(covered - 24 * days) < 1e-6, totals[places] - totals[first], np.nan
    )
    return sums


def funding_sums(
    history: FundingHistory,
    by: Span = "month",
    *,
    published: dict[int, tuple[int, float]] | None = None,
) -> FundingSums:
    """Sum a history by calendar spans; `published` has the venue's values (`published_sums`)."""
    if by not in _UNITS:
        raise DataError(f"sums by {by!r}: there are {', '.join(_UNITS)}.")
    unit = _UNITS[by]
    # A payment at midnight is of the span that ends there, any other of the one it is made in.
    labels = (history.times_ns - 1).astype("datetime64[ns]").astype(f"datetime64[{unit}]")
    edges = np.concatenate([[0], np.flatnonzero(np.diff(labels.astype(np.int64))) + 1])
    ends = [*edges[1:].tolist(), len(history)]
    spans = tuple(
        _span_sum(history, slice(int(first), int(last)), labels[first], published or {})
        for first, last in zip(edges, ends, strict=True)
    )
    trailing = {
        days: None if np.isnan(value := trailing_sums(history, days)[-1]) else float(value)
        for days in (1, 7, 30)
    }
    return FundingSums(history.provenance, by, spans, trailing, history.warnings)


def published_sums(
    store: Store, venue: str, instrument: str, *, until: Instant | None = None
) -> dict[int, tuple[int, float]]:
    """The venue's own sums known at an instant: by start, the end and the value; may be none."""
    if not any(store.entries(venue=venue, instrument=instrument, kind=FUNDING_SUMS.name)):
        return {}
    rows = scan(store, FUNDING_SUMS.name, venue=venue, instrument=instrument, until=until).collect()
    starts, ends = times_ns(rows, "start_time").tolist(), times_ns(rows).tolist()
    values = rows["value"].to_list()
    return {s: (e, v) for s, e, v in zip(starts, ends, values, strict=True)}


def _span_sum(
    history: FundingHistory,
    own: slice,
    label: np.datetime64,
    published: dict[int, tuple[int, float]],
) -> SpanSum:
    start = int(label.astype("datetime64[ns]").astype(np.int64))
    end = int((label + 1).astype("datetime64[ns]").astype(np.int64))
    rates, index = history.rates[own], history.previous_index_usd[own]
    known = bool(np.isfinite(index).all())
    covered = float(history.hours[own].sum())
    official = published.get(start)
    return SpanSum(
        name=str(label),
        plain=float(rates.sum()),
        coin=accumulated_funding(rates, index, float(index[0])) if known else None,
        published=official[1] if official is not None and official[0] == end else None,
        days=covered / 24,
        whole=abs(covered - (end - start) / NS_PER_HOUR) < 1e-6,
    )
