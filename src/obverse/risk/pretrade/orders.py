"""An order to an account: what it opens and closes, what it costs, and the account after it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import TypedDict

from obverse.contracts import Amount, Instrument, Position, exact, fill
from obverse.contracts.accounting import rounded_fee
from obverse.contracts.units import ExactNumber, exact_price, to_decimal
from obverse.errors import BookError
from obverse.risk.margin import (
    Held,
    MarginAccount,
    MarginSetting,
    MarginTerms,
    Mode,
    Order,
    OrderCost,
    order_cost,
)
from obverse.risk.margin.requirements import entry_value


class OrderOptions(TypedDict, total=False):
    """What an order may say besides its size and price, as `OrderRequest` has it."""

    leverage: ExactNumber | None
    mode: Mode | None
    fee_rate: ExactNumber | None
    max_order_contracts: ExactNumber | None
    mark_price: ExactNumber | None


@dataclass(frozen=True)
class OrderRequest:
    """An order to one account: signed contracts at a price, and the venue's terms for it.

    Attributes
    ----------
    fee_rate : to open, taker's or maker's; none is the taker rate of the terms
    max_order_contracts : the venue's largest order, where it has one
    mark_price : of the instrument; none is the mark of what is held of it, else the order's price
    """

    account: MarginAccount
    instrument: Instrument
    terms: MarginTerms
    contracts: Decimal
    price: Decimal
    leverage: Decimal | None = None
    mode: Mode | None = None
    fee_rate: Decimal | None = None
    max_order_contracts: Decimal | None = None
    mark_price: Decimal | None = None

    @property
    def held(self) -> Held | None:
        """What it is filled against: the only leg, or of two the one on its side."""
        legs = [item for item in self.account.held if item.symbol == self.instrument.symbol]
        if len(legs) == 2:
            same = [leg for leg in legs if leg.position.contracts * self.contracts > 0]
            return same[0] if same else legs[0]
        return legs[0] if legs else None

    @property
    def before(self) -> Position:
        """The position that it is filled against."""
        return self.held.position if self.held else Position.flat(self.instrument)

    @property
    def opening(self) -> Decimal:
        """Signed contracts that open or add; the rest of it closes."""
        held = self.before.contracts
        if held * self.contracts >= 0:
            return self.contracts
        left = abs(self.contracts) - abs(held)
        return max(left, Decimal(0)) * (1 if self.contracts > 0 else -1)

    @property
    def own_leverage(self) -> Decimal | None:
        """The leverage asked for, else that of the position."""
        if self.leverage is not None or self.held is None:
            return self.leverage
        setting = self.held.setting
        if setting.posted is None or setting.leverage is not None:
            return setting.leverage
        return to_decimal(entry_value(self.before) / Fraction(setting.posted))

    @property
    def own_mode(self) -> Mode:
        """The position's margin mode, else the order's, else cross."""
        return self.held.setting.mode if self.held else self.mode or "cross"

    @property
    def mark(self) -> Decimal:
        """Mark price that the account is worked out at."""
        if self.mark_price is not None:
            return self.mark_price
        return self.held.mark_price if self.held else self.price


def order_request(
    account: MarginAccount,
    instrument: Instrument,
    terms: MarginTerms,
    contracts: ExactNumber,
    price: ExactNumber,
    *,
    leverage: ExactNumber | None = None,
    mode: Mode | None = None,
    fee_rate: ExactNumber | None = None,
    max_order_contracts: ExactNumber | None = None,
    mark_price: ExactNumber | None = None,
) -> OrderRequest:
    """Take an order at the door: exact numbers, a size that is not zero, a coin of the account."""
    size = exact(contracts, "contracts")
    if not size:
        raise BookError(f"order of {instrument.symbol}: no contracts; a sale is below zero.")
    if account.mode == "portfolio":
        raise BookError(
            "an order to a portfolio account changes its scenarios; add it to the book's positions "
            "and compare the two accounts."
        )
    if instrument.settlement_currency.code != account.coin.code:
        raise BookError(
            f"{instrument.symbol} settles in {instrument.settlement_currency.code}, the account is "
            f"in {account.coin.code}."
        )
    if leverage is not None and exact(leverage, "leverage") <= 0:
        raise BookError(f"leverage: {leverage} is not above zero.")
    if mode == "isolated" and leverage is None:
        held = any(item.symbol == instrument.symbol for item in account.held)
        if not held:
            raise BookError(f"{instrument.symbol}: an isolated order needs its leverage.")
    return OrderRequest(
        account,
        instrument,
        terms,
        size,
        exact_price(price),
        None if leverage is None else exact(leverage, "leverage"),
        mode,
        None if fee_rate is None else exact(fee_rate, "fee_rate"),
        None if max_order_contracts is None else exact(max_order_contracts, "largest order"),
        None if mark_price is None else exact_price(mark_price, "mark_price"),
    )


def cost_of(request: OrderRequest) -> OrderCost:
    """Margin and closing fee of what the order opens, and the opening fee of all of it."""
    zero = request.account.coin.zero
    fee = open_fee_of(request)
    if not request.opening:
        return OrderCost(zero, fee, zero)
    order = Order(request.instrument, request.opening, request.price, request.own_leverage)
    return replace(order_cost(order, request.terms), open_fee=fee)


def position_after(request: OrderRequest) -> Position:
    """The position when the order is filled at its price."""
    return fill(request.before, request.contracts, request.price)


def account_after(request: OrderRequest) -> MarginAccount:
    """The account when the order is filled at its price and has paid its fee."""
    account, filled = request.account, position_after(request)
    others = tuple(item for item in account.held if item is not request.held)
    gain = filled.realized - request.before.realized
    balance = account.balance + gain - open_fee_of(request)
    if not filled.contracts:
        return replace(account, balance=balance, held=others)
    item = Held(filled, request.terms, request.mark, _setting_after(request, filled))
    return replace(account, balance=balance, held=(*others, item))


def open_fee_of(request: OrderRequest) -> Amount:
    """Fee to open all of it, at its own rate or the taker's of the terms."""
    rate = request.fee_rate
    if rate is None:
        rate = to_decimal(request.terms.taker_fee_rate)
    value = request.instrument.value(request.contracts, request.price)
    return rounded_fee(request.instrument.accounting, value, rate)


def _setting_after(request: OrderRequest, filled: Position) -> MarginSetting:
    """Margin posted grows by what is opened and shrinks with what is closed."""
    mode, leverage = request.own_mode, request.own_leverage
    posted = request.held.setting.posted if request.held else None
    if posted is None:
        return MarginSetting(mode, leverage)
    if request.before.contracts * filled.contracts < 0:
        return MarginSetting(mode, leverage)
    coins = Fraction(posted)
    if request.opening:
        assert leverage is not None
        opened = request.instrument.payoff.value(abs(request.opening), request.price)
        coins += opened / Fraction(leverage)
    else:
        coins *= Fraction(filled.contracts) / Fraction(request.before.contracts)
    return MarginSetting(mode, leverage, to_decimal(coins))
