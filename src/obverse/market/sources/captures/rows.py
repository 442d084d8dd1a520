"""Rows gathered by series while a capture is read, and made into parts when it ends."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

from obverse.errors import MarketDataError
from obverse.market.observations import Finding
from obverse.market.series.kinds import Kind
from obverse.market.series.parts import Part, Severity

if TYPE_CHECKING:
    import polars as pl

Value: TypeAlias = str | float | int | bool | None
Series: TypeAlias = tuple[str, str]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NANOSECONDS_PER_MICROSECOND = 1_000
NANOSECONDS_PER_MILLISECOND = 1_000_000
_MICROSECOND = timedelta(microseconds=1)


def of_milliseconds(milliseconds: int) -> int:
    """Nanoseconds since 1970 UTC."""
    return milliseconds * NANOSECONDS_PER_MILLISECOND


def of_instant(moment: datetime) -> int:
    """Nanoseconds since 1970 UTC, exactly."""
    return (moment - EPOCH) // _MICROSECOND * NANOSECONDS_PER_MICROSECOND


class Rows:
    """Rows of one file, a list a column, by instrument and kind.

    Times are nanoseconds since 1970 UTC. The first row of a series says which columns it has; the
    rest have the same.
    """

    def __init__(self, venue: str, file: str) -> None:
        self.venue = venue
        self.file = file
        self._kinds: dict[str, Kind] = {}
        self._series: dict[Series, dict[str, list[Any]]] = {}
        self._notes: Counter[tuple[Severity, str, str]] = Counter()

    def add(self, instrument: str, kind: Kind, **values: Value) -> None:
        """Add a row."""
        columns = self._series.get((instrument, kind.name))
        if columns is None:
            self._kinds[kind.name] = kind
            columns = self._series[instrument, kind.name] = {name: [] for name in values}
        for name, value in values.items():
            columns[name].append(value)

    def note(self, severity: Severity, instrument: str, reason: str, count: int = 1) -> None:
        """Tell of messages or rows; the same reason is told once, with their number."""
        self._notes[severity, instrument, reason] += count

    def parts(self) -> list[Part]:
        """Make parts. What was noted of an instrument goes with its first part, the rest too.

        Raises `MarketDataError` for values no column holds, such as times beyond the year 2262.
        """
        left = dict(self._notes)
        parts = []
        for (instrument, name), columns in self._series.items():
            own = [note for note in left if note[1] == instrument]
            findings = _findings({note: left.pop(note) for note in own}, self.venue)
            kind = self._kinds[name]
            frame = self._frame(kind, columns)
            parts.append(Part(self.venue, instrument, kind, frame, findings))
        if parts and left:
            first = parts[0]
            findings = _findings(left, self.venue) + first.findings
            parts[0] = Part(first.venue, first.instrument, first.kind, first.frame, findings)
        return parts

    def _frame(self, kind: Kind, columns: dict[str, list[Any]]) -> pl.DataFrame:
        import polars as pl

        schema = kind.schema()
        try:
            return pl.DataFrame([_column(name, columns[name], schema[name]) for name in columns])
        except (OverflowError, TypeError, pl.exceptions.PolarsError) as error:
            raise MarketDataError(
                f"{self.file}: a value of {kind.name} fits none: {error}."
            ) from None


def _column(name: str, values: list[Any], type_: pl.DataType) -> pl.Series:
    import polars as pl

    plain = pl.Int64() if type_ == pl.Datetime("ns", "UTC") else type_
    return pl.Series(name, values, plain).cast(type_)


def _findings(notes: dict[tuple[Severity, str, str], int], venue: str) -> tuple[Finding, ...]:
    return tuple(
        Finding(severity, f"{venue} {instrument}".strip(), f"{_times(count)}{reason}")
        for (severity, instrument, reason), count in notes.items()
    )


def _times(count: int) -> str:
    return f"{count:,} times: " if count > 1 else ""
