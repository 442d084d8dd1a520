"""Open the market that a command asks for: the simulated one, or one that was recorded."""

from __future__ import annotations

from datetime import datetime, timedelta

from obverse.contracts import instant
from obverse.market import DEFAULT_INSTANT, Market, read, simulated
from obverse.rulebooks import rulebook

SIMULATED = "simulated"
DEFAULT_VENUE = "deribit"
BEFORE_CLOSING = timedelta(days=1)


def latest(venue: str) -> datetime:
    """The default instant or, at a venue that closed by then, a day before it closed."""
    usual, closed = instant(DEFAULT_INSTANT), rulebook(venue).file.until
    return usual if closed is None or usual < closed else closed - BEFORE_CLOSING


def open_market(place: str, at: str | None, venue: str | None, seed: int) -> Market:
    """The simulated market of a venue, or one read from a file, as of an instant.

    Parameters
    ----------
    place : `simulated`, or a file or folder
    at : without it the last instant of a file, or `latest` of the simulated venue
    venue : to simulate, by default Deribit, or that a file's rows are of
    seed : of the simulated market; a file has none
    """
    if place != SIMULATED:
        return read(place, at=at, venue=venue)
    chosen = venue or DEFAULT_VENUE
    return simulated(seed=seed, venue=chosen, at=latest(chosen) if at is None else instant(at))
