"""Very many positions and accounts at once, over arrays; each compiled loop has a plain twin."""

from obverse.risk.arrays.ladder import PriceLine, price_line
from obverse.risk.arrays.margin import ArrayMargins, array_margins
from obverse.risk.arrays.positions import PositionArrays
from obverse.risk.arrays.revaluation import revalue, revalue_at

__all__ = [
    "ArrayMargins",
    "PositionArrays",
    "PriceLine",
    "array_margins",
    "price_line",
    "revalue",
    "revalue_at",
]
