"""How far a venue's clock is from this computer's.

It is asked once, and taken to have been read in the middle of the round trip, so that half of that
is the doubt. What a venue shows without a time is given the venue's time at receipt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from obverse.contracts.instants import instant
from obverse.errors import DataError, MarketDataError
from obverse.market.live.calls import call
from obverse.market.live.connecting import Clock, Connection
from obverse.market.live.contracts import of_milliseconds, to_milliseconds
from obverse.market.observations import Finding

MOST_SKEW_SECONDS = 1.0
_MS_PER_SECOND = 1000


@dataclass(frozen=True)
class Skew:
    """How far a venue's clock is ahead of this computer's, and the doubt of it."""

    venue: str
    ahead_seconds: float
    doubt_seconds: float

    def now(self, clock: Clock) -> datetime:
        """The venue's time now."""
        return of_milliseconds((clock.now() + self.ahead_seconds) * _MS_PER_SECOND)

    def findings(self) -> tuple[Finding, ...]:
        """Tell a gap of more than a second beyond doubt."""
        if abs(self.ahead_seconds) <= MOST_SKEW_SECONDS + self.doubt_seconds:
            return ()
        side = "ahead of" if self.ahead_seconds > 0 else "behind"
        reason = (
            f"it is {abs(self.ahead_seconds):,.3f} s {side} this computer's, "
            f"give or take {self.doubt_seconds:,.3f} s; local times are this computer's"
        )
        return (Finding("flagged", f"{self.venue} clock", reason),)


def local_now(clock: Clock) -> datetime:
    """Return this computer's time."""
    return of_milliseconds(clock.now() * _MS_PER_SECOND)


def measured(connection: Connection) -> Skew:
    """Ask a venue for its time. Raises `MarketDataError` for an answer that has none."""
    before = connection.clock.now()
    answer = call(connection, connection.exchange.clock)
    after = connection.clock.now()
    middle = (before + after) / 2
    seconds = _milliseconds(connection, answer) / _MS_PER_SECOND
    return Skew(connection.exchange.venue, seconds - middle, (after - before) / 2)


def _milliseconds(connection: Connection, answer: Any) -> float:
    stated: Any = answer.get("serverTime") if isinstance(answer, Mapping) else answer
    try:
        return float(to_milliseconds(instant(stated))) if isinstance(stated, str) else float(stated)
    except (DataError, TypeError, ValueError):
        raise MarketDataError(
            f"{connection.exchange.venue}: {connection.exchange.clock} answered {stated!r}, "
            "which is no time."
        ) from None
