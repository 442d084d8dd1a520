"""Many positions in one instrument as arrays of whole numbers, and the door that arrays pass.

Contracts and coin cost stay integers, as in `Position`: sums of them are exact, whatever the order.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from obverse.contracts import Amount, Instrument, Position
from obverse.errors import DataError

if TYPE_CHECKING:
    from obverse.marks.values import FloatArray

Number = TypeVar("Number", np.int64, np.float64)


@dataclass(frozen=True)
class PositionArrays:
    """Positions in one instrument, one a row.

    Attributes
    ----------
    instrument : what all of them hold
    contracts : signed, whole; long above zero
    cost_units : coin cost in the smallest unit of the settlement currency, signed as the contracts

    Shapes and types are decided here, the numbers by what is computed from them. The columns are
    read-only views of what was given, where that is int64.
    """

    instrument: Instrument
    contracts: NDArray[np.int64]
    cost_units: NDArray[np.int64]

    def __post_init__(self) -> None:
        """Take both columns as contiguous int64 of one length."""
        for name in ("contracts", "cost_units"):
            object.__setattr__(self, name, whole_numbers(getattr(self, name), name))
        same_length(contracts=self.contracts, cost_units=self.cost_units)

    def __len__(self) -> int:
        """How many there are."""
        return len(self.contracts)

    def position(self, row: int) -> Position:
        """One of them as the exact engine takes it."""
        currency = self.instrument.settlement_currency
        cost = Amount(int(self.cost_units[row]), currency)
        contracts = Decimal(int(self.contracts[row]))
        return Position(self.instrument, contracts, cost, currency.zero)


def whole_numbers(values: ArrayLike, what: str) -> NDArray[np.int64]:
    """Take a column of integers; floats, booleans and what int64 cannot hold are refused."""
    found = np.asarray(values)
    if found.ndim != 1:
        raise DataError(f"{what}: expected one number a row, found shape {found.shape}.")
    if not len(found):
        return fixed(np.empty(0, dtype=np.int64))
    if found.dtype.kind not in "iu":
        raise DataError(f"{what}: expected whole numbers (int64), found {found.dtype}.")
    if found.dtype == np.uint64 and found.max() > np.iinfo(np.int64).max:
        row = int(np.argmax(found))
        raise DataError(f"{what}: row {row} ({found[row]}) is above what int64 holds.")
    return fixed(np.ascontiguousarray(found, dtype=np.int64))


def floats(values: ArrayLike, what: str, *, above: float = -np.inf) -> FloatArray:
    """Take a column of finite floats, each above a number; anything else is refused."""
    try:
        found = np.ascontiguousarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError(f"{what}: expected numbers, found {values!r:.60}.") from None
    if found.ndim != 1:
        raise DataError(f"{what}: expected one number a row, found shape {found.shape}.")
    refuse_outside(found, what, above=above)
    return fixed(found)


def fixed(values: NDArray[Number]) -> NDArray[Number]:
    """A view that cannot be written to: what the compiled loops read has this one form."""
    view = values.view()
    view.flags.writeable = False
    return view


def refuse_outside(values: FloatArray, what: str, *, above: float = -np.inf) -> None:
    """Refuse an array, of any shape, that has a number not finite or not above a bound."""
    if not values.size or (np.min(values) > above and np.max(values) < np.inf):
        return
    wrong = ~((values > above) & (values < np.inf))
    place = np.unravel_index(int(np.argmax(wrong)), values.shape)
    row = ", ".join(str(int(index)) for index in place)
    expected = "a finite number" if above == -np.inf else f"a finite number above {above:g}"
    raise DataError(f"{what}: row {row} ({values[place]}) is not {expected}.")


def finite_gains(gains: FloatArray) -> FloatArray:
    """Gains that are numbers; prices so near to zero or so large that they are none are refused."""
    wrong = ~np.isfinite(gains)
    if wrong.any():
        place = int(np.argmax(wrong))
        raise DataError(f"scenario {place}: its gain is no number; a price is too small or large.")
    return gains


def same_length(**columns: NDArray[np.int64] | FloatArray) -> None:
    """Refuse columns of different lengths."""
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise DataError(f"columns of different lengths: {listed}; expected one number a position.")


def refuse_sides(positions: PositionArrays) -> None:
    """Say which row's cost does not fit its contracts; none is a bug of the caller."""
    contracts, cost = positions.contracts, positions.cost_units
    wrong = (cost != 0) & ((contracts == 0) | ((contracts < 0) != (cost < 0)))
    row = int(np.argmax(wrong))
    raise DataError(
        f"positions: row {row} holds {contracts[row]} contracts at a cost of {cost[row]} units; "
        "expected a cost signed as the contracts, and none of none."
    )
