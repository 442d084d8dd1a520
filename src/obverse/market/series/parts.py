"""What a source hands over: parts of series, checked at the door before anything is kept.

========================================================= ====================================
found                                                     outcome
========================================================= ====================================
a column that the kind lacks, or of another type          part refused
no venue, no instrument                                   part refused
a needed value that is null                               row dropped
a price NaN, infinite, zero, below zero: needed           row dropped
the same where it is not needed                           value dropped, row kept
a size NaN, infinite, below zero; a number not finite     as for a price
a bar that does not open one interval before its close    row dropped
a bar with its high below its low, or its close outside   row dropped
a bar with its open outside (some venues carry over
the close before)                                         kept; `obverse data check` tells it
best bid above best ask                                   kept; `obverse data check` tells it:
                                                          it is what the venue sent
rows out of order                                         sorted by time, unless the kind keeps
                                                          the order of its source
one key twice, the same row                               one kept, flagged
one key twice, rows that differ                           the first kept, flagged
========================================================= ====================================

"Refused" raises `MarketDataError`; the rest is told in the findings, once for each reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from obverse.contracts.instants import iso
from obverse.errors import MarketDataError
from obverse.market.observations import Finding
from obverse.market.series.kinds import OPEN_TIME, TIME, Column, Kind

if TYPE_CHECKING:
    import polars as pl

Severity: TypeAlias = Literal["refused", "dropped", "flagged"]


@dataclass(frozen=True)
class Part:
    """Rows of one series as a source read them.

    Attributes
    ----------
    frame : the kind's columns, or those of them that the source says; the rest is null
    findings : what the source noticed itself
    """

    venue: str
    instrument: str
    kind: Kind
    frame: pl.DataFrame
    findings: tuple[Finding, ...] = field(default=())

    @property
    def name(self) -> str:
        """Venue, instrument and kind."""
        return f"{self.venue} {self.instrument} {self.kind.name}"


def checked(part: Part) -> Part:
    """Pass a part through the door: the module's table says what happens to which row."""
    frame = _shaped(part)
    findings = list(part.findings)
    frame, unusable = _without_unusable(frame, part)
    frame = _emptied(frame, part, findings)
    findings += unusable
    if part.kind.interval is not None:
        frame, impossible = _without_impossible_bars(frame, part)
        findings += impossible
    if not part.kind.ordered and not frame[TIME].is_sorted():
        frame = frame.sort(TIME, maintain_order=True)
    frame, repeated = _without_repeats(frame, part)
    return replace(part, frame=frame, findings=tuple(findings + repeated))


def _shaped(part: Part) -> pl.DataFrame:
    """All columns of the kind, in its order and types."""
    import polars as pl

    if not part.venue.strip() or not part.instrument.strip():
        raise MarketDataError(f"a part of {part.kind.name} has no venue or no instrument.")
    schema = part.kind.schema()
    strange = [name for name in part.frame.columns if name not in schema]
    if strange:
        raise MarketDataError(
            f"{part.name}: {', '.join(strange)} is no column of {part.kind.name}; "
            f"it has {', '.join(schema)}."
        )
    columns: list[pl.Expr] = [
        pl.col(name).cast(type_) if name in part.frame.columns else pl.lit(None, type_).alias(name)
        for name, type_ in schema.items()
    ]
    try:
        return part.frame.select(columns)
    except pl.exceptions.PolarsError as error:
        raise MarketDataError(f"{part.name}: a column has the wrong type: {error}") from None


def fits(column: Column) -> pl.Expr:
    """Whether a column's number follows its rule."""
    import polars as pl

    value = pl.col(column.name)
    finite = value.is_finite() if column.type == "float" else pl.lit(True)
    return {
        "price": finite & (value > 0),
        "size": finite & (value >= 0),
        "finite": finite,
        "any": pl.lit(True),
    }[column.rule]


def _without_unusable(frame: pl.DataFrame, part: Part) -> tuple[pl.DataFrame, list[Finding]]:
    import polars as pl

    needed = [column for column in part.kind.columns if column.needed]
    usable = [pl.col(column.name).is_not_null() & fits(column) for column in needed]
    if frame.select(pl.all_horizontal(usable).all()).item():
        return frame, []
    findings = []
    for column, good in zip(needed, usable, strict=True):
        bad = frame.filter(~good.fill_null(False))
        if len(bad):
            what = f"{column.name} {_samples(bad[column.name])}"
            findings.append(_told("dropped", part, bad, f"{what}: {_wanted(column)}"))
    return frame.filter(*usable), findings


def _emptied(frame: pl.DataFrame, part: Part, findings: list[Finding]) -> pl.DataFrame:
    """Values that may be missing and break their rule are made missing."""
    import polars as pl

    loose = [each for each in part.kind.columns if not each.needed and each.rule != "any"]
    broken = [(~fits(column)).fill_null(False).any().alias(column.name) for column in loose]
    if not broken:
        return frame
    found = frame.select(broken).row(0, named=True)
    for column in loose:
        if found[column.name]:
            bad = frame.filter(~fits(column))
            what = f"{column.name} {_samples(bad[column.name])} left out: {_wanted(column)}"
            findings.append(_told("dropped", part, bad, what))
            kept = pl.when(fits(column)).then(pl.col(column.name)).alias(column.name)
            frame = frame.with_columns(kept)
    return frame


def _without_impossible_bars(frame: pl.DataFrame, part: Part) -> tuple[pl.DataFrame, list[Finding]]:
    import polars as pl

    interval = part.kind.interval
    low, high, close = pl.col("low"), pl.col("high"), pl.col("close")
    tests = {
        f"it does not open {interval} before its close": pl.col(TIME) - pl.col(OPEN_TIME)
        == interval,
        "its high is below its low": low <= high,
        "its close is outside its range": close.is_between(low, high),
    }
    if frame.select(pl.all_horizontal(tests.values()).all()).item():
        return frame, []
    findings = []
    for reason, good in tests.items():
        bad = frame.filter(~good)
        if len(bad):
            findings.append(_told("dropped", part, bad, f"a bar's fault: {reason}"))
            frame = frame.filter(good)
    return frame, findings


def _without_repeats(frame: pl.DataFrame, part: Part) -> tuple[pl.DataFrame, list[Finding]]:
    key = list(part.kind.key)
    if key == [TIME] and not (frame[TIME].to_physical().diff() == 0).any():
        return frame, []
    if part.kind.ordered or not frame.select(key).is_duplicated().any():
        return frame, []
    kept = frame.unique(key, keep="first", maintain_order=True)
    whole = frame.unique(maintain_order=True)
    findings = []
    if len(frame) > len(whole):
        repeated = f"{len(frame) - len(whole):,} rows came twice, the same"
        findings.append(Finding("flagged", part.name, repeated))
    if len(whole) > len(kept):
        clashing = whole.filter(whole.select(key).is_duplicated())
        what = f"rows differ that share {', '.join(key)}; the first was kept"
        findings.append(_told("flagged", part, clashing, what))
    return kept, findings


def _wanted(column: Column) -> str:
    return {
        "price": "a finite number above zero is needed",
        "size": "a finite number not below zero is needed",
        "finite": "a finite number is needed",
        "any": "it is needed",
    }[column.rule]


def _samples(values: pl.Series) -> str:
    shown = [str(value) for value in values.unique(maintain_order=True)[:3].to_list()]
    return ", ".join(shown)


def _told(severity: Severity, part: Part, rows: pl.DataFrame, reason: str) -> Finding:
    first = rows[TIME].drop_nulls()
    when = f", first at {iso(first[0])}" if len(first) else ""
    count = f"{len(rows):,} row{'s' if len(rows) != 1 else ''}"
    return Finding(severity, part.name, f"{count}{when}: {reason}")


def joined(parts: Iterable[Part]) -> list[Part]:
    """Put parts of one series together, in their order."""
    groups: dict[tuple[str, str, str], list[Part]] = {}
    for part in parts:
        groups.setdefault((part.venue, part.instrument, part.kind.name), []).append(part)
    return [_one(own) for own in groups.values()]


def _one(parts: Sequence[Part]) -> Part:
    import polars as pl

    if len(parts) == 1:
        return parts[0]
    frame = pl.concat([part.frame for part in parts], how="diagonal_relaxed")
    findings = tuple(finding for part in parts for finding in part.findings)
    return replace(parts[0], frame=frame, findings=findings)
