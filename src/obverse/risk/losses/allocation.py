"""Who pays a deficit, and how much: a budget shared out over the profits of winners, exactly.

Only profit is ever taken, never principal: a haircut is a fraction of the profit, at most the
account's cap, at most one. What the caps do not allow is `uncovered` and named, not forced.

Symbols: w profit, β cap, ω risk weight, h haircut, B budget; Σ w·h = B where the caps allow it.

================= ==========================================================================
policy            haircut
================= ==========================================================================
queue             winners in the order given, each up to its cap, until the budget is met
pro_rata          h = B/Σw for everybody
capped_pro_rata   h = min(β, η), the one level η that meets the budget (water-filling)
risk_weighted     h = min(β, τ·ω), ω = leverage·g(leverage)
================= ==========================================================================

Source: Chitra, "Autodeleveraging: Impossibilities and Optimization" (arXiv 2512.01112, corrected),
algorithms 1 and 2 and the rules of its section on deleveraging policies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from obverse.errors import AmountError, BookError, RuleError
from obverse.risk.losses.inputs import distinct, not_below_zero, portion

ALL = Fraction(1)
NONE = Fraction(0)


@dataclass(frozen=True)
class Winner:
    """An account that profits: what may be taken of it, and how much of the burden it bears.

    Attributes
    ----------
    profit : in settlement coin, zero or more; a loss is no profit (`haircutable`)
    cap : largest haircut, a fraction of the profit
    weight : risk weight ω, read by `risk_weighted` alone
    """

    account: str
    profit: Fraction
    cap: Fraction = ALL
    weight: Fraction = ALL

    def __post_init__(self) -> None:
        """Take exact numbers for fractions; refuse what is out of range."""
        for name, door in (
            ("profit", not_below_zero),
            ("cap", portion),
            ("weight", not_below_zero),
        ):
            value = door(getattr(self, name), f"account {self.account}: {name}")
            object.__setattr__(self, name, value)

    @property
    def capacity(self) -> Fraction:
        """The most that may be taken."""
        return self.profit * self.cap


@dataclass(frozen=True)
class Allocation:
    """A budget shared out: one haircut a winner, in their order.

    Attributes
    ----------
    haircuts : fractions of each profit
    uncovered : what is left of the budget when every winner that bears weight is at its cap
    """

    policy: str
    budget: Fraction
    winners: tuple[Winner, ...]
    haircuts: tuple[Fraction, ...]
    uncovered: Fraction

    @property
    def taken(self) -> tuple[Fraction, ...]:
        """What each winner gives, in settlement coin."""
        pairs = zip(self.winners, self.haircuts, strict=True)
        return tuple(winner.profit * haircut for winner, haircut in pairs)


def haircutable(pnl: Fraction) -> Fraction:
    """The part of a gain that may be taken: its profit, nothing of a loss."""
    return max(pnl, NONE)


def allocate(policy: str, winners: Sequence[Winner], budget: Fraction) -> Allocation:
    """Share a budget out over the profits of winners by a policy of `POLICIES`.

    An account named twice raises `BookError`, a number out of range `AmountError`, an unknown
    policy `RuleError`.
    """
    rule = POLICIES.get(policy)
    if rule is None:
        raise RuleError(f"No allocation policy {policy!r}; there are {', '.join(POLICIES)}.")
    distinct(winner.account for winner in winners)
    wanted = not_below_zero(budget, "budget")
    haircuts = tuple(rule(winners, wanted))
    pairs = zip(winners, haircuts, strict=True)
    taken = sum((winner.profit * haircut for winner, haircut in pairs), NONE)
    return Allocation(policy, wanted, tuple(winners), haircuts, wanted - taken)


def in_order(winners: Sequence[Winner], accounts: Sequence[str]) -> tuple[Winner, ...]:
    """The named winners in the order of a queue, first to pay first."""
    distinct(accounts)
    by_name = {winner.account: winner for winner in winners}
    for account in accounts:
        if account not in by_name:
            raise BookError(f"order: no account {account!r} among {', '.join(by_name)}.")
    return tuple(by_name[account] for account in accounts)


def _queue(winners: Sequence[Winner], budget: Fraction) -> list[Fraction]:
    left = budget
    haircuts = []
    for winner in winners:
        part = min(left, winner.capacity)
        haircuts.append(part / winner.profit if winner.profit else NONE)
        left -= part
    return haircuts


def _pro_rata(winners: Sequence[Winner], budget: Fraction) -> list[Fraction]:
    capped = [winner.account for winner in winners if winner.cap != ALL]
    if capped:
        raise AmountError(f"pro_rata: account {capped[0]} has a cap; use capped_pro_rata.")
    return _filled(winners, budget, [ALL] * len(winners))


def _capped_pro_rata(winners: Sequence[Winner], budget: Fraction) -> list[Fraction]:
    return _filled(winners, budget, [ALL] * len(winners))


def _risk_weighted(winners: Sequence[Winner], budget: Fraction) -> list[Fraction]:
    return _filled(winners, budget, [winner.weight for winner in winners])


def _filled(
    winners: Sequence[Winner], budget: Fraction, weights: Sequence[Fraction]
) -> list[Fraction]:
    level = _water_level(winners, budget, weights)
    pairs = zip(winners, weights, strict=True)
    return [min(winner.cap, level * weight) if winner.profit else NONE for winner, weight in pairs]


def _water_level(
    winners: Sequence[Winner], budget: Fraction, weights: Sequence[Fraction]
) -> Fraction:
    """The level τ at which Σ w·min(β, τ·ω) is the budget; the highest that matters if none is.

    Accounts reach their caps in the order of β/ω; each that is reached leaves the water.
    """
    reached_at = [
        (winner.cap / weight, winner, weight)
        for winner, weight in zip(winners, weights, strict=True)
        if winner.profit and weight
    ]
    reached_at.sort(key=lambda item: item[0])
    rising = sum((winner.profit * weight for _, winner, weight in reached_at), NONE)
    left = budget
    for height, winner, weight in reached_at:
        if left <= height * rising:
            return left / rising
        left -= winner.capacity
        rising -= winner.profit * weight
    return reached_at[-1][0] if reached_at else NONE


POLICIES: dict[str, Callable[[Sequence[Winner], Fraction], list[Fraction]]] = {
    "queue": _queue,
    "pro_rata": _pro_rata,
    "capped_pro_rata": _capped_pro_rata,
    "risk_weighted": _risk_weighted,
}
"""The closed set of policies, by name."""
