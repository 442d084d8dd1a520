"""An account whose resting orders have filled: where it ends once a move has taken them with it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from obverse.contracts import Position, fill
from obverse.contracts.accounting import rounded_fee
from obverse.contracts.units import to_decimal
from obverse.risk.margin import Held, MarginAccount, MarginTerms, Order, assess


def price_with_orders(account: MarginAccount, price: Decimal, *, falls: bool) -> Decimal | None:
    """Where an account fails as its own coin falls or rises, after orders on that way have filled.

    `price` is of the coin now. Only orders that lie before the end are filled: adding one may bring
    the end nearer than the next. None where no order is on the way, or no price ends it.
    """
    waiting = sorted(
        (each for each in account.orders if (each[0].contracts > 0) == falls),
        key=lambda each: -each[0].price if falls else each[0].price,
    )
    found, filled = None, account
    for order, terms in waiting:
        end = _end(filled, price, falls=falls)
        if end is not None and (end >= order.price if falls else end <= order.price):
            break
        filled = _filled(filled, order, terms)
        found = filled
    return None if found is None else _end(found, price, falls=falls)


def _end(account: MarginAccount, price: Decimal, *, falls: bool) -> Decimal | None:
    for joint in assess(account, {account.coin.code: price}).joint:
        if joint.underlying == account.coin.code and not joint.now:
            return joint.below if falls else joint.above
    return None


def _filled(account: MarginAccount, order: Order, terms: MarginTerms) -> MarginAccount:
    """The account after one order: filled at its price, its fee paid, no longer resting."""
    same = next((item for item in account.across if item.symbol == order.instrument.symbol), None)
    before = same.position if same else Position.flat(order.instrument)
    after = fill(before, order.contracts, order.price)
    rate = order.fee_rate if order.fee_rate is not None else to_decimal(terms.taker_fee_rate)
    value = order.instrument.value(order.contracts, order.price)
    fee = rounded_fee(order.instrument.accounting, value, rate)
    held = [item for item in account.held if item is not same]
    if after.contracts:
        mark = same.mark_price if same else account.index_price
        held.append(replace(same, position=after) if same else Held(after, terms, mark))
    return replace(
        account,
        balance=account.balance + (after.realized - before.realized) - fee,
        held=tuple(held),
        orders=tuple(each for each in account.orders if each[0] is not order),
    )
