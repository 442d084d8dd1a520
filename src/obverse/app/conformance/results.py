"""What a quantity's function returns, and dollars by the row's own rounding."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypeAlias

from obverse.app.conformance.case import Case
from obverse.contracts import USD, Amount, Currency
from obverse.contracts.accounting import UNROUNDED_EXPONENT

Result: TypeAlias = dict[str, Any]
"""The keys computed: decimals, floats, words, lists or mappings."""


def usd_worth(case: Case, amount: Amount, price: str) -> Decimal:
    """Worth of an amount in dollars at a given price."""
    dollars = Currency("USD", UNROUNDED_EXPONENT, 2) if case.unrounded else USD
    return amount.in_usd(case.number(price), dollars).coins
