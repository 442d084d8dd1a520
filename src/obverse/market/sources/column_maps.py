"""Column maps: what the columns of somebody's table mean, said in a small TOML file.

`docs/column-maps.md` says the same to people. A bar's label is never guessed: a map of bars must
say whether a row's time is the open or the close.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

import msgspec

from obverse.errors import DataError, Fault, LocatedError, MarketDataError, nearest
from obverse.located import LocatedToml, convert, parse
from obverse.market.series.kinds import TIME, Column, Kind, kind_named
from obverse.market.sources.file_formats import TimeLabel

SUFFIX = ".columns.toml"
SHARED_NAME = "columns.toml"

Name: TypeAlias = Annotated[str, msgspec.Meta(min_length=1)]


class TimeColumn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a table says time.

    Attributes
    ----------
    column : the table's name of it
    label : what a bar's row is labelled by; an event's is its own
    format : of text, as `strftime` has it, or `%+` for ISO 8601
    unit : of a number counted from 1970 UTC
    zone : of times that do not say theirs, such as UTC
    """

    column: Name
    label: TimeLabel = "event"
    format: str = ""
    unit: Literal["", "s", "ms", "us", "ns"] = ""
    zone: str = ""


class WrongZone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rows whose labels are by the clocks of another zone than the table's others.

    Attributes
    ----------
    first, last : of the labels as they stand, both inclusive
    zone : whose clocks they show; of an hour shown twice it is the later
    """

    first: datetime
    last: datetime
    zone: Name


class TextTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a CSV file is written: its separator, and the lines before its header."""

    separator: Annotated[str, msgspec.Meta(min_length=1, max_length=1)] = ","
    skip_lines: Annotated[int, msgspec.Meta(ge=0)] = 0


class ColumnMap(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """What a table's columns mean.

    Attributes
    ----------
    kind : of the series: `bars_1h`, `trades`, `funding`
    columns : the table's column for each column of the kind
    constants : columns of the kind that are the same in every row
    volumes_may_be_swapped : the columns of volume in coin and in quote currency are exchanged in
        some rows, which the price tells
    wrong_zones : rows that are labelled in another zone than the others
    last_bar_is_incomplete : the table was written while its last bar was still open
    """

    venue: Name
    instrument: Name
    kind: Name
    time: TimeColumn
    columns: dict[str, Name]
    constants: dict[str, Any] = {}
    csv: TextTable = TextTable()
    wrong_zones: tuple[WrongZone, ...] = ()
    volumes_may_be_swapped: bool = False
    last_bar_is_incomplete: bool = False

    @cached_property
    def shape(self) -> Kind:
        """The kind of series."""
        return kind_named(self.kind)

    @property
    def interval(self) -> timedelta | None:
        """Length of a bar; None for what is no bar."""
        return self.shape.interval

    @property
    def needs(self) -> tuple[str, ...]:
        """The table's columns that are read."""
        return tuple(dict.fromkeys((self.time.column, *self.columns.values())))


def read_column_map(path: Path) -> ColumnMap:
    """Read a column map. Raises `LocatedError` with every fault, and `MarketDataError` for none."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MarketDataError(f"{path.name} cannot be read: {error}") from None
    return checked_map(parse(text, path.name))


def checked_map(document: LocatedToml) -> ColumnMap:
    """Make a column map of a document. Raises `LocatedError` with every fault in it."""
    made = convert(document, ColumnMap)
    try:
        kind = made.shape
    except MarketDataError as error:
        raise LocatedError([document.fault(("kind",), str(error))]) from None
    faults = [
        *_time_faults(document, made.time, kind),
        *_wrong_zone_faults(document, made),
        *_column_faults(document, made, kind),
        *_switch_faults(document, made, kind),
    ]
    if faults:
        raise LocatedError(faults)
    return made


def _time_faults(document: LocatedToml, time: TimeColumn, kind: Kind) -> Iterator[Fault]:
    is_bar = kind.interval is not None
    if is_bar and time.label == "event":
        reason = (
            'a bar\'s time is its "open" or its "close": say which, the wrong one is look-ahead'
        )
        yield document.fault(("time", "label"), reason)
    if not is_bar and time.label != "event":
        reason = f"{kind.name} are no bars: their time is the event's own, leave it out"
        yield document.fault(("time", "label"), reason)
    if time.format and time.unit:
        yield document.fault(("time", "unit"), "a time is text of a format or a number of a unit")
    if time.unit and time.zone:
        yield document.fault(("time", "zone"), "numbers count from 1970 UTC: leave it out")
    says_zone = "%z" in time.format or "%+" in time.format
    if time.format and not says_zone and not time.zone:
        reason = f'needed, as {time.format} does not say it: such as "UTC"'
        yield document.fault(("time", "zone"), reason)
    if time.format and says_zone and time.zone:
        yield document.fault(("time", "zone"), f"{time.format} says it already: leave it out")
    if time.zone and not _is_zone(time.zone):
        reason = f"{time.zone!r} is no time zone; expected such as UTC or Europe/London"
        yield document.fault(("time", "zone"), reason)


def _wrong_zone_faults(document: LocatedToml, made: ColumnMap) -> Iterator[Fault]:
    for place, span in enumerate(made.wrong_zones):
        at = ("wrong_zones", place)
        if not _is_zone(span.zone):
            yield document.fault((*at, "zone"), f"{span.zone!r} is no time zone")
        if span.first.tzinfo is None or span.last.tzinfo is None:
            yield document.fault(at, "first and last need a zone, such as 2017-09-22T20:00:00Z")
        elif span.first > span.last:
            yield document.fault(at, "first is after last")


def _is_zone(name: str) -> bool:
    try:
        return bool(ZoneInfo(name).key)
    except (KeyError, OSError, ValueError):
        return False


def _column_faults(document: LocatedToml, made: ColumnMap, kind: Kind) -> Iterator[Fault]:
    known = {column.name: column for column in kind.columns}
    from_time = {TIME, "open_time"} if kind.interval is not None else {TIME}
    for table, names in (("columns", [*made.columns]), ("constants", [*made.constants])):
        for name in names:
            if name in from_time:
                yield document.fault((table, name), "comes from [time]: leave it out")
            elif name not in known:
                close = nearest(name, known)
                hint = f"did you mean {' or '.join(close)}?" if close else f"has {', '.join(known)}"
                yield document.fault((table, name), f"no column of {kind.name}; {hint}")
    for name, value in made.constants.items():
        if name in made.columns:
            yield document.fault(("constants", name), "is in [columns] as well: keep one")
        if name in known and name not in from_time and not _suits(value, known[name]):
            reason = f"{value!r} is no {known[name].type} that can be the same in every row"
            yield document.fault(("constants", name), reason)
    for name, column in known.items():
        if column.needed and name not in {*made.columns, *made.constants, *from_time}:
            reason = f"every row of {kind.name} needs {name} ({column.meaning})"
            yield document.fault(("columns",), reason)


def _suits(value: Any, column: Column) -> bool:
    match column.type:
        case "float":
            return isinstance(value, int | Decimal) and not isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "flag":
            return isinstance(value, bool)
        case "text":
            return isinstance(value, str)
        case "time":
            return False


def _switch_faults(document: LocatedToml, made: ColumnMap, kind: Kind) -> Iterator[Fault]:
    if made.last_bar_is_incomplete and kind.interval is None:
        yield document.fault(("last_bar_is_incomplete",), f"{kind.name} are no bars")
    volumes = {"volume_coin", "volume_quote", "close"}
    if made.volumes_may_be_swapped and not volumes <= set(made.columns):
        reason = f"needs columns for {', '.join(sorted(volumes))}"
        yield document.fault(("volumes_may_be_swapped",), reason)


def map_path(path: Path) -> Path | None:
    """Find the map that lies beside a table: its own, else the folder's; None without any."""
    stem = path.name.removesuffix(".gz").rsplit(".", 1)[0]
    beside = (path.with_name(stem + SUFFIX), path.with_name(SHARED_NAME))
    return next((each for each in beside if each.is_file()), None)


def map_content(path: Path) -> bytes:
    """Content of the map beside a table; empty without any."""
    beside = map_path(path)
    return b"" if beside is None else beside.read_bytes()


def map_of(path: Path) -> ColumnMap | None:
    """Find what a table's columns mean: by the map beside it; None without any.

    Raises `MarketDataError` for a map that is none.
    """
    beside = map_path(path)
    if beside is None:
        return None
    try:
        return read_column_map(beside)
    except MarketDataError:
        raise
    except DataError as error:
        raise MarketDataError(str(error)) from None
