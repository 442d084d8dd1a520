"""Which rows of a part a store has already, and where what it has is not the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from obverse.errors import MarketDataError
from obverse.market.observations import Finding
from obverse.market.series.kinds import LOCAL_TIME, TIME
from obverse.market.series.parts import Part
from obverse.market.store.commits import Entry
from obverse.market.store.places import Place
from obverse.market.store.reading import load

if TYPE_CHECKING:
    import polars as pl


def new_rows(
    place: Place,
    there: Sequence[Entry],
    part: Part,
    frame: pl.DataFrame,
    findings: list[Finding],
) -> pl.DataFrame:
    """Rows of one month whose key no file of that month has; findings tell what differs."""
    first, last = row_bounds(frame)
    overlapping = [entry for entry in there if entry.first_ns <= last and entry.last_ns >= first]
    if not overlapping:
        return frame
    stored = load(place, overlapping, part.kind)
    key = list(part.kind.key)
    both = frame.join(stored, on=key, how="inner", nulls_equal=True, suffix="_stored")
    _note(part, both, findings)
    return frame.join(stored, on=key, how="anti", nulls_equal=True, maintain_order="left")


def _note(part: Part, both: pl.DataFrame, findings: list[Finding]) -> None:
    """Tell of rows that contradict stored ones, and of rows that say more than they do."""
    import polars as pl

    key = part.kind.key
    others = [name for name in part.kind.names if name not in (*key, LOCAL_TIME)]
    differs = [(pl.col(name) != pl.col(f"{name}_stored")).alias(name) for name in others]
    fuller = [
        (pl.col(name).is_not_null() & pl.col(f"{name}_stored").is_null()).alias(name)
        for name in others
    ]
    for tests, words in (
        (differs, "differ in {columns} from what is stored under the same {key}"),
        (fuller, "have {columns} where what is stored under the same {key} has none"),
    ):
        found = both.select(each.fill_null(False) for each in tests)
        columns = [name for name in others if found[name].any()]
        if columns:
            count = found.select(pl.any_horizontal(columns).sum()).item()
            told = words.format(columns=", ".join(columns), key=", ".join(key))
            reason = f"{count:,} rows {told}; what is stored stays"
            findings.append(Finding("flagged", part.name, reason))


def row_bounds(frame: pl.DataFrame) -> tuple[int, int]:
    """Nanoseconds of the first and the last time. Raises `MarketDataError` for rows without one."""
    times = frame[TIME].to_physical()
    first, last = times.min(), times.max()
    if not isinstance(first, int) or not isinstance(last, int):
        raise MarketDataError("a part has rows without a time.")
    return first, last
