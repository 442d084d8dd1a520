"""Instants: aware UTC datetimes inside, ISO 8601 with Z for people."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import TypeAlias

from obverse.errors import DataError

Instant: TypeAlias = str | datetime | date
"""What an instant may be made of: ISO 8601 text, an aware datetime, or a day (its 00:00 UTC)."""

SECONDS_PER_DAY = 86_400
DAYS_PER_YEAR = 365
"""Day count act/365 fixed: the convention of every annualised number unless it says otherwise."""


def instant(value: Instant) -> datetime:
    """Make a UTC datetime; a time without a zone is refused, a day means its midnight."""
    if isinstance(value, str):
        value = _parse(value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise DataError(f"{value.isoformat()} has no time zone; add Z for UTC.")
        return value.astimezone(UTC)
    return datetime.combine(value, time(0), UTC)


def _parse(text: str) -> datetime | date:
    cleaned = text.strip()
    try:
        if len(cleaned) == len("2026-02-01"):
            return date.fromisoformat(cleaned)
        return datetime.fromisoformat(cleaned)
    except ValueError:
        raise DataError(
            f"{text!r} is not an instant; expected e.g. 2026-02-01 or 2026-02-01T08:00:00Z."
        ) from None


def iso(moment: datetime) -> str:
    """Print an instant: `2026-02-01T08:00:00Z`, with decimals only where there are any."""
    text = moment.astimezone(UTC).replace(tzinfo=None).isoformat()
    return text + "Z"


def years_between(start: datetime, end: datetime) -> float:
    """Years of 365 days from `start` to `end`, to the microsecond."""
    return (end - start).total_seconds() / (SECONDS_PER_DAY * DAYS_PER_YEAR)


def days_between(start: datetime, end: datetime) -> float:
    """Days of 24 hours from `start` to `end`."""
    return (end - start).total_seconds() / SECONDS_PER_DAY
