"""Rows gathered by series while a capture is read, and made into parts when it ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

from obverse.contracts.symbols import SymbolPattern, match
from obverse.errors import MarketDataError
from obverse.market.observations import Finding
from obverse.market.series.kinds import Kind
from obverse.market.series.parts import Part, Severity

if TYPE_CHECKING:
    import polars as pl

Value: TypeAlias = str | float | int | bool | None

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NANOSECONDS_PER_MICROSECOND = 1_000
NANOSECONDS_PER_MILLISECOND = 1_000_000
_MICROSECOND = timedelta(microseconds=1)
_EIGHT = time(8, tzinfo=UTC)


def of_milliseconds(milliseconds: int) -> int:
    """Nanoseconds since 1970 UTC."""
    return milliseconds * NANOSECONDS_PER_MILLISECOND


def of_instant(moment: datetime) -> int:
    """Nanoseconds since 1970 UTC, exactly."""
    return (moment - EPOCH) // _MICROSECOND * NANOSECONDS_PER_MICROSECOND


def at_eight(day: SymbolPattern, text: str) -> int | None:
    """08:00 UTC, when many venues deliver, of the day that a name tells; None if it tells none."""
    found = match(day, text)
    if found is None or not isinstance(found.near, date):
        return None
    return of_instant(datetime.combine(found.near, _EIGHT))


@dataclass(frozen=True)
class _Note:
    severity: Severity
    instrument: str
    kind: str
    reason: str


class Rows:
    """Rows of one file, a list a column, by instrument and kind.

    Times are nanoseconds since 1970 UTC. The first row of a series says which columns it has; the
    rest have the same.
    """

    def __init__(self, venue: str, file: str) -> None:
        self.venue = venue
        self.file = file
        self._kinds: dict[str, Kind] = {}
        self._series: dict[tuple[str, str], dict[str, list[Any]]] = {}
        self._notes: Counter[_Note] = Counter()

    def add(self, instrument: str, kind: Kind, **values: Value) -> None:
        """Add a row."""
        columns = self._series.get((instrument, kind.name))
        if columns is None:
            self._kinds[kind.name] = kind
            columns = self._series[instrument, kind.name] = {name: [] for name in values}
        for name, value in values.items():
            columns[name].append(value)

    def note(
        self, severity: Severity, instrument: str, reason: str, kind: Kind | None = None
    ) -> None:
        """Tell of a message or a row; the same reason is told once, with its number of times."""
        self._notes[_Note(severity, instrument, kind.name if kind else "", reason)] += 1

    def parts(self) -> list[Part]:
        """Make parts, each with what was noted of it; notes on no series go with the first.

        Raises `MarketDataError` for values no column holds, such as times beyond the year 2262.
        """
        left = dict(self._notes)
        found = []
        for (instrument, name), columns in self._series.items():
            own = [
                note for note in left if note.instrument == instrument and note.kind in ("", name)
            ]
            findings = self._findings({note: left.pop(note) for note in own})
            kind = self._kinds[name]
            found.append(Part(self.venue, instrument, kind, self._frame(kind, columns), findings))
        if found and left:
            found[0] = replace(found[0], findings=self._findings(left) + found[0].findings)
        return found

    def _findings(self, notes: Mapping[_Note, int]) -> tuple[Finding, ...]:
        return tuple(
            Finding(
                note.severity,
                " ".join(word for word in (self.venue, note.instrument, note.kind) if word),
                f"{count:,} times: {note.reason}" if count > 1 else note.reason,
            )
            for note, count in notes.items()
        )

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
