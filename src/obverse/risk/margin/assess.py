"""The state of a margin account: equity, requirements, what is free, and where it ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from obverse.contracts import Amount, Rounding
from obverse.contracts.units import to_decimal
from obverse.risk.margin.account import Held, MarginAccount
from obverse.risk.margin.joint import JointLiquidation, joint_liquidation
from obverse.risk.margin.orders import Order, reserved_by_orders
from obverse.risk.margin.position_state import (
    Needs,
    PositionState,
    coins_posted,
    needs_of,
    position_state,
)
from obverse.risk.margin.requirements import margin_ratio


@dataclass(frozen=True)
class AccountState:
    """A margin account as of its marks, in the venues' order of words.

    Attributes
    ----------
    wallet : the balance
    pnl : unrealised gain of all positions; an isolated one loses no more than is posted behind it
    collateral : other currencies that count, in coin, after haircuts
    isolated : margin posted behind isolated positions, with the fees kept for closing
    cross_equity : what stands behind the positions held across
    initial, maintenance : of the positions held across, maintenance with fees for closing
    order_margin : reserved by resting orders
    positions : each position
    joint : where the positions held across fail together, coin by coin
    """

    account: MarginAccount
    wallet: Amount
    pnl: Amount
    collateral: Amount
    isolated: Amount
    cross_equity: Amount
    initial: Amount
    maintenance: Amount
    order_margin: Amount
    positions: tuple[PositionState, ...]
    joint: tuple[JointLiquidation, ...]

    @property
    def margin_balance(self) -> Amount:
        """Equity of the whole account."""
        return self.wallet + self.pnl + self.collateral

    @property
    def available(self) -> Amount:
        """What new positions and withdrawals may take; below zero no order is taken."""
        return self.cross_equity - self.initial - self.order_margin

    @property
    def margin_ratio(self) -> Decimal | None:
        """Cross equity over maintenance; below 1 it is liquidated; none without positions."""
        return margin_ratio(self.cross_equity.fraction, self.maintenance.fraction)

    @property
    def thinnest_ratio(self) -> Decimal | None:
        """The lowest margin ratio: of the positions held across together, or an isolated one."""
        isolated = [
            item.margin_ratio for item in self.positions if item.held.setting.mode == "isolated"
        ]
        known = [ratio for ratio in (self.margin_ratio, *isolated) if ratio is not None]
        return min(known, default=None)

    @property
    def leverage(self) -> Decimal | None:
        """Coin value of all positions over equity; none where there is no equity."""
        equity = self.margin_balance.fraction
        value = sum((item.value for item in self.positions), Fraction(0))
        return to_decimal(value / equity) if equity > 0 else None

    @property
    def needed(self) -> Amount:
        """Maintenance of everything, isolated positions with it."""
        isolated = [
            item.needs.liquidation
            for item in self.positions
            if item.held.setting.mode == "isolated"
        ]
        return self.maintenance + sum(isolated, self.account.coin.zero)

    @property
    def status(self) -> str:
        """`healthy`, `margin call` (no order is taken), `liquidation`, or `bankrupt`.

        An account is bankrupt where what is held across is; an isolated position takes no more with
        it than its own margin.
        """
        isolated = [item for item in self.positions if item.held.setting.mode == "isolated"]
        across = self.account.across and self.cross_equity < self.maintenance
        if across and self.cross_equity.units < 0:
            return "bankrupt"
        if across or any(item.is_liquidated for item in isolated):
            return "liquidation"
        return "margin call" if self.available.units < 0 else "healthy"


def assess(account: MarginAccount, prices: Mapping[str, Decimal] | None = None) -> AccountState:
    """Work out an account at its marks.

    `prices` are dollars per coin of what moves the positions, for the joint liquidation prices;
    without one for an underlying, the mark of its first position stands for it.
    """
    isolated = _isolated_needs(account)
    posted = sum((coins_posted(item) for item, _ in isolated), Fraction(0))
    kept = (needs.closing_fee.fraction for item, needs in isolated if item.terms.keeps_closing_fee)
    posted += sum(kept, Fraction(0))
    balance = account.balance.fraction - posted
    worth = sum((item.worth_usd for item in account.collateral), Fraction(0))
    collateral = worth / Fraction(account.index_price)
    across = _cross_needs(account, balance + collateral)
    states = [position_state(item, needs, coins_posted(item)) for item, needs in isolated]
    gains = _total(needs.pnl for _, needs in across)
    needed = _total(needs.liquidation for _, needs in across)
    for item, needs in across:
        others = gains - needs.pnl.fraction - needed + needs.liquidation.fraction
        states.append(position_state(item, needs, balance + collateral + others))
    zero = account.coin.zero
    if account.scenario_margin is None:
        initial = sum((needs.initial for _, needs in across), zero)
        maintenance = sum((needs.liquidation for _, needs in across), zero)
    else:
        initial = account.coin.amount(account.scenario_margin.initial, Rounding.NEAREST)
        maintenance = account.coin.amount(account.scenario_margin.maintenance, Rounding.NEAREST)
        states = [replace(state, liquidation_price=None) for state in states]
    return AccountState(
        account=account,
        wallet=account.balance,
        pnl=sum((_capped(*one) for one in isolated), zero) + sum((n.pnl for _, n in across), zero),
        collateral=account.coin.amount(collateral, Rounding.FLOOR),
        isolated=account.coin.amount(posted, Rounding.NEAREST),
        cross_equity=account.coin.amount(balance + collateral + gains, Rounding.FLOOR),
        initial=initial,
        maintenance=maintenance,
        order_margin=account.coin.amount(_order_margin(account), Rounding.CEILING),
        positions=_in_order(account, states),
        joint=_joint(account, balance, across, prices or {}),
    )


def _capped(item: Held, needs: Needs) -> Amount:
    """Gain of an isolated position, whose loss ends at what is posted behind it."""
    currency = needs.pnl.currency
    return max(needs.pnl, -currency.amount(coins_posted(item), Rounding.CEILING))


def _isolated_needs(account: MarginAccount) -> list[tuple[Held, Needs]]:
    return [(item, needs_of(item, Fraction(0))) for item in account.isolated]


def _cross_needs(account: MarginAccount, coins: Fraction) -> list[tuple[Held, Needs]]:
    """Each position's needs; the others' gains stand behind it too."""
    gains = [item.position.pnl(price=item.mark_price).fraction for item in account.across]
    total = sum(gains, Fraction(0))
    return [
        (item, needs_of(item, coins + total - own))
        for item, own in zip(account.across, gains, strict=True)
    ]


def _total(amounts: Iterable[Amount]) -> Fraction:
    return sum((amount.fraction for amount in amounts), Fraction(0))


def _in_order(account: MarginAccount, states: Sequence[PositionState]) -> tuple[PositionState, ...]:
    places = {id(item): place for place, item in enumerate(account.held)}
    return tuple(sorted(states, key=lambda state: places[id(state.held)]))


def _order_margin(account: MarginAccount) -> Fraction:
    """What the resting orders reserve, instrument by instrument."""
    total = Fraction(0)
    by_symbol: dict[str, list[Order]] = {}
    for order, _ in account.orders:
        by_symbol.setdefault(order.instrument.symbol, []).append(order)
    for symbol, orders in by_symbol.items():
        terms = next(terms for order, terms in account.orders if order.instrument.symbol == symbol)
        own = (item.position.contracts for item in account.held if item.symbol == symbol)
        total += reserved_by_orders(orders, terms, sum(own, Decimal(0)))
    return total


def _joint(
    account: MarginAccount,
    balance: Fraction,
    across: Sequence[tuple[Held, Needs]],
    prices: Mapping[str, Decimal],
) -> tuple[JointLiquidation, ...]:
    kept = sum(
        (needs.closing_fee.fraction for item, needs in across if item.terms.keeps_closing_fee),
        Fraction(0),
    )
    found = []
    for underlying in account.underlyings:
        price = prices.get(underlying)
        if price is None and underlying == account.coin.code:
            price = account.index_price
        if price is None:
            price = next(
                item.mark_price
                for item in account.across
                if item.position.instrument.underlying == underlying
            )
        found.append(
            joint_liquidation(account, underlying, price, cross_balance=balance, closing_fees=kept)
        )
    return tuple(found)
