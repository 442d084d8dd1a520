"""Tables of the data commands, as text, JSON or CSV."""

from __future__ import annotations

from collections.abc import Mapping

from obverse.app.commands.output import print_csv, print_json
from obverse.app.console import show
from obverse.errors import DataError
from obverse.tables import Table


def put_tables(
    tables: Mapping[str, Table], *, json: bool, csv: bool, extra: Mapping[str, object] | None = None
) -> None:
    """Print tables: the first alone as CSV, all as JSON under their keys, or as text.

    Raises `DataError` where both JSON and CSV are asked for.
    """
    if json and csv:
        raise DataError("--json and --csv: choose one.")
    if json:
        print_json({**(extra or {}), **{key: table.records() for key, table in tables.items()}})
    elif csv:
        print_csv(next(iter(tables.values())))
    else:
        first, *others = tables.values()
        show([first, *(table for table in others if table.rows)])


def lasting(location: str) -> str:
    """The store to write to. Raises `DataError` for one that ends with the command."""
    if location.startswith("memory:"):
        raise DataError(f"--store {location} ends with this command; name a folder or another URL.")
    return location


def size_text(count: int) -> str:
    """Print a number of bytes: `3.4 MB`."""
    size = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
