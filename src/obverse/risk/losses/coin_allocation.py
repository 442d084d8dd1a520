"""A budget shared out in whole units of coin: the parts add up to it, to the last unit.

Caps are first taken down to whole units; the exact shares are then cut to whole units and the
units that are left go one each to the largest remainders. So no account is cut beyond its cap,
and none is more than one unit from its exact share. Equal remainders: the one named first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from obverse.contracts.units import Amount, Rounding, to_integer
from obverse.errors import BookError, DefectError
from obverse.risk.losses.allocation import ALL, Allocation, Winner, allocate
from obverse.risk.losses.inputs import Exact, fraction, portion
from obverse.tables import Table, Tabular, coin, percent, text


@dataclass(frozen=True)
class Haircut:
    """What one account gives of its profit."""

    account: str
    profit: Amount
    taken: Amount

    @property
    def kept(self) -> Amount:
        """The profit that is left."""
        return self.profit - self.taken

    @property
    def fraction(self) -> Fraction:
        """What is taken, as a fraction of the profit."""
        return self.taken.fraction / self.profit.fraction if self.profit else Fraction(0)


@dataclass(frozen=True, repr=False)
class CoinAllocation(Tabular):
    """A budget shared out in whole units; prints as a table.

    `budget` is the haircuts' sum plus what is `uncovered`, to the last unit.
    """

    policy: str
    budget: Amount
    haircuts: tuple[Haircut, ...]
    uncovered: Amount

    def __post_init__(self) -> None:
        """Hold the sum and the principal together."""
        taken = sum((item.taken for item in self.haircuts), self.budget.currency.zero)
        if taken + self.uncovered != self.budget:
            raise DefectError(f"{self.policy}: {taken!r} taken of a budget of {self.budget!r}.")
        if any(item.taken.units < 0 or item.kept.units < 0 for item in self.haircuts):
            raise DefectError(f"{self.policy}: more than a profit was taken.")

    def taken(self) -> dict[str, Amount]:
        """From account to what is taken."""
        return {item.account: item.taken for item in self.haircuts}

    def table(self) -> Table:
        """One row an account."""
        code, shown = self.budget.currency.code, self.budget.currency.shown
        columns = (
            text("account", "Account"),
            coin("profit", "Profit", code, shown),
            percent("haircut", "Haircut"),
            coin("taken", "Taken", code, shown),
            coin("kept", "Kept", code, shown),
        )
        rows = tuple(
            (
                item.account,
                item.profit.coins,
                float(item.fraction),
                item.taken.coins,
                item.kept.coins,
            )
            for item in self.haircuts
        )
        notes = (f"{self.uncovered} is uncovered.",) if self.uncovered else ()
        return Table(f"{self.budget} shared out, {self.policy}", columns, rows, notes)


def allocate_coins(
    policy: str,
    profits: Mapping[str, Amount],
    budget: Amount,
    *,
    caps: Mapping[str, Exact] | None = None,
    weights: Mapping[str, Exact] | None = None,
) -> CoinAllocation:
    """Share a budget out over profits in whole units, by a policy of `allocation.POLICIES`.

    `profits` are in the order of the queue; `caps` and `weights` are one where not given. Amounts
    in another currency or unit than the budget raise `AmountError`.
    """
    for name, given in (("cap", caps or {}), ("weight", weights or {})):
        strange = [account for account in given if account not in profits]
        if strange:
            raise BookError(f"{name}: no account {strange[0]!r} among the profits.")
    winners = [
        Winner(
            account,
            Fraction((profit + budget.currency.zero).units),
            _whole_cap(profit, (caps or {}).get(account, ALL)),
            fraction((weights or {}).get(account, ALL), f"account {account}: weight"),
        )
        for account, profit in profits.items()
    ]
    found = allocate(policy, winners, Fraction(budget.units))
    units = _whole(found)
    haircuts = tuple(
        Haircut(account, profit, Amount(part, budget.currency))
        for (account, profit), part in zip(profits.items(), units, strict=True)
    )
    return CoinAllocation(
        policy, budget, haircuts, Amount(budget.units - sum(units), budget.currency)
    )


def _whole_cap(profit: Amount, cap: Exact) -> Fraction:
    """A cap that is a whole number of units of the profit, not above the one given."""
    given = portion(cap, "cap")
    if profit.units <= 0:
        return given  # the door of `Winner` refuses what is below zero
    return Fraction(to_integer(given * profit.units, Rounding.FLOOR), profit.units)


def _whole(found: Allocation) -> list[int]:
    """Exact shares in whole units, with the same sum; that sum is whole."""
    units = [to_integer(part, Rounding.FLOOR) for part in found.taken]
    remainders = [part - unit for part, unit in zip(found.taken, units, strict=True)]
    odd = sum(remainders, Fraction(0))
    if odd.denominator != 1:
        raise DefectError(f"{found.policy}: shares of whole units sum to {odd} over them.")
    largest = sorted(range(len(units)), key=lambda place: -remainders[place])
    for place in largest[: odd.numerator]:
        units[place] += 1
    return units
