"""What a scenario changes: prices of coins, the basis of futures, the curve by expiry, volatility.

Yearly rates are simple, (F/S − 1)/T with T act/365, as in the column "Simple" of the curve: so a
shocked price is exact. Shifts of rates are in basis points per year (`_bp`); moves are fractions.

    S' = S · (1 + move)
    perpetual   F'/S' = F/S + perpetual shift
    dated       F'/S' = 1 + factor · (F/S − 1) + (shift + curve shift at its expiry) · T

With x from −1 at the nearest listed expiry to +1 at the farthest, straight in days (0 where there
is one only), the curve's shift is  level + slope · x + curvature · (1 − 2·x²)  plus its points: at
a point's day that point, straight between, flat outside.

Futures do not depend on volatility. A scenario's volatility scales returns where returns are used,
in tail measures (`scaled_history`), and is what the option part of a portfolio margin would take.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from obverse.contracts.units import exact
from obverse.errors import DataError

BASIS_POINTS = 10_000
ZERO = Decimal(0)
ONE = Decimal(1)


@dataclass(frozen=True)
class BasisShock:
    """A shock of all dated futures together, and of the perpetual.

    Attributes
    ----------
    factor : times the basis of every dated future; 0 takes it away, −1 turns it round
    shift_bp : added to their simple yearly rates, in basis points per year
    perpetual_shift : added to the perpetual's premium, as a fraction of the index
    """

    factor: Decimal = ONE
    shift_bp: Decimal = ZERO
    perpetual_shift: Decimal = ZERO

    def __post_init__(self) -> None:
        """Take exact numbers only."""
        _take_exact(self, "factor", "shift_bp", "perpetual_shift")


@dataclass(frozen=True)
class CurvePoint:
    """A shift of the yearly rate at one day: so many days from the market's, or a date."""

    bp: Decimal
    days: int | None = None
    expiry: date | None = None

    def __post_init__(self) -> None:
        """Refuse a point without a place, or with two."""
        _take_exact(self, "bp")
        if (self.days is None) == (self.expiry is None):
            raise DataError("curve point: give days or expiry, one of the two.")
        if self.days is not None and self.days < 0:
            raise DataError(f"curve point: {self.days} days is before the market.")

    def days_from(self, at: datetime) -> int:
        """Whole days from the market's day."""
        if self.days is not None:
            return self.days
        assert self.expiry is not None
        return (self.expiry - at.date()).days


@dataclass(frozen=True)
class CurveShock:
    """A shock of yearly rates by expiry: level, slope, curvature and points, added up."""

    level_bp: Decimal = ZERO
    slope_bp: Decimal = ZERO
    curvature_bp: Decimal = ZERO
    points: tuple[CurvePoint, ...] = ()

    def __post_init__(self) -> None:
        """Take exact numbers only."""
        _take_exact(self, "level_bp", "slope_bp", "curvature_bp")

    def shift_bp(self, expiry: datetime, at: datetime, listed: Sequence[datetime]) -> Fraction:
        """Shift at an expiry, in basis points per year; `listed` are the curve's expiries."""
        x = _place(expiry, listed)
        level, slope, curvature = map(Fraction, (self.level_bp, self.slope_bp, self.curvature_bp))
        shape = level + slope * x + curvature * (1 - 2 * x * x)
        return shape + self._at_points((expiry.date() - at.date()).days, at)

    def _at_points(self, days: int, at: datetime) -> Fraction:
        places = sorted((point.days_from(at), Fraction(point.bp)) for point in self.points)
        if len({place for place, _ in places}) < len(places):
            raise DataError("curve points: two of one day; give one.")
        before = [item for item in places if item[0] <= days]
        after = [item for item in places if item[0] > days]
        if not before or not after:
            return (before or after)[-1 if before else 0][1] if places else Fraction(0)
        (low, low_bp), (high, high_bp) = before[-1], after[0]
        return low_bp + (high_bp - low_bp) * Fraction(days - low, high - low)


@dataclass(frozen=True)
class Scenario:
    """Shocks that happen together.

    Attributes
    ----------
    move : of the price of every coin that `moves` does not name, a fraction
    moves : from coin to its move
    basis, curve : of the futures of every coin
    volatility : times today's; futures feel it in tail measures only
    note, source : what it is, and where its numbers were read
    """

    name: str
    move: Decimal = ZERO
    moves: Mapping[str, Decimal] = field(default_factory=dict)
    basis: BasisShock = field(default_factory=BasisShock)
    curve: CurveShock = field(default_factory=CurveShock)
    volatility: Decimal = ONE
    note: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        """Refuse a scenario without a name, or one that leaves a coin without a price."""
        if not self.name:
            raise DataError("scenario: it has no name.")
        _take_exact(self, "move", "volatility")
        moves = {coin: exact(move, f"move of {coin}") for coin, move in self.moves.items()}
        object.__setattr__(self, "moves", moves)
        for coin, move in {"every coin": self.move, **moves}.items():
            if move <= -1:
                raise DataError(f"scenario {self.name!r}: {coin} moves by {move:%}: no price left.")
        if self.volatility <= 0:
            raise DataError(
                f"scenario {self.name!r}: volatility times {self.volatility:f}; expected above 0."
            )

    def move_of(self, coin: str) -> Decimal:
        """Move of a coin's price, a fraction."""
        return self.moves.get(coin, self.move)


def _place(expiry: datetime, listed: Sequence[datetime]) -> Fraction:
    """Where an expiry lies between the nearest and the farthest: −1 to +1, held within."""
    if not listed or min(listed) == max(listed):
        return Fraction(0)
    near, far = min(listed), max(listed)
    held = max(near, min(far, expiry))
    part = Fraction((held - near).total_seconds()) / Fraction((far - near).total_seconds())
    return 2 * part - 1


def _take_exact(record: object, *names: str) -> None:
    for name in names:
        object.__setattr__(record, name, exact(getattr(record, name), name))
