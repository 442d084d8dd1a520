"""The documented simple form of market data: its columns, and how a cell is read.

One row is one instrument at one instant. `docs/market-files.md` says the same to people.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from obverse.contracts.instants import instant
from obverse.contracts.instruments import Kind
from obverse.contracts.units import exact
from obverse.errors import DataError, Fault, LocatedError, nearest
from obverse.market.floats import decimal_of_float


@dataclass(frozen=True)
class Column:
    """One column: how a cell of it is read, and whether a file must have it."""

    name: str
    read: Callable[[object], object]
    required: bool = False


def text(cell: object) -> str:
    """Read a word; it must not be blank."""
    if not isinstance(cell, str) or not cell.strip():
        raise DataError(f"{cell!r} is not a name")
    return cell.strip()


def kind(cell: object) -> Kind:
    """Read `perpetual` or `future`."""
    if cell not in ("perpetual", "future"):
        raise DataError(f"{cell!r} is not a kind; expected perpetual or future")
    return Kind(cell)


def moment(cell: object) -> datetime:
    """Read an instant: ISO 8601 with time and zone, or a timestamp with a zone.

    A bare day is refused: as a label it hides whether its price was known at its start or its
    end, as an expiry it hides the hour of delivery.
    """
    if isinstance(cell, datetime):
        if cell.tzinfo is None:
            raise DataError(f"{cell.isoformat()} has no time zone; make the column UTC")
        return cell.astimezone(UTC)
    if not isinstance(cell, str) or "T" not in cell.strip().replace(" ", "T"):
        raise DataError(f"{cell!r} is not an instant; expected e.g. 2026-02-01T08:00:00Z")
    return instant(cell)


def number(cell: object) -> Decimal:
    """Read a number exactly; NaN and infinities are let in, for the door to judge."""
    if isinstance(cell, bool) or not isinstance(cell, str | int | float | Decimal):
        raise DataError(f"{cell!r} is not a number; expected e.g. 77334.5")
    try:
        value = decimal_of_float(cell) if isinstance(cell, float) else Decimal(cell)
    except InvalidOperation:
        raise DataError(f"{cell!r} is not a number; expected e.g. 77334.5") from None
    return exact(value) if value.is_finite() else value


def yes_no(cell: object) -> bool:
    """Read `true` or `false`."""
    words = {"true": True, "false": False}
    if isinstance(cell, bool):
        return cell
    if not isinstance(cell, str) or cell.strip().lower() not in words:
        raise DataError(f"{cell!r} is neither true nor false")
    return words[cell.strip().lower()]


COLUMNS = {
    column.name: column
    for column in (
        Column("at", moment, required=True),
        Column("underlying", text, required=True),
        Column("venue", text, required=True),
        Column("symbol", text, required=True),
        Column("kind", kind, required=True),
        Column("expiry", moment, required=True),
        Column("index", number, required=True),
        Column("mark", number, required=True),
        Column("bid", number),
        Column("ask", number),
        Column("last", number),
        Column("open_interest_usd", number),
        Column("volume_24h_usd", number),
        Column("funding_rate_8h", number),
        Column("observed_at", moment),
        Column("quote", text),
        Column("index_low", number),
        Column("index_high", number),
        Column("listed", yes_no),
        Column("simulated", yes_no),
        Column("source", text),
    )
}
"""Every column of the form, in the order they are written."""

NEVER_EMPTY = ("at", "underlying", "venue", "symbol", "kind")
INSTANTS = tuple(name for name, column in COLUMNS.items() if column.read is moment)
NUMBERS = tuple(name for name, column in COLUMNS.items() if column.read is number)
FLAGS = tuple(name for name, column in COLUMNS.items() if column.read is yes_no)


@dataclass(frozen=True)
class Row:
    """One row as its format gives it: where it stands, and its cells that are not empty."""

    path: str
    line: int | None
    label: str
    cells: Mapping[str, object]

    @property
    def place(self) -> str:
        """File and row, for messages."""
        return f"{self.path}:{self.line}" if self.line else f"{self.path} {self.label}"

    def fault(self, column: str, reason: str) -> Fault:
        """One fault in a cell."""
        field = column if self.line else f"{self.label}: {column}"
        return Fault(self.path, self.line, field, reason)


def check_header(path: str, names: Iterable[str]) -> None:
    """Refuse columns that the form does not have, repeated ones, and missing ones."""
    found = list(names)
    faults = []
    for name in dict.fromkeys(found):
        if name not in COLUMNS:
            close = nearest(name, COLUMNS)
            hint = f"did you mean {' or '.join(close)}?" if close else "see docs/market-files.md"
            faults.append(Fault(path, None, name, f"no such column; {hint}"))
        elif found.count(name) > 1:
            faults.append(Fault(path, None, name, "this column is there twice"))
    faults += [
        Fault(path, None, column.name, "this column is missing; every file must have it")
        for column in COLUMNS.values()
        if column.required and column.name not in found
    ]
    if faults:
        raise LocatedError(faults)


def read_cells(row: Row, names: Iterable[str], faults: list[Fault]) -> dict[str, object]:
    """Read the named cells of a row that are not empty; what cannot be read becomes a fault."""
    values: dict[str, object] = {}
    for name in names:
        if name not in row.cells:
            if name in NEVER_EMPTY:
                faults.append(row.fault(name, "empty; every row must have it"))
            continue
        try:
            values[name] = COLUMNS[name].read(row.cells[name])
        except DataError as error:
            faults.append(row.fault(name, str(error)))
    return values
