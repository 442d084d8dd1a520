"""Where equity meets what is required: the first crossing of a piecewise quadratic.

Every position settled in one coin has a coin value V = k · x that moves with one number x: 1/price
for inverse contracts, price for linear ones. Equity is a line in x, each requirement a piece of a
quadratic in V, so that between two brackets' borders the gap

    equity − requirement = c0 + c1 · x + c2 · x²

has its roots in closed form; the bracket at the root is the bracket used, because only roots inside
the interval count. All in fractions; a square root keeps 60 digits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction

from obverse.risk.margin.schedule import Piece

_ROOT = Context(prec=60)


@dataclass(frozen=True)
class Requirement:
    """One position's requirement: pieces over its value V = `per_x` · x, plus a fee on V."""

    per_x: Fraction
    pieces: tuple[Piece, ...]
    fee_rate: Fraction = Fraction(0)

    def piece(self, x: Fraction, *, rising: bool) -> Piece:
        """The piece that holds x; on a border, the one that is entered as x rises or falls."""
        value = self.per_x * x
        held = [piece for piece in self.pieces if piece.holds(value)]
        if not held:
            return self.pieces[-1]
        return held[-1] if rising else held[0]

    def borders(self) -> Iterator[Fraction]:
        """Where x leaves a bracket."""
        for piece in self.pieces:
            if piece.cap is not None and self.per_x:
                yield piece.cap / self.per_x


@dataclass(frozen=True)
class Balance:
    """Equity as a line in x, against what is required.

    Equity = `fixed` + `per_x` · x; `constant` is required whatever x is.
    """

    fixed: Fraction
    per_x: Fraction
    requirements: tuple[Requirement, ...]
    constant: Fraction = Fraction(0)

    def equity(self, x: Fraction) -> Fraction:
        """Equity at x, in coin."""
        return self.fixed + self.per_x * x

    def required(self, x: Fraction, *, rising: bool = True) -> Fraction:
        """What is required at x, in coin."""
        total = self.constant
        for item in self.requirements:
            value = item.per_x * x
            total += item.piece(x, rising=rising).at(value) + item.fee_rate * value
        return total

    def gap(self, x: Fraction, *, rising: bool = True) -> Fraction:
        """Equity less what is required: below zero is liquidated."""
        return self.equity(x) - self.required(x, rising=rising)

    def coefficients(self, x: Fraction, *, rising: bool) -> tuple[Fraction, Fraction, Fraction]:
        """The gap around x as c0 + c1·x + c2·x²."""
        c0, c1, c2 = self.fixed - self.constant, self.per_x, Fraction(0)
        for item in self.requirements:
            piece = item.piece(x, rising=rising)
            c0 -= piece.fixed
            c1 -= (piece.rate + item.fee_rate) * item.per_x
            c2 -= piece.slope * item.per_x * item.per_x
        return c0, c1, c2


def first_crossing(balance: Balance, start: Fraction, *, rising: bool) -> Fraction | None:
    """The first x from `start` on, upward or down to zero, at which the gap is zero or below.

    None where there is none: x never leaves zero downward, and upward the gap stays above zero.
    """
    for low, high in _intervals(balance, start, rising=rising):
        here = _entered(low, high, rising)
        if balance.gap(here, rising=rising) <= 0 and here > 0:
            return here
        found = _root(balance.coefficients(here, rising=rising), low, high, rising=rising)
        if found is not None and found > 0:
            return found
    return None


def nearest_crossing(balance: Balance, start: Fraction) -> Fraction | None:
    """The x nearest to `start` at which the gap changes its sign, in either direction.

    For a position that is already below maintenance: the price at which it was, or will be, met.
    """
    roots = [
        root
        for rising in (True, False)
        for low, high in _intervals(balance, start, rising=rising)
        for root in _roots(balance.coefficients(_entered(low, high, rising), rising=rising))
        if low <= root and (high is None or root <= high) and root > 0
    ]
    return min(roots, key=lambda root: abs(root - start), default=None)


def _entered(low: Fraction, high: Fraction | None, rising: bool) -> Fraction:
    """The end of a stretch at which it is entered."""
    return low if rising or high is None else high


def _intervals(
    balance: Balance, start: Fraction, *, rising: bool
) -> Iterator[tuple[Fraction, Fraction | None]]:
    """Stretches between brackets' borders, from `start` on in one direction."""
    borders = {border for item in balance.requirements for border in item.borders()}
    if rising:
        steps = [start, *sorted(border for border in borders if border > start)]
        yield from zip(steps, [*steps[1:], None], strict=True)
        return
    falling = [start, *sorted((b for b in borders if 0 < b < start), reverse=True), Fraction(0)]
    yield from zip(falling[1:], falling[:-1], strict=True)


def _root(
    coefficients: tuple[Fraction, Fraction, Fraction],
    low: Fraction,
    high: Fraction | None,
    *,
    rising: bool,
) -> Fraction | None:
    inside = [
        root for root in _roots(coefficients) if low <= root and (high is None or root <= high)
    ]
    if not inside:
        return None
    return min(inside) if rising else max(inside)


def _roots(coefficients: Sequence[Fraction]) -> list[Fraction]:
    c0, c1, c2 = coefficients
    if c2 == 0:
        return [-c0 / c1] if c1 else []
    inner = c1 * c1 - 4 * c2 * c0
    if inner < 0:
        return []
    root = square_root(inner)
    if c1 == 0:
        return sorted({root / (2 * c2), -root / (2 * c2)})
    larger = -(c1 + (root if c1 > 0 else -root)) / 2  # without cancellation
    return [larger / c2, c0 / larger]


def square_root(value: Fraction) -> Fraction:
    """The square root of a fraction, to 60 digits."""
    quotient = _ROOT.divide(Decimal(value.numerator), Decimal(value.denominator))
    return Fraction(_ROOT.sqrt(quotient))
