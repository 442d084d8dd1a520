"""`obverse data imports` and `withdraw`: what was imported, and taking some of it out again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from obverse.app.console import remark
from obverse.app.data.faces import put_tables
from obverse.market.store import Commit, Store, open_store, withdraw
from obverse.tables import Cell, Table, machine, number, text


def run_imports(location: str, json: bool, csv: bool) -> None:
    """List the imports of a store, in their order."""
    store = open_store(location)
    columns = (
        number("number", "No.", decimals=0),
        text("imported_at", "At (UTC)"),
        text("source", "Source"),
        text("format", "Format"),
        text("label", "Time is"),
        number("rows_added", "New", decimals=0),
        number("rows_known", "Known", decimals=0),
        machine("sha256"),
        machine("licence"),
        text("state", "State"),
    )
    rows = tuple(_row(store, commit) for commit in store.commits)
    notes = ("obverse data withdraw NO. takes the rows of an import out of the store.",)
    table = Table(f"{store.name}: {len(rows):,} imports", columns, rows, notes)
    put_tables({"imports": table}, json=json, csv=csv, extra={"store": store.name})


def run(numbers: Sequence[int], location: str) -> None:
    """Withdraw imports, and say what is to be imported again."""
    store = open_store(location)
    before = {commit.number for commit in store.commits if store.lacks_rows(commit)}
    made = withdraw(store, numbers, imported_at=datetime.now(UTC))
    store = store.reopened()
    files = set(made.retired)
    rows = sum(
        entry.rows for commit in store.commits for entry in commit.entries if entry.path in files
    )
    remark(f"Took {rows:,} rows out; the next import frees their space.")
    lacking = [
        commit
        for commit in store.commits
        if commit.number not in before and commit.number not in numbers and store.lacks_rows(commit)
    ]
    if lacking:
        names = ", ".join(dict.fromkeys(commit.origin.name for commit in lacking))
        remark(f"These had left rows out because the store had them, so import them again: {names}")


def _row(store: Store, commit: Commit) -> tuple[Cell, ...]:
    return (
        commit.number,
        f"{commit.imported_at:%Y-%m-%d %H:%M}",
        commit.origin.name,
        commit.origin.format,
        commit.origin.label,
        commit.rows,
        commit.rows_known,
        commit.origin.sha256,
        commit.origin.licence,
        _state(store, commit),
    )


def _state(store: Store, commit: Commit) -> str:
    if commit.retired:
        return f"takes {len(commit.retired):,} files out"
    retired = store.retired
    gone = sum(entry.path in retired for entry in commit.entries)
    if gone:
        return "out" if gone == len(commit.entries) else f"{gone:,} files are out"
    return "import again: rows it left out are out" if store.lacks_rows(commit) else ""
