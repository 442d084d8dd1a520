"""What is wrong with a recorded series, and how bad each kind of fault is.

============ ======== ==========================================================================
check        severity what it finds
============ ======== ==========================================================================
order        error    rows whose time is before that of the row before
duplicates   error    rows that share their key and differ
overlaps     error    bars that open before the one before has closed: two grids in one series
look-ahead   error    what is known before it can be: a bar that closes at or before its open; a
                      row received before it happened, beyond the skew of the clocks; bars that
                      agree with a second source only when shifted
crossed      error    a best bid above the best ask
repeats      warning  one row more than once
backwards    warning  times that go back in a series that keeps its source's order
gaps         warning  bars or payments that are missing
lengths      warning  bars that are not as long as their kind says
stale        warning  prices that stand while nothing trades, quotes that stand, for long
spikes       warning  prices that leap and come back at once
clock        warning  a recorder's clock behind the exchange's
outliers     warning  differences from a second source far beyond the usual
grids        warning  two sources whose rows never share a time
samples      note     bars or payments that mostly stand alone: a sample, not a series with gaps
silences     note     long spans without a row
locked       note     a best bid equal to the best ask
opens        note     bars that open outside their range: some venues carry over the close before
no volume    note     bars in which nothing traded
delay        note     how long after the exchange the recorder had it
agreement    note     how near two sources are
============ ======== ==========================================================================

An error makes results wrong. A warning may: it needs a look. A note is a property of the data.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal, TypeAlias

from obverse.contracts.instants import iso
from obverse.market.series.kinds import TIME
from obverse.tables import Table, machine, number, text

if TYPE_CHECKING:
    import polars as pl

Severity: TypeAlias = Literal["error", "warning", "note"]

SEVERITIES: dict[str, Severity] = {
    "order": "error",
    "duplicates": "error",
    "overlaps": "error",
    "look-ahead": "error",
    "crossed": "error",
    "repeats": "warning",
    "backwards": "warning",
    "gaps": "warning",
    "lengths": "warning",
    "stale": "warning",
    "spikes": "warning",
    "clock": "warning",
    "outliers": "warning",
    "grids": "warning",
    "samples": "note",
    "silences": "note",
    "locked": "note",
    "opens": "note",
    "no volume": "note",
    "delay": "note",
    "agreement": "note",
}
"""How bad what each check finds is."""

RANKS: dict[Severity, int] = {"error": 0, "warning": 1, "note": 2}
SHOWN = 10
"""How many of the longest or largest a fault lists."""


@dataclass(frozen=True)
class Fault:
    """What one check found in one series.

    Attributes
    ----------
    series : its name, or both of two that were compared
    count : of rows, or of missing ones for gaps
    first, last : where it begins and ends; None where it is of no time
    what : in one line
    details : the longest or largest, `SHOWN` at most
    """

    severity: Severity
    check: str
    series: str
    count: int
    first: datetime | None
    last: datetime | None
    what: str
    details: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        """Read as `warning gaps of SERIES: ...`."""
        return f"{self.severity} {self.check} of {self.series}: {self.what}"


def found(
    check: str,
    series: str,
    rows: pl.DataFrame,
    what: str,
    *,
    count: int | None = None,
    details: Sequence[str] = (),
) -> Fault:
    """Make a fault of the rows that a check found, in the order of time."""
    times = rows[TIME].drop_nulls()
    return Fault(
        severity=SEVERITIES[check],
        check=check,
        series=series,
        count=len(rows) if count is None else count,
        first=times.min(),  # type: ignore[arg-type]
        last=times.max(),  # type: ignore[arg-type]
        what=what,
        details=tuple(details[:SHOWN]),
    )


def counted(count: int, noun: str) -> str:
    """Print a number of things: `1 row`, `2,173 rows`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def worst_first(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Put errors before warnings before notes, each as they came."""
    return tuple(sorted(faults, key=lambda fault: RANKS[fault.severity]))


def fault_table(faults: Sequence[Fault], title: str = "Quality of recorded data") -> Table:
    """Show faults as a table, worst first; the details are its notes."""
    ordered = worst_first(faults)
    columns = (
        text("severity", "Severity"),
        text("check", "Check"),
        text("series", "Series"),
        number("count", "Count", decimals=0),
        text("first", "First (UTC)"),
        machine("last"),
        text("what", "What"),
    )
    rows = tuple(
        (
            fault.severity,
            fault.check,
            fault.series,
            fault.count,
            fault.first,
            fault.last,
            fault.what,
        )
        for fault in ordered
    )
    notes = tuple(
        f"{fault.series} {fault.check}: {'; '.join(fault.details)}"
        for fault in ordered
        if fault.details
    )
    return Table(title, columns, rows, (_summary(ordered), *notes))


def _summary(faults: Sequence[Fault]) -> str:
    counts = {rank: sum(fault.severity == rank for fault in faults) for rank in RANKS}
    return ", ".join(counted(count, severity) for severity, count in counts.items()) + "."


def spans(rows: pl.DataFrame, start: str, end: str) -> list[str]:
    """Print the spans of some rows: `2020-08-01T00:00:00Z to 2020-08-01T02:00:00Z`."""
    return [f"{iso(first)} to {iso(last)}" for first, last in rows.select(start, end).iter_rows()]
