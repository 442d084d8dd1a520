"""Full revaluation: every position at its own price in every scenario, summed by scenario.

Where one price moves all positions alike and nothing bounds a loss, the ladder needs no position
by position work (`ladder.py`). Here a price may depend on both, and a position may lose no
more than what is posted behind it. Sums have one order: a result is the same, to the last bit,
whatever the number of threads. Analytics, in floats; exact twins are `Position.pnl` unrounded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from obverse.errors import DataError
from obverse.risk.arrays.positions import (
    PositionArrays,
    finite_gains,
    fixed,
    floats,
    refuse_outside,
    refuse_sides,
    same_length,
)

if TYPE_CHECKING:
    from obverse.marks.values import FloatArray

_BLOCKS = 64
"""Partial sums are of so many blocks of positions at most: set by their number alone."""


def revalue(
    positions: PositionArrays,
    prices_usd: ArrayLike,
    price_moves: ArrayLike,
    *,
    tenors_years: ArrayLike | None = None,
    basis_shifts: ArrayLike | None = None,
    loss_limits: ArrayLike | None = None,
) -> FloatArray:
    """Gain of all positions together, in settlement coin, in each of M scenarios.

    In scenario j a position's price is its own times  1 + move[j] + tenor · shift[j].

    Parameters
    ----------
    positions : N positions in one instrument, or in instruments that differ in expiry alone
    prices_usd : today's price of each (N,)
    price_moves : move of all prices (M,), 0.1 for +10 %
    tenors_years, basis_shifts : years to expiry (N,) and shift of the annual basis (M,); both or
        neither
    loss_limits : coins behind each position (N,), which end its loss; default: none does

    Raises
    ------
    DataError
        a number that is not finite, columns of different lengths, or a scenario that leaves a
        position without a price
    """
    from obverse.risk.arrays._revaluation_kernel import moves_kernel

    today = floats(prices_usd, "prices_usd", above=0.0)
    factors = 1.0 + floats(price_moves, "price_moves")
    if (tenors_years is None) != (basis_shifts is None):
        raise DataError("revalue: tenors_years and basis_shifts go together; give both or neither.")
    tenors, shifts = fixed(np.zeros_like(today)), fixed(np.zeros_like(factors))
    if tenors_years is not None and basis_shifts is not None:
        tenors, shifts = floats(tenors_years, "tenors_years"), floats(basis_shifts, "basis_shifts")
    same_length(price_moves=factors, basis_shifts=shifts)
    same_length(contracts=positions.contracts, prices_usd=today, tenors_years=tenors)
    size, cost, floor, divide = _columns(positions, loss_limits)
    _refuse_priceless(factors, tenors, shifts)
    value = size / today if divide else size * today
    if divide and basis_shifts is None:
        factors, divide = 1.0 / factors, False  # one price move for all: multiply instead
    sums = _partial_sums(len(today), len(factors))
    moves_kernel(value, cost, tenors, floor, factors, shifts, divide, sums)
    return _total(sums)


def revalue_at(
    positions: PositionArrays, prices_usd: ArrayLike, *, loss_limits: ArrayLike | None = None
) -> FloatArray:
    """Gain of all positions together, in settlement coin, at prices (N, M) given one by one.

    Reading the prices is what it costs. A price that is not finite and above zero is refused.
    """
    from obverse.risk.arrays._revaluation_kernel import prices_kernel

    prices = fixed(np.ascontiguousarray(prices_usd, dtype=np.float64))
    if prices.ndim != 2 or len(prices) != len(positions):
        raise DataError(
            f"prices_usd: shape {prices.shape}; expected a row for each of {len(positions)} "
            "positions and a column for each scenario."
        )
    size, cost, floor, divide = _columns(positions, loss_limits)
    sums = _partial_sums(*prices.shape)
    if not prices_kernel(size, cost, floor, prices, divide, sums):
        refuse_outside(prices, "prices_usd", above=0.0)
        raise DataError("prices_usd: a price is above 1e300.")
    return _total(sums)


def _columns(
    positions: PositionArrays, loss_limits: ArrayLike | None
) -> tuple[FloatArray, FloatArray, FloatArray, bool]:
    """Size, cost and floor of the gain, so that gain = cost − worth; and whether price divides."""
    contracts, units = positions.contracts, positions.cost_units
    if np.any((units != 0) & ((contracts == 0) | ((contracts ^ units) < 0))):
        refuse_sides(positions)
    instrument = positions.instrument
    inverse = instrument.payoff.name == "inverse"
    sign = 1.0 if inverse else -1.0
    size = contracts.astype(np.float64) * (sign * float(instrument.multiplier))
    cost = units.astype(np.float64) / (sign * instrument.settlement_currency.scale)
    floor = np.full(len(positions), -np.inf)
    if loss_limits is not None:
        limits = floats(loss_limits, "loss_limits", above=np.nextafter(0.0, -1.0))
        same_length(contracts=contracts, loss_limits=limits)
        floor = -limits
    return size, cost, floor, inverse


def _refuse_priceless(factors: FloatArray, tenors: FloatArray, shifts: FloatArray) -> None:
    """A price factor is a line in the tenor: it is above zero if it is at both ends."""
    for tenor in (tenors.min(), tenors.max()) if len(tenors) else (0.0,):
        left = factors + tenor * shifts
        if len(left) and not left.min() > 0:
            place = int(np.argmin(left))
            raise DataError(
                f"scenario {place}: {left[place]:.6g} of a price is left at a tenor of {tenor:g} "
                "years; expected more than nothing."
            )


def _total(sums: FloatArray) -> FloatArray:
    """Blocks added in order."""
    with np.errstate(invalid="ignore"):
        found: FloatArray = np.add.reduce(sums, axis=0)
    return finite_gains(found)


def _partial_sums(positions: int, scenarios: int) -> FloatArray:
    return np.empty((min(max(positions, 1), _BLOCKS), scenarios))
