"""Before a trade: what an order takes, what it leaves, and whether the venue would take it.

The account after the order is worked out by the same engine as the account before it: the order is
filled at its price, its fee leaves the wallet, and what its price would gain against the mark does
not pay for its own margin.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Unpack

from obverse.contracts import Amount, Instrument, Position
from obverse.contracts.units import ExactNumber
from obverse.risk.margin import (
    AccountState,
    MarginAccount,
    MarginTerms,
    OrderCost,
    PositionState,
    assess,
)
from obverse.risk.pretrade.limits import largest_of, refusals_of
from obverse.risk.pretrade.orders import (
    OrderOptions,
    OrderRequest,
    account_after,
    cost_of,
    order_request,
    position_after,
)
from obverse.risk.pretrade.sheets import ticket_table
from obverse.tables import Table, Tabular


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


def ticket(
    account: MarginAccount,
    instrument: Instrument,
    terms: MarginTerms,
    contracts: ExactNumber,
    price: ExactNumber,
    *,
    volatility_daily: float | None = None,
    **more: Unpack[OrderOptions],
) -> Ticket:
    """What an order of signed contracts at a price takes, leaves, and whether it would be taken.

    `volatility_daily` is the standard deviation of a day's log return. `more` is `leverage`,
    `mode`, `fee_rate`, `max_order_contracts` and `mark_price`, as `order_request` takes them.
    """
    made = order_request(account, instrument, terms, contracts, price, **more)
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
        largest_contracts=largest_of(request),
        refusals=refusals_of(request, after),
        volatility_daily=volatility_daily,
    )


def _state_of(state: AccountState, position: Position) -> PositionState | None:
    return next((item for item in state.positions if item.held.position == position), None)
