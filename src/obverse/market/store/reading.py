"""Reading a store: lazily, and of the files that a question needs only.

The log says which files hold a series in a range of time; Polars then reads of these the columns
that are asked for. Everything known at an instant is `until` that instant: a row's time is when it
became known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from obverse.contracts.instants import Instant, instant
from obverse.errors import MarketDataError
from obverse.market.series.kinds import OPEN_TIME, TIME, Kind, kind_named
from obverse.market.store.commits import Entry
from obverse.market.store.places import Place
from obverse.market.store.stores import Store, unknown

if TYPE_CHECKING:
    import polars as pl

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def scan(
    store: Store,
    kind: str,
    *,
    venue: str | None = None,
    instrument: str | None = None,
    since: Instant | None = None,
    until: Instant | None = None,
    columns: Sequence[str] | None = None,
) -> pl.LazyFrame:
    """Scan stored rows of a kind, ordered by time, with their `venue` and `instrument`.

    Parameters
    ----------
    since, until : instants, both inclusive; without them all there is
    columns : which of the kind's columns, by default all

    Raises
    ------
    MarketDataError : no such kind, venue or instrument in the store, or no such column
    """
    import polars as pl

    shape = kind_named(kind)
    found = _chosen(store, kind, venue, instrument)
    first, last = (None if each is None else _ns(instant(each)) for each in (since, until))
    within = [
        entry
        for entry in found
        if (first is None or entry.last_ns >= first) and (last is None or entry.first_ns <= last)
    ]
    wanted = _wanted(shape, columns)
    read = list(dict.fromkeys((*wanted, TIME)))
    frames = [_lazy(store.place, own, shape, read) for own in _by_series(within)]
    whole = pl.concat(frames) if frames else _empty(shape, read)
    if first is not None:
        whole = whole.filter(pl.col(TIME) >= instant(since))  # type: ignore[arg-type]
    if last is not None:
        whole = whole.filter(pl.col(TIME) <= instant(until))  # type: ignore[arg-type]
    if not _in_sequence(within):
        whole = whole.sort(TIME, maintain_order=True)
    return whole.select("venue", "instrument", *wanted)


def load(place: Place, entries: Sequence[Entry], kind: Kind) -> pl.DataFrame:
    """Read some files of one series whole."""
    import polars as pl

    whole = pl.concat([pl.read_parquet(place.source(each.path)) for each in entries])
    return _completed(whole.lazy(), kind).select(kind.names).collect()


def span(entries: Iterable[Entry]) -> tuple[datetime, datetime] | None:
    """First and last time of some files; None if there are none."""
    bounds = [(entry.first_ns, entry.last_ns) for entry in entries]
    if not bounds:
        return None
    return _moment(min(first for first, _ in bounds)), _moment(max(last for _, last in bounds))


def _chosen(store: Store, kind: str, venue: str | None, instrument: str | None) -> list[Entry]:
    of_kind = list(store.entries(kind=kind))
    if not of_kind:
        raise unknown(store, "kind", kind)
    of_venue = [entry for entry in of_kind if venue in (None, entry.venue)]
    if venue is not None and not of_venue:
        raise unknown(store, "venue", venue, of_kind, kind)
    own = [entry for entry in of_venue if instrument in (None, entry.instrument)]
    if instrument is not None and not own:
        raise unknown(store, "instrument", instrument, of_venue, kind)
    return own


def _wanted(kind: Kind, columns: Sequence[str] | None) -> list[str]:
    if columns is None:
        return list(kind.names)
    strange = [name for name in columns if name not in kind.names]
    if strange:
        raise MarketDataError(
            f"{kind.name} has no column {', '.join(strange)}; it has {', '.join(kind.names)}."
        )
    return list(columns)


def _by_series(entries: Iterable[Entry]) -> list[list[Entry]]:
    """Files of each series, by time; those of an ordered kind keep the order of their commits."""
    groups: dict[tuple[str, str], list[Entry]] = {}
    for entry in sorted(entries, key=lambda each: each.month):
        groups.setdefault((entry.venue, entry.instrument), []).append(entry)
    return [sorted(own, key=lambda each: (each.month, each.first_ns)) for own in groups.values()]


def _completed(table: pl.LazyFrame, kind: Kind) -> pl.LazyFrame:
    """Stored columns, and a bar's open, which follows from its close."""
    import polars as pl

    if kind.interval is None:
        return table
    return table.with_columns((pl.col(TIME) - kind.interval).alias(OPEN_TIME))


def _lazy(
    place: Place, entries: Sequence[Entry], kind: Kind, columns: Sequence[str]
) -> pl.LazyFrame:
    import polars as pl

    sources = [place.source(entry.path) for entry in entries]
    table = pl.scan_parquet(sources, hive_partitioning=False, glob=False)  # type: ignore[arg-type]
    return _completed(table, kind).select(
        pl.lit(entries[0].venue).alias("venue"),
        pl.lit(entries[0].instrument).alias("instrument"),
        *columns,
    )


def _in_sequence(entries: Sequence[Entry]) -> bool:
    """Whether the files of one series follow each other without overlapping."""
    groups = _by_series(entries)
    if len(groups) > 1:
        return False
    return all(
        earlier.last_ns <= later.first_ns for own in groups for earlier, later in pairwise(own)
    )


def _empty(kind: Kind, columns: Sequence[str]) -> pl.LazyFrame:
    import polars as pl

    schema = kind.schema()
    text: dict[str, pl.DataType] = {"venue": pl.String(), "instrument": pl.String()}
    return pl.LazyFrame(schema=text | {name: schema[name] for name in columns})


def _ns(moment: datetime) -> int:
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1000


def _moment(ns: int) -> datetime:
    return _EPOCH + timedelta(microseconds=ns // 1000)
