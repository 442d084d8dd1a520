"""Delivery prices: an average of the index over a window, or of its volume-weighted medians.

Inside its window a future is partly settled: the elapsed share no longer moves with the price,
and what remains does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from obverse.contracts.instants import iso
from obverse.contracts.units import (
    ExactNumber,
    Rounding,
    exact,
    exact_price,
    round_to_step,
    to_decimal,
)
from obverse.errors import MarketDataError


@dataclass(frozen=True)
class DeliveryWindow:
    """The window whose prices make a delivery price. Samples fall at the end of each step."""

    end: datetime
    minutes: Decimal
    sample_seconds: Decimal | None = None

    @property
    def start(self) -> datetime:
        """When the window opens."""
        return self.end - timedelta(minutes=float(self.minutes))

    @property
    def samples(self) -> int:
        """How many index samples it has; a step that does not divide it is refused."""
        if self.sample_seconds is None or self.sample_seconds <= 0:
            raise MarketDataError("delivery window: the venue's sampling step is not known.")
        count = Fraction(self.minutes) * 60 / Fraction(self.sample_seconds)
        if count.denominator != 1:
            raise MarketDataError(
                f"delivery window: {self.sample_seconds} s does not divide {self.minutes} minutes."
            )
        return count.numerator

    def elapsed_share(self, at: datetime) -> float:
        """Share of the window that is over: 0 before it, 1 from its end on."""
        passed = (at - self.start).total_seconds() / (float(self.minutes) * 60)
        return min(1.0, max(0.0, passed))


@dataclass(frozen=True)
class RunningDelivery:
    """A delivery price in the making.

    Attributes
    ----------
    average_usd : mean of the samples so far; none before the first
    samples, expected : samples seen, and due by now (none where the venue's step is not known)
    settled_share : share of the window that no longer moves with the price
    remaining_exposure : the rest, as a fraction of the contract's coin delta
    """

    average_usd: Decimal | None
    samples: int
    expected: int | None
    settled_share: float
    remaining_exposure: float

    @property
    def missing(self) -> int | None:
        """Samples due and not seen; none where the venue's step is not known."""
        return None if self.expected is None else self.expected - self.samples


def running_delivery(
    window: DeliveryWindow, samples: Sequence[tuple[datetime, ExactNumber]], at: datetime
) -> RunningDelivery:
    """Average what a window has seen by an instant; later samples and others' windows are left out.

    A time that comes twice or out of order is refused.
    """
    seen: list[Decimal] = []
    before: datetime | None = None
    for moment, price in samples:
        if before is not None and moment <= before:
            raise MarketDataError(f"delivery: the sample of {iso(moment)} is late or there twice.")
        before = moment
        if window.start < moment <= min(at, window.end):
            seen.append(exact_price(price, "index sample"))
    share = window.elapsed_share(at)
    average = to_decimal(Fraction(sum(seen)) / len(seen)) if seen else None
    due = None if window.sample_seconds is None else math.floor(window.samples * share + 1e-9)
    return RunningDelivery(average, len(seen), due, share, 1 - share)


def average_delivery(
    window: DeliveryWindow, samples: Sequence[tuple[datetime, ExactNumber]]
) -> Decimal:
    """Mean of the window's samples at its end; a window without any has no delivery price."""
    found = running_delivery(window, samples, window.end)
    if found.average_usd is None:
        raise MarketDataError(f"delivery at {iso(window.end)}: no sample in the window.")
    return found.average_usd


@dataclass(frozen=True)
class Trade:
    """A spot trade inside a reference window."""

    at: datetime
    price: Decimal
    volume: Decimal


def weighted_median(trades: Sequence[Trade]) -> Decimal:
    """Price at which half of the volume has traded, from the cheapest up; ties take the mean."""
    if not trades:
        raise MarketDataError("volume-weighted median: no trades.")
    if not all(trade.volume > 0 and trade.price > 0 for trade in trades):
        raise MarketDataError("volume-weighted median: a price or volume is not above zero.")
    ranked = sorted(trades, key=lambda trade: trade.price)
    half = sum((exact(trade.volume) for trade in ranked), Decimal(0)) / 2
    passed = Decimal(0)
    for place, trade in enumerate(ranked):
        passed += trade.volume
        if passed == half and place + 1 < len(ranked):
            return (trade.price + ranked[place + 1].price) / 2
        if passed >= half:
            break
    return trade.price


def reference_rate(
    window: DeliveryWindow, trades: Sequence[Trade], *, partitions: int = 12, step: str = "0.01"
) -> Decimal:
    """Equal mean of the partitions' volume-weighted medians, to the cent.

    A partition without a trade is left out of the mean. Source: CME CF Bitcoin Reference Rate.
    """
    inside = [trade for trade in trades if window.start <= trade.at < window.end]
    length = window.end - window.start
    groups: list[list[Trade]] = [[] for _ in range(partitions)]
    for trade in inside:
        groups[(trade.at - window.start) * partitions // length].append(trade)
    medians = [weighted_median(group) for group in groups if group]
    if not medians:
        raise MarketDataError(f"reference rate at {iso(window.end)}: no trade in the window.")
    mean = sum(map(Fraction, medians), Fraction(0)) / len(medians)
    return round_to_step(mean, Decimal(step), Rounding.NEAREST)
