"""The compiled margins of isolated accounts, exact to the last unit and tick.

Every number is a quotient of integers; floats only guess it. What a guess leaves is an integer
computed modulo 2**64, which is exact however large its terms are, because the remainder itself is
small. So a value on the border of a rounding or a bracket goes where fractions would send it.

Symbols: n contracts, c cost, b margin, d = +1 where a loss makes the coin value grow, v coin value,
k bracket; the liquidation value is n · g / h. Table: `_margin_table.py`. All coin is in units.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numba

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from obverse.marks.values import FloatArray
    from obverse.risk.arrays._margin_table import Brackets, MarginTable, Pricing

FLOOR, CEILING, HALF_EVEN = 0, 1, 3
ONE_TICK_EARLY, TICK, LOT_UNITS_AND_TICK = 1, 2, 3
NO_ROW = -1

_part = numba.njit(cache=True, inline="always", error_model="numpy")
"""Taken into the loop: as calls, they would count references to the table's arrays in each row."""

_LARGE = 2.0**51
"""Of guesses: above it a float is all there is of a price."""


@_part
def quotient_kernel(num: int, den: int, guess: float, rounding: int) -> int:
    """A quotient as a whole number; `num` modulo 2**64, `guess` within a few of it."""
    whole = int(guess)
    left = num - whole * den
    while left < 0:
        whole -= 1
        left += den
    while left >= den:
        whole += 1
        left -= den
    if rounding == FLOOR or left == 0:
        return whole
    if rounding == CEILING:
        return whole + 1
    beyond_half = left - (den - left)
    if beyond_half == 0 and rounding == HALF_EVEN:
        return whole + (whole & 1)
    return whole + 1 if beyond_half >= 0 else whole


@_part
def bracket_kernel(x: int, at: float, brackets: Brackets) -> int:
    """How many borders a size is above; where floats are too near, x modulo 2**64 decides."""
    k = 0
    for j in range(len(brackets.borders)):
        border = brackets.borders_float[j]
        gap = at - border
        if abs(gap) <= 1e-14 * border:
            k += x - brackets.borders[j] > 0
        else:
            k += gap > 0.0
    return k


@_part
def price_kernel(up: bool, h: int, g: int, inverse: bool, pricing: Pricing) -> float:
    """Price at which a contract is worth g/h units, rounded against the trader; 0 for none."""
    if g <= 0 or h <= 0:
        return 0.0
    if pricing.rounding == LOT_UNITS_AND_TICK:
        per_lot = float(g) / float(h) * pricing.lot_numerator / pricing.lot_denominator
        num, den = g * pricing.lot_numerator, h * pricing.lot_denominator
        units = quotient_kernel(num, den, per_lot, CEILING if up != inverse else FLOOR)
        g, h = max(units, 1) * pricing.lot_denominator, pricing.lot_numerator
    num, den = h * pricing.numerator, g * pricing.denominator
    guess = float(h) / float(g) * pricing.numerator / pricing.denominator
    if not inverse:
        num, den = den, num
        guess = 1.0 / guess
    if pricing.rounding >= TICK and guess < _LARGE:
        ticks = float(quotient_kernel(num, den, guess, CEILING if up else FLOOR))
    elif pricing.rounding == ONE_TICK_EARLY:
        ticks = guess + (1.0 if up else -1.0)
    else:
        ticks = guess
    return ticks * pricing.tick_numerator / pricing.tick_denominator


@_part
def account_kernel(n: int, c: int, b: int, table: MarginTable) -> tuple[int, float, float]:
    """Maintenance, margin ratio and liquidation price of one account that holds something."""
    brackets, steps, valuing = table.brackets, table.steps, table.valuing
    size, spent = abs(n), abs(c)
    d = 1 if (n > 0) == valuing.inverse else -1
    side = 0 if d > 0 else 1
    v = size * valuing.per_contract
    # The bracket at the basis, and what it asks.
    x, at = (size * valuing.numerator, v) if valuing.at_mark else (spent, float(spent))
    if valuing.by_contracts:
        k = bracket_kernel(size, float(size), brackets)
    else:
        k = bracket_kernel(x, at, brackets)
    rate = brackets.rates[k]
    if steps.size > 0 and spent >= steps.first:
        rate += ((spent - steps.first) // steps.size + 1) * steps.rate
    asked = (rate * at - brackets.taken_float[k]) / valuing.over
    num = rate * x - brackets.taken[k]
    quanta = quotient_kernel(num, valuing.divisor, asked / valuing.quantum, valuing.rounding)
    required = asked + valuing.fee * v
    ratio = (b + d * spent - d * v) / required if required > 0.0 else math.inf
    # Where equity meets it: margin and cost against value, times the rates' denominator.
    h = size * valuing.over
    g = (d * b + spent) * valuing.over
    if not valuing.at_mark:
        g -= d * (rate * spent - brackets.deductions[k])
    elif valuing.by_contracts:
        h = size * brackets.widths[side, k] - d * brackets.deductions[k]
    else:
        k = 0
        for j in range(brackets.thresholds.shape[1]):
            k += g > brackets.thresholds[side, j]
        h = size * brackets.widths[side, k]
        g += d * brackets.deductions[k]
    price = price_kernel(n > 0, h, g, valuing.inverse, table.pricing)
    return max(quanta, 0) * valuing.quantum, ratio, price


@numba.njit(cache=True, nogil=True, error_model="numpy")
def margin_kernel(
    contracts: NDArray[np.int64],
    cost: NDArray[np.int64],
    margin: NDArray[np.int64],
    table: MarginTable,
    maintenance: NDArray[np.int64],
    ratio: FloatArray,
    price: FloatArray,
) -> int:
    """Fill maintenance, margin ratio and liquidation price; the first row to refuse, or none."""
    most, most_units = table.limits.contracts, table.limits.units
    for i in range(len(contracts)):
        n, c, b = contracts[i], cost[i], margin[i]
        large = (n < -most) | (n > most) | (c < -most_units) | (c > most_units)
        wrong = (b < 0) | (b > most_units) | ((c != 0) & ((n == 0) | ((n ^ c) < 0)))
        if large | wrong:
            return i
        if n == 0:
            maintenance[i], ratio[i], price[i] = 0, math.inf, 0.0
        else:
            maintenance[i], ratio[i], price[i] = account_kernel(n, c, b, table)
    return NO_ROW
