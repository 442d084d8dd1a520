"""The leverage that keeps an isolated liquidation beyond a price, or under a chance."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

from obverse.contracts import Instrument, Position, Rounding, exact, fill
from obverse.contracts.units import ExactNumber, exact_price, to_decimal, to_integer
from obverse.errors import DataError
from obverse.risk.margin import Held, MarginSetting, MarginTerms
from obverse.risk.margin.position_state import coins_posted, needs_of, position_state
from obverse.risk.pretrade.limits import leverage_limit
from obverse.risk.tail.extremes import AdverseTail, liquidation_probability
from obverse.risk.tail.levels import checked_level

_MOST_LEVERAGE = 1000
_STEP = Decimal("0.01")


def isolated_liquidation_price(
    position: Position, terms: MarginTerms, leverage: ExactNumber, *, mark_price: ExactNumber
) -> Decimal | None:
    """Liquidation price of a position held alone at a leverage; none where no price does it."""
    setting = MarginSetting("isolated", exact(leverage, "leverage"))
    item = Held(position, terms, exact_price(mark_price, "mark_price"), setting)
    return position_state(item, needs_of(item, Fraction(0)), coins_posted(item)).liquidation_price


def leverage_beyond_price(
    instrument: Instrument,
    terms: MarginTerms,
    contracts: ExactNumber,
    price: ExactNumber,
    *,
    beyond: ExactNumber,
    step: ExactNumber = _STEP,
) -> Decimal | None:
    """The largest leverage, in steps, at which liquidation is at or beyond a price.

    Parameters
    ----------
    contracts : signed, opened at `price`
    beyond : below the price for a long, above it for a short

    Returns
    -------
    No more than the size may have; none where not even one step keeps it there.
    """
    opened, entry = _opened(instrument, contracts, price), exact_price(price)
    bound = exact_price(beyond, "beyond")
    is_long = opened.contracts > 0
    if (bound >= entry) if is_long else (bound <= entry):
        where = "below" if is_long else "above"
        raise DataError(f"beyond: {bound:f} is not {where} the price of {entry:f}.")

    def holds(found: Decimal | None) -> bool:
        return found is None or (found <= bound if is_long else found >= bound)

    return _largest_leverage(opened, terms, entry, holds, exact(step, "step"))


def leverage_under_probability(
    instrument: Instrument,
    terms: MarginTerms,
    contracts: ExactNumber,
    price: ExactNumber,
    *,
    probability: float,
    tail: AdverseTail,
    step: ExactNumber = _STEP,
) -> Decimal | None:
    """The largest leverage, in steps, at which liquidation within the tail's horizon is so rare.

    The venue's own liquidation price, with brackets and fees, decides the move; `tail` its chance.
    None where not even one step is so rare.
    """
    chance = checked_level(probability, "probability")
    opened, entry = _opened(instrument, contracts, price), exact_price(price)
    if tail.side != opened.side:
        raise DataError(f"tail: of a {tail.side}, but the order opens a {opened.side}.")

    def holds(found: Decimal | None) -> bool:
        move = None if found is None else to_decimal(Fraction(found) / Fraction(entry) - 1)
        return liquidation_probability(move, tail) <= chance

    return _largest_leverage(opened, terms, entry, holds, exact(step, "step"))


def _opened(instrument: Instrument, contracts: ExactNumber, price: ExactNumber) -> Position:
    size = exact(contracts, "contracts")
    if not size:
        raise DataError("contracts: found 0, expected a size; a short is below zero.")
    return fill(Position.flat(instrument), size, price)


def _largest_leverage(
    opened: Position,
    terms: MarginTerms,
    entry: Decimal,
    holds: Callable[[Decimal | None], bool],
    step: Decimal,
) -> Decimal | None:
    """Bisect on steps: more leverage brings liquidation nearer."""
    if step <= 0:
        raise DataError(f"step: {step} is not above zero.")
    limit = leverage_limit(opened, terms) or Decimal(_MOST_LEVERAGE)

    def is_kept(count: int) -> bool:
        leverage = count * step
        return holds(isolated_liquidation_price(opened, terms, leverage, mark_price=entry))

    kept, lost = 0, to_integer(Fraction(limit) / Fraction(step), Rounding.FLOOR) + 1
    while lost - kept > 1:
        middle = (kept + lost) // 2
        kept, lost = (middle, lost) if is_kept(middle) else (kept, middle)
    return kept * step if kept else None
