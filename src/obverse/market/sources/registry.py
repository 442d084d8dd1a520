"""All file formats that are read, and which of them a file is of."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from obverse.errors import MarketDataError, nearest
from obverse.market.sources import (
    bar_csv,
    binance_recordings,
    binance_rest,
    bitmex_files,
    ccxt_files,
    deribit_files,
    lean,
    market_files,
    perpetuals_8h,
    tardis,
)
from obverse.market.sources.captures import binance, bitmex, bybit, deribit, huobi, kraken, okx
from obverse.market.sources.file_formats import FileFormat

FILE_FORMATS: tuple[FileFormat, ...] = (
    *bitmex_files.FORMATS,
    *deribit_files.FORMATS,
    binance_recordings.FORMAT,
    *perpetuals_8h.FORMATS,
    bitmex.FORMAT,
    bitmex.LISTING_FORMAT,
    deribit.FORMAT,
    binance.FORMAT,
    kraken.FORMAT,
    okx.FORMAT,
    bybit.FORMAT,
    huobi.FORMAT,
    binance_rest.FORMAT,
    lean.FORMAT,
    market_files.FORMAT,
    *tardis.FORMATS,
    ccxt_files.FORMAT,
    *bar_csv.FORMATS,
)
"""In the order in which they are tried."""


def format_named(name: str) -> FileFormat:
    """Look up a format by its name. Raises `MarketDataError` for one that is none."""
    for each in FILE_FORMATS:
        if each.name == name:
            return each
    names = [each.name for each in FILE_FORMATS]
    close = nearest(name, names)
    hint = f" Did you mean {close[0]}?" if close else ""
    raise MarketDataError(f"{name!r} is no file format; there are {', '.join(names)}.{hint}")


def format_of(path: Path, formats: Sequence[FileFormat] = FILE_FORMATS) -> FileFormat | None:
    """Find the format of a file; None if it is of none."""
    return next((each for each in formats if each.recognises(path)), None)
