"""How a venue turns an exact value into whole units of coin: the rounding each field gets.

The directions and units are a rulebook's facts; this module only carries them out. All rounding
is of the magnitude, so a long and a short of one size are worth the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum
from fractions import Fraction

from obverse.contracts.payoffs import Payoff
from obverse.contracts.units import Amount, Currency, Rounding, to_integer

UNROUNDED_EXPONENT = 40
"""Decimals of a coin that stand for "not rounded": far below any number that is compared."""


class ValueUnit(Enum):
    """What is rounded when a quantity of contracts is valued."""

    POSITION = "position"  # the value of all contracts at once
    LOT = "lot"  # the value of one lot, times the number of lots


class Averaging(Enum):
    """How the entry price that people read is derived from contracts and coin cost."""

    EXACT = "exact"
    WHOLE_UNITS_PER_LOT = "whole_units_per_lot"  # cost of a lot: down for longs, up for shorts


@dataclass(frozen=True)
class FieldRounding:
    """The last decimal kept of one field, and where the rest goes."""

    places: int
    rounding: Rounding

    def apply(self, value: Fraction, currency: Currency) -> Amount:
        """Round a value in whole coins to this field's last decimal, kept in `currency`'s unit."""
        places = min(self.places, currency.exponent)
        units = to_integer(abs(value) * 10**places, self.rounding)
        units *= 10 ** (currency.exponent - places)
        return Amount(units if value >= 0 else -units, currency)


@dataclass(frozen=True)
class Accounting:
    """How one product keeps coin: its settlement currency and unit, and each field's rounding."""

    currency: Currency
    value: FieldRounding
    fee: FieldRounding
    delivery_fee: FieldRounding
    value_unit: ValueUnit = ValueUnit.POSITION
    averaging: Averaging = Averaging.EXACT
    margin: FieldRounding | None = None
    closing_fee: FieldRounding | None = None

    @classmethod
    def unrounded(cls, currency_code: str) -> Accounting:
        """Keep every decimal that matters: for contracts that no venue lists."""
        currency = Currency(currency_code, exponent=UNROUNDED_EXPONENT)
        field = FieldRounding(UNROUNDED_EXPONENT, Rounding.HALF_EVEN)
        return cls(currency, value=field, fee=field, delivery_fee=field)

    @property
    def is_unrounded(self) -> bool:
        """Whether values keep more decimals than any venue prints."""
        return self.value.places >= UNROUNDED_EXPONENT

    def without_rounding(self) -> Accounting:
        """The same currency, unrounded: what the venue's formula says before it rounds."""
        plain = Accounting.unrounded(self.currency.code)
        return replace(plain, currency=replace(plain.currency, shown=self.currency.shown))


def rounded_margin(accounting: Accounting, value: Fraction) -> Amount:
    """A margin in whole units: to the nearest one where the venue does not say."""
    return margin_field(accounting).apply(value, accounting.currency)


def margin_field(accounting: Accounting) -> FieldRounding:
    """The rounding of margins: to the nearest unit where the venue does not say."""
    return _margin_field(accounting, accounting.margin)


def rounded_closing_fee(accounting: Accounting, value: Fraction) -> Amount:
    """A fee kept back for closing, in whole units: to the nearest where the venue does not say."""
    return _margin_field(accounting, accounting.closing_fee).apply(value, accounting.currency)


def _margin_field(accounting: Accounting, field: FieldRounding | None) -> FieldRounding:
    return field or FieldRounding(accounting.currency.exponent, Rounding.NEAREST)


def rounded_value(
    accounting: Accounting, payoff: Payoff, contracts: Decimal, price: Decimal, lot: Decimal
) -> Amount:
    """Value signed contracts at a price as the venue does, in whole units."""
    if accounting.value_unit is ValueUnit.POSITION:
        return accounting.value.apply(payoff.value(contracts, price), accounting.currency)
    per_lot = accounting.value.apply(payoff.value(lot, price), accounting.currency)
    units = Fraction(per_lot.units) * Fraction(contracts) / Fraction(lot)
    return Amount(_nearest_magnitude(units), accounting.currency)


def rounded_fee(
    accounting: Accounting, value: Amount, rate: Decimal, *, delivery: bool = False
) -> Amount:
    """Fee on the magnitude of a coin value: above zero is paid, below zero is a rebate."""
    field = accounting.delivery_fee if delivery else accounting.fee
    return field.apply(abs(value.fraction) * Fraction(rate), accounting.currency)


def cost_of_part(cost: Amount, part: Decimal, whole: Decimal) -> Amount:
    """The share of a position's cost that leaves with `part` of its `whole` contracts.

    Rounded to the nearest unit; what stays is the difference, so nothing is lost or made.
    """
    units = Fraction(cost.units) * Fraction(part) / Fraction(whole)
    return Amount(_nearest_magnitude(units), cost.currency)


def _nearest_magnitude(units: Fraction) -> int:
    return to_integer(units, Rounding.NEAREST)
