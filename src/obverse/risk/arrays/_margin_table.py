"""A venue's margin terms at a mark as the integers that the compiled margins take.

All rates are over one denominator R, all coin is in units: a mark value is n · A/B units, a rate
r/R, a deduction g/R units or, where brackets count contracts, g/R contracts. A price in ticks is
n · Q/V, or V/(n · Q) where the payoff is linear. Terms of a remainder are kept modulo 2**64.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from obverse.contracts import Instrument, Rounding
from obverse.contracts.accounting import margin_field
from obverse.errors import AmountError, RuleError
from obverse.risk.margin.schedule import Tiered, WholePositionStep
from obverse.risk.margin.terms import MarginTerms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from obverse.marks.values import FloatArray

ROUNDINGS = {
    Rounding.FLOOR: 0,
    Rounding.TOWARD_ZERO: 0,
    Rounding.CEILING: 1,
    Rounding.AWAY_FROM_ZERO: 1,
    Rounding.NEAREST: 2,
    Rounding.HALF_EVEN: 3,
}
"""Of magnitudes, which are not below zero."""

PRICE_ROUNDINGS = {"none": 0, "one_tick_early": 1, "tick": 2, "lot_units_and_tick": 3}

_FITS = 2**62
_EXACT_FLOAT = 2**52


class Brackets(NamedTuple):
    """One place a bracket; rows of two are for d = +1, where a loss makes the value grow, and −1.

    Attributes
    ----------
    borders, borders_float : caps in the unit of the tiers, times B, modulo 2**64; and as they are
    rates, deductions : r and g
    taken, taken_float : what a bracket takes off the requirement times R · B, and times R in units
    widths : R + d · (r + fee)
    thresholds : equity less value, times d · R, at which the liquidation value is on the border
    """

    borders: NDArray[np.int64]
    borders_float: FloatArray
    rates: NDArray[np.int64]
    deductions: NDArray[np.int64]
    taken: NDArray[np.int64]
    taken_float: FloatArray
    widths: NDArray[np.int64]
    thresholds: NDArray[np.int64]


class Steps(NamedTuple):
    """Whole-position steps: the first limit and the step in units, and the rate a step times R."""

    first: int
    size: int
    rate: int


class Valuing(NamedTuple):
    """How a position is valued: at the mark (A, A/B) or at entry; rounding to `quantum` units.

    `divisor` is R · B · quantum: what a maintenance in quanta is a whole number over.
    """

    at_mark: bool
    by_contracts: bool
    inverse: bool
    over: int
    numerator: int
    per_contract: float
    fee: float
    quantum: int
    divisor: int
    rounding: int


class Pricing(NamedTuple):
    """From coin value to price: Q as a quotient, the tick and the lot as quotients."""

    rounding: int
    numerator: int
    denominator: int
    tick_numerator: int
    tick_denominator: int
    lot_numerator: int
    lot_denominator: int


class Limits(NamedTuple):
    """The largest contracts, and units of cost or margin, for which no int64 overflows."""

    contracts: int
    units: int


class MarginTable(NamedTuple):
    """Terms in numbers."""

    brackets: Brackets
    steps: Steps
    valuing: Valuing
    pricing: Pricing
    limits: Limits


class _Rates(NamedTuple):
    """Rates over their denominator; caps and deductions in units or, by contracts, in contracts."""

    over: int
    rates: list[int]
    deductions: list[int]
    caps: list[Fraction]
    fee: int
    steps: Steps


def margin_table(instrument: Instrument, terms: MarginTerms, mark_price: Decimal) -> MarginTable:
    """Lay terms out for one instrument at one mark.

    Raises
    ------
    RuleError
        terms under which a liquidation price is no quotient (`margin.py`)
    AmountError
        more decimals, of coin, price or rate, than the integers hold
    """
    _refuse_open_forms(terms)
    rates = _rates(terms, instrument.settlement_currency.scale)
    at_mark = terms.value_basis == "mark"
    scale = instrument.settlement_currency.scale
    value = abs(instrument.payoff.value(1, mark_price)) * scale
    unit = value if at_mark else Fraction(1)
    by_contracts = isinstance(terms.schedule, Tiered) and terms.schedule.unit == "contracts"
    brackets = _brackets(rates, unit, by_contracts=by_contracts)
    field = margin_field(instrument.accounting)
    quantum = 10 ** max(instrument.settlement_currency.exponent - field.places, 0)
    valuing = Valuing(
        at_mark=at_mark,
        by_contracts=by_contracts,
        inverse=instrument.payoff.name == "inverse",
        over=rates.over,
        numerator=_signed(value.numerator),
        per_contract=float(value),
        fee=float(terms.fee_at_mark),
        quantum=quantum,
        divisor=_signed(rates.over * unit.denominator * quantum),
        rounding=ROUNDINGS[field.rounding],
    )
    pricing = _pricing(instrument, PRICE_ROUNDINGS[terms.price_rounding])
    largest = max(rates.over * unit.denominator * quantum, pricing.numerator, pricing.denominator)
    if largest > 2**58:
        raise AmountError(
            f"{instrument.symbol} at {mark_price:f}: coin to "
            f"{instrument.settlement_currency.exponent} decimals, tick {instrument.tick:f} and "
            "mark have more digits than int64 arrays hold; give a mark, or an instrument whose "
            "currency is kept, with fewer decimals."
        )
    limits = _limits(rates, value, valuing, pricing)
    return MarginTable(brackets, rates.steps, valuing, pricing, limits)


def _refuse_open_forms(terms: MarginTerms) -> None:
    schedule, at_mark = terms.schedule, terms.value_basis == "mark"
    reason = None
    if not isinstance(schedule, Tiered | WholePositionStep):
        reason = f"{type(schedule).__name__} schedules"
    elif isinstance(schedule, WholePositionStep) or schedule.unit == "coin":
        marginal = isinstance(schedule, Tiered) and schedule.marginal
        if at_mark and not marginal:
            reason = "whole-position steps of coin value at the mark"
    elif not at_mark:
        reason = "brackets of contracts at entry value"
    if terms.fee_at_mark and not at_mark:
        reason = "a fee at the mark beside maintenance at entry"
    if reason is not None:
        raise RuleError(
            f"margin of arrays: {reason} are not among the schedules it knows; "
            "use liquidation_value for each position."
        )


def _rates(terms: MarginTerms, scale: int) -> _Rates:
    """Every rate over one denominator."""
    schedule, fee = terms.schedule, terms.fee_at_mark
    if isinstance(schedule, WholePositionStep):
        rate = Fraction(schedule.base_maintenance_rate)
        over = lcm(rate.denominator, fee.denominator)
        first, size = (Fraction(x) * scale for x in (schedule.base_limit, schedule.step))
        if first.denominator != 1 or size.denominator != 1:
            raise RuleError("margin of arrays: steps that are no whole number of coin units.")
        steps = Steps(int(first), int(size), int(rate * over))
        return _Rates(over, [int(rate * over)], [0], [], int(fee * over), steps)
    assert isinstance(schedule, Tiered)
    unit = scale if schedule.unit == "coin" else 1
    places = range(len(schedule.tiers))
    rates = [tier.rate("maintenance") for tier in schedule.tiers]
    caps = [Fraction(tier.cap) * unit for tier in schedule.tiers[:-1] if tier.cap is not None]
    taken = [
        schedule.deduction("maintenance", place) * unit if schedule.marginal else Fraction(0)
        for place in places
    ]
    over = lcm(*(number.denominator for number in (*rates, *taken, fee)))
    return _Rates(over, _times(rates, over), _times(taken, over), caps, int(fee * over), _NO_STEPS)


_NO_STEPS = Steps(0, 0, 0)


def _brackets(rates: _Rates, unit: Fraction, *, by_contracts: bool) -> Brackets:
    """Borders, requirement and liquidation of each bracket; `unit` is A/B, or 1 at entry."""
    widths = [[rates.over + d * (rate + rates.fee) for rate in rates.rates] for d in (1, -1)]
    if min(map(min, widths)) <= 0:
        raise RuleError("margin of arrays: a maintenance rate of 100 % or more is not known to it.")
    thresholds = [
        [int(cap * widths[row][k] - d * rates.deductions[k]) for k, cap in enumerate(rates.caps)]
        for row, d in enumerate((1, -1))
    ]
    times = unit.numerator if by_contracts else unit.denominator
    in_units = unit if by_contracts else Fraction(1)
    denominator = 1 if by_contracts else unit.denominator
    return Brackets(
        borders=_wrapped(int(cap * denominator) for cap in rates.caps),
        borders_float=np.array([float(cap) for cap in rates.caps]),
        rates=_wrapped(rates.rates),
        deductions=_wrapped(min(taken, _FITS) for taken in rates.deductions),
        taken=_wrapped(taken * times for taken in rates.deductions),
        taken_float=np.array([float(taken * in_units) for taken in rates.deductions]),
        widths=np.array(widths, dtype=np.int64),
        thresholds=np.array([[min(x, _FITS) for x in row] for row in thresholds], dtype=np.int64),
    )


def _pricing(instrument: Instrument, rounding: int) -> Pricing:
    tick, lot = Fraction(instrument.tick), Fraction(instrument.lot)
    per_contract = Fraction(instrument.multiplier) * instrument.settlement_currency.scale
    step = per_contract / tick if instrument.payoff.name == "inverse" else per_contract * tick
    return Pricing(
        rounding,
        *(step.numerator, step.denominator),
        *(tick.numerator, tick.denominator),
        *(lot.numerator, lot.denominator),
    )


def _limits(rates: _Rates, value: Fraction, valuing: Valuing, pricing: Pricing) -> Limits:
    """Bounds within which denominators stay below 2**62 and guesses within a few of the truth."""
    by_size = pricing.lot_denominator if valuing.inverse else pricing.numerator
    contracts = min(_FITS // (2 * rates.over * by_size), int(_EXACT_FLOAT / value), _EXACT_FLOAT)
    room = _FITS // (pricing.denominator if valuing.inverse else 1) - max(rates.deductions)
    units = min(_EXACT_FLOAT, room // (3 * rates.over))
    if rates.steps.size and units > rates.steps.first:
        top = rates.rates[0] + ((units - rates.steps.first) // rates.steps.size + 1) * (
            rates.steps.rate
        )
        units = min(units, room // (2 * rates.over + top))
    return Limits(max(contracts, 0), max(units, 0))


def _times(numbers: Iterable[Fraction], over: int) -> list[int]:
    return [int(number * over) for number in numbers]


def _signed(number: int) -> int:
    """The number modulo 2**64 as an int64 holds it."""
    return (number + 2**63) % 2**64 - 2**63


def _wrapped(numbers: Iterable[int]) -> NDArray[np.int64]:
    return np.array([_signed(number) for number in numbers], dtype=np.int64)
