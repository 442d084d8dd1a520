"""One step of a liquidation: an order that closes a part, or the takeover of what is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from obverse.contracts import Amount, Position, fill
from obverse.contracts.accounting import rounded_fee
from obverse.contracts.units import to_decimal
from obverse.risk.engines.depth import Trade
from obverse.risk.engines.state import AtRisk, without

Action = Literal["order", "takeover", "engine closes"]


@dataclass(frozen=True)
class Step:
    """What was done, and the position before and after.

    Attributes
    ----------
    action : `order` of the trader's position, `takeover` by the engine, or what the `engine closes`
    wanted, closed : contracts, magnitudes
    price : average in coin of what was closed; of a takeover where equity is zero
    gain, fee : of what was closed; a takeover moves all coins and has neither
    """

    action: Action
    wanted: Decimal
    closed: Decimal
    price: Decimal | None
    gain: Amount
    fee: Amount
    tier: int
    before: AtRisk
    after: AtRisk


def order_step(
    item: AtRisk, wanted: Decimal, trades: Sequence[Trade], fee_rate: Decimal
) -> tuple[AtRisk, Step]:
    """Close what was traded; the liquidation fee is taken as far as there are coins for it."""
    position, fees = _closed(item.position, trades, fee_rate)
    gain = position.realized - item.position.realized
    coins = item.coins + gain
    fee = min(fees, coins) if coins.units > 0 else coins.currency.zero
    after = replace(item, position=position, coins=coins - fee)
    closed = item.contracts - abs(position.contracts)
    price = _average(item.position, trades)
    return after, Step("order", wanted, closed, price, gain, fee, item.tier, item, after)


def takeover_step(item: AtRisk) -> tuple[AtRisk, AtRisk, Step]:
    """The engine takes the position over with all coins behind it, at a price of zero equity.

    The trader's rest, and the engine's position: without coins, and with a cost that the coins have
    made better, so that what it gains is what the fund gains.
    """
    left = replace(without(item), coins=item.coins.currency.zero)
    taken = replace(item, position=item.position, coins=item.coins)
    zero = item.coins.currency.zero
    price = item.zero_equity_price
    step = Step(
        "takeover", item.contracts, item.contracts, price, zero, zero, item.tier, item, left
    )
    return left, taken, step


def engine_step(taken: AtRisk, trades: Sequence[Trade]) -> tuple[AtRisk, Step]:
    """The engine closes what it took over; its gain falls on the coins it took with it."""
    wanted = taken.contracts
    after, step = order_step(taken, wanted, trades, Decimal(0))
    return after, replace(step, action="engine closes")


def _closed(
    position: Position, trades: Sequence[Trade], fee_rate: Decimal
) -> tuple[Position, Amount]:
    sign = -1 if position.contracts > 0 else 1
    accounting = position.instrument.accounting
    fees = position.cost.currency.zero
    for trade in trades:
        value = position.instrument.value(trade.contracts, trade.price)
        fees += rounded_fee(accounting, value, fee_rate)
        position = fill(position, sign * trade.contracts, trade.price)
    return position, fees


def _average(position: Position, trades: Sequence[Trade]) -> Decimal | None:
    """The one price that has the same coin value."""
    if not trades:
        return None
    payoff = position.instrument.payoff
    value = sum((payoff.value(each.contracts, each.price) for each in trades), Fraction(0))
    contracts = sum((each.contracts for each in trades), Decimal(0))
    return to_decimal(payoff.average_price(contracts, value))
