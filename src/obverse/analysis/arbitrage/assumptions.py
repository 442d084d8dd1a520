"""What an arbitrage is reckoned with beside the market: money, time and what cannot be seen."""

from __future__ import annotations

import math
from dataclasses import dataclass

from obverse.errors import DataError

_FRACTIONS = ("dollar_rate", "coin_yield", "coin_borrow_rate")
_NOT_BELOW_ZERO = ("settlement_basis_bp", "withdrawal_days")


@dataclass(frozen=True)
class Assumptions:
    """Rates are per year, simple, as fractions.

    Attributes
    ----------
    dollar_rate : what dollars cost, and what sold coins' dollars earn
    coin_yield : what a coin held earns
    coin_borrow_rate : what a coin sold short costs
    settlement_basis_bp : by how much a future's settlement misses the price that the other leg is
        closed at; 2 bp is the median miss of recorded Deribit forwards in their last three hours
    withdrawal_days : how long coins are on their way between two venues, or from spot to one
    horizon_days : how long a trade without an expiry is held
    """

    dollar_rate: float = 0.04
    coin_yield: float = 0.0
    coin_borrow_rate: float = 0.03
    settlement_basis_bp: float = 2.0
    withdrawal_days: float = 0.05
    horizon_days: float = 30.0

    def __post_init__(self) -> None:
        """Refuse what is no number, a horizon of nothing, and times and misses below zero."""
        for name in (*_FRACTIONS, *_NOT_BELOW_ZERO, "horizon_days"):
            value = getattr(self, name)
            if not math.isfinite(value):
                raise DataError(f"{name}: {value} is not a number.")
        for name in _NOT_BELOW_ZERO:
            if getattr(self, name) < 0:
                raise DataError(f"{name}: {getattr(self, name)} is below zero.")
        if self.horizon_days <= 0:
            raise DataError(f"horizon_days: {self.horizon_days} is not above zero.")
