"""Where a binary float becomes an exact number: here, and nowhere else in this room."""

from __future__ import annotations

from decimal import Decimal


def decimal_of_float(value: float) -> Decimal:
    """Return the shortest decimal that reads back as the same float: 0.1 becomes 0.1.

    It is what a person sees in the file. Floats that are no number stay so, for the door to
    refuse.
    """
    return Decimal(repr(float(value)))
