"""`obverse data check`: the files against the log, and every series against what it should be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from obverse.app.console import remark
from obverse.app.data.faces import put_tables
from obverse.app.guard import FAILED
from obverse.app.progress import progress
from obverse.errors import DataError
from obverse.market.quality import Fault, check, compare, fault_table, worst_first
from obverse.market.series.kinds import kind_named
from obverse.market.store import Entry, Store, open_store, retire, scan
from obverse.market.store.verification import FileFault, verify
from obverse.tables import Table, text


@dataclass(frozen=True)
class Request:
    """What was asked for."""

    store: str
    venue: str | None
    instrument: str | None
    kind: str | None
    against: str | None
    quick: bool
    notes: bool
    repair: bool


Series = tuple[str, str, str]


def run(asked: Request, json: bool, csv: bool) -> int:
    """Check, print the faults, and give the exit code: 1 if there is an error among them."""
    store = open_store(asked.store)
    entries = list(store.entries(asked.venue, asked.instrument, asked.kind))
    if not entries:
        raise DataError(f"{store.name} has no such series; obverse data list has what there is.")
    series = list(dict.fromkeys((each.venue, each.instrument, each.kind) for each in entries))
    files = _files(store, entries, asked.quick)
    lost = {each.path for each in files if each.severity == "error"}
    spoiled = {_series(entry) for entry in entries if entry.path in lost}
    sound = [each for each in series if each not in spoiled]
    faults = worst_first([*_checked(store, sound), *_compared(store, sound, asked.against)])
    title = f"{store.name}: {len(series):,} series, {sum(each.rows for each in entries):,} rows"
    shown = faults if asked.notes or json or csv else _without_notes(faults)
    if len(shown) < len(faults):
        title += f"; {len(faults) - len(shown):,} notes, which --notes shows"
    put_tables(
        {"faults": fault_table(shown, title), "files": _file_table(files, len(entries))},
        json=json,
        csv=csv,
        extra={"store": store.name, "series": len(series), "unreadable_series": len(spoiled)},
    )
    if lost:
        _advise(store, sorted(lost), repair=asked.repair)
    wrong = bool(lost) or any(fault.severity == "error" for fault in faults)
    return FAILED if wrong else 0


def _advise(store: Store, lost: list[str], *, repair: bool) -> None:
    """Say how lost rows come back, or make way for them."""
    files = f"{len(lost):,} file{'s' if len(lost) > 1 else ''}"
    if not repair:
        remark(f"{files} lost or damaged: --repair takes them out, then import their source again.")
        return
    origins = [
        commit.origin.name
        for commit in store.commits
        if any(entry.path in lost for entry in commit.entries)
    ]
    retire(store, lost, imported_at=datetime.now(UTC))
    remark(f"Took {files} out; now import again: {', '.join(origins)}.")


def _without_notes(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    return tuple(fault for fault in faults if fault.severity != "note")


def _series(entry: Entry) -> Series:
    return entry.venue, entry.instrument, entry.kind


def _files(store: Store, entries: list[Entry], quick: bool) -> tuple[FileFault, ...]:
    with progress(sum(each.bytes for each in entries), "bytes") as advance:
        return verify(store, entries, read=not quick, watch=lambda _, size: advance("files", size))


def _checked(store: Store, series: Iterable[Series]) -> list[Fault]:
    faults: list[Fault] = []
    wanted = list(series)
    with progress(len(wanted), "series") as advance:
        for venue, instrument, kind in wanted:
            advance(f"{venue} {instrument} {kind}", 0)
            rows = scan(store, kind, venue=venue, instrument=instrument).collect()
            own = rows.drop("venue", "instrument")
            faults += check(kind_named(kind), f"{venue} {instrument} {kind}", own)
            advance(f"{venue} {instrument} {kind}", 1)
    return faults


def _compared(store: Store, series: Iterable[Series], against: str | None) -> list[Fault]:
    """Each series beside the second one of its kind."""
    if against is None:
        return []
    venue, slash, instrument = against.partition("/")
    if not slash:
        raise DataError(f"--against {against}: expected VENUE/INSTRUMENT, as bitstamp/BTC-USD.")
    faults: list[Fault] = []
    compared = 0
    for one in series:
        kind = one[2]
        if one[:2] == (venue, instrument) or not list(store.entries(venue, instrument, kind)):
            continue
        first = scan(store, kind, venue=one[0], instrument=one[1]).collect()
        second = scan(store, kind, venue=venue, instrument=instrument).collect()
        faults += compare(
            kind_named(kind),
            " ".join(one),
            first.drop("venue", "instrument"),
            f"{venue} {instrument} {kind}",
            second.drop("venue", "instrument"),
        )
        compared += 1
    if not compared:
        raise DataError(f"--against {against}: it has no series of a kind that is checked here.")
    return faults


def _file_table(faults: Iterable[FileFault], count: int) -> Table:
    columns = (text("severity", "Severity"), text("path", "File"), text("reason", "What"))
    rows = tuple((each.severity, each.path, each.reason) for each in faults)
    return Table(f"Files: {count:,} looked at", columns, rows)
