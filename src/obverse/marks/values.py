"""One definition for an instant and for a history: formulas take numbers or arrays alike.

A formula written with these helpers and the four operations gives a float for floats and an array
for arrays, element by element, with the same arithmetic in the same order.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from obverse.errors import MarketDataError

FloatArray: TypeAlias = NDArray[np.float64]
Values: TypeAlias = float | FloatArray
"""A number, or one a step of a history."""


def lower_of(a: Values, b: Values) -> Values:
    """The lower of two, element by element."""
    return min(a, b) if _plain(a, b) else np.minimum(a, b)


def higher_of(a: Values, b: Values) -> Values:
    """The higher of two, element by element."""
    return max(a, b) if _plain(a, b) else np.maximum(a, b)


def confined(value: Values, low: Values, high: Values) -> Values:
    """A value kept within bounds; `low` must not exceed `high`."""
    return lower_of(higher_of(value, low), high)


def median_of(a: Values, b: Values, c: Values) -> Values:
    """The middle one of three, element by element."""
    return higher_of(lower_of(a, b), lower_of(higher_of(a, b), c))


def finite(values: ArrayLike, what: str) -> FloatArray:
    """Take a history at the door: one dimension, every element a finite number."""
    found = np.asarray(values, dtype=np.float64)
    if found.ndim != 1:
        raise MarketDataError(f"{what}: expected one value a step, found shape {found.shape}.")
    _refuse(found, ~np.isfinite(found), what, "is not a finite number")
    return found


def prices(values: ArrayLike, what: str) -> FloatArray:
    """Take a history of prices at the door: finite and above zero."""
    found = finite(values, what)
    _refuse(found, found <= 0, what, "is not above zero")
    return found


def _refuse(values: FloatArray, wrong: NDArray[np.bool_], what: str, reason: str) -> None:
    if wrong.any():
        place = int(np.argmax(wrong))
        raise MarketDataError(f"{what}: step {place} ({values[place]}) {reason}.")


def _plain(*values: Any) -> bool:
    return not any(isinstance(value, np.ndarray) for value in values)
