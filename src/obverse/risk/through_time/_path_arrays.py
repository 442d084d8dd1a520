"""A margin account over arrays of marks, and its exact twin, one instant at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from obverse.marks.values import FloatArray
from obverse.risk.margin import AccountState, Held, MarginAccount, MarginTerms, assess
from obverse.risk.margin.position_state import coins_posted
from obverse.risk.margin.requirements import bankruptcy_direction, entry_value, requirement
from obverse.risk.margin.schedule import Margin, WholePositionStep


@dataclass(frozen=True)
class PathArrays:
    """What an account is at each instant, in coin, without the venue's rounding."""

    equity: FloatArray
    gross_value: FloatArray
    cross_equity: FloatArray
    initial: FloatArray
    maintenance: FloatArray
    available: FloatArray
    is_liquidated: NDArray[np.bool_]


def path_arrays(
    account: MarginAccount, index: FloatArray, marks: Mapping[str, FloatArray]
) -> PathArrays:
    """Work out every instant at once."""
    now = assess(account)
    worth = float(sum((item.worth_usd for item in account.collateral), Fraction(0)))
    paid = float(account.balance.fraction) + worth / index
    values = {id(item): _value(item, marks[item.symbol]) for item in account.held}
    gains = dict(_gains(account, values))
    for item in account.isolated:
        gains[id(item)] = np.maximum(gains[id(item)], -float(coins_posted(item)))
    zero = np.zeros(len(index))
    across = sum((gains[id(item)] for item in account.across), zero)
    coins = paid - float(now.isolated.fraction)
    cross_equity = coins + across
    initial, maintenance = zero, zero
    for item in account.across:
        value = values[id(item)]
        initial = initial + _initial(item, value)
        maintenance = maintenance + _maintenance(item, value, cross_equity - gains[id(item)])
    failed = bool(account.across) & (cross_equity < maintenance)
    for state in now.positions:
        if state.held.setting.mode == "isolated" and state.liquidation_price is not None:
            mark, bound = marks[state.held.symbol], float(state.liquidation_price)
            failed = failed | (
                mark <= bound if state.held.position.contracts > 0 else mark >= bound
            )
    return PathArrays(
        equity=paid + sum(gains.values(), zero),
        gross_value=sum(values.values(), zero),
        cross_equity=cross_equity,
        initial=initial,
        maintenance=maintenance,
        available=cross_equity - initial - float(now.order_margin.fraction),
        is_liquidated=failed,
    )


def path_reference(
    account: MarginAccount, index: FloatArray, marks: Mapping[str, FloatArray]
) -> tuple[AccountState, ...]:
    """The same by the exact engine, with the venue's rounding: the twin."""
    states = []
    for place, price in enumerate(index.tolist()):
        held = tuple(
            replace(item, mark_price=Decimal(repr(float(marks[item.symbol][place]))))
            for item in account.held
        )
        states.append(assess(replace(account, held=held, index_price=Decimal(repr(price)))))
    return tuple(states)


def _value(item: Held, mark: FloatArray) -> FloatArray:
    """Coin value, a magnitude."""
    instrument = item.position.instrument
    size = float(abs(item.position.contracts) * instrument.multiplier)
    return size / mark if instrument.payoff.name == "inverse" else size * mark


def _gains(
    account: MarginAccount, values: Mapping[int, FloatArray]
) -> Iterator[tuple[int, FloatArray]]:
    for item in account.held:
        cost = float(entry_value(item.position))
        yield id(item), bankruptcy_direction(item.position) * (cost - values[id(item)])


def _initial(item: Held, value: FloatArray) -> FloatArray:
    terms, leverage = item.terms, item.setting.leverage
    at_mark = terms.initial_basis == "mark"
    if leverage is not None:
        based = value if at_mark else np.full(len(value), float(entry_value(item.position)))
        return based / float(leverage)
    if not at_mark:
        return np.full(len(value), float(requirement(item.position, terms, "initial")))
    return _scheduled(item, "initial", value)


def _maintenance(item: Held, value: FloatArray, coins: FloatArray) -> FloatArray:
    """Maintenance with the fee for closing, whose bankruptcy price knows the coins behind it."""
    terms = item.terms
    if terms.value_basis == "entry":
        needed = np.full(len(value), float(requirement(item.position, terms, "maintenance")))
    else:
        needed = _scheduled(item, "maintenance", value)
    if terms.keeps_closing_fee:
        return needed + _fee_at_bankruptcy(item, terms, coins)
    return needed + float(terms.fee_at_mark) * value


def _fee_at_bankruptcy(item: Held, terms: MarginTerms, coins: FloatArray) -> FloatArray:
    rate, cost = float(terms.taker_fee_rate), float(entry_value(item.position))
    direction = bankruptcy_direction(item.position)
    slope = direction + (rate if terms.bankruptcy_fee else 0.0)
    bankrupt = (coins + direction * cost) / slope
    return rate * np.where(bankrupt > 0, bankrupt, cost)


def _scheduled(item: Held, margin: Margin, value: FloatArray) -> FloatArray:
    """The schedule's piece at every value."""
    schedule = item.terms.schedule
    contracts = abs(item.position.contracts)
    pieces = tuple(schedule.pieces(margin, contracts, Fraction(float(value.max()))))
    borders = np.array([float(piece.above) for piece in pieces[1:]])
    side = "right" if isinstance(schedule, WholePositionStep) else "left"
    place = np.searchsorted(borders, value, side=side)  # type: ignore[call-overload]
    fixed, rate, slope = (
        np.array([float(getattr(piece, name)) for piece in pieces])
        for name in ("fixed", "rate", "slope")
    )
    needed: FloatArray = fixed[place] + rate[place] * value + slope[place] * value * value
    return np.maximum(needed, 0.0)
