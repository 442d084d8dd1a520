"""Adding to a store: rows it has already are left out, and a commit shows all of the rest at once.

Where a stored row and a new one share their key and differ, the stored one stays and a finding says
so. The recorder's own clock is not compared: two recorders see one event at two times.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import quote

from obverse.market.observations import Finding
from obverse.market.series.kinds import TIME
from obverse.market.series.parts import Part, checked
from obverse.market.store.commits import Commit, Entry, Origin, write_commit
from obverse.market.store.known_rows import new_rows, row_bounds
from obverse.market.store.retirement import sweep
from obverse.market.store.stores import Store

if TYPE_CHECKING:
    import polars as pl

MAX_FINDINGS = 200
_WRITERS = 4
_Place: TypeAlias = tuple[str, str, str, str]
ALL_MONTHS = "all"


def _place(entry: Entry) -> _Place:
    """Venue, instrument, kind and month."""
    return entry.venue, entry.instrument, entry.kind, entry.month


@dataclass
class _Batch:
    """What a commit will hold, and by place what is stored before it and in it."""

    number: int
    stored: dict[_Place, list[Entry]]
    entries: list[Entry] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    rows_read: int = 0
    rows_known: int = 0

    def take(self, entry: Entry) -> None:
        """Add a file to the commit."""
        self.entries.append(entry)
        self.stored.setdefault(_place(entry), []).append(entry)


def append(
    store: Store,
    parts: Iterable[Part],
    origin: Origin,
    *,
    imported_at: datetime,
    watch: Callable[[int], None] | None = None,
) -> Commit:
    """Add parts of series in one commit, and give the commit.

    Each part passes the door first (`obverse.market.series.parts`). A source that fails half-way
    leaves nothing; nor does a process that is killed.

    Parameters
    ----------
    watch : told the number of rows after each part

    Raises
    ------
    MarketDataError : another writer is at work, a part is refused, or the source fails
    """
    with store.place.writing():
        store = store.reopened()
        sweep(store)
        batch = _Batch(len(store.commits) + 1, _by_place(store))
        try:
            for part in parts:
                _add(store, part, batch)
                if watch is not None:
                    watch(len(part.frame))
        except BaseException:
            if store.place.locks:
                for entry in batch.entries:
                    store.place.remove(entry.path)
            raise
        commit = Commit(
            number=batch.number,
            imported_at=imported_at,
            origin=origin,
            entries=tuple(batch.entries),
            rows_read=batch.rows_read,
            rows_known=batch.rows_known,
            findings=_told(batch.findings),
        )
        write_commit(store.place, commit)
    return commit


def _by_place(store: Store) -> dict[_Place, list[Entry]]:
    found: dict[_Place, list[Entry]] = {}
    for entry in store.entries():
        found.setdefault(_place(entry), []).append(entry)
    return found


def _add(store: Store, part: Part, batch: _Batch) -> None:
    """Write a part's months, several at a time: one is encoded while another is flushed."""
    part = checked(part)
    batch.findings += part.findings
    batch.rows_read += len(part.frame)
    fresh: list[tuple[str, str, pl.DataFrame]] = []
    for month, frame in _months(part):
        there = batch.stored.get((part.venue, part.instrument, part.kind.name, month), ())
        rows = new_rows(store.place, there, part, frame, batch.findings)
        batch.rows_known += len(frame) - len(rows)
        if len(rows):
            fresh.append((_stem(part, month, batch, len(fresh)), month, rows))
    if len(fresh) == 1:
        batch.take(_write(store, part, *fresh[0]))
        return
    with ThreadPoolExecutor(_WRITERS) as pool:
        jobs = [pool.submit(_write, store, part, *each) for each in fresh]
    for job in jobs:
        if job.exception() is None:
            batch.take(job.result())
    for job in jobs:
        job.result()


def _months(part: Part) -> Iterator[tuple[str, pl.DataFrame]]:
    """Cut rows into calendar months of their time, UTC, each in its order."""
    import polars as pl

    frame = part.frame
    if frame.is_empty():
        return
    if not part.kind.by_month:
        yield ALL_MONTHS, frame
        return
    numbers = frame.select(pl.col(TIME).dt.year() * 12 + pl.col(TIME).dt.month() - 1).to_series()
    runs = numbers.rle().struct.unnest()
    if runs["value"].is_duplicated().any():
        pieces = frame.with_columns(numbers.alias("_month")).partition_by("_month", as_dict=True)
        for (number,), piece in pieces.items():
            yield _month(number), piece.drop("_month")
        return
    start = 0
    for length, number in runs.iter_rows():
        yield _month(number), frame.slice(start, length)
        start += length


def _month(number: int) -> str:
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def _write(store: Store, part: Part, stem: str, month: str, frame: pl.DataFrame) -> Entry:
    buffer = io.BytesIO()
    stored = frame.select(part.kind.stored)
    # The log has each file's bounds, and a level of 1 writes faster what is as small.
    stored.write_parquet(buffer, compression="zstd", compression_level=1, statistics=False)
    content = buffer.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    path = f"{stem}-{digest[:12]}.parquet"
    try:
        store.place.write(path, content)
    except FileExistsError:
        if store.place.locks:
            raise
        # Another writer, or an import that was cut off, wrote the very same rows.
    first, last = row_bounds(frame)
    return Entry(
        path=path,
        venue=part.venue,
        instrument=part.instrument,
        kind=part.kind.name,
        month=month,
        rows=len(frame),
        first_ns=first,
        last_ns=last,
        bytes=len(content),
        sha256=digest,
    )


def _stem(part: Part, month: str, batch: _Batch, before: int) -> str:
    """Place of a new file: folders that other tools read as hive partitions.

    The file's name ends with its hash, so that two writers of object storage never share one.
    """
    folder = "/".join(
        f"{name}={quote(value, safe='')}"
        for name, value in (
            ("venue", part.venue),
            ("instrument", part.instrument),
            ("kind", part.kind.name),
            ("month", month),
        )
    )
    return f"data/{folder}/{batch.number:08d}-{len(batch.entries) + before:05d}"


def _told(findings: Sequence[Finding]) -> tuple[str, ...]:
    told = tuple(map(str, findings[:MAX_FINDINGS]))
    more = len(findings) - len(told)
    return (*told, f"and {more:,} findings more") if more else told
