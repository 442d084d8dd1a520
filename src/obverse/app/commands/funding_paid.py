"""`obverse funding --paid`: a store's payments, their distribution, how they last, their sums."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from obverse.analysis.funding import (
    FundingStatistics,
    FundingSums,
    funding_history,
    funding_statistics,
    funding_sums,
)
from obverse.analysis.funding.sums import published_sums
from obverse.app.commands.sheet import Faces, Sheet, put
from obverse.app.report.section import Section, untold
from obverse.errors import DataError
from obverse.market.store import Store, open_store
from obverse.market.store.stores import unknown
from obverse.tables import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Drawn: TypeAlias = FundingStatistics | FundingSums
SHOWN = 15


@dataclass(frozen=True)
class Request:
    """What was asked for: payments of one perpetual, of a span."""

    store: str
    venue: str | None
    instrument: str | None
    start: str | None
    until: str | None


def run(asked: Request, faces: Faces) -> None:
    """Print what was paid; the CSV is a row a payment."""
    store = open_store(asked.store)
    venue, instrument = _series(store, asked)
    history = funding_history(store, venue, instrument, since=asked.start, until=asked.until)
    coin = history.provenance.underlying
    payments = history.table()
    parts = [Section("payments", coin, _last(payments, whole=faces.json))]
    charts: list[Drawn] = []
    try:
        statistics = funding_statistics(history)
        published = published_sums(store, venue, instrument, until=asked.until)
        sums = funding_sums(history, published=published)
        parts.append(Section("statistics", coin, statistics.table()))
        parts.append(Section("sums", coin, _last(sums.table(), whole=faces.json)))
        charts = [statistics, sums]
    except DataError as error:
        parts.append(untold("statistics", f"{history.provenance.name}", str(error), coin))
    put(
        Sheet(
            title=f"Funding paid on {history.provenance.name}",
            as_of=history.provenance.last,
            venue=venue,
            source=history.provenance.source,
            simulated=False,
            sections=tuple(parts),
            flat=payments,
            charts=lambda: [_figure(each) for each in charts],
        ),
        faces,
    )


def _series(store: Store, asked: Request) -> tuple[str, str]:
    """The perpetual asked for, or the only one whose payments are stored."""
    entries = list(store.entries(kind="funding"))
    if asked.venue is not None and asked.venue not in {entry.venue for entry in entries}:
        raise unknown(store, "venue", asked.venue, entries)
    found = {
        (entry.venue, entry.instrument)
        for entry in entries
        if asked.venue in (None, entry.venue) and asked.instrument in (None, entry.instrument)
    }
    if len(found) == 1:
        return found.pop()
    if not found and asked.instrument is not None:
        raise unknown(store, "instrument", asked.instrument, entries)
    there = ", ".join(sorted(f"{venue}/{name}" for venue, name in found)) or "none"
    raise DataError(f"{store.name} has payments of {there}; --venue and --instrument choose one.")


def _last(table: Table, *, whole: bool) -> Table:
    if whole or len(table.rows) <= SHOWN:
        return table
    notes = (*table.notes, f"The last {SHOWN} of {len(table.rows):,} rows; --json has all.")
    return Table(table.title, table.columns, table.rows[-SHOWN:], notes)


def _figure(found: Drawn) -> Figure:
    figure = found.plot().figure
    assert figure is not None
    return figure  # type: ignore[return-value]
