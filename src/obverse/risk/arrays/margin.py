"""Maintenance, margin ratio and liquidation price of very many isolated accounts, one a position.

What `maintenance_margin`, `margin_ratio` and `liquidation_value` say of each account, in one
compiled pass: maintenance to the last unit and liquidation prices to the tick are *equal* to
theirs, because both are decided in integers (`_margin_kernel.py`). The plain twin is
`_reference.py`. What was decided:

- Known are brackets of coin value that are marginal, at the mark or at entry; brackets of contracts
  at the mark; and whole-position brackets and steps at entry. Anything else raises `RuleError`: no
  venue has isolated positions under it.
- A flat row needs nothing: no maintenance, an infinite ratio, no liquidation price.
- An account below maintenance, or below zero, is an answer: a ratio under 1, and the price at which
  maintenance was last met. Margin that is itself below zero is refused.
- Rows too large for the integers are refused, with the largest that is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from obverse.contracts.units import ExactNumber, exact_price
from obverse.errors import DataError
from obverse.risk.arrays._margin_table import Limits, margin_table
from obverse.risk.arrays.positions import PositionArrays, refuse_sides, same_length, whole_numbers
from obverse.risk.margin.terms import MarginTerms

if TYPE_CHECKING:
    from obverse.marks.values import FloatArray


@dataclass(frozen=True)
class ArrayMargins:
    """Margins of isolated accounts, one a row; no array holds a NaN.

    Attributes
    ----------
    maintenance_units : in units of the settlement currency, rounded as the venue rounds
    margin_ratio : equity over maintenance and liquidation fee at the mark, unrounded; at 1 an
        account is liquidated; infinite where nothing is required
    liquidation_price_usd : rounded against the trader by the venue's rule, as the nearest float;
        0 where no price liquidates
    """

    maintenance_units: NDArray[np.int64]
    margin_ratio: FloatArray
    liquidation_price_usd: FloatArray

    @property
    def liquidated(self) -> NDArray[np.bool_]:
        """Which accounts no longer cover what is required."""
        return self.margin_ratio <= 1.0


def array_margins(
    positions: PositionArrays, margin_units: ArrayLike, terms: MarginTerms, mark_price: ExactNumber
) -> ArrayMargins:
    """Margins of many isolated accounts in one instrument at one mark.

    Parameters
    ----------
    positions : contracts and coin cost of each account
    margin_units : coins behind each, in units; as `Backing.coins`: without the fee kept for
        closing and, where the venue counts it, less the funding owed
    terms : the venue's, as `margin_terms` gives them
    mark_price : of the instrument; exact

    Raises
    ------
    RuleError
        terms that have no closed form here
    DataError
        columns of different lengths, floats, a cost on the wrong side, a margin below zero, a row
        too large
    """
    from obverse.risk.arrays._margin_kernel import NO_ROW, margin_kernel

    margin = whole_numbers(margin_units, "margin_units")
    same_length(contracts=positions.contracts, margin_units=margin)
    table = margin_table(positions.instrument, terms, exact_price(mark_price, "mark_price"))
    count = len(positions)
    found = ArrayMargins(np.empty(count, dtype=np.int64), np.empty(count), np.empty(count))
    row = margin_kernel(
        positions.contracts,
        positions.cost_units,
        margin,
        table,
        found.maintenance_units,
        found.margin_ratio,
        found.liquidation_price_usd,
    )
    if row != NO_ROW:
        _refuse(positions, margin, int(row), table.limits)
    return found


def _refuse(positions: PositionArrays, margin: NDArray[np.int64], row: int, limits: Limits) -> None:
    """Say what is wrong with a row."""
    if margin[row] < 0:
        raise DataError(f"margin_units: row {row} ({margin[row]}) is below zero.")
    largest = {
        "contracts": (positions.contracts[row], limits.contracts),
        "cost_units": (positions.cost_units[row], limits.units),
        "margin_units": (margin[row], limits.units),
    }
    for name, (value, most) in largest.items():
        if not -most <= value <= most:
            raise DataError(
                f"{name}: row {row} ({value}) is larger than the {most} that int64 arrays take "
                "here; use liquidation_value for it, or an instrument that keeps fewer decimals."
            )
    refuse_sides(positions)
