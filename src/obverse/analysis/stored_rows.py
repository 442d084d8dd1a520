"""Rows of the store for an analysis, as known at an instant, and their times as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from obverse.analysis.provenance import Provenance
from obverse.contracts.instants import Instant, instant, iso
from obverse.errors import MarketDataError, ObverseError
from obverse.market.series.kinds import TIME, Kind, kind_named
from obverse.market.store import Store, scan
from obverse.rulebooks import rulebook, venues

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

    from obverse.contracts import Instrument

FloatArray: TypeAlias = "NDArray[np.float64]"
IntArray: TypeAlias = "NDArray[np.int64]"

NS_PER_SECOND = 1_000_000_000
NS_PER_HOUR = 3600 * NS_PER_SECOND
NS_PER_DAY = 24 * NS_PER_HOUR
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def stored_rows(
    store: Store,
    kind: str,
    venue: str,
    instrument: str,
    *,
    since: Instant | None = None,
    until: Instant | None = None,
    columns: Sequence[str] | None = None,
) -> pl.DataFrame:
    """Read rows of one series known at `until`. Raises `MarketDataError` where there is none."""
    rows = scan(
        store, kind, venue=venue, instrument=instrument, since=since, until=until, columns=columns
    ).collect()
    if rows.is_empty():
        raise MarketDataError(
            f"{instrument} at {venue}: no {kind} in {store.name}{_within(since, until)}."
        )
    return rows


def stored_bars(store: Store, venue: str, instrument: str) -> tuple[Kind, ...]:
    """Kinds of bars that a store has of an instrument, the finest first."""
    names = {entry.kind for entry in store.entries(venue=venue, instrument=instrument)}
    kinds = [kind_named(name) for name in names if name.startswith("bars_")]
    return tuple(sorted(kinds, key=lambda kind: kind.interval or timedelta()))


def times_ns(frame: pl.DataFrame, column: str = TIME) -> IntArray:
    """A column of times as nanoseconds since 1970 UTC."""
    import polars as pl

    found: IntArray = frame[column].cast(pl.Datetime("ns", "UTC")).to_physical().to_numpy()
    return found.astype(np.int64)


def floats(frame: pl.DataFrame, column: str) -> FloatArray:
    """A column of numbers; what is not known is NaN."""
    import polars as pl

    found: FloatArray = frame[column].cast(pl.Float64).fill_null(np.nan).to_numpy()
    return found.astype(np.float64)


def moment_of(ns: int) -> datetime:
    """The instant of nanoseconds since 1970 UTC, to the microsecond."""
    return _EPOCH + timedelta(microseconds=int(ns) // 1000)


def provenance_of(frame: pl.DataFrame, store: Store, venue: str, instrument: str) -> Provenance:
    """Say which rows these are."""
    times = times_ns(frame)
    first, last = moment_of(int(times.min())), moment_of(int(times.max()))
    listed = listed_instrument(venue, instrument, last)
    coin = "" if listed is None else listed.underlying
    return Provenance(venue, instrument, f"store {store.name}", first, last, coin)


def listed_instrument(venue: str, symbol: str, at: datetime) -> Instrument | None:
    """The instrument by the venue's rules at an instant; none where no rulebook knows it."""
    if venue not in venues():
        return None
    try:
        return rulebook(venue, as_of=at).instrument(symbol)
    except ObverseError:
        return None


def check_times(times: IntArray, what: str, *, strictly: bool = True) -> None:
    """Refuse times that run backward, or, strictly, that are there twice."""
    steps = np.diff(times)
    wrong = np.flatnonzero(steps <= 0 if strictly else steps < 0)
    if len(wrong):
        place = int(wrong[0]) + 1
        raise MarketDataError(
            f"{what}: row {place} of {iso(moment_of(int(times[place])))} is late or there twice; "
            "expected increasing times."
        )


def check_numbers(
    values: FloatArray, what: str, *, above_zero: bool = False, least: int = 1
) -> None:
    """Refuse too few values, any that is no number, and, where asked, any not above zero."""
    if len(values) < least:
        raise MarketDataError(f"{what}: {len(values)} values; expected at least {least}.")
    wrong = ~np.isfinite(values)
    if above_zero:
        wrong |= values <= 0
    if wrong.any():
        place = int(np.argmax(wrong))
        expected = "a number above zero" if above_zero else "a number"
        raise MarketDataError(f"{what}: row {place} is {values[place]}; expected {expected}.")


def _within(since: Instant | None, until: Instant | None) -> str:
    after = "" if since is None else f" from {iso(instant(since))}"
    return after + ("" if until is None else f" until {iso(instant(until))}")
