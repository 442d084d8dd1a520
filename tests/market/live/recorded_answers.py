"""What the five venues answered, recorded; and in their documented form where it was not.

Recorded as REST answers and replayed as they are: Binance's klines of BTCUSD_PERP by the day,
24-hour statistics, premium index, open interest and trades of it; its exchangeInfo and order
books; the lists of instruments of Deribit (which lacks the later `counter_currency` and
`settlement_currency`, added), OKX and Kraken.

Made up in the venue's documented form of recorded values: Bybit's list, of the older API; tickers
and order books, of what the websockets said; funding and bars, of the recorded tables, so that
there are many pages. Marks and indices that nobody recorded are the middle of the best quotes.

The routes of a history keep to the venue's own habits: which end of a span they answer from, and
how many rows at most.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from obverse.market.sources.captures.frames import frames

DATA = Path(__file__).parents[3].parent / "shared" / "data"
CAPTURES = DATA / "venue_captures_2021_22"

Answer = Any
MS_8H = 8 * 3_600_000
MS_1D = 3 * MS_8H
CLOCKS = {
    "deribit": 1_626_993_754_148,
    "binance": 1_626_916_411_000,
    "bybit": 1_618_677_790_000,
    "okx": 1_652_459_225_000,
    "kraken": 1_626_994_927_160,
}
"""The venues' clocks when they were recorded, in milliseconds."""


@cache
def answered(file: str) -> dict[str, Answer]:
    """REST answers of a capture, by address."""
    return {
        frame.address: frame.json()
        for frame in frames(CAPTURES / file)
        if frame.direction == "answered"
    }


def received(file: str) -> Iterator[Answer]:
    """Websocket messages of a capture."""
    for frame in frames(CAPTURES / file):
        if frame.direction == "received":
            yield frame.json()


@cache
def dapi(path: str) -> list[tuple[str, Answer]]:
    """Recorded answers of Binance's REST interface: query and data."""
    file = DATA / "binance_dapi_responses" / "binance_dapi_routes.json"
    own = json.loads(file.read_text())["routes"][f"/dapi/v1/{path}"]["GET"]
    return [(each["queryString"], each["data"]) for each in own]


@cache
def dapi_rows(path: str) -> dict[str, Answer]:
    """Recorded rows of a path, the last of each symbol."""
    rows = [row for _, data in dapi(path) for row in (data if isinstance(data, list) else [data])]
    return {row["symbol"]: row for row in rows}


@cache
def table(name: str) -> pl.DataFrame:
    """A recorded table, with its times in milliseconds as `ms`."""
    frame = pl.read_parquet(DATA / f"{name}.parquet")
    time = "open_time" if "open_time" in frame.columns else "time_utc"
    if time not in frame.columns:
        return frame
    return frame.with_columns(ms=pl.col(time).dt.epoch("ms"))


def span(rows: Sequence[Answer], stamp: Any, start: int, end: int) -> list[Answer]:
    """Rows from a start up to and with an end."""
    return [row for row in rows if start <= stamp(row) <= end]


@cache
def eight_hourly(venue: str) -> list[tuple[int, float, float, float, float, float]]:
    """Recorded 8-hour bars of the inverse perpetual by their close, and the rate paid then."""
    if venue == "okx":
        year = table("perpetuals_8h/binance_bybit_okx_2023")
        own = year.filter((pl.col("exchange") == "okx") & (pl.col("pair") == "BTCUSDCM"))
        return own.select("ms", "open", "high", "low", "close", "funding_rate").rows()
    names = [f"{name}_futures" for name in ("Open", "High", "Low", "Close")]
    file = {"binance": "binance_btcusd_perp_8h", "bybit": "bybit_btcusd_8h"}[venue]
    return table(f"perpetuals_8h/{file}").select("ms", *names, "funding_rate").rows()


@cache
def days(venue: str) -> list[tuple[int, float, float, float, float]]:
    """Whole days of the 8-hour bars: open time, open, high, low, close."""
    own: dict[int, list[tuple[float, ...]]] = {}
    for close, *prices, _ in eight_hourly(venue):
        own.setdefault((close - MS_8H) // MS_1D * MS_1D, []).append(tuple(prices))
    return [
        (day, bars[0][0], max(b[1] for b in bars), min(b[2] for b in bars), bars[-1][3])
        for day, bars in own.items()
        if len(bars) == MS_1D // MS_8H
    ]


def iso_ms(milliseconds: int) -> str:
    """ISO 8601 with milliseconds, as Kraken writes it."""
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"
