"""Auto-deleveraging: the queue of each side, its lights, and closing from the top.

Longs and shorts are ranked apart, highest score first; equal scores keep the order given. An
account's place is the share of the side's contracts at or above it, rounded up to a step (20 %).
A liquidated position is closed against the opposite side's queue, one trade an account, each at
one price and one value: what one side pays the other receives, to the last unit.

Source: BitMEX "Auto-Deleveraging" and its further examples; the price is the bankruptcy price of
the liquidated order, or the mark in OKX's newest text (venue rules, section 4).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from fractions import Fraction

from obverse.contracts import Position, Rounding, fill
from obverse.contracts.units import ExactNumber, exact_price, to_decimal, to_integer
from obverse.errors import BookError
from obverse.risk.losses.inputs import Exact, above_zero, distinct, fraction, not_below_zero
from obverse.risk.losses.scores import Candidate, score
from obverse.tables import Table, Tabular, number, text

STEPS = 5
"""Lights of an indicator: five, of 20 % each."""


class PricePolicy(Enum):
    """At which price deleveraged positions are closed."""

    BANKRUPTCY = "bankruptcy"  # of the liquidated order; nobody is left with a loss
    MARK = "mark"  # the gap to bankruptcy falls to the insurance fund


@dataclass(frozen=True)
class Ranked:
    """An account of one side with its score; `contracts` is a magnitude."""

    account: str
    contracts: Fraction
    score: Fraction

    def __post_init__(self) -> None:
        """Take exact numbers for fractions; refuse a size that is not above zero."""
        contracts = above_zero(self.contracts, f"account {self.account}: contracts")
        object.__setattr__(self, "contracts", contracts)
        object.__setattr__(self, "score", fraction(self.score, f"account {self.account}: score"))


@dataclass(frozen=True, repr=False)
class Queue(Tabular):
    """One side's ranking, highest score first; prints as a table with its lights."""

    ranked: tuple[Ranked, ...]
    steps: int = STEPS

    @property
    def step_numbers(self) -> dict[str, int]:
        """From account to its step: 1 is the front of the queue, `steps` the back."""
        total = sum((item.contracts for item in self.ranked), Fraction(0))
        above = Fraction(0)
        found = {}
        for item in self.ranked:
            above += item.contracts
            found[item.account] = to_integer(above / total * self.steps, Rounding.CEILING)
        return found

    @property
    def percents(self) -> dict[str, Fraction]:
        """From account to its step in per cent: 20 is the front of the queue."""
        return {name: Fraction(100 * step, self.steps) for name, step in self.step_numbers.items()}

    @property
    def lights(self) -> dict[str, int]:
        """From account to lit lights: all of them at the front of the queue."""
        return {name: self.steps + 1 - step for name, step in self.step_numbers.items()}

    def table(self) -> Table:
        """One row an account, first to be closed first."""
        columns = (
            text("account", "Account"),
            number("contracts", "Contracts", decimals=0),
            number("score", "Score", decimals=4, signed=True),
            number("queue_percent", "Queue", "%", decimals=0),
            number("lights", "Lights", decimals=0),
        )
        percents, lights = self.percents, self.lights
        rows = tuple(
            (
                item.account,
                to_decimal(item.contracts),
                float(item.score),
                to_decimal(percents[item.account]),
                lights[item.account],
            )
            for item in self.ranked
        )
        return Table("Deleveraging queue", columns, rows)


@dataclass(frozen=True)
class Closing:
    """Contracts taken from one account, and what it keeps."""

    account: str
    closed: Fraction
    remaining: Fraction


@dataclass(frozen=True)
class Closings:
    """What was taken from the top of a queue; `unfilled` is what the whole side could not take."""

    closings: tuple[Closing, ...]
    unfilled: Fraction


@dataclass(frozen=True)
class Deleveraged:
    """Positions after deleveraging: the liquidated one, and those that were closed against it."""

    liquidated: Position
    positions: Mapping[str, Position]
    price: Decimal


def queue(ranked: Iterable[Ranked], steps: int = STEPS) -> Queue:
    """Rank accounts of one side, highest score first; one named twice raises `BookError`."""
    items = tuple(sorted(ranked, key=lambda item: -item.score))
    distinct(item.account for item in items)
    if steps < 1:
        raise BookError(f"steps: {steps}; an indicator has at least one.")
    return Queue(items, steps)


def queues(candidates: Sequence[Candidate], policy: str) -> tuple[Queue, Queue]:
    """The queues of longs and of shorts, scored by a policy of `scores.SCORES`."""
    sides: dict[bool, list[Ranked]] = {True: [], False: []}
    for item in candidates:
        contracts = item.position.contracts
        ranked = Ranked(item.account, Fraction(abs(contracts)), score(item, policy))
        sides[contracts > 0].append(ranked)
    return queue(sides[True]), queue(sides[False])


def close_from_top(ranking: Queue, close_contracts: Exact) -> Closings:
    """Take contracts from the front of a queue until there are enough; touched accounts only."""
    left = not_below_zero(close_contracts, "close_contracts")
    closings = []
    for item in ranking.ranked:
        if not left:
            break
        closed = min(left, item.contracts)
        closings.append(Closing(item.account, closed, item.contracts - closed))
        left -= closed
    return Closings(tuple(closings), left)


def deleveraging_price(
    policy: PricePolicy, *, bankruptcy_price: ExactNumber, mark_price: ExactNumber
) -> Decimal:
    """The price at which a liquidated order is closed against the queue."""
    price = bankruptcy_price if policy is PricePolicy.BANKRUPTCY else mark_price
    return exact_price(price, f"{policy.value} price")


def deleverage(
    liquidated: Position,
    positions: Mapping[str, Position],
    closings: Closings,
    *,
    price: ExactNumber,
) -> Deleveraged:
    """Close a liquidated position against the accounts of a queue, trade by trade, at one price.

    The positions must be of the same contract, on the other side, and as large as what is closed.
    Between them no coin is made or lost: each trade has one value, on both sides, to the last unit.
    """
    at = exact_price(price)
    after = dict(positions)
    for item in closings.closings:
        held = _counterparty(liquidated, positions, item)
        traded = _contracts(item) * (1 if liquidated.contracts > 0 else -1)
        after[item.account] = fill(held, traded, at)
        liquidated = fill(liquidated, -traded, at)
    return Deleveraged(liquidated, after, at)


def _counterparty(
    liquidated: Position, positions: Mapping[str, Position], item: Closing
) -> Position:
    """The position that an account is closed out of; one that does not fit is refused."""
    held = positions.get(item.account)
    if held is None:
        raise BookError(f"account {item.account}: it is in the queue, but has no position.")
    if held.instrument != liquidated.instrument:
        raise BookError(
            f"account {item.account}: it holds {held.instrument.symbol}, and "
            f"{liquidated.instrument.symbol} is liquidated."
        )
    opposite = held.contracts * liquidated.contracts < 0
    if not opposite or item.closed > min(abs(held.contracts), abs(liquidated.contracts)):
        raise BookError(
            f"account {item.account}: {to_decimal(item.closed):f} contracts cannot be closed of "
            f"{held.contracts:f} against the {liquidated.contracts:f} that are left."
        )
    return held


def _contracts(item: Closing) -> Decimal:
    contracts = to_decimal(item.closed)
    if contracts != item.closed:
        raise BookError(f"account {item.account}: {item.closed} contracts is not a decimal number.")
    return contracts
