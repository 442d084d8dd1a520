"""Where a result comes from: the series it was computed of, and the span of its data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from obverse.contracts.instants import days_between, iso


@dataclass(frozen=True)
class Provenance:
    """The series behind a result.

    Attributes
    ----------
    venue, instrument : whose series, by the store's names
    underlying : coin, where it is known
    source : store or other origin
    first, last : when the first and the last row used became known
    """

    venue: str
    instrument: str
    source: str
    first: datetime
    last: datetime
    underlying: str = ""

    @property
    def days(self) -> float:
        """Days of 24 hours from the first row to the last."""
        return days_between(self.first, self.last)

    @property
    def name(self) -> str:
        """Instrument and venue, for titles."""
        return f"{self.instrument} at {self.venue}"

    @property
    def note(self) -> str:
        """The line under a table."""
        return f"Source: {self.source}, {self.name}, {span_words(self.first, self.last)}."


def span_words(first: datetime, last: datetime) -> str:
    """A span for people, to the second."""
    return " to ".join(iso(moment.replace(microsecond=0)) for moment in (first, last))
