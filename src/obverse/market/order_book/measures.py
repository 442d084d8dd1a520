"""What an order book says: middle, spread, depth, imbalance.

All are exact of the levels that are there. A side that is missing gives None, never a number.

============== =================================================================================
measure        formula, with best bid b of size B and best ask a of size A
============== =================================================================================
mid            (b + a) / 2
micro price    (b · A + a · B) / (A + B): nearer to the side that is thinner
spread         a − b; in basis points over the mid
depth          sum of sizes over the best n levels, or of all within x basis points of the mid
imbalance      (bid depth − ask depth) / (bid depth + ask depth), from −1 to 1
============== =================================================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from obverse.contracts.units import ExactNumber, exact, to_decimal
from obverse.errors import MarketDataError
from obverse.market.order_book.states import BookLevel, BookState, Side

BASIS_POINTS = 10_000


@dataclass(frozen=True)
class Reach:
    """How far into a book is looked: so many levels, or so many basis points from the mid."""

    levels: int | None = None
    basis_points: Decimal | None = None

    def __post_init__(self) -> None:
        """Refuse both, neither, and what reaches nothing."""
        if (self.levels is None) == (self.basis_points is None):
            raise MarketDataError("depth: give either levels or basis points.")
        if self.levels is not None and self.levels < 1:
            raise MarketDataError(f"depth: {self.levels} levels are none.")
        if self.basis_points is not None and not self.basis_points >= 0:
            raise MarketDataError(f"depth: {self.basis_points} basis points are below zero.")


def levels_within(count: int) -> Reach:
    """The best levels of a side, so many."""
    return Reach(levels=count)


def basis_points_within(basis_points: ExactNumber) -> Reach:
    """All levels at most so many basis points outwards from the mid, the border included.

    Of a crossed book that is every level on the wrong side of the mid too.
    """
    return Reach(basis_points=exact(basis_points, "basis_points"))


def best_bid(book: BookState) -> BookLevel | None:
    """The highest bid."""
    return book.bids[0] if book.bids else None


def best_ask(book: BookState) -> BookLevel | None:
    """The lowest ask."""
    return book.asks[0] if book.asks else None


def mid_price(book: BookState) -> Decimal | None:
    """Middle of the best prices; None without both sides."""
    best = _bests(book)
    return None if best is None else (best[0].price + best[1].price) / 2


def micro_price(book: BookState) -> Decimal | None:
    """Middle of the best prices, each weighed by the size of the other; None without both sides.

    Source: Gatheral and Oomen, "Zero-intelligence realized variance estimation", 2010.
    """
    best = _bests(book)
    if best is None:
        return None
    bid, ask = best
    weighed = Fraction(bid.price) * Fraction(ask.size) + Fraction(ask.price) * Fraction(bid.size)
    return to_decimal(weighed / (Fraction(bid.size) + Fraction(ask.size)))


def spread(book: BookState) -> Decimal | None:
    """Best ask less best bid, in the quote currency; below zero where the book is crossed."""
    best = _bests(book)
    return None if best is None else best[1].price - best[0].price


def spread_basis_points(book: BookState) -> Decimal | None:
    """The spread over the mid, in basis points."""
    width, mid = spread(book), mid_price(book)
    if width is None or mid is None:
        return None
    return to_decimal(Fraction(width) / Fraction(mid) * BASIS_POINTS)


def reached(book: BookState, side: Side, reach: Reach) -> tuple[BookLevel, ...] | None:
    """Levels of a side within reach; None where there is no mid to measure from."""
    levels = book.side(side)
    if reach.basis_points is None:
        return levels[: reach.levels]
    mid = mid_price(book)
    if mid is None:
        return None
    share = Fraction(reach.basis_points) / BASIS_POINTS
    if side == "bids":
        lowest = Fraction(mid) * (1 - share)
        return tuple(level for level in levels if level.price >= lowest)
    highest = Fraction(mid) * (1 + share)
    return tuple(level for level in levels if level.price <= highest)


def depth(book: BookState, side: Side, reach: Reach) -> Decimal | None:
    """Size offered within reach on a side: contracts, or coins at a spot venue."""
    levels = reached(book, side, reach)
    return None if levels is None else sum((level.size for level in levels), Decimal(0))


def imbalance(book: BookState, reach: Reach) -> Decimal | None:
    """Bid depth less ask depth over both; None where nothing is within reach."""
    bids, asks = depth(book, "bids", reach), depth(book, "asks", reach)
    if bids is None or asks is None or bids + asks == 0:
        return None
    return to_decimal(Fraction(bids - asks) / Fraction(bids + asks))


def _bests(book: BookState) -> tuple[BookLevel, BookLevel] | None:
    bid, ask = best_bid(book), best_ask(book)
    return None if bid is None or ask is None else (bid, ask)
