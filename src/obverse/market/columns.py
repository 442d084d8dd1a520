"""The columns of the documented simple forms: how a cell of each kind is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from obverse.contracts.instants import instant
from obverse.contracts.instruments import Kind
from obverse.contracts.units import exact
from obverse.errors import DataError
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
