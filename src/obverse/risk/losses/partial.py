"""Partial liquidation: the smallest part to close, so that the rest may stay.

Symbols, of one contract valued v at the mark: e equity, q contracts, μ maintenance rate, φ fee
rate, g gain from the mark to the execution price (below zero when executed worse).

    e + g·x − φ·v·x = μ·v·(q − x)   gives   x = (μ·v·q − e) / (g − φ·v + μ·v)

For a linear contract of one coin v = p and g = ±(p_exec − p), as printed by Chitra (arXiv
2512.01112, corrected), liquidation strategy; the same holds for any payoff. Tiers: OKX, BitMEX
and Bybit walk a position down to a lower risk-limit tier first (venue rules, section 4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from obverse.contracts.payoffs import Payoff
from obverse.contracts.units import ExactNumber, Rounding, exact_price, round_to_step
from obverse.errors import AmountError, RuleError
from obverse.risk.losses.inputs import Exact, above_zero, fraction, not_below_zero, portion


@dataclass(frozen=True)
class Slice:
    """The part of a position to close.

    `needed` is before capping at the position; none when no size restores maintenance, because a
    contract costs more to close than the maintenance that it frees.
    """

    contracts: Fraction
    needed: Fraction | None

    @property
    def closed(self) -> Fraction:
        """Contracts to close: what is needed, at most the whole position."""
        return self.contracts if self.needed is None else min(self.needed, self.contracts)

    @property
    def restores(self) -> bool:
        """Whether the account meets maintenance afterwards."""
        return self.needed is not None and self.needed <= self.contracts

    def in_lots(self, lot: Decimal) -> Decimal:
        """Contracts to close in whole lots, rounded up, at most the whole position."""
        lots = round_to_step(self.closed, lot, Rounding.CEILING)
        return min(lots, round_to_step(self.contracts, lot, Rounding.FLOOR))


def restoring_slice(
    payoff: Payoff,
    *,
    sign: Literal[1, -1],
    contracts: Exact,
    mark_price: ExactNumber,
    equity: Exact,
    maintenance_rate: Exact,
    execution_price: ExactNumber,
    fee_rate: Exact = 0,
) -> Slice:
    """The smallest slice after which equity meets the maintenance of the rest.

    `sign` is +1 for a long, −1 for a short; `contracts` a magnitude; `equity` in settlement coin,
    signed. The fee is taken on the slice's mark value. An account that meets maintenance already
    needs none.
    """
    size = above_zero(contracts, "contracts")
    mark, execution = exact_price(mark_price, "mark_price"), exact_price(execution_price)
    rate = portion(maintenance_rate, "maintenance_rate")
    value = payoff.value(1, mark)
    gain = payoff.pnl(payoff.value(sign, mark), payoff.value(sign, execution))
    missing = rate * value * size - fraction(equity, "equity")
    freed = gain - not_below_zero(fee_rate, "fee_rate") * value + rate * value
    if missing <= 0:
        return Slice(size, Fraction(0))
    return Slice(size, missing / freed if freed > 0 else None)


def contracts_to_tier(contracts: Exact, tier_caps: Sequence[Exact], target_tier: int) -> Fraction:
    """Contracts to close until the position fits a tier: what exceeds the tier's cap.

    `tier_caps` are largest sizes in contracts, rising; tiers count from 1.
    """
    size = not_below_zero(contracts, "contracts")
    caps = [above_zero(cap, "tier_caps") for cap in tier_caps]
    if any(low >= high for low, high in pairwise(caps)):
        raise AmountError("tier_caps: each cap must be above the one before it.")
    if isinstance(target_tier, bool) or not isinstance(target_tier, int):
        raise RuleError(f"target_tier: {target_tier!r} is not a whole number.")
    if not 1 <= target_tier <= len(caps):
        raise RuleError(f"target_tier: {target_tier}, but there are tiers 1 to {len(caps)}.")
    return max(size - caps[target_tier - 1], Fraction(0))
