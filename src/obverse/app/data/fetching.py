"""`obverse data fetch`: a venue read live into the store, gone on with where it stopped."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from obverse.app.console import remark
from obverse.app.data.faces import lasting, put_tables
from obverse.app.progress import counting
from obverse.contracts import instant
from obverse.market.live import (
    EXCHANGES,
    Clock,
    Connection,
    Patience,
    connect,
    contracts,
    fetch,
)
from obverse.market.live import Request as Wanted
from obverse.market.series import Part, kind_named
from obverse.market.store import Commit, Origin, append, create_store, is_store, open_store, span
from obverse.tables import Table, number, text

HISTORIES = ("bars", "funding")
"""What comes in pages, each of which is committed, so that an interruption costs one page."""


@dataclass(frozen=True)
class Request:
    """What was asked for."""

    venue: str
    names: tuple[str, ...]
    what: str
    store: str
    start: str | None
    until: str | None
    interval: str
    depth: int | None
    anew: bool
    dry_run: bool
    url: str | None
    attempts: int
    timeout: float


def run(asked: Request, json: bool, csv: bool) -> None:
    """Fetch, keep page by page, and print what was added."""
    wanted = Wanted(
        what=asked.what,  # type: ignore[arg-type]
        names=asked.names,
        since=None if asked.start is None else instant(asked.start),
        until=None if asked.until is None else instant(asked.until),
        interval=_interval(asked.interval),
        depth=asked.depth,
    )
    clock = Clock(time.time, time.sleep)
    with connect(
        asked.venue,
        clock,
        base_url=asked.url,
        timeout_seconds=asked.timeout,
        patience=Patience(attempts=asked.attempts),
    ) as connection:
        if asked.dry_run:
            _rehearse(connection, asked, json=json, csv=csv)
            return
        commits = _kept(connection, wanted, asked)
    _print(commits, asked, json=json, csv=csv)


def run_venues(json: bool, csv: bool) -> None:
    """List the venues that are read live."""
    columns = (text("venue", "Venue"), text("ccxt", "ccxt's name"))
    rows = tuple((each.venue, each.ccxt_id) for each in EXCHANGES)
    put_tables({"venues": Table("Venues read live", columns, rows)}, json=json, csv=csv)


def _interval(words: str) -> timedelta:
    interval = kind_named(f"bars_{words}").interval
    assert interval is not None
    return interval


def _rehearse(connection: Connection, asked: Request, *, json: bool, csv: bool) -> None:
    """List the contracts that the names stand for, and fetch nothing else."""
    columns = (
        text("instrument", "Instrument"),
        text("unified", "Unified"),
        text("contract", "Contract"),
        text("underlying", "Underlying"),
    )
    rows = tuple(
        (each.name, each.unified, each.contract, each.underlying)
        for each in contracts(connection)
        if not asked.names or any(each.answers_to(name) for name in asked.names)
    )
    title = f"{asked.venue}: {len(rows):,} contracts; nothing was fetched (--dry-run)"
    put_tables({"contracts": Table(title, columns, rows)}, json=json, csv=csv)


def _kept(connection: Connection, wanted: Wanted, asked: Request) -> list[Commit]:
    """Fetch into the store; what came before a failure is kept, and the failure is raised."""
    origin = Origin(
        name=f"{connection.ccxt.id} {asked.what}",
        format="ccxt",
        label="open" if asked.what == "bars" else "event",
        licence=f"by {asked.venue}'s terms of use",
    )
    resume = None if asked.anew else partial(_last_stored, asked.store)
    commits: list[Commit] = []
    with counting("rows") as advance:
        parts = fetch(connection, wanted, resume_from=resume, watch=advance)
        for batch in _batches(parts, paged=asked.what in HISTORIES):
            now = datetime.fromtimestamp(connection.clock.now(), UTC)
            commits.append(
                append(create_store(lasting(asked.store)), batch, origin, imported_at=now)
            )
    return commits


def _batches(parts: Iterator[Part], *, paged: bool) -> Iterator[list[Part]]:
    if paged:
        yield from ([part] for part in parts)
    elif whole := list(parts):
        yield whole


def _last_stored(store: str, venue: str, instrument: str, kind: str) -> datetime | None:
    """How far a series is stored."""
    if not is_store(store):
        return None
    found = span(open_store(store).entries(venue, instrument, kind))
    return None if found is None else found[1]


def _print(commits: list[Commit], asked: Request, *, json: bool, csv: bool) -> None:
    added: dict[tuple[str, str], int] = {}
    for commit in commits:
        for entry in commit.entries:
            key = entry.instrument, entry.kind
            added[key] = added.get(key, 0) + entry.rows
    columns = (
        text("instrument", "Instrument"),
        text("kind", "Kind"),
        number("rows", "New rows", decimals=0),
    )
    rows = tuple((*key, count) for key, count in added.items())
    read, known = (sum(getattr(c, n) for c in commits) for n in ("rows_read", "rows_known"))
    title = f"{asked.venue} {asked.what}: {read:,} rows, {read - known:,} of them new"
    findings = list(dict.fromkeys(line for commit in commits for line in commit.findings))
    told = Table("Noticed", (text("finding", "Finding"),), tuple((line,) for line in findings))
    if not read:
        remark("The venue had nothing new in that span.")
    put_tables(
        {"series": Table(title, columns, rows), "findings": told},
        json=json,
        csv=csv,
        extra={"store": asked.store, "venue": asked.venue, "what": asked.what},
    )
