"""`obverse data import`: files into the store, with progress, resumed where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from obverse.app.console import remark
from obverse.app.data.faces import lasting, put_tables, size_text
from obverse.app.guard import FAILED
from obverse.app.progress import Advance, progress
from obverse.errors import DataError
from obverse.market.sources.bar_csv import read_by
from obverse.market.sources.column_maps import read_column_map
from obverse.market.sources.file_formats import FileFormat
from obverse.market.sources.importing import Found, Outcome, find, import_file, rehearse
from obverse.market.sources.registry import FILE_FORMATS, format_named
from obverse.market.store import Store, create_store
from obverse.tables import Table, machine, number, text

_SHOWN_FINDINGS = 12
_SHOWN_UNKNOWN = 8


@dataclass(frozen=True)
class Request:
    """What was asked for."""

    files: tuple[Path, ...]
    store: str
    format: str | None
    columns: Path | None
    dry_run: bool


def run(asked: Request, json: bool, csv: bool) -> int:
    """Import or rehearse, print what became of each file, and give the exit code."""
    if not asked.files:
        raise DataError("No files to import; give files or folders, or --formats to list formats.")
    found = _found(asked)
    store = None if asked.dry_run else create_store(lasting(asked.store))
    outcomes = _import(found, store)
    findings = [line for outcome in outcomes for line in outcome.findings]
    where = "nothing was kept (--dry-run)" if store is None else f"store {asked.store}"
    whole = json or csv
    put_tables(
        {"files": _table(outcomes, where, whole), "findings": _findings_table(findings, whole)},
        json=json,
        csv=csv,
        extra={"store": asked.store, "dry_run": asked.dry_run},
    )
    broken = [outcome for outcome in outcomes if outcome.status == "broken"]
    return FAILED if broken else 0


def run_formats(json: bool, csv: bool) -> None:
    """List the file formats that are known."""
    columns = (text("format", "Format"), text("label", "Time is"), text("meaning", "What"))
    rows = tuple((each.name, each.label, each.meaning) for each in FILE_FORMATS)
    notes = ("A bar's time may be its open or its close; stored bars are by their close.",)
    put_tables({"formats": Table("File formats", columns, rows, notes)}, json=json, csv=csv)


def _found(asked: Request) -> list[Found]:
    if asked.columns is not None:
        if asked.format is not None:
            raise DataError("--format and --columns: choose one.")
        forced = _mapped(asked.columns)
    elif asked.format is not None:
        forced = format_named(asked.format)
    else:
        return find(asked.files)
    return [replace(each, format=forced, reason="") for each in find(asked.files, ())]


def _mapped(path: Path) -> FileFormat:
    """The format of tables that a column map describes."""
    columns = read_column_map(path)
    return FileFormat(
        name="column-map",
        meaning=f"a table by {path.name}",
        label=columns.time.label,
        recognises=Path.is_file,
        read=lambda table: [read_by(table, columns)],
        column_map=lambda _: path.read_bytes(),
    )


def _import(found: Sequence[Found], store: Store | None) -> list[Outcome]:
    outcomes = []
    total = sum(each.bytes for each in found)
    remark(f"{len(found):,} files, {size_text(total)}.")
    with progress(total, "bytes") as advance, _told_if_interrupted():
        for each in found:
            advance(each.path.name, 0)
            if store is None:
                outcome = rehearse(each)
            else:
                watch = _watching(advance, each.path.name)
                outcome = import_file(store, each, imported_at=datetime.now(UTC), watch=watch)
            outcomes.append(outcome)
            advance(each.path.name, each.bytes)
    return outcomes


@contextmanager
def _told_if_interrupted() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        remark("Interrupted: whole files are kept, the last is not; run it again to go on.")
        raise


def _watching(advance: Advance, name: str) -> Callable[[int], None]:
    """Say how many rows of a file are done; the bar itself moves by bytes, at the file's end."""
    done = 0

    def watch(rows: int) -> None:
        nonlocal done
        done += rows
        advance(f"{name}: {done:,} rows", 0)

    return watch


def _table(outcomes: Sequence[Outcome], where: str, whole: bool) -> Table:
    """A row a file; people are told of unknown ones by number only where there are many."""
    strange = [outcome for outcome in outcomes if outcome.status == "unknown"]
    notes: tuple[str, ...] = ()
    if not whole and len(strange) > _SHOWN_UNKNOWN:
        outcomes = [outcome for outcome in outcomes if outcome.status != "unknown"]
        notes = (f"{len(strange):,} files are of no known format: --json names them.",)
    added = sum(outcome.rows_added for outcome in outcomes)
    told = any(outcome.reason for outcome in outcomes)
    columns = (
        text("file", "File"),
        text("status", "Status"),
        text("format", "Format"),
        machine("series"),
        number("rows_read", "Rows", decimals=0),
        number("rows_added", "New", decimals=0),
        *((text("reason", "Why"),) if told else (machine("reason"),)),
    )
    rows = tuple(
        (
            outcome.path.name,
            outcome.status,
            outcome.format,
            len(outcome.series),
            outcome.rows_read,
            outcome.rows_added,
            outcome.reason,
        )
        for outcome in outcomes
    )
    return Table(f"{added:,} new rows; {where}", columns, rows, notes)


def _findings_table(findings: Sequence[str], whole: bool) -> Table:
    shown = findings if whole else findings[:_SHOWN_FINDINGS]
    more = len(findings) - len(shown)
    notes = (f"{more:,} findings more: --json has them all.",) if more else ()
    return Table("Noticed", (text("finding", "Finding"),), tuple((each,) for each in shown), notes)
