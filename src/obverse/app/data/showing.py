"""`obverse data show`: one series, its columns, its last rows, and where it came from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from obverse.app.console import remark
from obverse.app.data.faces import put_tables
from obverse.app.data.frames import frame_table
from obverse.contracts import iso
from obverse.errors import DataError
from obverse.market.series.kinds import Kind, kind_named
from obverse.market.store import Store, open_store, scan
from obverse.market.store.stores import unknown
from obverse.tables import Table, number, text

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Request:
    """What was asked for."""

    store: str
    venue: str
    instrument: str
    kind: str | None
    start: str | None
    until: str | None
    rows: int


def run(asked: Request, json: bool, csv: bool, html: Path | None) -> None:
    """Print a series, or as CSV its rows; a page has a chart besides."""
    store = open_store(asked.store)
    kind = _kind(store, asked)
    frame = scan(
        store,
        kind.name,
        venue=asked.venue,
        instrument=asked.instrument,
        since=asked.start,
        until=asked.until,
    ).collect()
    if frame.is_empty():
        raise DataError(f"{asked.venue} {asked.instrument} has no {kind.name} in that span.")
    tables = {
        "rows": _rows(asked, kind, frame, whole=csv),
        "columns": _columns(kind, frame),
        "origins": _origins(store, asked, kind),
    }
    if html is not None:
        from obverse.app.data.pages import write_page

        write_page(html, kind, frame, list(tables.values()), asked.venue, asked.instrument)
        remark(f"Wrote {html}.")
    extra = {"store": store.name, "venue": asked.venue, "instrument": asked.instrument}
    put_tables(tables, json=json, csv=csv, extra={**extra, "kind": kind.name})


def _kind(store: Store, asked: Request) -> Kind:
    """The kind asked for, or the only one there is."""
    if asked.venue not in store.known("venue"):
        raise unknown(store, "venue", asked.venue)
    own = list(store.entries(venue=asked.venue))
    if asked.instrument not in {entry.instrument for entry in own}:
        raise unknown(store, "instrument", asked.instrument, own)
    kinds = {entry.kind for entry in own if entry.instrument == asked.instrument}
    if asked.kind is not None:
        return kind_named(asked.kind)
    if len(kinds) > 1:
        raise DataError(
            f"{asked.venue} {asked.instrument} has {', '.join(sorted(kinds))}; say which."
        )
    return kind_named(kinds.pop())


def _rows(asked: Request, kind: Kind, frame: pl.DataFrame, *, whole: bool) -> Table:
    """The last rows, without columns that say nothing; as CSV all of both."""
    if whole:
        return frame_table(frame, "")
    said = [name for name in kind.names if frame[name].null_count() < len(frame)]
    title = f"{asked.venue} {asked.instrument} {kind.name}: {len(frame):,} rows"
    tail = frame.select(said).tail(asked.rows)
    return frame_table(tail, f"{title}, the last {len(tail):,}")


def _columns(kind: Kind, frame: pl.DataFrame) -> Table:
    import polars as pl

    columns = (
        text("column", "Column"),
        number("known", "Known", decimals=0),
        text("least", "Least"),
        text("most", "Most"),
        text("meaning", "Meaning"),
    )
    rows = []
    for column in kind.columns:
        known = frame[column.name].drop_nulls()
        if len(known):
            ends = frame_table(pl.DataFrame({"least": [known.min()], "most": [known.max()]}), "")
            rows.append((column.name, len(known), *ends.rows[0], column.meaning))
    return Table("Columns that say something", columns, tuple(rows))


def _origins(store: Store, asked: Request, kind: Kind) -> Table:
    columns = (
        text("source", "Source"),
        text("format", "Format"),
        text("label", "Time was"),
        text("licence", "Licence"),
        text("imported_at", "Imported (UTC)"),
        number("rows", "Rows", decimals=0),
        text("sha256", "SHA-256"),
    )
    rows = []
    for commit in store.commits:
        own = [
            entry.rows
            for entry in commit.entries
            if (entry.venue, entry.instrument, entry.kind)
            == (asked.venue, asked.instrument, kind.name)
        ]
        if own:
            origin = commit.origin
            rows.append(
                (
                    origin.name,
                    origin.format,
                    origin.label,
                    origin.licence,
                    iso(commit.imported_at.replace(microsecond=0)),
                    sum(own),
                    origin.sha256[:12],
                )
            )
    return Table("Where it came from", columns, tuple(rows))
