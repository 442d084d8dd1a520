"""What rolling earns and costs: roll yield, fees by the rulebook, half-spreads.

Conventions: the roll yield of a long is (P − Q)/Q, from the price left P to the price entered Q,
and a yearly rate of it is simple, act/365, over the time between the two expiries. Fees are those
of the rulebook in force at the roll, on both trades, rounded as the venue rounds. Half-spreads come
from the recorded quotes, or else from a stated number of basis points.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

import numpy as np

from obverse.contracts.accounting import rounded_fee
from obverse.contracts.instants import DAYS_PER_YEAR, days_between
from obverse.contracts.instruments import Instrument
from obverse.contracts.units import Amount, Currency, ExactNumber, exact
from obverse.curves.rolling.executions import Execution, executions, late_notes
from obverse.curves.rolling.panels import ContractPanel
from obverse.curves.rolling.schedules import Roll, RollSchedule
from obverse.errors import AmountError, MarketDataError
from obverse.market.floats import decimal_of_float
from obverse.rulebooks import rulebook
from obverse.tables import Table, Tabular, coin, number, percent, text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Liquidity = Literal["maker", "taker"]
BP = 1e4


@dataclass(frozen=True)
class RollCost:
    """One roll: prices, yield, and the cost of both trades.

    Attributes
    ----------
    roll_yield, yearly_yield : of a long, as a fraction; simple, act/365, between the expiries
    fee : of both trades; below zero a rebate
    half_spread : of both trades; none where neither quotes nor a number is known
    cost_bp : both together, in bp of the value left; of the fee alone where that is all
    """

    at: datetime
    roll: Roll
    leaving_usd: float
    entering_usd: float
    roll_yield: float
    yearly_yield: float
    value: Amount
    fee: Amount
    half_spread: Amount | None

    @property
    def cost(self) -> Amount:
        """Fee and, where it is known, half-spread."""
        return self.fee if self.half_spread is None else self.fee + self.half_spread

    @property
    def cost_bp(self) -> float:
        """Cost in bp of the value left."""
        return float(self.cost.fraction / self.value.fraction) * BP

    @property
    def yearly_cost(self) -> float:
        """Cost as a fraction a year, over the time between the two expiries."""
        days = days_between(self.roll.leaving_expiry, self.roll.entering_expiry)
        return self.cost_bp / BP * DAYS_PER_YEAR / days


@dataclass(frozen=True, repr=False)
class RollCosts(Tabular):
    """What a schedule's rolls earned and cost a position of constant dollars."""

    underlying: str
    venue: str
    source: str
    rule: str
    usd_amount: Decimal
    liquidity: Liquidity
    currency: Currency
    rolls: tuple[RollCost, ...]
    warnings: tuple[str, ...] = field(default=())

    @property
    def cost(self) -> Amount:
        """Of all rolls, in coin."""
        return sum((each.cost for each in self.rolls), self.currency.zero)

    @property
    def roll_yield(self) -> float:
        """Sum of the roll yields of a long, as a fraction."""
        return sum(each.roll_yield for each in self.rolls)

    @property
    def yearly_yield(self) -> float | None:
        """Mean yearly rate of the roll yields, by the time between expiries; none without rolls."""
        if not self.rolls:
            return None
        days = sum(
            days_between(each.roll.leaving_expiry, each.roll.entering_expiry) for each in self.rolls
        )
        return self.roll_yield / days * DAYS_PER_YEAR

    def table(self) -> Table:
        """One row a roll."""
        code, shown = self.currency.code, self.currency.shown
        columns = (
            text("at", "Roll (UTC)"),
            text("leaving", "From"),
            text("entering", "To"),
            number("leaving_usd", "Left at", "USD"),
            number("entering_usd", "Entered at", "USD"),
            percent("roll_yield", "Roll yield", 3),
            percent("yearly_yield", "A year", unit="%/y"),
            coin("fee", "Fees", code, shown),
            coin("half_spread", "Half-spreads", code, shown),
            number("cost_bp", "Cost", "bp"),
        )
        rows = tuple(
            (
                each.at,
                each.roll.leaving,
                each.roll.entering,
                each.leaving_usd,
                each.entering_usd,
                each.roll_yield,
                each.yearly_yield,
                each.fee.coins,
                None if each.half_spread is None else each.half_spread.coins,
                each.cost_bp,
            )
            for each in self.rolls
        )
        title = f"{self.underlying} rolls at {self.venue}: {self.cost} for {self.usd_amount:,f} USD"
        notes = (
            f"By {self.rule}, as {self.liquidity}. Roll yield of a long, (left − entered) / "
            "entered; a year simple, act/365, over the time between expiries. Fees by the rulebook "
            f"at each roll. Source: {self.source}.",
            *self.warnings,
        )
        return Table(title, columns, rows, notes)

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw the yearly roll yield and the cost of each roll (Matplotlib)."""
        from obverse.curves.rolling.plots import plot_costs

        return plot_costs(self, axes)


def instruments_of(schedule: RollSchedule) -> dict[str, Instrument]:
    """Every contract of a schedule, by the venue's rules in force when it is entered.

    The first is described as of the first roll. Raises `SymbolError` for a name that the venue does
    not have, such as a forward implied by options.
    """
    first = schedule.rolls[0].at if schedule.rolls else schedule.first_expiry
    entered = ((schedule.first, first), *((each.entering, each.at) for each in schedule.rolls))
    return {name: rulebook(schedule.venue, as_of=at).instrument(name) for name, at in entered}


def roll_costs(
    panel: ContractPanel,
    schedule: RollSchedule,
    *,
    usd_amount: ExactNumber,
    liquidity: Liquidity = "taker",
    half_spread_bp: float | None = None,
) -> RollCosts:
    """Price every roll of a schedule for an inverse position of constant dollars.

    Parameters
    ----------
    usd_amount : size of the position, above zero; a whole number of contracts
    half_spread_bp : of each trade where no quotes are recorded, in bp of its value

    Raises
    ------
    AmountError, RuleError, SymbolError : a size that is none, or contracts the venue does not have
    MarketDataError : a roll that cannot be priced
    """
    amount = exact(usd_amount, "usd_amount")
    if amount <= 0:
        raise AmountError(f"usd_amount: {amount:f}; expected above zero.")
    if half_spread_bp is not None and not 0 <= half_spread_bp < np.inf:
        raise MarketDataError(f"half_spread_bp {half_spread_bp}: expected zero or more.")
    carried_out = executions(panel, schedule)
    found = tuple(_cost(panel, each, amount, liquidity, half_spread_bp) for each in carried_out)
    unknown = sum(each.half_spread is None for each in found)
    told = f"Half-spreads of {unknown} rolls are not known and left out; give half_spread_bp."
    held = rulebook(schedule.venue, as_of=schedule.first_expiry).instrument(schedule.first)
    return RollCosts(
        schedule.underlying,
        schedule.venue,
        schedule.source,
        schedule.rule,
        amount,
        liquidity,
        held.settlement_currency,
        found,
        (*late_notes(panel, carried_out), *((told,) if unknown else ())),
    )


def _cost(
    panel: ContractPanel,
    execution: Execution,
    usd_amount: Decimal,
    liquidity: Liquidity,
    half_spread_bp: float | None,
) -> RollCost:
    at, roll = panel.moment(execution.row), execution.roll
    book = rulebook(panel.venue, as_of=at)
    sides = ((roll.leaving, execution.leaving), (roll.entering, execution.entering))
    values: list[Amount] = []
    fees: list[Amount] = []
    spreads: list[Amount | None] = []
    for symbol, column in sides:
        instrument = book.instrument(symbol)
        contracts = instrument.contracts_of(usd_amount)
        price = float(panel.prices_usd[execution.row, column])
        value = instrument.value(contracts, decimal_of_float(price))
        rate = book.fee_rate(instrument, liquidity)
        values.append(value)
        fees.append(rounded_fee(instrument.accounting, value, rate))
        quotes = (panel.bids_usd[execution.row, column], panel.asks_usd[execution.row, column])
        spreads.append(
            _half_spread(
                instrument, contracts, value, quotes, half_spread_bp, column == sides[0][1]
            )
        )
    left, entered = (float(panel.prices_usd[execution.row, column]) for _, column in sides)
    gained = (left - entered) / entered
    years = days_between(roll.leaving_expiry, roll.entering_expiry) / DAYS_PER_YEAR
    out, into = spreads
    spread = None if out is None or into is None else out + into
    return RollCost(
        at, roll, left, entered, gained, gained / years, values[0], fees[0] + fees[1], spread
    )


def _half_spread(
    instrument: Instrument,
    contracts: Decimal,
    value: Amount,
    quotes: tuple[float, float],
    half_spread_bp: float | None,
    selling: bool,
) -> Amount | None:
    """Coins lost to the best price against the middle: at the bid when selling, else at the ask."""
    if np.isnan(quotes).any():
        if half_spread_bp is None:
            return None
        share = Fraction(decimal_of_float(float(half_spread_bp))) / 10_000
        lost = value.fraction * share
        return instrument.accounting.value.apply(lost, instrument.settlement_currency)
    bid, ask = (decimal_of_float(float(each)) for each in quotes)
    if bid > ask:
        raise MarketDataError(
            f"{instrument.symbol}: bid {bid:f} above ask {ask:f}; leave crossed quotes out."
        )
    middle = instrument.value(contracts, (bid + ask) / 2)
    return abs(instrument.value(contracts, bid if selling else ask) - middle)
