"""Printing results for machines: JSON and CSV to standard output, nothing else with them."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
import typer

from obverse.contracts import iso
from obverse.tables import Table


def print_json(value: Any) -> None:
    """Print one JSON object, indented; exact numbers as strings."""
    encoded = msgspec.json.encode(jsonable(value))
    typer.echo(msgspec.json.format(encoded, indent=2).decode())


def print_csv(table: Table) -> None:
    """Print a table's raw values as CSV."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([column.key for column in table.columns if column.for_files])
    for row in table.records():
        writer.writerow(["" if value is None else jsonable(value) for value in row.values()])
    typer.echo(buffer.getvalue(), nl=False)


def jsonable(value: Any) -> Any:
    """Plain values: decimals as text, instants as ISO 8601."""
    if isinstance(value, dict):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(item) for item in value]
    if isinstance(value, Decimal):
        return f"{value:f}"
    return iso(value) if isinstance(value, datetime) else value
