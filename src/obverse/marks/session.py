"""Session settlement: each day the gain of a position becomes cash, and it starts anew at the mark.

Deribit and OKX (swaps) settle at 08:00 UTC: realised and unrealised gain are booked to the balance
and the position is re-based to the settlement mark; an average for display may be kept apart. What
the holder has in all does not change, at any price. Source: the venues' rulebooks, kind `session`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from obverse.contracts import Amount, Position
from obverse.contracts.units import ExactNumber
from obverse.errors import RuleError
from obverse.rulebooks.records import Session


@dataclass(frozen=True)
class SettledSession:
    """Coin booked to cash, and the position as it goes on: its cost is its value at the mark."""

    cash: Amount
    position: Position


def settle_session(position: Position, *, mark_price: ExactNumber) -> SettledSession:
    """Book a position's realised and unrealised gain at a mark, in whole units of its coin."""
    value = position.value(price=mark_price)
    gain = position.realized + position.pnl(price=mark_price)
    rebased = replace(position, cost=value, realized=gain.currency.zero)
    return SettledSession(gain, rebased)


def next_session(rule: Session, at: datetime) -> datetime | None:
    """Return the next session's end after an instant, in UTC; none where there are no sessions."""
    if rule.method == "none":
        return None
    if rule.time is None:
        raise RuleError("session: a daily one needs its time.")
    zone = ZoneInfo(rule.time_zone or "UTC")
    local: time = rule.time
    day = at.astimezone(zone).date()
    ends = (datetime.combine(day + timedelta(days=n), local, zone) for n in range(3))
    return next(end.astimezone(at.tzinfo) for end in ends if end > at)
