"""Margin schedules: what a venue asks of a position, in pieces over its coin value.

Every style of tier is the same thing seen from its coin value V: on one bracket the requirement is

    fixed + rate · V + slope · V²

Whole-position steps have a rate a bracket; marginal tiers a rate and a negative `fixed`, the
deduction that makes value × rate continuous; Deribit's rate grows with size, which is the slope.
Tiers counted in contracts do not move with the price, so that they are one piece for all values.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal, Protocol

from obverse.errors import RuleError

Margin = Literal["initial", "maintenance"]
TierUnit = Literal["coin", "contracts"]


@dataclass(frozen=True)
class Piece:
    """The requirement on coin values from `above` to `cap` (none: without end)."""

    above: Fraction
    cap: Fraction | None
    rate: Fraction
    fixed: Fraction = Fraction(0)
    slope: Fraction = Fraction(0)

    def at(self, value: Fraction) -> Fraction:
        """The requirement, in coin, of a position of this coin value."""
        return self.fixed + self.rate * value + self.slope * value * value

    def holds(self, value: Fraction) -> bool:
        """Whether the value is in this bracket; brackets that touch share their border."""
        return self.above <= value and (self.cap is None or value <= self.cap)


@dataclass(frozen=True)
class Tier:
    """One bracket of position size: up to `cap` (inclusive; none: the rest), these rates."""

    cap: Decimal | None
    maintenance_rate: Decimal
    initial_rate: Decimal | None = None
    max_leverage: Decimal | None = None

    def rate(self, margin: Margin) -> Fraction:
        """The bracket's rate; an initial rate that is not given is one over its leverage."""
        if margin == "maintenance":
            return Fraction(self.maintenance_rate)
        if self.initial_rate is not None:
            return Fraction(self.initial_rate)
        if self.max_leverage is None:
            raise RuleError("tiers: neither initial_rate nor max_leverage is given.")
        return 1 / Fraction(self.max_leverage)


class Schedule(Protocol):
    """What every style of tier answers. `contracts` and `value` (coin) are magnitudes."""

    def rate(self, margin: Margin, contracts: Decimal, value: Fraction) -> Fraction:
        """The rate of the bracket that a position is in, as a fraction of its coin value."""
        ...

    def piece(self, margin: Margin, contracts: Decimal, value: Fraction) -> Piece:
        """The piece that a position of this size is on."""
        ...

    def pieces(self, margin: Margin, contracts: Decimal, until: Fraction) -> Iterator[Piece]:
        """The pieces from zero up to the one that holds `until`, in order."""
        ...

    def limit(self) -> tuple[TierUnit, Decimal] | None:
        """The largest position there is a bracket for; none where sizes have no end."""
        ...


@dataclass(frozen=True)
class WholePositionStep:
    """BitMEX, older Bybit: at each limit the whole position moves one step up.

    A value *at* a limit has moved. Both rates grow by the base maintenance rate a step
    (venue-rules, section 3; B7).
    """

    base_limit: Decimal
    step: Decimal
    base_initial_rate: Decimal
    base_maintenance_rate: Decimal

    def steps(self, value: Fraction) -> int:
        """How many steps a position of this coin value is above the base."""
        if value < self.base_limit:
            return 0
        return int((value - Fraction(self.base_limit)) // Fraction(self.step)) + 1

    def rate(self, margin: Margin, contracts: Decimal, value: Fraction) -> Fraction:
        """The rate of the step that the value is on."""
        return self._rate(margin, self.steps(value))

    def piece(self, margin: Margin, contracts: Decimal, value: Fraction) -> Piece:
        """The step as a piece."""
        return self._piece(margin, self.steps(value))

    def pieces(self, margin: Margin, contracts: Decimal, until: Fraction) -> Iterator[Piece]:
        """One piece a step."""
        for number in range(self.steps(until) + 1):
            yield self._piece(margin, number)

    def limit(self) -> tuple[TierUnit, Decimal] | None:
        """Steps go on; the rate reaches 100 % before any size would."""
        return None

    def _rate(self, margin: Margin, number: int) -> Fraction:
        base = self.base_initial_rate if margin == "initial" else self.base_maintenance_rate
        return Fraction(base) + number * Fraction(self.base_maintenance_rate)

    def _piece(self, margin: Margin, number: int) -> Piece:
        limit, step = Fraction(self.base_limit), Fraction(self.step)
        above = Fraction(0) if number == 0 else limit + (number - 1) * step
        return Piece(above, limit + number * step, self._rate(margin, number))


@dataclass(frozen=True)
class LinearInSize:
    """Deribit: rate = base + slope × size in coin, on the whole size (D2, D7)."""

    base_initial_rate: Decimal
    base_maintenance_rate: Decimal
    slope_per_coin: Decimal

    def rate(self, margin: Margin, contracts: Decimal, value: Fraction) -> Fraction:
        """Base and slope at this value."""
        return self._base(margin) + Fraction(self.slope_per_coin) * value

    def piece(self, margin: Margin, contracts: Decimal, value: Fraction) -> Piece:
        """One piece for all values."""
        return Piece(Fraction(0), None, self._base(margin), slope=Fraction(self.slope_per_coin))

    def pieces(self, margin: Margin, contracts: Decimal, until: Fraction) -> Iterator[Piece]:
        """One piece for all values."""
        yield self.piece(margin, contracts, until)

    def limit(self) -> tuple[TierUnit, Decimal] | None:
        """No bracket ends."""
        return None

    def _base(self, margin: Margin) -> Fraction:
        return Fraction(
            self.base_initial_rate if margin == "initial" else self.base_maintenance_rate
        )


@dataclass(frozen=True)
class Tiered:
    """Brackets: Binance, newer Bybit and Kraken by bracket (`marginal`), OKX whole position.

    A size above the last cap stays in the last bracket here; whether a venue would let it be
    opened is asked of `limit`.
    """

    tiers: tuple[Tier, ...]
    unit: TierUnit
    marginal: bool

    def rate(self, margin: Margin, contracts: Decimal, value: Fraction) -> Fraction:
        """The rate of the bracket that the whole size is in."""
        return self.tiers[self.place(contracts, value)].rate(margin)

    def place(self, contracts: Decimal, value: Fraction) -> int:
        """Which bracket a size is in, counted from 0."""
        size = value if self.unit == "coin" else Fraction(contracts)
        for place, tier in enumerate(self.tiers):
            if tier.cap is None or size <= tier.cap:
                return place
        return len(self.tiers) - 1

    def deduction(self, margin: Margin, place: int) -> Fraction:
        """What makes size × rate continuous up to this bracket, in the unit of the tiers."""
        total = Fraction(0)
        for low, high in zip(self.tiers[:place], self.tiers[1 : place + 1], strict=True):
            assert low.cap is not None
            total += Fraction(low.cap) * (high.rate(margin) - low.rate(margin))
        return total

    def piece(self, margin: Margin, contracts: Decimal, value: Fraction) -> Piece:
        """The bracket that the size is in."""
        return self._piece(margin, contracts, self.place(contracts, value))

    def pieces(self, margin: Margin, contracts: Decimal, until: Fraction) -> Iterator[Piece]:
        """One piece a bracket of coin value; one in all where brackets count contracts."""
        if self.unit == "contracts":
            yield self.piece(margin, contracts, until)
            return
        for place in range(self.place(contracts, until) + 1):
            yield self._piece(margin, contracts, place)

    def limit(self) -> tuple[TierUnit, Decimal] | None:
        """The last cap, where there is one."""
        last = self.tiers[-1].cap
        return None if last is None else (self.unit, last)

    def _piece(self, margin: Margin, contracts: Decimal, place: int) -> Piece:
        rate = self.tiers[place].rate(margin)
        taken = self.deduction(margin, place) if self.marginal else Fraction(0)
        if self.unit == "contracts":
            share = taken / Fraction(contracts) if contracts else Fraction(0)
            return Piece(Fraction(0), None, rate - share)
        below = self.tiers[place - 1].cap if place else Decimal(0)
        assert below is not None
        last = place == len(self.tiers) - 1
        cap = None if last else self.tiers[place].cap
        return Piece(Fraction(below), None if cap is None else Fraction(cap), rate, fixed=-taken)


@dataclass(frozen=True)
class FlatRate:
    """One rate for every size, less a deduction in coin: an example that names its bracket."""

    initial_rate: Fraction
    maintenance_rate: Fraction
    maintenance_deduction: Fraction = Fraction(0)

    def rate(self, margin: Margin, contracts: Decimal, value: Fraction) -> Fraction:
        """The rate."""
        return self.initial_rate if margin == "initial" else self.maintenance_rate

    def piece(self, margin: Margin, contracts: Decimal, value: Fraction) -> Piece:
        """One piece for all values."""
        taken = self.maintenance_deduction if margin == "maintenance" else Fraction(0)
        return Piece(Fraction(0), None, self.rate(margin, contracts, value), fixed=-taken)

    def pieces(self, margin: Margin, contracts: Decimal, until: Fraction) -> Iterator[Piece]:
        """One piece for all values."""
        yield self.piece(margin, contracts, until)

    def limit(self) -> tuple[TierUnit, Decimal] | None:
        """No bracket ends."""
        return None
