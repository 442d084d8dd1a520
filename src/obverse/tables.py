"""One table for every result: the same cells as text, HTML, CSV, records or a data frame.

A column carries its unit and how its numbers read; rows hold raw values. What people read is
formatted here and nowhere else: signs always shown where a sign matters, "—" for the unknown.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from importlib import import_module
from textwrap import wrap
from typing import Any, Literal, TypeAlias

from obverse.errors import DataError

Cell: TypeAlias = str | int | float | Decimal | bool | datetime | None
FrameKind = Literal["polars", "pandas", "arrow", "records"]
Face = Literal["coin", "usd", "both"]
UNKNOWN = "—"
NOTE_WIDTH = 100


class Look(Enum):
    """How a column's values read."""

    TEXT = "text"
    NUMBER = "number"
    PERCENT = "percent"  # stored as a fraction, shown times 100


@dataclass(frozen=True)
class Column:
    """A column: its key for machines, its header and unit for people."""

    key: str
    header: str
    unit: str = ""
    look: Look = Look.TEXT
    decimals: int = 2
    signed: bool = False
    face: Literal["", "coin", "usd"] = ""
    for_people: bool = True
    for_files: bool = True

    @property
    def title(self) -> str:
        """Header with its unit."""
        unit = "%" if self.look is Look.PERCENT and not self.unit else self.unit
        return f"{self.header} ({unit})" if unit else self.header

    @property
    def raw_unit(self) -> str:
        """Unit of the raw values, for machines: per cents are fractions there."""
        if self.look is not Look.PERCENT:
            return self.unit
        return "fraction per year" if self.unit == "%/y" else "fraction"

    def cell(self, value: Cell) -> str:
        """Print one value of this column."""
        if value is None:
            return UNKNOWN
        if isinstance(value, datetime):
            return value.strftime("%Y-%m-%d %H:%M")
        if self.look is Look.TEXT or isinstance(value, str):
            return str(value)
        number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        if not number.is_finite():
            raise DataError(f"{self.key}: {value} must not reach a table.")
        if self.look is Look.PERCENT:
            number *= 100
        text = f"{number:{'+' if self.signed else ''},.{self.decimals}f}"
        return text.lstrip("+-") if number == 0 else text


def number(
    key: str, header: str, unit: str = "", decimals: int = 2, *, signed: bool = False
) -> Column:
    """A column of numbers."""
    return Column(key, header, unit, Look.NUMBER, decimals, signed)


def usd(key: str, header: str, decimals: int = 0, *, signed: bool = True) -> Column:
    """A column of dollar amounts: the dollar face of a result."""
    return Column(key, header, "USD", Look.NUMBER, decimals, signed, "usd")


def coin(key: str, header: str, unit: str, decimals: int = 4, *, signed: bool = True) -> Column:
    """A column of coin amounts: the coin face of a result."""
    return Column(key, header, unit, Look.NUMBER, decimals, signed, "coin")


def percent(key: str, header: str, decimals: int = 2, *, unit: str = "%") -> Column:
    """A column of fractions shown in per cent, always signed."""
    return Column(key, header, unit, Look.PERCENT, decimals, signed=True)


def text(key: str, header: str) -> Column:
    """A column of words."""
    return Column(key, header)


def machine(key: str, unit: str = "") -> Column:
    """A column that frames and files have and people are not shown."""
    return Column(key, key, unit, for_people=False)


@dataclass(frozen=True)
class Table:
    """A titled table of raw values, with notes to be read under it."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Hold rows and columns together."""
        for row in self.rows:
            if len(row) != len(self.columns):
                raise DataError(f"{self.title}: a row has {len(row)} cells of {len(self.columns)}.")

    def facing(self, face: Face) -> Table:
        """The table with only its coin or only its dollar amounts; prices and rates stay."""
        keep = [n for n, c in enumerate(self.columns) if face == "both" or c.face in ("", face)]
        columns = tuple(self.columns[n] for n in keep)
        rows = tuple(tuple(row[n] for n in keep) for row in self.rows)
        return Table(self.title, columns, rows, self.notes)

    @property
    def shown(self) -> tuple[Column, ...]:
        """The columns that people see."""
        return tuple(column for column in self.columns if column.for_people)

    def cells(self) -> list[list[str]]:
        """Every row as people read it."""
        return [
            [
                column.cell(value)
                for column, value in zip(self.columns, row, strict=True)
                if column.for_people
            ]
            for row in self.rows
        ]

    def records(self) -> list[dict[str, Cell]]:
        """Rows as plain mappings from key to raw value."""
        return [
            {c.key: value for c, value in zip(self.columns, row, strict=True) if c.for_files}
            for row in self.rows
        ]

    def to_frame(self, kind: FrameKind = "polars") -> Any:
        """The table as a data frame: `polars`, `pandas`, `arrow`, or plain `records`."""
        return to_frame(self.columns, self.rows, kind)

    def __str__(self) -> str:
        """An aligned text table that stands alone: header, unit, rows, notes."""
        heads = [column.header for column in self.shown]
        units = [column.title[len(column.header) :].strip() for column in self.shown]
        body = self.cells()
        widths = [max(map(len, cells)) for cells in zip(heads, units, *body, strict=True)]
        lines = [self.title] if self.title else []
        top = [heads, units] if any(units) else [heads]
        for row in (*top, ["-" * width for width in widths], *body):
            pads = zip(row, widths, self.shown, strict=True)
            lines.append("  ".join(_pad(cell, width, column) for cell, width, column in pads))
        for note in self.notes:
            lines += wrap(note, NOTE_WIDTH, initial_indent="  ", subsequent_indent="    ")
        return "\n".join(line.rstrip() for line in lines)

    def _repr_html_(self) -> str:
        """The table for notebooks and reports."""
        head = "".join(_html("th", column.title, column) for column in self.shown)
        body = "".join(
            "<tr>" + "".join(map(_html, ["td"] * len(row), row, self.shown)) + "</tr>"
            for row in self.cells()
        )
        notes = "".join(f"<p class='note'>{html.escape(note)}</p>" for note in self.notes)
        caption = f"<caption>{html.escape(self.title)}</caption>" if self.title else ""
        return (
            f"<table class='obverse'>{caption}<thead><tr>{head}</tr></thead>"
            f"<tbody>{body}</tbody></table>{notes}"
        )


class Tabular:
    """A result that is read as a table: it prints as one, shows as one, and becomes a frame."""

    def table(self) -> Table:
        """The result as a table."""
        raise NotImplementedError

    def to_frame(self, kind: FrameKind = "polars") -> Any:
        """The result as a data frame: `polars`, `pandas`, `arrow`, or plain `records`."""
        return self.table().to_frame(kind)

    def __repr__(self) -> str:
        """Print as a text table."""
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()


def to_frame(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], kind: FrameKind) -> Any:
    """Turn rows into a data frame of the caller's kind; numbers become floats, times stay times."""
    data = {
        column.key: [_plain(row[place]) for row in rows]
        for place, column in enumerate(columns)
        if column.for_files
    }
    if kind == "records":
        return [dict(zip(data, row, strict=True)) for row in zip(*data.values(), strict=True)]
    if kind == "pandas":
        return _library("pandas", kind).DataFrame(data)
    if kind not in ("polars", "arrow"):
        raise DataError(f"frame kind {kind!r}: there are polars, pandas, arrow and records.")
    import polars

    frame = polars.DataFrame(data, strict=False)
    if kind == "polars":
        return frame
    _library("pyarrow", kind)
    return frame.to_arrow()


def _library(name: str, kind: FrameKind) -> Any:
    try:
        return import_module(name)
    except ImportError:
        raise DataError(
            f"frame kind {kind!r} needs {name}: pip install {name}, or take polars or records."
        ) from None


def _plain(value: Cell) -> Cell:
    return float(value) if isinstance(value, Decimal | Fraction) else value


def _pad(cell: str, width: int, column: Column) -> str:
    return cell.ljust(width) if column.look is Look.TEXT else cell.rjust(width)


def _html(tag: str, cell: str, column: Column) -> str:
    kind = "text" if column.look is Look.TEXT else "number"
    tone = ""
    if column.signed and tag == "td" and cell[:1] in ("+", "-"):
        tone = " up" if cell[0] == "+" else " down"
    return f"<{tag} class='{kind}{tone}'>{html.escape(cell)}</{tag}>"
