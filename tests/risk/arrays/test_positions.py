"""Columns at the door: whole numbers, of one length, on their side."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from obverse.errors import DataError
from obverse.risk.arrays import PositionArrays

from .books import inverse_instrument


def test_a_row_is_a_position() -> None:
    positions = PositionArrays(inverse_instrument(), [100_000, -5], [2 * 10**8, -7])
    found = positions.position(0)
    assert (found.contracts, found.cost.coins) == (100_000, Decimal(2))
    assert len(positions) == 2


def test_columns_are_read_only_views() -> None:
    contracts = np.array([1, 2])
    positions = PositionArrays(inverse_instrument(), contracts, np.array([3, 4]))
    assert np.shares_memory(positions.contracts, contracts)
    with pytest.raises(ValueError, match="read-only"):
        positions.contracts[0] = 9


@pytest.mark.parametrize(
    ("contracts", "cost"),
    [
        ([1.5], [1]),
        ([1], [float("nan")]),
        ([1, 2], [1]),
        ([[1]], [[1]]),
        (["5"], [1]),
        ([2**63], [1]),
    ],
)
def test_what_is_no_column_of_whole_numbers_is_refused(contracts, cost) -> None:
    with pytest.raises(DataError):
        PositionArrays(inverse_instrument(), contracts, cost)
