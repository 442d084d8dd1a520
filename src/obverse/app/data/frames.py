"""Rows of a data frame as a table, each column by its own type."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from obverse.contracts import iso
from obverse.tables import Cell, Column, Table, text

if TYPE_CHECKING:
    import polars as pl

_DIGITS = 10


def frame_table(frame: pl.DataFrame, title: str, notes: tuple[str, ...] = ()) -> Table:
    """Lay a frame out: instants in ISO, numbers as they are, what is not known as a dash."""
    columns: tuple[Column, ...] = tuple(text(name, name) for name in frame.columns)
    rows = tuple(tuple(_cell(value) for value in row) for row in frame.iter_rows())
    return Table(title, columns, rows, notes)


def _cell(value: Any) -> Cell:
    if value is None or isinstance(value, bool):
        return None if value is None else str(value).lower()
    if isinstance(value, datetime):
        return iso(value) if value.tzinfo else value.isoformat()
    if isinstance(value, float):
        return f"{value:.{_DIGITS}g}" if value == value else "NaN"
    if isinstance(value, int | Decimal | str):
        return str(value)
    return value.isoformat() if isinstance(value, date) else str(value)
