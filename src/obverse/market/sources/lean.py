"""QuantConnect LEAN's data files of spot and perpetuals: bars and quotes in zip, funding in CSV.

The path tells what a file is of (`lean_names`): a copy elsewhere is not recognised. Ticks, and
securities other than `crypto` and `cryptofuture`, whose prices are scaled by 10,000, are not read;
here **prices are as they stand**.

| file | rows | becomes |
|---|---|---|
| `..._trade.zip` | label, open, high, low, close, volume | bars |
| `..._quote.zip` | label, bid's open to close and size, ask's the same | book_tops |
| `margin_interest/....csv` | label, rate | funding |

- Labels are a bar's **open**, in UTC: milliseconds since the midnight of the file's day for seconds
  and minutes, `yyyyMMdd HH:mm` for hours and days. Bars in which nothing happened are left out.
- A quote is a bar of bids and one of asks. Kept is what stood at its close, the last of each with
  its size, at the **close** of the bar. A side that is empty is null.
- Volume is contracts of an inverse perpetual, coins of a linear one and of spot.
- A day may be cut: Bybit's of 2022-12-13 ends with the minute that begins at 12:00. The last day of
  a daily file may have been written before it ended. Nothing in the files tells either.

**Binance's funding of 2022-12-13 is wrong** in the data that LEAN comes with: it says -0.00004062,
-0.00001869 and -0.00002983 where 0.0001, 0.00004868 and 0.0001 were paid. The rows are imported as
the file says, and a finding says so. Its rows of 2020-12-29 to 31 and Bybit's are those that were
paid. The length of an interval is not told: it is the shortest between two rows, at most 8 hours.
"""

from __future__ import annotations

import zipfile
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from obverse.errors import MarketDataError
from obverse.market.observations import Finding
from obverse.market.series.kinds import BOOK_TOPS, FUNDING, OPEN_TIME, TIME, bars
from obverse.market.series.parts import Part
from obverse.market.sources.column_cells import read_cells
from obverse.market.sources.column_maps import TimeColumn
from obverse.market.sources.file_formats import FileFormat
from obverse.market.sources.lean_names import INTERVALS, LeanFile, lean_file, series_of

if TYPE_CHECKING:
    import polars as pl

WRONG_FUNDING = "rates of 2022-12-13 are not those that Binance paid"

_LABEL = "label"
_COLUMNS = {
    "trade": ("open", "high", "low", "close", "volume"),
    "quote": (
        "bid_open", "bid_high", "bid_low", "bid", "bid_size",
        "ask_open", "ask_high", "ask_low", "ask", "ask_size",
    ),
    "margin_interest": ("rate",),
}  # fmt: skip
_FORMATS = {"hour": "%Y%m%d %H:%M", "daily": "%Y%m%d %H:%M", "": "%Y%m%d %H:%M:%S"}
_LONGEST_FUNDING = timedelta(hours=8)
_WRONG = ("binance", "BTCUSD_PERP")
_WRONG_FROM, _WRONG_TO = (datetime(2022, 12, day, tzinfo=UTC) for day in (13, 14))


def recognises(path: Path) -> bool:
    """Whether a file is laid out as LEAN's are."""
    return lean_file(path) is not None and path.is_file()


def read(path: Path) -> tuple[Part, ...]:
    """Read a file. Raises `MarketDataError` for a broken one, with the line where it has one."""
    told = lean_file(path)
    if told is None:
        raise MarketDataError(
            f"{path} is not laid out as LEAN's files are, such as "
            "crypto/coinbase/minute/btcusd/20161007_trade.zip."
        )
    series = series_of(told)
    table = _table(_text(path, told), path.name, told)
    if told.content == "margin_interest":
        return (_doubted(Part(series.venue, series.instrument, FUNDING, _funding(table))),)
    interval = INTERVALS[told.resolution]
    if told.content == "quote":
        return (Part(series.venue, series.instrument, BOOK_TOPS, _quotes(table, interval)),)
    frame = _bars(table, interval).rename({"volume": series.volume})
    return (Part(series.venue, series.instrument, bars(interval), frame),)


def _text(path: Path, told: LeanFile) -> bytes:
    """The text of the one file in a zip, or of a file that is none."""
    try:
        if path.suffix != ".zip":
            return path.read_bytes()
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if len(names) != 1 or not names[0].startswith(told.member):
                raise MarketDataError(
                    f"{path.name} holds {', '.join(names) or 'nothing'}; one file is expected "
                    f"whose name begins with {told.member}."
                )
            return archive.read(names[0])
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise MarketDataError(f"{path.name} is no whole zip file: {error}.") from None
    except OSError as error:
        raise MarketDataError(f"{path} cannot be read: {error.strerror or error}.") from None


def _table(text: bytes, name: str, told: LeanFile) -> pl.DataFrame:
    """Times and numbers of a file's lines."""
    import polars as pl

    columns = _COLUMNS[told.content]
    types = {column: pl.String() for column in (_LABEL, *columns)}
    try:
        cells = pl.read_csv(text, has_header=False, schema=types)
    except pl.exceptions.PolarsError as error:
        what = str(error).splitlines()[0]
        raise MarketDataError(f"{name}: {len(types)} columns are expected: {what}") from None

    if cells.is_empty():
        raise MarketDataError(f"{name} is empty: lines of {len(types)} columns are expected.")

    def numbers(column: str) -> pl.Series:
        made, bad = read_cells(cells[column], "float", TimeColumn(_LABEL))
        if bad is not None:
            cell = cells[column][bad]
            raise MarketDataError(f"{name} line {bad + 1}: {column} {cell!r} is no number.")
        return made

    return pl.DataFrame([_labels(cells[_LABEL], name, told), *map(numbers, columns)])


def _labels(cells: pl.Series, name: str, told: LeanFile) -> pl.Series:
    """Times of the labels; every line must have one."""
    if told.day is None:
        written = _FORMATS[told.resolution]
        made, _ = read_cells(cells, "time", TimeColumn(_LABEL, format=written, zone="UTC"))
        wanted = f"time written as {written}"
    else:
        step = INTERVALS[told.resolution]
        made = _within_day(cells, told.day, step)
        wanted = f"multiple of {step // timedelta(milliseconds=1)} milliseconds within a day"
    bad = made.is_null().arg_true()
    if len(bad):
        raise MarketDataError(f"{name} line {bad[0] + 1}: {cells[bad[0]]!r} is no {wanted}.")
    return made


def _within_day(cells: pl.Series, midnight: datetime, step: timedelta) -> pl.Series:
    """Times of milliseconds since a midnight; null for what is none that begins a bar."""
    import polars as pl

    millisecond = timedelta(milliseconds=1)
    since = cells.cast(pl.Int64, strict=False)
    begins = (since % (step // millisecond) == 0) & since.is_between(
        0, timedelta(days=1) // millisecond - 1
    )
    elapsed = since.set(~begins, None).cast(pl.Duration("ms")).cast(pl.Duration("ns"))
    return (pl.Series([midnight], dtype=pl.Datetime("ns", "UTC")) + elapsed).alias(_LABEL)


def _bars(table: pl.DataFrame, interval: timedelta) -> pl.DataFrame:
    import polars as pl

    opens = pl.col(_LABEL)
    return table.select((opens + interval).alias(TIME), opens.alias(OPEN_TIME), *_COLUMNS["trade"])


def _quotes(table: pl.DataFrame, interval: timedelta) -> pl.DataFrame:
    import polars as pl

    closes = (pl.col(_LABEL) + interval).alias(TIME)
    return table.select(closes, "bid", "bid_size", "ask", "ask_size")


def _funding(table: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    gaps = table[_LABEL].sort().diff().drop_nulls()
    shortest = min([_LONGEST_FUNDING, *(gap for gap in gaps if gap)])
    return table.select(
        pl.col(_LABEL).alias(TIME),
        "rate",
        pl.lit(shortest / timedelta(hours=1)).alias("interval_hours"),
    )


def _doubted(part: Part) -> Part:
    """The part with a finding, where it has rates that are known to be wrong."""
    import polars as pl

    doubtful = part.frame.filter(pl.col(TIME).is_between(_WRONG_FROM, _WRONG_TO, closed="left"))
    if (part.venue, part.instrument) != _WRONG or doubtful.is_empty():
        return part
    finding = Finding("flagged", part.name, f"{len(doubtful)} {WRONG_FUNDING}")
    return Part(part.venue, part.instrument, part.kind, part.frame, (finding,))


FORMAT = FileFormat(
    name="lean",
    meaning="QuantConnect LEAN: bars, closing quotes and funding, by their open",
    label="open",
    recognises=recognises,
    read=read,
    licence="Apache-2.0 for the samples (QuantConnect/Lean)",
)
