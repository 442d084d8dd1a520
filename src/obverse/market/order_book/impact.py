"""What a size would trade at: walks a side of a book and says what it takes there.

A size is in one of three units, a contract being worth at price P, with multiplier m:

========== =============== =============== =================================
unit       inverse         linear, spot    quanto
========== =============== =============== =================================
contracts  1               1               1
usd        m               m · P           refused: its coin has another price
coin       m / P           m               m · P of the settlement coin
========== =============== =============== =================================

What adds up over fills is the settlement value; the average price is the one at which the
contracts are worth it (`obverse.contracts.payoffs`): harmonic for inverse contracts, arithmetic
for linear ones. A spot market is a linear contract of multiplier 1.

Where the size exceeds what the side offers, the walk takes all of it and says what is missing: it
then has an average of what was taken, and no impact price.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Literal, TypeAlias

from obverse.contracts.payoffs import Inverse, Number, Payoff, Quanto
from obverse.contracts.units import ExactNumber, exact, to_decimal
from obverse.errors import MarketDataError
from obverse.market.order_book.states import BookLevel, BookState, Side
from obverse.tables import Table, Tabular, number, text

Unit: TypeAlias = Literal["contracts", "usd", "coin"]
UNITS: tuple[Unit, ...] = ("contracts", "usd", "coin")


@dataclass(frozen=True, repr=False)
class Walk(Tabular):
    """What taking a size from a side gives; it prints as a table.

    Attributes
    ----------
    side : the side that is taken from: asks by a buyer, bids by a seller
    size, taken : what was wanted and what the side had of it, in `unit`
    contracts : how many contracts that is; a last level may be taken in part
    settlement_value : their worth in the settlement currency, each at its own price
    average_price : of what was taken; None where nothing was
    last_price : the farthest price reached
    levels : how many levels were touched
    beyond : whether it went beyond what the last snapshot showed of the side. Levels may be missing
        there, so the price is too far from the best rather than too near
    """

    side: Side
    unit: Unit
    size: Decimal
    taken: Decimal
    contracts: Decimal
    settlement_value: Decimal
    average_price: Decimal | None
    last_price: Decimal | None
    levels: int
    beyond: bool = False

    @property
    def missing(self) -> Decimal:
        """What the side did not have of the size, in `unit`."""
        return self.size - self.taken

    @property
    def complete(self) -> bool:
        """Whether the whole size was there."""
        return self.taken == self.size

    @property
    def impact_price(self) -> Decimal | None:
        """Average price of the whole size; None where the side is too thin for it."""
        return self.average_price if self.complete else None

    def table(self) -> Table:
        """The walk in one row."""
        columns = (
            text("side", "Side"),
            number("size", "Size", self.unit, 4),
            number("taken", "Taken", self.unit, 4),
            number("missing", "Missing", self.unit, 4),
            number("average_price", "Average price", decimals=4),
            number("last_price", "Last price", decimals=4),
            number("levels", "Levels", decimals=0),
        )
        row = (
            self.side,
            self.size,
            self.taken,
            self.missing,
            self.average_price,
            self.last_price,
            self.levels,
        )
        notes = (
            (not self.complete, "The side is too thin: there is no impact price."),
            (self.beyond, "Beyond what the snapshot showed; there may be more levels than known."),
        )
        told = tuple(note for applies, note in notes if applies)
        return Table("Walk into an order book", columns, (row,), told)


@dataclass(frozen=True)
class Taken:
    """What a walk took: contracts, their settlement value, and what of the size is left."""

    contracts: Fraction
    value: Fraction
    left: Fraction
    levels: int
    last_price: Decimal | None

    def average_price(self, payoff: Payoff) -> Decimal | None:
        """Price at which the contracts are worth what was taken; None where nothing was."""
        return to_decimal(payoff.average_price(self.contracts, self.value)) if self.levels else None


def take(
    levels: Iterable[BookLevel],
    size: Number,
    payoff: Payoff,
    measure: Callable[[Number, Number], Fraction],
) -> Taken:
    """Take a size from levels, best first; `measure` is how much of it contracts at a price are."""
    left = Fraction(size)
    contracts = value = Fraction(0)
    last, touched = None, 0
    for level in levels:
        if not left:
            break
        here = measure(level.size, level.price)
        part = min(here, left)
        count = Fraction(level.size) if part == here else Fraction(level.size) * part / here
        contracts += count
        value += payoff.value(count, level.price)
        left -= part
        last, touched = level.price, touched + 1
    return Taken(contracts, value, left, touched, last)


def walk(
    book: BookState, side: Side, size: ExactNumber, *, payoff: Payoff, unit: Unit = "contracts"
) -> Walk:
    """Take a size from a side, level by level from the best.

    Raises `MarketDataError` for a size that is not above zero, and for a unit that the payoff
    does not have.
    """
    wanted = exact(size, "size")
    if wanted <= 0:
        raise MarketDataError(f"impact: a size of {wanted} takes nothing; it must be above zero.")
    found = take(book.side(side), wanted, payoff, partial(worth, payoff, unit))
    left, touched, last = found.left, found.levels, found.last_price
    return Walk(
        side=side,
        unit=unit,
        size=wanted,
        taken=wanted if not left else to_decimal(Fraction(wanted) - left),
        contracts=to_decimal(found.contracts),
        settlement_value=to_decimal(found.value),
        average_price=found.average_price(payoff),
        last_price=last,
        levels=touched,
        beyond=last is not None and not book.is_shown(side, last),
    )


def impact_prices(
    book: BookState, size: ExactNumber, *, payoff: Payoff, unit: Unit = "contracts"
) -> tuple[Decimal | None, Decimal | None]:
    """Average prices of selling and of buying a size; None for a side that is too thin."""
    bid = walk(book, "bids", size, payoff=payoff, unit=unit).impact_price
    ask = walk(book, "asks", size, payoff=payoff, unit=unit).impact_price
    return bid, ask


def worth(payoff: Payoff, unit: Unit, contracts: Number, price: Number) -> Fraction:
    """How much of a unit some contracts are at a price: the table of this module."""
    if unit not in UNITS:
        raise MarketDataError(f"impact: no unit {unit!r}; there are {', '.join(UNITS)}.")
    if unit == "contracts":
        return Fraction(contracts)
    if unit == "coin":
        if isinstance(payoff, Inverse | Quanto):
            return payoff.value(contracts, price)
        return Fraction(contracts) * Fraction(payoff.multiplier)
    if isinstance(payoff, Quanto):
        raise MarketDataError(
            "impact: dollars of a quanto contract need the price of its settlement coin; give "
            "contracts or coin."
        )
    return payoff.notional_usd(contracts, price, 1)
