"""Future spreads: one price in dollars for two legs of equal dollar amounts.

Equal dollars are not equal coins: a spread of Q dollars leaves a coin delta of
Q(1/P_far − 1/P_near).
Source: Deribit future-spread combos; BitMEX calendar spreads.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from obverse.contracts.units import ExactNumber, exact, exact_price, plain


def spread_price(*, far_price: ExactNumber, near_price: ExactNumber) -> Decimal:
    """Far leg less near leg, in quote currency; may be zero or below."""
    return plain(exact_price(far_price, "far_price") - exact_price(near_price, "near_price"))


def spread_coin_delta(
    *, usd_amount: ExactNumber, far_price: ExactNumber, near_price: ExactNumber
) -> Fraction:
    """Coins of exposure that a bought spread of so many dollars leaves open."""
    far, near = exact_price(far_price, "far_price"), exact_price(near_price, "near_price")
    return Fraction(exact(usd_amount, "usd_amount")) * (1 / Fraction(far) - 1 / Fraction(near))
