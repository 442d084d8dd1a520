"""Before a trade: what an order takes, what it leaves, and whether the venue would take it.

The account after the order is worked out by the same engine as the account before it: the order is
filled at its price, its fee leaves the wallet, and what its price would gain against the mark does
not pay for its own margin.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from obverse.contracts import Amount, Instrument, Position, Rounding, exact, fill
from obverse.contracts.accounting import rounded_fee
from obverse.contracts.sizing import contracts_of_margin, whole_lots
from obverse.contracts.units import ExactNumber, exact_price, to_decimal
from obverse.errors import BookError, RuleError
from obverse.risk.margin import (
    AccountState,
    Held,
    MarginAccount,
    MarginSetting,
    MarginTerms,
    Mode,
    Order,
    OrderCost,
    PositionState,
    assess,
    order_cost,
)
from obverse.risk.margin.requirements import entry_value, mark_value
from obverse.risk.pretrade_sheets import ticket_table
from obverse.tables import Table, Tabular

_MOST_LOTS = 2**60


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
            return next(leg for leg in legs if leg.position.contracts * self.contracts > 0)
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


@dataclass(frozen=True, repr=False)
class Ticket(Tabular):
    """An order before it is sent; prints as one thing a line, before and after.

    Attributes
    ----------
    cost : margin, fee to open, and fee to close at the bankruptcy price, of what the order opens
    before, after : the account's state; after it the order is filled
    position_before, position_after : of the instrument; none where nothing is held
    largest_contracts : largest size on this side that the venue would take at this leverage
    refusals : why the venue would not take it; empty where it would
    """

    request: OrderRequest
    cost: OrderCost
    before: AccountState
    after: AccountState
    position_before: PositionState | None
    position_after: PositionState | None
    largest_contracts: Decimal
    refusals: tuple[str, ...]
    volatility_daily: float | None = None

    @property
    def is_taken(self) -> bool:
        """Whether the venue would take it."""
        return not self.refusals

    @property
    def order_cost(self) -> Amount:
        """Margin and fee to open, with the fee to close where the venue keeps it back."""
        cost = self.cost.initial_margin + self.cost.open_fee
        return cost + self.cost.close_fee if self.request.terms.keeps_closing_fee else cost

    @property
    def liquidation_price(self) -> Decimal | None:
        """After the order, with other positions as they are; none where no price liquidates."""
        return self.position_after.liquidation_price if self.position_after else None

    @property
    def distance(self) -> Decimal | None:
        """From the mark to that price, as a signed fraction of the mark."""
        return self.position_after.distance if self.position_after else None

    @property
    def distance_deviations(self) -> float | None:
        """The same in daily standard deviations; none without a volatility."""
        if self.position_after is None or self.volatility_daily is None:
            return None
        return self.position_after.distance_in_deviations(self.volatility_daily)

    def table(self) -> Table:
        """One thing a line, before and after."""
        return ticket_table(self)


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


def ticket(
    account: MarginAccount,
    instrument: Instrument,
    terms: MarginTerms,
    contracts: ExactNumber,
    price: ExactNumber,
    *,
    volatility_daily: float | None = None,
    **more: object,
) -> Ticket:
    """What an order of signed contracts at a price takes, leaves, and whether it would be taken.

    `volatility_daily` is the standard deviation of a day's log return. `more` is `leverage`,
    `mode`, `fee_rate`, `max_order_contracts` and `mark_price`, as `order_request` takes them.
    """
    made = order_request(account, instrument, terms, contracts, price, **more)  # type: ignore[arg-type]
    return ticket_of(made, volatility_daily=volatility_daily)


def ticket_of(request: OrderRequest, *, volatility_daily: float | None = None) -> Ticket:
    """The ticket of an order already at the door."""
    after = assess(account_after(request))
    before = assess(request.account)
    return Ticket(
        request=request,
        cost=cost_of(request),
        before=before,
        after=after,
        position_before=_state_of(before, request.before),
        position_after=_state_of(after, position_after(request)),
        largest_contracts=_largest(request),
        refusals=_refusals(request, after),
        volatility_daily=volatility_daily,
    )


def cost_of(request: OrderRequest) -> OrderCost:
    """Margin and closing fee of what the order opens, and the opening fee of all of it."""
    zero = request.account.coin.zero
    fee = _open_fee(request)
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
    balance = account.balance + gain - _open_fee(request)
    if not filled.contracts:
        return replace(account, balance=balance, held=others)
    item = Held(filled, request.terms, request.mark, _setting_after(request, filled))
    return replace(account, balance=balance, held=(*others, item))


def largest_size(
    account: MarginAccount,
    instrument: Instrument,
    terms: MarginTerms,
    price: ExactNumber,
    *,
    side: int = 1,
    **more: object,
) -> Decimal:
    """The largest order, in contracts of whole lots, that the venue would take; zero if none.

    `side` is +1 for a buy, −1 for a sale; `more` is as `order_request` takes it. One lot more is
    refused: for its margin and fees, its bracket's leverage, or a limit of the venue.
    """
    lot = instrument.lot * (1 if side > 0 else -1)
    return _largest(order_request(account, instrument, terms, lot, price, **more))  # type: ignore[arg-type]


def _largest(request: OrderRequest) -> Decimal:
    """Bisect on lots: whatever refuses a size refuses a larger one."""
    lot = request.instrument.lot
    sign = 1 if request.contracts > 0 else -1

    def is_taken(lots: int) -> bool:
        sized = replace(request, contracts=sign * lots * lot)
        return not _refusals(sized, None)

    taken, refused = 0, _first_guess(request)
    while is_taken(refused):
        taken, refused = refused, refused * 2
        if refused > _MOST_LOTS:
            raise RuleError(f"{request.instrument.symbol}: no margin is required of any size.")
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


def _refusals(request: OrderRequest, after: AccountState | None) -> tuple[str, ...]:
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


def _open_fee(request: OrderRequest) -> Amount:
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
    return MarginSetting(mode, request.leverage, to_decimal(coins))


def _state_of(state: AccountState, position: Position) -> PositionState | None:
    return next((item for item in state.positions if item.held.position == position), None)
