"""Open the market that a command asks for: the simulated one, or one that was recorded."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

from obverse.app.console import remark
from obverse.app.defaults import DEFAULT_STORE
from obverse.contracts import instant
from obverse.market import DEFAULT_INSTANT, Market, read, simulated
from obverse.market.calibration import Calibration, read_calibration
from obverse.market.store import is_store, open_store
from obverse.market.store.markets import has_market
from obverse.rulebooks import rulebook

SIMULATED = "simulated"
DEFAULT_VENUE = "deribit"
CALIBRATION = ".toml"
BEFORE_CLOSING = timedelta(days=1)


def latest(venue: str) -> datetime:
    """The default instant or, at a venue that closed by then, a day before it closed."""
    usual, closed = instant(DEFAULT_INSTANT), rulebook(venue).file.until
    return usual if closed is None or usual < closed else closed - BEFORE_CLOSING


def default_store() -> str:
    """Folder or URL of the store that commands use unless they are told another."""
    return os.environ.get("OBVERSE_STORE") or DEFAULT_STORE


def market_place(place: str | None, at: str | None, venue: str | None) -> str:
    """Where a market is read from; where nothing is said, the store if it has what is asked for.

    The store is taken only for a venue and an instant that are both named and that it holds;
    anything less is simulated, so that a bare command is the same on every machine.
    """
    if place is not None:
        return place
    if venue is None or at is None or not is_store(store := default_store()):
        return SIMULATED
    opened = open_store(store)
    if not has_market(opened, venue, instant(at)):
        if any(opened.entries(venue=venue)):
            remark(f"The store {store} has no market of {venue} at {at}; it is simulated.")
        return SIMULATED
    remark(f"Market: the store {store}; --market {SIMULATED} has the simulated one.")
    return store


def calibration_at(place: str) -> Calibration | None:
    """The calibration that a place is, if it is one: a TOML file."""
    return read_calibration(Path(place)) if place.endswith(CALIBRATION) else None


def open_market(place: str, at: str | None, venue: str | None, seed: int) -> Market:
    """The simulated market of a venue, or one read from a file, as of an instant.

    Parameters
    ----------
    place : `simulated`, the file of a calibration, or a file, folder or store of what was recorded
    at : without it the last instant of a file, or `latest` of the simulated venue
    venue : to simulate, by default Deribit, or that a file's rows are of
    seed : of the simulated market; a file has none
    """
    calibration = calibration_at(place)
    if place != SIMULATED and calibration is None:
        return read(place, at=at, venue=venue)
    chosen = venue or DEFAULT_VENUE
    instant_of = latest(chosen) if at is None else instant(at)
    return simulated(seed=seed, venue=chosen, at=instant_of, calibration=calibration)
