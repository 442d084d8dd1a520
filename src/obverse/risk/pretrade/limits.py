"""The largest order that a venue would take, and why it would not take one."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Unpack

from obverse.contracts import Amount, Instrument, Position, Rounding, fill
from obverse.contracts.sizing import contracts_of_margin, whole_lots
from obverse.contracts.units import ExactNumber, to_decimal
from obverse.errors import RuleError
from obverse.risk.margin import AccountState, MarginAccount, MarginTerms, assess
from obverse.risk.margin.requirements import entry_value, mark_value
from obverse.risk.pretrade.orders import (
    OrderOptions,
    OrderRequest,
    account_after,
    cost_of,
    order_request,
    position_after,
)

_MOST_LOTS = 2**60


def largest_size(
    account: MarginAccount,
    instrument: Instrument,
    terms: MarginTerms,
    price: ExactNumber,
    *,
    side: int = 1,
    **more: Unpack[OrderOptions],
) -> Decimal:
    """The largest order, in contracts of whole lots, that the venue would take; zero if none.

    `side` is +1 for a buy, −1 for a sale; `more` is as `order_request` takes it. One lot more is
    refused: for its margin and fees, its bracket's leverage, or a limit of the venue.
    """
    lot = instrument.lot * (1 if side > 0 else -1)
    return largest_of(order_request(account, instrument, terms, lot, price, **more))


def largest_of(request: OrderRequest) -> Decimal:
    """The largest size of a side: bisect on lots, as what refuses a size refuses a larger one."""
    lot = request.instrument.lot
    sign = 1 if request.contracts > 0 else -1

    def is_taken(lots: int) -> bool:
        sized = replace(request, contracts=sign * lots * lot)
        return not refusals_of(sized, None)

    taken, refused = 0, _first_guess(request)
    while is_taken(refused):
        taken, refused = refused, refused * 2
        if refused > _MOST_LOTS:
            return taken * lot  # no margin is required of any size
    while refused - taken > 1:
        middle = (taken + refused) // 2
        taken, refused = (middle, refused) if is_taken(middle) else (taken, middle)
    return taken * lot


def _first_guess(request: OrderRequest) -> int:
    """Lots that all there is would open without fees, closing what is held first."""
    available = assess(request.account).available
    leverage = request.own_leverage or request.terms.max_leverage or Decimal(100)
    lots = Fraction(abs(request.before.contracts)) / Fraction(request.instrument.lot)
    if available.units > 0:
        opened = contracts_of_margin(
            request.instrument, margin=available.coins, leverage=leverage, price=request.price
        )
        whole = whole_lots(request.instrument, opened, Rounding.FLOOR)
        lots += Fraction(whole) / Fraction(request.instrument.lot)
    return min(int(lots) + 1, _MOST_LOTS)


def refusals_of(request: OrderRequest, after: AccountState | None) -> tuple[str, ...]:
    """Why the venue would not take an order; the account is worked out last, and only if needed."""
    found = [reason for reason in _rule_refusals(request) if reason]
    if request.opening and (after is not None or not found):
        state = after or assess(account_after(request))
        room = _room(request, state)
        if room.units < 0:
            found.append(f"the available balance is short of it by {-room}")
    return tuple(found)


def _rule_refusals(request: OrderRequest) -> tuple[str, ...]:
    instrument, size = request.instrument, abs(request.contracts)
    lot = most = ""
    try:
        instrument.check_order(size)
    except RuleError:
        lot = f"{size:,f} contracts are no whole lots of {instrument.lot:,f}"
    largest = request.max_order_contracts
    if largest is not None and size > largest:
        most = f"the largest order is {largest:,f} contracts"
    return (lot, most, _mode_refusal(request), *_size_refusals(request))


def _mode_refusal(request: OrderRequest) -> str:
    if request.held is None or request.mode in (None, request.own_mode):
        return ""
    return f"the position is held {request.own_mode}, the order is {request.mode}"


def _size_refusals(request: OrderRequest) -> tuple[str, ...]:
    """The bracket's leverage and the last bracket, of the position that the order leads to."""
    if not request.opening:
        return ()
    filled, terms = position_after(request), request.terms
    contracts, value = abs(filled.contracts), mark_value(filled, request.mark)
    beyond, above = "", ""
    limit = terms.schedule.limit()
    if limit is not None:
        unit, largest = limit
        if (value if unit == "coin" else Fraction(contracts)) > largest:
            beyond = f"the position would be above the last bracket of {largest:,f} {unit}"
    leverage = request.own_leverage
    if leverage is not None:
        most = leverage_limit(filled, terms, request.mark)
        if most is not None and leverage > most:
            above = f"leverage {leverage:f}x is above the {most:.4g}x that this size may have"
    return beyond, above


def leverage_limit(
    position: Position, terms: MarginTerms, mark_price: Decimal | None = None
) -> Decimal | None:
    """The highest leverage of a size: the venue's, and one over its bracket's initial rate."""
    value = entry_value(position) if mark_price is None else mark_value(position, mark_price)
    rate = terms.schedule.rate("initial", abs(position.contracts), value)
    limits = [] if terms.max_leverage is None else [terms.max_leverage]
    if rate > 0:
        limits.append(to_decimal(1 / rate))
    return min(limits, default=None)


def _room(request: OrderRequest, after: AccountState) -> Amount:
    """What the filled order leaves available, less what its price gains against the mark."""
    opened = fill(Position.flat(request.instrument), request.opening, request.price)
    gain = opened.pnl(price=request.mark)
    room = after.available
    if request.own_mode == "cross":
        if gain.units > 0:
            room -= gain
        if request.terms.keeps_closing_fee:
            room -= cost_of(request).close_fee
    return room
