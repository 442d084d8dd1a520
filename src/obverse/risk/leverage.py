"""Effective leverage: what is agreed over what stands behind it."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction


def effective_leverage(notional_usd: Decimal, equity_usd: Decimal) -> float | None:
    """Gross notional over equity, both in dollars; none where no equity stands behind it."""
    return float(Fraction(notional_usd) / Fraction(equity_usd)) if equity_usd > 0 else None
