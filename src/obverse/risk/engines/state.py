"""A position whose maintenance may not be covered, and the coins that stand behind it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from obverse.contracts import Amount, Position, Rounding
from obverse.contracts.units import exact_price, round_to_step
from obverse.errors import BookError
from obverse.risk.margin import (
    AccountState,
    Backing,
    MarginTerms,
    bankruptcy_value,
    liquidation_fee,
    price_of_value,
    requirement,
)
from obverse.risk.margin.requirements import mark_value
from obverse.risk.margin.schedule import Tiered, WholePositionStep


@dataclass(frozen=True)
class AtRisk:
    """One position at its mark.

    `coins` may be lost: isolated margin, or a cross balance with the gains of the other positions
    less what those need. Below zero is what it owes.
    """

    position: Position
    coins: Amount
    terms: MarginTerms
    mark_price: Decimal

    def __post_init__(self) -> None:
        """Refuse another coin, and a mark that is no price."""
        if self.coins.currency != self.position.cost.currency:
            raise BookError(
                f"{self.position.instrument.symbol}: coins in {self.coins.currency.code}, cost in "
                f"{self.position.cost.currency.code}."
            )
        exact_price(self.mark_price, "mark_price")

    @property
    def contracts(self) -> Decimal:
        """Size, a magnitude."""
        return abs(self.position.contracts)

    @property
    def equity(self) -> Fraction:
        """Coins and gain at the mark, unrounded."""
        payoff = self.position.instrument.payoff
        value = payoff.value(self.position.contracts, self.mark_price)
        return self.coins.fraction + payoff.pnl(self.position.cost.fraction, value)

    @property
    def needed(self) -> Fraction:
        """Maintenance, with the fee that counts in at the mark."""
        if not self.position.contracts:
            return Fraction(0)
        needed = requirement(self.position, self.terms, "maintenance", mark_price=self.mark_price)
        return needed + liquidation_fee(self.position, self.terms, mark_price=self.mark_price)

    @property
    def is_liquidated(self) -> bool:
        """Whether equity is below what is needed."""
        return bool(self.position.contracts) and self.equity < self.needed

    @property
    def zero_equity_price(self) -> Decimal | None:
        """Price at which nothing is left, on the tick on the trader's side; none where none."""
        backing = Backing(self.coins.fraction)
        price = price_of_value(self.position, bankruptcy_value(self.position, self.terms, backing))
        if price is None:
            return None
        long = self.position.contracts > 0
        tick = self.position.instrument.tick
        return round_to_step(price, tick, Rounding.CEILING if long else Rounding.FLOOR)

    @property
    def tier(self) -> int:
        """Which tier its size is in, counted from 1; schedules without tiers have one."""
        return self.tier_of(self.contracts)

    def tier_of(self, contracts: Decimal) -> int:
        """The tier of a smaller size of it."""
        schedule, position = self.terms.schedule, self.position
        if self.terms.value_basis == "mark":
            value = mark_value(position, self.mark_price)
        else:
            value = abs(position.cost.fraction)
        value *= Fraction(contracts) / Fraction(self.contracts)
        if isinstance(schedule, Tiered):
            return schedule.place(contracts, value) + 1
        if isinstance(schedule, WholePositionStep):
            return schedule.steps(value) + 1
        return 1


def at_risk(state: AccountState) -> tuple[AtRisk, ...]:
    """The positions of an account that its venue would liquidate, isolated ones by themselves.

    Of positions held across, each has the whole of what the account can lose behind it; the one
    with the highest requirement comes first.
    """
    across = bool(state.account.across) and state.cross_equity < state.maintenance
    found = []
    for item in state.positions:
        isolated = item.held.setting.mode == "isolated"
        if item.is_liquidated if isolated else across:
            position = item.held.position
            coins = position.cost.currency.amount(item.backing, Rounding.FLOOR)
            found.append((not isolated, -item.needs.liquidation.units, item, coins))
    ordered = sorted(found, key=lambda each: each[:2])
    return tuple(
        AtRisk(item.held.position, coins, item.held.terms, item.held.mark_price)
        for _, _, item, coins in ordered
    )


def without(item: AtRisk) -> AtRisk:
    """The same coins with the position gone."""
    return replace(item, position=Position.flat(item.position.instrument))
