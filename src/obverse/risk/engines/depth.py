"""What a liquidation trades against: one side of a book, taken from the best price on."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Literal

from obverse.contracts import exact
from obverse.contracts.units import ExactNumber, exact_price
from obverse.errors import DataError

Side = Literal["bids", "asks"]


@dataclass(frozen=True)
class Level:
    """So many contracts at a price."""

    price: Decimal
    contracts: Decimal

    def __post_init__(self) -> None:
        """Refuse what is no price and no size."""
        exact_price(self.price, "level")
        if not exact(self.contracts, "level contracts") > 0:
            raise DataError(
                f"level at {self.price:f}: {self.contracts:f} contracts, expected some."
            )


@dataclass(frozen=True)
class Trade:
    """Contracts that were closed at a price; a magnitude."""

    contracts: Decimal
    price: Decimal


@dataclass(frozen=True)
class Depth:
    """One side of a book, best price first: bids for closing a long, asks for a short."""

    side: Side
    levels: tuple[Level, ...] = ()

    def __post_init__(self) -> None:
        """Refuse levels that are not from best to worst."""
        if self.side not in ("bids", "asks"):
            raise DataError(f"depth: side {self.side!r}; expected bids or asks.")
        for better, worse in pairwise(self.levels):
            falls = worse.price < better.price
            if worse.price == better.price or falls != (self.side == "bids"):
                raise DataError(
                    f"depth: {self.side} at {better.price:f} and then {worse.price:f}; expected "
                    "the best price first and each once."
                )

    def available(self, limit: Decimal | None = None) -> Decimal:
        """Contracts at prices no worse than a limit."""
        return sum((level.contracts for level in self._within(limit)), Decimal(0))

    def take(
        self, contracts: Decimal, limit: Decimal | None = None
    ) -> tuple[tuple[Trade, ...], Depth]:
        """Trade up to so many contracts at a limit or better; the trades, and what is left."""
        trades: list[Trade] = []
        left, wanted = list(self.levels), contracts
        for level in self._within(limit):
            if wanted <= 0:
                break
            size = min(wanted, level.contracts)
            trades.append(Trade(size, level.price))
            wanted -= size
            left.pop(0)
            if size < level.contracts:
                left.insert(0, Level(level.price, level.contracts - size))
        return tuple(trades), Depth(self.side, tuple(left))

    def _within(self, limit: Decimal | None) -> tuple[Level, ...]:
        if limit is None:
            return self.levels
        if self.side == "bids":
            return tuple(level for level in self.levels if level.price >= limit)
        return tuple(level for level in self.levels if level.price <= limit)


def one_price(side: Side, price: ExactNumber, contracts: ExactNumber) -> Depth:
    """So many contracts, all at one price."""
    return Depth(side, (Level(exact_price(price), exact(contracts, "contracts")),))
