"""One door for recorded markets: what the path is decides how it is read."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from obverse.contracts.instants import Instant, instant
from obverse.errors import MarketDataError
from obverse.market.files import read_file
from obverse.market.formats import FORMATS
from obverse.market.printing import listing
from obverse.market.snapshots import Market
from obverse.market.sources import deribit_curves

_FORMS = (
    f"a {listing([*FORMATS])} file of the simple form (docs/market-files.md), or a directory "
    f"with {deribit_curves.CURVES} (recorded Deribit curves)"
)


def read(path: str | Path, at: Instant | None = None, venue: str | None = None) -> Market:
    """Read a recorded market as it was known at an instant; without one, at the recording's end.

    Parameters
    ----------
    path : a file of the simple form, or a directory of recorded Deribit curves
    at : the last snapshot not after it is read
    venue : which venue, for files that hold several

    Raises
    ------
    MarketDataError : there is no such recording, or nothing usable in it at the instant
    LocatedError : rows that cannot be read, each with file and row
    """
    place = Path(path)
    until = None if at is None else instant(at)
    if not place.exists():
        raise MarketDataError(f"No market at {place}; expected {_FORMS}.")
    if place.is_dir():
        return _read_directory(place, until, venue)
    if place.suffix.lower() not in FORMATS:
        raise MarketDataError(f"{place} is no known form of market data; expected {_FORMS}.")
    try:
        return read_file(place, until, venue)
    except OSError as error:
        raise MarketDataError(f"{place} cannot be read: {error.strerror}.") from error


def _read_directory(place: Path, until: datetime | None, venue: str | None) -> Market:
    if not (place / deribit_curves.CURVES).exists():
        raise MarketDataError(f"{place} is a directory without market data; expected {_FORMS}.")
    if venue not in (None, deribit_curves.VENUE):
        raise MarketDataError(f"{place} holds {deribit_curves.VENUE}, not {venue!r}.")
    return deribit_curves.read_curves(place, until)
