"""A page of one stored series: its chart over its tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from obverse.app.report.page import document, group, header
from obverse.charts import ACCENT, SECOND, legend_above, new_panels, to_svg
from obverse.market.series.kinds import TIME, Kind
from obverse.tables import Table

if TYPE_CHECKING:
    import polars as pl
    from matplotlib.figure import Figure

MAX_POINTS = 1500
_PLAIN = 1000
"""Above this an axis has thousands set apart and no power of ten beside it."""
_LINES: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "trades": (("Price", ("price",)), ("Size", ("size",))),
    "book_tops": (("Best prices", ("bid", "ask")), ("Sizes", ("bid_size", "ask_size"))),
    "funding": (("Rate of the interval", ("rate",)), ("Index", ("index",))),
    "funding_sums": (("Value of the span", ("value",)),),
    "tickers": (("Price", ("mark", "index")), ("Open interest, USD", ("open_interest_usd",))),
}
_BARS = (("Close", ("close",)), ("Contracts", ("volume_contracts",)))


def write_page(
    target: Path, kind: Kind, frame: pl.DataFrame, tables: list[Table], venue: str, instrument: str
) -> None:
    """Write the page; kinds without a natural chart have their tables alone."""
    title = f"{venue} {instrument} {kind.name}"
    drawings = [to_svg(figure) for figure in charts(kind, frame, title)]
    parts = [header(title, "the store", False), group(title, tables, drawings)]
    page = document(title, f"<main class='obverse-report'>{''.join(parts)}</main>")
    target.write_text(page, encoding="utf-8")


def charts(kind: Kind, frame: pl.DataFrame, title: str) -> list[Figure]:
    """Draw what a kind's rows say over time; panels that have nothing to say are left out."""
    said = [
        (label, [name for name in names if frame[name].null_count() < len(frame)])
        for label, names in (_BARS if kind.interval else _LINES.get(kind.name, ()))
    ]
    panels = [(label, names) for label, names in said if names]
    if not panels or len(frame) < 2:
        return []
    shown = thinned(frame, [name for _, names in panels for name in names])
    import numpy as np

    drawn = new_panels(title, "UTC", tuple(label for label, _ in panels))
    times = shown[TIME].dt.replace_time_zone(None).dt.cast_time_unit("us").to_numpy()
    for axes, (_, names) in zip(drawn, panels, strict=True):
        for name, colour in zip(names, (ACCENT, SECOND), strict=False):
            axes.plot(times, shown[name].to_numpy(), color=colour, linewidth=0.9, label=name)
        if float(np.nanmax(shown.select(names).to_numpy())) > _PLAIN:
            axes.yaxis.set_major_formatter("{x:,.0f}")
        if len(names) > 1:
            legend_above(axes)
    return [drawn[0].figure]


def thinned(frame: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Keep what a chart can show: of each stretch of rows its least and its most of each column."""
    import polars as pl

    stretch = max(1, 2 * len(names) * len(frame) // MAX_POINTS)
    if stretch < 4 * len(names):
        return frame
    numbered = frame.with_row_index("_row").with_columns(pl.col("_row") // stretch)
    edges = [_edge(numbered, name, least) for name in names for least in (True, False)]
    return pl.concat(edges).unique(maintain_order=True).sort(TIME)


def _edge(numbered: pl.DataFrame, name: str, least: bool) -> pl.DataFrame:
    import polars as pl

    extreme = pl.col(name).min() if least else pl.col(name).max()
    kept = numbered.filter(pl.col(name) == extreme.over("_row"))
    return kept.unique("_row", keep="first", maintain_order=True).drop("_row")
