"""The report for machines: one JSON object, or one tidy CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from obverse.contracts import iso
from obverse.tables import Cell, Table, text

if TYPE_CHECKING:
    from obverse.app.report.report import Report
from obverse.app.report.section import Section


def to_json(report: Report) -> dict[str, Any]:
    """The report as one plain object.

    Exact amounts are decimal strings, analytics are numbers; rates are fractions, not per cent.
    """
    market = report.market
    return {
        "as_of": iso(market.asked),
        "venue": market.venue,
        "source": market.source,
        "simulated": market.simulated,
        "book": report.exposure.book.name if report.exposure else None,
        "sections": [section_json(item) for item in report.sections],
    }


def section_json(item: Section) -> dict[str, Any]:
    """One table: its title, the unit of each column, raw rows, notes."""
    return {
        "section": item.key,
        "underlying": item.underlying or None,
        "title": item.table.title,
        "units": {column.key: column.raw_unit for column in item.table.columns if column.for_files},
        "rows": [
            {key: _jsonable(value) for key, value in row.items()} for row in item.table.records()
        ],
        "notes": list(item.table.notes),
    }


def to_csv(report: Report) -> str:
    """The report as one tidy table, a line a number."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    made = tidy(report.sections)
    writer.writerow([*(column.key for column in made.columns), "simulated"])
    simulated = str(report.market.simulated).lower()
    for row in made.rows:
        writer.writerow([*("" if value is None else value for value in row), simulated])
    return buffer.getvalue()


def tidy(sections: Sequence[Section]) -> Table:
    """Sections as one table with a row a number: where it stands, its unit, its raw value."""
    keys = ("section", "underlying", "row", "item", "field", "unit", "value")
    rows = []
    for item in sections:
        for place, row in enumerate(item.table.rows):
            for column, value in zip(item.table.columns[1:], row[1:], strict=True):
                if column.for_files:
                    where = (item.key, item.underlying, place, row[0], column.key)
                    rows.append((*where, column.raw_unit, _jsonable(value)))
    return Table("", tuple(text(key, key) for key in keys), tuple(rows))


def _jsonable(value: Cell) -> Any:
    if isinstance(value, datetime):
        return iso(value)
    return f"{value:f}" if isinstance(value, Decimal) else value
