"""The door of the loss rules: numbers made exact fractions and kept in range, accounts distinct."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from math import isfinite
from typing import TypeAlias

from obverse.contracts.units import ExactNumber, exact
from obverse.errors import AmountError, BookError

Exact: TypeAlias = ExactNumber | Fraction
"""An exact number, or a fraction that exact numbers led to."""


def fraction(value: Exact, what: str) -> Fraction:
    """Make an exact fraction; binary floats, NaN and infinities raise `AmountError`."""
    return value if isinstance(value, Fraction) else Fraction(exact(value, what))


def not_below_zero(value: Exact, what: str) -> Fraction:
    """Make an exact fraction that is zero or more."""
    number = fraction(value, what)
    if number < 0:
        raise AmountError(f"{what}: {shown(number)} is below zero.")
    return number


def above_zero(value: Exact, what: str) -> Fraction:
    """Make an exact fraction that is above zero."""
    number = fraction(value, what)
    if number <= 0:
        raise AmountError(f"{what}: {shown(number)} is not above zero.")
    return number


def portion(value: Exact, what: str) -> Fraction:
    """Make an exact fraction from 0 to 1."""
    number = fraction(value, what)
    if not 0 <= number <= 1:
        raise AmountError(f"{what}: {shown(number)} is not from 0 to 1; 0.25 is 25 %.")
    return number


def finite_float(value: float, what: str) -> float:
    """Take a float of a statistic; NaN and infinities raise `AmountError`."""
    number = float(value)
    if not isfinite(number):
        raise AmountError(f"{what}: {value!r} is not a finite number.")
    return number


def distinct(accounts: Iterable[str]) -> None:
    """Refuse an account that is named twice: its parts would be ranked and cut apart."""
    twice = [name for name, count in Counter(accounts).items() if count > 1]
    if twice:
        raise BookError(f"account {twice[0]!r} is named twice; add its parts together first.")


def shown(number: Fraction) -> str:
    """A fraction as an error message shows it: to twelve digits."""
    return f"{Decimal(number.numerator) / Decimal(number.denominator):.12g}"
