"""Runs this room's compiled loops once over a little data, so that they lie compiled on disk."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from obverse.risk.arrays import PositionArrays, array_margins, price_line, revalue, revalue_at
from obverse.risk.margin import margin_terms
from obverse.rulebooks import rulebook

_AS_OF = datetime(2024, 1, 1, tzinfo=UTC)


def warm() -> None:
    """Run each loop once: compiled machine code is kept per kind of argument, the same for all."""
    book = rulebook("bybit", as_of=_AS_OF)
    instrument = book.instrument("BTCUSD")
    positions = PositionArrays(instrument, np.array([100, -100]), np.array([200_000, -200_000]))
    price_line(positions)
    revalue(positions, np.full(2, 50_000.0), np.array([0.1]))
    revalue_at(positions, np.full((2, 1), 50_000.0))
    array_margins(positions, np.full(2, 20_000), margin_terms(book, instrument), "50000")
