"""Whose profits pay for bad debt that no fund covers, in the middle of a cascade.

Deleveraging closes winners against the bankrupt position at its bankruptcy price; at the price that
holds, they give up in coin what the debt is. Here the coin is taken and the position is left, so
that a cascade is of coin alone; only profit is taken, never margin.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from obverse.contracts import Amount, Rounding
from obverse.contracts.units import to_decimal
from obverse.errors import RuleError
from obverse.risk.losses import SCORES, Candidate, allocate_coins, score
from obverse.risk.margin import (
    Backing,
    MarginTerms,
    bankruptcy_value,
    price_of_value,
    requirement,
)
from obverse.risk.scenarios.cascade_results import AccountFate

Policy = Literal["queue", "pro_rata"]


@dataclass(frozen=True)
class LossSharing:
    """`queue`: the other side's winners, highest score first; `pro_rata`: all winners alike."""

    policy: Policy = "queue"
    score: str = "profit_times_leverage"

    def __post_init__(self) -> None:
        """Refuse unknown words."""
        if self.policy not in ("queue", "pro_rata"):
            raise RuleError(f"No loss sharing {self.policy!r}; there are queue and pro_rata.")
        if self.score not in SCORES:
            raise RuleError(f"No score {self.score!r}; there are {', '.join(SCORES)}.")


@dataclass(frozen=True)
class Shared:
    """What is taken of each account's profit, and what no profit was there for."""

    taken: Mapping[str, Amount]
    uncovered: Amount


def share(
    sharing: LossSharing,
    owed: Sequence[tuple[bool, Amount]],
    staying: Sequence[tuple[AccountFate, MarginTerms]],
    *,
    price: Decimal,
) -> Shared:
    """Take what is owed from the profits, at a price, of accounts that stay open.

    `owed` are pairs: whether the bankrupt position was long, and what is not covered of it.
    """
    zero = owed[0][1].currency.zero
    taken: dict[str, Amount] = {}
    uncovered = zero
    for is_long in (True, False):
        budget = sum((amount for side, amount in owed if side == is_long), zero)
        if not budget:
            continue
        profits = {
            fate.account: profit
            for fate, _ in _ranked(sharing, staying, is_long, price)
            if zero < (profit := _profit(fate, price) - taken.get(fate.account, zero))
        }
        found = allocate_coins(sharing.policy, profits, budget)
        for account, amount in found.taken().items():
            taken[account] = taken.get(account, zero) + amount
        uncovered += found.uncovered
    return Shared({account: amount for account, amount in taken.items() if amount}, uncovered)


def _ranked(
    sharing: LossSharing,
    staying: Sequence[tuple[AccountFate, MarginTerms]],
    is_long: bool,
    price: Decimal,
) -> Sequence[tuple[AccountFate, MarginTerms]]:
    if sharing.policy == "pro_rata":
        return staying
    winners = [
        item
        for item in staying
        if (item[0].position.contracts > 0) != is_long and _profit(item[0], price).units > 0
    ]
    return sorted(winners, key=lambda item: -_score(sharing, item[0], item[1], price))


def _profit(fate: AccountFate, price: Decimal) -> Amount:
    """What may be taken: the gain at a price less what was taken before."""
    return fate.position.pnl(price=price) - fate.haircut


def _score(sharing: LossSharing, fate: AccountFate, terms: MarginTerms, price: Decimal) -> Fraction:
    position = fate.position
    value = bankruptcy_value(position, terms, Backing((fate.margin - fate.haircut).fraction))
    bankruptcy = price_of_value(position, value)
    needed = requirement(position, terms, "maintenance", mark_price=price)
    candidate = Candidate(
        account=fate.account,
        position=position,
        mark_price=price,
        collateral=fate.margin,
        maintenance_margin=fate.margin.currency.amount(needed, Rounding.CEILING),
        bankruptcy_price=None if bankruptcy is None else to_decimal(bankruptcy),
    )
    return score(candidate, sharing.score)
