"""How much of a burden an account's leverage makes it bear: risk weights λ·g(λ), and shares.

Source: Chitra (arXiv 2512.01112, corrected), risk-aware pro-rata.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Context
from fractions import Fraction

from obverse.contracts.units import to_decimal
from obverse.errors import AmountError
from obverse.risk.losses.inputs import Exact, fraction, not_below_zero, shown

MAX_EXPONENT = 100
_ROOT_DIGITS = 50


def risk_weight(
    leverage: Exact,
    *,
    weight_exponent: Exact | None = None,
    weight_excess_over: Exact | None = None,
) -> Fraction:
    """Weight λ·g(λ) of an account at leverage λ.

    g = λ^`weight_exponent`, or max(0, λ − `weight_excess_over`); give one of the two. Whole
    exponents are exact, others to 50 digits.
    """
    if (weight_exponent is None) == (weight_excess_over is None):
        raise AmountError(
            "risk weight: give weight_exponent or weight_excess_over, one of the two."
        )
    level = not_below_zero(leverage, "leverage")
    if weight_exponent is not None:
        return level * _power(level, fraction(weight_exponent, "weight_exponent"))
    assert weight_excess_over is not None
    return level * max(level - fraction(weight_excess_over, "weight_excess_over"), Fraction(0))


def risk_shares(equities: Sequence[Exact], weights: Sequence[Fraction]) -> tuple[Fraction, ...]:
    """Each account's share of a burden, proportional to equity times risk weight; they sum to one.

    Accounts of which none bears weight have no shares: `AmountError`.
    """
    if len(equities) != len(weights):
        raise AmountError(f"risk shares: {len(equities)} equities and {len(weights)} weights.")
    burdens = [
        not_below_zero(equity, "equity") * weight
        for equity, weight in zip(equities, weights, strict=True)
    ]
    total = sum(burdens, Fraction(0))
    if not total:
        raise AmountError("risk shares: no account bears weight; give a lower weight_excess_over.")
    return tuple(burden / total for burden in burdens)


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if abs(exponent) > MAX_EXPONENT:
        raise AmountError(f"weight_exponent: {shown(exponent)} is beyond {MAX_EXPONENT}.")
    if not base and exponent < 0:
        raise AmountError("leverage: zero has no power below zero.")
    if exponent.denominator == 1:
        return base**exponent.numerator
    context = Context(prec=_ROOT_DIGITS)
    power = context.power(to_decimal(base, _ROOT_DIGITS), to_decimal(exponent, _ROOT_DIGITS))
    return Fraction(power)
