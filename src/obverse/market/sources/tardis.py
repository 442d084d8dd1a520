"""Tardis.dev's CSV files, plain or gzip: every message of a venue, normalised by Tardis.

Times are microseconds since 1970 UTC: `timestamp` the exchange's own (the arrival where the venue
says none), `local_timestamp` when the message arrived at Tardis. Sizes are in the venue's unit.

| data type | becomes |
|---|---|
| `trades` | trades; `side` is the taker's, `unknown` is none |
| `incremental_book_L2` | book_levels, in the order of the file; amount 0 removes a level |
| `book_snapshot_N` | book_levels, each row a whole book of N levels a side |
| `quotes`, `book_ticker` | book_tops |
| `derivative_ticker` | tickers; what they are of is told by the rule book of that day |
| `liquidations`, `options_chain` | nothing: named, and passed over |

A liquidations file has the columns of trades and is told by its name. The rate of a
`derivative_ticker` is per interval of the venue's, so it is kept only where that is 8 hours.
Files: https://docs.tardis.dev/downloadable-csv-files/data-types
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from obverse.errors import MarketDataError
from obverse.market.series.kinds import BOOK_LEVELS, BOOK_TOPS, TICKERS, TRADES, Kind
from obverse.market.series.parts import Part
from obverse.market.sources.file_formats import FileFormat
from obverse.market.sources.tardis_rows import (
    LEVEL,
    VENUES,
    Made,
    incremental,
    quotes,
    snapshots,
    tickers,
    trades,
    typed,
)

if TYPE_CHECKING:
    import polars as pl

_HEAD = ("exchange", "symbol", "timestamp", "local_timestamp")
_TRADES = (*_HEAD, "id", "side", "price", "amount")
_INCREMENTAL = (*_HEAD, "is_snapshot", "side", "price", "amount")
_QUOTES = (*_HEAD, "ask_amount", "ask_price", "bid_price", "bid_amount")
_TICKERS = (
    *_HEAD, "funding_timestamp", "funding_rate", "predicted_funding_rate", "open_interest",
    "last_price", "index_price", "mark_price",
)  # fmt: skip
_BEGINNING = 1 << 14

Maker: TypeAlias = Callable[[str, str, "pl.DataFrame"], Made]
Reader: TypeAlias = Callable[[Path], Iterator[Part]]


def _names(path: Path) -> tuple[str, ...]:
    """Names in the first line; none for a file that cannot be read as one."""
    try:
        if path.suffix == ".gz":
            with gzip.open(path) as opened:
                beginning = opened.read(_BEGINNING)
        else:
            with path.open("rb") as plain:
                beginning = plain.read(_BEGINNING)
        return tuple(beginning.split(b"\n")[0].decode().strip().split(","))
    except (OSError, EOFError, UnicodeDecodeError, zlib.error):
        return ()


def _is_file(path: Path) -> bool:
    return path.name.endswith((".csv", ".csv.gz"))


def _is_snapshot(names: tuple[str, ...]) -> bool:
    return names[:4] == _HEAD and any(map(LEVEL.fullmatch, names))


def _has(columns: tuple[str, ...], word: str = "") -> Callable[[Path], bool]:
    """Whether a file has these columns, and not the name of the other type that has them too."""

    def recognises(path: Path) -> bool:
        if not _is_file(path) or (word and word in path.name):
            return False
        names = _names(path)
        return names[:4] == _HEAD and set(columns) <= set(names)

    return recognises


def _table(path: Path) -> pl.DataFrame:
    """Rows; symbols and ids stay the text that they are."""
    import polars as pl

    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        if content and not content.endswith(b"\n"):
            raise MarketDataError(f"{path.name} is cut off: its last line does not end.")
        return typed(pl.read_csv(content, infer_schema=False), path.name)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise MarketDataError(f"{path.name} is cut off or corrupt: {error}.") from None
    except pl.exceptions.PolarsError as error:
        raise MarketDataError(f"{path.name} is no CSV of Tardis: {error}") from None
    except OSError as error:
        raise MarketDataError(f"{path} cannot be read: {error.strerror or error}.") from None


def _read(make: Maker, kind: Kind) -> Reader:
    """Make a reader: one part for each venue and symbol of a file."""

    def read(path: Path) -> Iterator[Part]:
        table = _table(path)
        for (exchange, symbol), own in table.group_by(["exchange", "symbol"], maintain_order=True):
            venue = VENUES.get(str(exchange), str(exchange))
            frame, findings = make(venue, str(symbol), own)
            yield Part(venue, str(symbol), kind, frame, findings)

    return read


def _nothing(path: Path) -> Iterator[Part]:
    what = "liquidations" if "liquidations" in path.name else "options_chain"
    raise MarketDataError(f"{path.name}: Tardis' {what} are not kept; leave the file out.")


FORMATS = (
    FileFormat(
        "tardis-trades", "Tardis.dev trades", "event",
        _has(_TRADES, "liquidations"), _read(trades, TRADES),
    ),
    FileFormat(
        "tardis-book", "Tardis.dev incremental_book_L2", "event",
        _has(_INCREMENTAL), _read(incremental, BOOK_LEVELS),
    ),
    FileFormat(
        "tardis-snapshots", "Tardis.dev book_snapshot_5 and _25", "event",
        lambda path: _is_file(path) and _is_snapshot(_names(path)),
        _read(snapshots, BOOK_LEVELS),
    ),
    FileFormat(
        "tardis-quotes", "Tardis.dev quotes and book_ticker", "event",
        _has(_QUOTES), _read(quotes, BOOK_TOPS),
    ),
    FileFormat(
        "tardis-tickers", "Tardis.dev derivative_ticker", "event",
        _has(_TICKERS), _read(tickers, TICKERS),
    ),
    FileFormat(
        "tardis-others", "Tardis.dev liquidations and options_chain, which are not kept", "event",
        lambda path: _has(_TRADES)(path) or _has((*_HEAD, "strike_price", "mark_iv"))(path),
        _nothing,
    ),
)  # fmt: skip
