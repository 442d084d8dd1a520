"""`obverse analyze`: what the recorded market of one instrument tells, as known at an instant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from obverse.analysis.stored_rows import listed_instrument, moment_of
from obverse.app.commands.analyze_findings import Findings
from obverse.app.commands.analyze_sections import (
    add_activity,
    add_efficiency,
    add_funding,
    add_liquidity,
    add_seasons,
    bars_of,
)
from obverse.app.commands.marks_index import stacked
from obverse.app.commands.opening import default_store
from obverse.app.commands.sheet import Faces, Sheet, put
from obverse.app.report.section import Section
from obverse.contracts import instant, iso
from obverse.errors import DataError, MarketDataError
from obverse.market.store import Store, open_store
from obverse.tables import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIZES_USD = (Decimal(10_000), Decimal(1_000_000), Decimal(20_000_000))
SHOWN = 24


@dataclass(frozen=True)
class Request:
    """What was asked for.

    Attributes
    ----------
    market : folder or URL of a store; none is the default store
    at : instant; none is the last row that is stored
    start : first instant looked at; none is all there is
    reserves_coin : coins that exchanges hold, for the estimated leverage
    """

    market: str | None
    venue: str
    instrument: str
    at: str | None = None
    start: str | None = None
    sizes_usd: tuple[Decimal, ...] = SIZES_USD
    reserves_coin: float | None = None


def run(asked: Request, json: bool, csv: bool, html: Path | None, png: Path | None = None) -> None:
    """Analyse one instrument of a store, and print."""
    faces = Faces(json, csv, html, png)
    if asked.reserves_coin is not None and not 0 < asked.reserves_coin < float("inf"):
        raise DataError(f"--reserves-coin {asked.reserves_coin}: expected coins above zero.")
    store = open_store(asked.market or default_store())
    at = instant(asked.at) if asked.at is not None else _last(store, asked)
    span = {"since": None if asked.start is None else instant(asked.start), "until": at}
    listed = listed_instrument(asked.venue, asked.instrument, at)
    made = Findings(store, asked.venue, asked.instrument, span, at, listed)
    most = None if json or csv else SHOWN
    add_funding(made, most)
    bars = bars_of(made)
    add_seasons(made, bars)
    add_activity(made, bars, asked.reserves_coin, most)
    add_liquidity(made, bars)
    add_efficiency(made, asked.sizes_usd)
    put(
        Sheet(
            title=f"{asked.instrument} at {asked.venue} as of {iso(at)}",
            as_of=at,
            venue=asked.venue,
            source=f"store {store.name}",
            simulated=False,
            sections=tuple(made.sections),
            flat=_stacked(made.sections),
            charts=lambda: list(_charts(made)),
        ),
        faces,
    )


def _last(store: Store, asked: Request) -> datetime:
    entries = list(store.entries(venue=asked.venue, instrument=asked.instrument))
    if not entries:
        known = ", ".join(dict.fromkeys(e.instrument for e in store.entries(venue=asked.venue)))
        raise MarketDataError(
            f"Nothing of {asked.instrument} at {asked.venue} in {store.name}; "
            + (f"of {asked.venue} it has {known}." if known else "it has nothing of that venue.")
        )
    return moment_of(max(entry.last_ns for entry in entries)) + timedelta(microseconds=1)


def _charts(made: Findings) -> Iterator[Figure]:
    for result in made.results:
        figure = result.plot().figure
        assert figure is not None
        yield figure


def _stacked(sections: list[Section]) -> Table:
    """All rows under one another; their venue is the sheet's own label."""
    parts = []
    for each in sections:
        own = [n for n, column in enumerate(each.table.columns) if column.key != "venue"]
        columns = tuple(each.table.columns[n] for n in own)
        rows = tuple(tuple(row[n] for n in own) for row in each.table.rows)
        parts.append((each.key, each.underlying, Table(each.table.title, columns, rows)))
    return stacked(parts)
