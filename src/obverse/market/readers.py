"""One door for recorded markets: what the path is decides how it is read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from obverse.contracts.instants import Instant, instant
from obverse.errors import MarketDataError
from obverse.market.constituent_files import read_instant, read_range
from obverse.market.constituents import ConstituentHistory, Constituents
from obverse.market.files import read_file, read_history
from obverse.market.formats import FORMATS
from obverse.market.histories import QuoteHistory
from obverse.market.printing import listing
from obverse.market.snapshots import Market
from obverse.market.sources import deribit_curves
from obverse.market.store.markets import stored_history, stored_market
from obverse.market.store.stores import is_store, open_store

T = TypeVar("T")
_FILE = f"a {listing([*FORMATS])} file of the simple form (docs/market-files.md)"
_FORMS = f"{_FILE}, a store, or a directory with {deribit_curves.CURVES} (recorded Deribit curves)"


def read(path: str | Path, at: Instant | None = None, venue: str | None = None) -> Market:
    """Read a recorded market as it was known at an instant; without one, at the recording's end.

    Parameters
    ----------
    path : a file of the simple form, a store, or a directory of recorded Deribit curves
    at : the last snapshot not after it is read
    venue : which venue, for files that hold several

    Raises
    ------
    MarketDataError : there is no such recording, or nothing usable in it at the instant
    LocatedError : rows that cannot be read, each with file and row
    """
    until = None if at is None else instant(at)
    if is_store(path):
        return stored_market(open_store(path), until, venue)
    place = _existing(path)
    if place.is_dir():
        return _read_directory(place, until, venue)
    return _opened(place, lambda: read_file(place, until, venue))


def history(path: str | Path, symbol: str, venue: str | None = None) -> QuoteHistory:
    """Read every instant of one instrument from a file of the simple form, or from a store.

    Each instant passes the same door as a market read by `read`.

    Raises
    ------
    MarketDataError : there is no such recording, or no usable instant in it
    SymbolError : the file never saw that instrument
    LocatedError : rows that cannot be read, each with file and row
    """
    if is_store(path):
        return stored_history(open_store(path), symbol, venue)
    place = _existing(path)
    if place.is_dir():
        raise MarketDataError(f"{place} is a directory; a history is read from {_FILE}.")
    return _opened(place, lambda: read_history(place, symbol, venue))


def read_constituents(
    path: str | Path, at: Instant | None = None, venue: str | None = None
) -> dict[str, Constituents]:
    """Read what the sources of each underlying's index said, as it was known at an instant.

    Parameters
    ----------
    path : a file of source prices in the simple form
    at : the last instant not after it is read; without one, the file's last
    venue : whose index, for files that hold several

    Raises
    ------
    MarketDataError : there is no such file, or nothing usable in it at the instant
    LocatedError : rows that cannot be read, each with file and row
    """
    place = _file(path)
    until = None if at is None else instant(at)
    return _opened(place, lambda: read_instant(place, until, venue))


def constituent_history(
    path: str | Path,
    underlying: str,
    start: Instant | None = None,
    until: Instant | None = None,
    venue: str | None = None,
) -> ConstituentHistory:
    """Read what the sources of one underlying's index said, at every instant of a range.

    Errors are those of `read_constituents`; an instant that the door refuses is a finding.
    """
    place = _file(path)
    first, last = (None if each is None else instant(each) for each in (start, until))
    return _opened(place, lambda: read_range(place, underlying, first, last, venue))


def _file(path: str | Path) -> Path:
    place = Path(path)
    if not place.exists():
        raise MarketDataError(f"No source prices at {place}; expected {_FILE}.")
    if place.is_dir():
        raise MarketDataError(f"{place} is a directory; source prices are read from {_FILE}.")
    return place


def _existing(path: str | Path) -> Path:
    place = Path(path)
    if not place.exists():
        raise MarketDataError(f"No market at {place}; expected {_FORMS}.")
    return place


def _opened(place: Path, reading: Callable[[], T]) -> T:
    if place.suffix.lower() not in FORMATS:
        raise MarketDataError(f"{place} is no known form of market data; expected {_FORMS}.")
    try:
        return reading()
    except OSError as error:
        raise MarketDataError(f"{place} cannot be read: {error.strerror}.") from error


def _read_directory(place: Path, until: datetime | None, venue: str | None) -> Market:
    if not (place / deribit_curves.CURVES).exists():
        raise MarketDataError(f"{place} is a directory without market data; expected {_FORMS}.")
    if venue not in (None, deribit_curves.VENUE):
        raise MarketDataError(f"{place} holds {deribit_curves.VENUE}, not {venue!r}.")
    return deribit_curves.read_curves(place, until)
