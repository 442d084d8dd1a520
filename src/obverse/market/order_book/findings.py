"""What happened to a book while its stream was followed: gaps, drops, new starts, crossings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import TYPE_CHECKING

from obverse.contracts.instants import iso
from obverse.tables import Table, number, text

if TYPE_CHECKING:
    import polars as pl

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Happening(IntEnum):
    """What happened. The compiled loop writes the numbers."""

    STARTED = 0
    RESYNCHRONISED = 1
    REPLACED = 2
    OLD_SNAPSHOT = 3
    GAP = 4
    STALE = 5
    CROSSED = 6
    LOCKED = 7
    BEYOND = 8


_WORDS = {
    Happening.STARTED: "the book starts from snapshot {number}",
    Happening.RESYNCHRONISED: "the book is whole again from snapshot {number}, after {last}",
    Happening.REPLACED: "snapshot {number} replaces the book of {last}",
    Happening.OLD_SNAPSHOT: "snapshot {number} is older than the book of {last}: dropped",
    Happening.GAP: "difference {number} does not follow {last}: the book is broken until a "
    "snapshot that it joins",
    Happening.STALE: "difference {number} is already in the book of {last}: dropped",
    Happening.CROSSED: "after {number} the best bid is above the best ask",
    Happening.LOCKED: "after {number} the best bid is the best ask",
    Happening.BEYOND: "after {number} a best price is beyond all levels of the snapshot, which may "
    "not have shown the true best",
}


@dataclass(frozen=True)
class BookFinding:
    """Something that happened to a book.

    Attributes
    ----------
    message : place in the stream of the message at which it was noticed
    time_ns : that message's exchange time
    update_id : number of the message it is about: another one where differences are replayed
    last_update_id : number of the book before; 0 where there was none
    """

    what: Happening
    message: int
    time_ns: int
    update_id: int
    last_update_id: int

    @property
    def time(self) -> datetime:
        """The exchange time, to the microsecond."""
        return _EPOCH + timedelta(microseconds=self.time_ns // 1000)

    @property
    def reason(self) -> str:
        """What happened, in words."""
        return _WORDS[self.what].format(number=self.update_id, last=self.last_update_id)

    def __str__(self) -> str:
        """Read as `gap at 2024-08-09T00:00:00Z: difference 12 does not follow 9: ...`."""
        return f"{word(self.what)} at {iso(self.time)}: {self.reason}"


def word(what: Happening) -> str:
    """The word people read: `old snapshot`."""
    return what.name.lower().replace("_", " ")


def finding_table(findings: Sequence[BookFinding]) -> Table:
    """Count findings of each kind, with the time and words of the first."""
    counts = Counter(finding.what for finding in findings)
    firsts = {finding.what: finding for finding in reversed(findings)}
    columns = (
        text("what", "What"),
        number("count", "Count", decimals=0),
        text("first", "First"),
        text("reason", "First of them"),
    )
    rows = tuple(
        (word(what), counts[what], iso(firsts[what].time), firsts[what].reason)
        for what in sorted(counts)
    )
    return Table("What happened to the book", columns, rows)


def finding_frame(findings: Sequence[BookFinding]) -> pl.DataFrame:
    """Findings as a Polars frame, a row each, with exact nanosecond times."""
    import polars as pl

    rows = [(f.time_ns, word(f.what), f.message, f.update_id, f.last_update_id) for f in findings]
    schema = {
        "time": pl.Int64(), "what": pl.String(), "message": pl.Int64(), "update_id": pl.Int64(),
        "last_update_id": pl.Int64(),
    }  # fmt: skip
    frame = pl.DataFrame(rows, schema, orient="row")
    return frame.with_columns(pl.col("time").cast(pl.Datetime("ns", "UTC")))
