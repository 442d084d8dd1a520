"""Raw captures of Binance COIN-M: its list of contracts, snapshots of books, and its streams.

What the times and sizes of each message mean is told where it is read: `binance_contracts`,
`binance_books`, `binance_bars`.

| message | becomes |
|---|---|
| answers of `exchangeInfo` | instruments |
| answers of `depth` | book_levels, snapshots |
| `depthUpdate` | book_levels, differences |
| `bookTicker` | book_tops |
| `aggTrade` | trades |
| `kline` | bars, once the bar is finished (`x`); the rest are told and left out |
| `markPriceUpdate` | tickers: mark, index where it is said, funding per 8 hours |
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from obverse.errors import MarketDataError
from obverse.market.series.kinds import TICKERS
from obverse.market.series.parts import Part
from obverse.market.sources.captures.binance_bars import Bar, add_bar, bars_of
from obverse.market.sources.captures.binance_books import (
    AggregateTrade,
    BookTicker,
    Depth,
    DepthUpdate,
    add_aggregate_trade,
    add_difference,
    add_snapshot,
    add_top,
)
from obverse.market.sources.captures.binance_contracts import (
    ExchangeInfo,
    add_exchange_info,
    named,
    rate_of,
    usd_per_contract,
)
from obverse.market.sources.captures.frames import Frame, frames, is_capture
from obverse.market.sources.captures.rows import Rows, of_milliseconds
from obverse.market.sources.file_formats import FileFormat

VENUE = "binance"
HOSTS = ("dapi.binance.com", "dstream.binance.com")


class _Message(msgspec.Struct):
    data: msgspec.Raw = msgspec.Raw(b"")


class _Event(msgspec.Struct):
    e: str = ""


class _Kline(msgspec.Struct):
    symbol: str = msgspec.field(name="s")
    interval: str = msgspec.field(name="i")
    open_ms: int = msgspec.field(name="t")
    close_ms: int = msgspec.field(name="T")
    open: float = msgspec.field(name="o")
    high: float = msgspec.field(name="h")
    low: float = msgspec.field(name="l")
    close: float = msgspec.field(name="c")
    contracts: float = msgspec.field(name="v")
    coins: float = msgspec.field(name="q")
    trades: int = msgspec.field(name="n")
    finished: bool = msgspec.field(name="x")


class _KlineEvent(msgspec.Struct):
    kline: _Kline = msgspec.field(name="k")


class _Mark(msgspec.Struct):
    symbol: str = msgspec.field(name="s")
    sent_ms: int = msgspec.field(name="E")
    mark: float = msgspec.field(name="p")
    rate: str = msgspec.field(name="r", default="")
    index: float | None = msgspec.field(name="i", default=None)


_MESSAGE = msgspec.json.Decoder(_Message)
_EVENT = msgspec.json.Decoder(_Event)
_EXCHANGE_INFO = msgspec.json.Decoder(ExchangeInfo, strict=False)
_DEPTH = msgspec.json.Decoder(Depth, strict=False)
_UPDATE = msgspec.json.Decoder(DepthUpdate, strict=False)
_TOP = msgspec.json.Decoder(BookTicker, strict=False)
_TRADE = msgspec.json.Decoder(AggregateTrade, strict=False)
_KLINE = msgspec.json.Decoder(_KlineEvent, strict=False)
_MARK = msgspec.json.Decoder(_Mark, strict=False)


def read(path: Path) -> list[Part]:
    """Read a capture. Raises `MarketDataError` for one that is broken, with the line."""
    rows = Rows(VENUE, path.name)
    for frame in frames(path):
        try:
            _take(frame, rows)
        except (msgspec.DecodeError, ValueError) as error:
            what = f"{path.name} line {frame.place} is no message as expected: {error}."
            raise MarketDataError(what) from None
    return rows.parts()


def _take(frame: Frame, rows: Rows) -> None:
    if frame.direction == "received":
        data = frame.decoded(_MESSAGE).data
        if data:
            _take_event(data, frame.local_time_ns, rows)
    elif frame.direction == "answered" and frame.address.endswith("/exchangeInfo"):
        add_exchange_info(rows, frame.decoded(_EXCHANGE_INFO), frame.local_time_ns)
    elif frame.direction == "answered" and "/depth?" in frame.address:
        add_snapshot(rows, frame.decoded(_DEPTH), frame.local_time_ns)
    elif frame.direction == "answered":
        rows.note("dropped", "", f"answers of {frame.address.split('?')[0]} are not read")


def _take_event(data: msgspec.Raw, local_time_ns: int, rows: Rows) -> None:
    event = _EVENT.decode(data).e
    if event == "bookTicker":
        add_top(rows, _TOP.decode(data), local_time_ns)
    elif event == "depthUpdate":
        add_difference(rows, _UPDATE.decode(data), local_time_ns)
    elif event == "aggTrade":
        trade = _TRADE.decode(data)
        add_aggregate_trade(rows, trade.symbol, trade, local_time_ns)
    elif event == "kline":
        _add_kline(rows, _KLINE.decode(data).kline, local_time_ns)
    elif event == "markPriceUpdate":
        _add_mark(rows, _MARK.decode(data), local_time_ns)
    else:
        rows.note("dropped", "", f"events of {event or 'no name'} are not read")


def _add_kline(rows: Rows, kline: _Kline, local_time_ns: int) -> None:
    kind = bars_of(kline.interval)
    if kind is None:
        rows.note("dropped", kline.symbol, f"bars of {kline.interval} have no one length")
    elif not kline.finished:
        rows.note("dropped", kline.symbol, "a bar of which more was to come", kind)
    else:
        bar = Bar(
            kline.open_ms, kline.close_ms, kline.open, kline.high, kline.low, kline.close,
            kline.contracts, kline.coins, kline.trades,
        )  # fmt: skip
        usd = usd_per_contract(kline.symbol.split("_")[0])
        add_bar(rows, kline.symbol, kind, bar, usd, local_time_ns)


def _add_mark(rows: Rows, mark: _Mark, local_time_ns: int) -> None:
    told = named(mark.symbol)
    if told is None:
        rows.note("dropped", mark.symbol, "the name is of no COIN-M contract", TICKERS)
        return
    rows.add(
        mark.symbol,
        TICKERS,
        time=of_milliseconds(mark.sent_ms),
        local_time=local_time_ns,
        underlying=told.coin,
        quote="USD",
        contract=told.contract,
        expiry=told.expiry_ns,
        mark=mark.mark,
        index=mark.index,
        funding_rate_8h=rate_of(mark.rate),
    )


FORMAT = FileFormat(
    "binance-capture",
    "Binance COIN-M: contracts, snapshots and streams as they were sent",
    "event",
    lambda path: any(is_capture(path, host) for host in HOSTS),
    read,
)
