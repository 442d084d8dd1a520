"""Why a position's liquidation price differs between two venues, term by term, in dollars.

The terms of one venue are exchanged for the other's, one group at a time; each exchange moves the
price by so much. The moves add up to the whole difference, but belong to this order of exchanges.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from obverse.contracts import Rounding
from obverse.contracts.units import to_decimal
from obverse.risk.margin import (
    Held,
    MarginAccount,
    MarginTerms,
    PositionState,
    assess,
    requirement,
)
from obverse.risk.margin.requirements import entry_value, mark_value

_CLOSING = {
    "none": "no fee kept for closing",
    "at_bankruptcy": "the fee for closing kept at the bankruptcy price",
    "on_entry_and_margin": "the fee for closing kept on entry value and margin",
    "at_mark": "the liquidation fee added to maintenance",
}
_ROUNDING = {
    "none": "the price not rounded",
    "tick": "the price rounded to a tick",
    "lot_units_and_tick": "a lot's value rounded to units, then the price to a tick",
    "one_tick_early": "one tick early",
}


@dataclass(frozen=True)
class PriceStep:
    """One group of terms exchanged, and how far it moves the liquidation price."""

    words: str
    move_usd: Decimal


def price_steps(own: PositionState, other: PositionState, index: Decimal) -> tuple[PriceStep, ...]:
    """From one venue's liquidation price to another's; nothing where either has none.

    `index` is dollars per settlement coin; the coins behind the position are the same at both.
    """
    if own.liquidation_price is None or other.liquidation_price is None:
        return ()
    found, price = [], own.liquidation_price
    for words, held in _exchanges(own.held, other.held):
        then = _price(held, own, index)
        if then is None:
            return ()
        if then != price:
            found.append(PriceStep(words, then - price))
        price = then
    if price != other.liquidation_price:
        found.append(PriceStep("other coins behind it", other.liquidation_price - price))
    return tuple(found)


def _exchanges(own: Held, other: Held) -> Iterator[tuple[str, Held]]:
    """The position under more and more of the other venue's terms."""
    mine, theirs = own.terms, other.terms
    terms = replace(mine, schedule=theirs.schedule)
    rates = [f"{100 * maintenance_rate(held):.3f} %" for held in (other, own)]
    yield f"maintenance {rates[0]} instead of {rates[1]}", replace(other, terms=terms)
    terms = replace(terms, value_basis=theirs.value_basis, initial_basis=theirs.initial_basis)
    yield f"maintenance valued at {_basis(theirs)}", replace(other, terms=terms)
    terms = replace(
        terms,
        closing_fee=theirs.closing_fee,
        taker_fee_rate=theirs.taker_fee_rate,
        bankruptcy_fee=theirs.bankruptcy_fee,
    )
    yield _closing(theirs), replace(other, terms=terms)
    terms = replace(terms, opening_fee=theirs.opening_fee)
    out = "out of the margin" if theirs.opening_fee == "margin" else "out of the balance"
    yield f"the fee for opening {out}", replace(other, terms=terms)
    terms = replace(terms, predicted_funding=theirs.predicted_funding)
    yield "predicted funding", replace(other, terms=terms)
    yield _ROUNDING[theirs.price_rounding], other


def _basis(terms: MarginTerms) -> str:
    return "the mark" if terms.value_basis == "mark" else "entry"


def maintenance_rate(held: Held) -> Decimal:
    """Maintenance as a fraction of what the venue values it at: the entry, or the mark."""
    at_mark = held.terms.value_basis == "mark"
    value = entry_value(held.position)
    if at_mark:
        value = mark_value(held.position, held.mark_price)
    needed = requirement(held.position, held.terms, "maintenance", mark_price=held.mark_price)
    return to_decimal(needed / value)


def own_words(held: Held) -> tuple[str, ...]:
    """What decides a liquidation price under a venue's own terms, in short phrases."""
    terms = held.terms
    found = [
        f"maintenance {100 * maintenance_rate(held):.3f} % of the value at {_basis(terms)}",
        _closing(terms),
        _ROUNDING[terms.price_rounding],
    ]
    found += ["the fee for opening out of the margin"] if terms.opening_fee == "margin" else []
    found += ["predicted funding"] if terms.predicted_funding else []
    return tuple(found)


def _closing(terms: MarginTerms) -> str:
    if terms.closing_fee == "none":
        return _CLOSING["none"]
    return f"{_CLOSING[terms.closing_fee]} ({100 * float(terms.taker_fee_rate):.4g} %)"


def _price(held: Held, own: PositionState, index: Decimal) -> Decimal | None:
    """The liquidation price with the same coins behind it, in the instrument's own units."""
    currency = held.position.instrument.accounting.currency
    balance = currency.zero
    if held.setting.mode == "cross":
        balance = currency.amount(own.backing, Rounding.FLOOR)
    account = MarginAccount(held.position.instrument.venue, currency, balance, index, (held,))
    return assess(account).positions[0].liquidation_price
