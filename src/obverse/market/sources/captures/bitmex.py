"""Raw captures of BitMEX: instruments as its REST interface lists them, and its live tables.

Times are the venue's own, of each row; see `bitmex_books` for those of order books. Sizes are in
contracts: of 1 USD for an inverse one. What a trade is worth (`grossValue`) is said in satoshi and
kept in BTC, whatever the contract is on. A trade's side is the taker's.

| message | becomes |
|---|---|
| `/api/v1/instrument/active`, or a file of its answer | instruments, tickers |
| `instrument` partial | instruments, tickers |
| `instrument` update, which has the changed fields only | tickers, whole: an instant's last |
| `trade` | trades; the `partial` has the last one before the recorder came |
| `quote` | book_tops |
| `orderBookL2`, `orderBookL2_25` | book_levels |
| `funding` | funding: the rate paid at the stamp itself |
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from obverse.errors import MarketDataError
from obverse.market.series.kinds import BOOK_TOPS, FUNDING, TICKERS, TRADES
from obverse.market.series.parts import Part
from obverse.market.sources.captures.bitmex_books import Books, Level
from obverse.market.sources.captures.bitmex_instruments import (
    Instrument,
    add_specification,
    add_ticker,
    hours_of,
)
from obverse.market.sources.captures.frames import Frame, frames, is_capture
from obverse.market.sources.captures.rows import Rows, of_instant
from obverse.market.sources.file_formats import FileFormat

VENUE = "bitmex"
HOST = "www.bitmex.com"
LISTING = "/api/v1/instrument"
SATOSHI = 100_000_000
_HEAD = b'[{"symbol":"'
_HEAD_BYTES = 4096


class _Message(msgspec.Struct):
    table: str = ""
    action: str = ""
    data: msgspec.Raw = msgspec.Raw(b"[]")
    filter: dict[str, Any] = {}


class _Trade(msgspec.Struct, rename="camel"):
    timestamp: datetime
    symbol: str
    side: str | None
    size: float
    price: float
    trd_match_id: str = msgspec.field(name="trdMatchID")
    gross_value: float | None = None


class _Quote(msgspec.Struct, rename="camel"):
    timestamp: datetime
    symbol: str
    bid_size: float | None = None
    bid_price: float | None = None
    ask_price: float | None = None
    ask_size: float | None = None


class _Funding(msgspec.Struct, rename="camel"):
    timestamp: datetime
    symbol: str
    funding_interval: datetime
    funding_rate: float


_MESSAGE = msgspec.json.Decoder(_Message)
_LISTING = msgspec.json.Decoder(list[Instrument])
_LEVELS = msgspec.json.Decoder(list[Level])
_TRADES = msgspec.json.Decoder(list[_Trade])
_QUOTES = msgspec.json.Decoder(list[_Quote])
_FUNDINGS = msgspec.json.Decoder(list[_Funding])
_CHANGES = msgspec.json.Decoder(list[dict[str, Any]])


class _Reader:
    """What is known of a connection so far: books, and whole records of instruments."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.books = Books()
        self.instruments: dict[str, dict[str, Any]] = {}
        self.shown: dict[tuple[str, datetime], tuple[Instrument, int]] = {}
        self.tables: dict[str, Callable[[_Message, int], None]] = {
            "trade": self._trades,
            "quote": self._quotes,
            "funding": self._fundings,
            "instrument": self._instruments,
            "orderBookL2": self._levels,
            "orderBookL2_25": self._levels,
        }

    def take(self, frame: Frame) -> None:
        if frame.direction == "connected":
            self.books.forget()
            self.instruments.clear()
        elif frame.direction == "answered" and LISTING in frame.address:
            _add_listing(self.rows, frame.decoded(_LISTING), frame.local_time_ns)
        elif frame.direction == "received":
            message = frame.decoded(_MESSAGE)
            table = self.tables.get(message.table)
            if table is not None:
                table(message, frame.local_time_ns)
            elif message.table:
                self.rows.note("dropped", "", f"messages of {message.table} are not read")

    def _trades(self, message: _Message, local_time_ns: int) -> None:
        for trade in _TRADES.decode(message.data):
            value = trade.gross_value
            self.rows.add(
                trade.symbol,
                TRADES,
                time=of_instant(trade.timestamp),
                local_time=local_time_ns,
                trade_id=trade.trd_match_id,
                side=trade.side.lower() if trade.side else None,
                price=trade.price,
                size=trade.size,
                value_coin=None if value is None else value / SATOSHI,
            )

    def _quotes(self, message: _Message, local_time_ns: int) -> None:
        for quote in _QUOTES.decode(message.data):
            self.rows.add(
                quote.symbol,
                BOOK_TOPS,
                time=of_instant(quote.timestamp),
                local_time=local_time_ns,
                bid=quote.bid_price,
                bid_size=quote.bid_size,
                ask=quote.ask_price,
                ask_size=quote.ask_size,
            )

    def _fundings(self, message: _Message, local_time_ns: int) -> None:
        for funding in _FUNDINGS.decode(message.data):
            self.rows.add(
                funding.symbol,
                FUNDING,
                time=of_instant(funding.timestamp),
                local_time=local_time_ns,
                rate=funding.funding_rate,
                interval_hours=hours_of(funding.funding_interval),
            )

    def _instruments(self, message: _Message, local_time_ns: int) -> None:
        for change in _CHANGES.decode(message.data):
            symbol = str(change.get("symbol"))
            if message.action == "partial":
                self.instruments[symbol] = change
            elif symbol in self.instruments:
                self.instruments[symbol] |= change
            else:
                early = "a change to a record before its full state"
                self.rows.note("dropped", symbol, early, TICKERS)
                continue
            if message.action != "partial" and "timestamp" not in change:
                self.rows.note("dropped", symbol, "a change to a record without its time", TICKERS)
                continue
            whole = msgspec.convert(self.instruments[symbol], Instrument)
            if message.action == "partial":
                add_specification(self.rows, whole, local_time_ns)
            self.shown[symbol, whole.timestamp] = whole, local_time_ns

    def finish(self) -> list[Part]:
        """Add the last of each instant's tickers, and make parts of all."""
        for whole, local_time_ns in self.shown.values():
            add_ticker(self.rows, whole, local_time_ns)
        return self.rows.parts()

    def _levels(self, message: _Message, local_time_ns: int) -> None:
        symbol = str(message.filter.get("symbol", ""))
        levels = _LEVELS.decode(message.data)
        self.books.take(self.rows, message.action, levels, symbol, local_time_ns)


def read(path: Path) -> list[Part]:
    """Read a capture. Raises `MarketDataError` for one that is broken, with the line."""
    rows = Rows(VENUE, path.name)
    reader = _Reader(rows)
    for frame in frames(path):
        try:
            reader.take(frame)
        except msgspec.DecodeError as error:
            what = f"{path.name} line {frame.place} is no message as expected: {error}."
            raise MarketDataError(what) from None
    return reader.finish()


def read_listing(path: Path) -> list[Part]:
    """Read a file of the venue's instruments as it lists them; it tells no local time."""
    rows = Rows(VENUE, path.name)
    try:
        _add_listing(rows, _LISTING.decode(path.read_bytes()), None)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        what = f"{path.name} is no list of BitMEX's instruments: {error}."
        raise MarketDataError(what) from None
    except OSError as error:
        raise MarketDataError(f"{path} cannot be read: {error.strerror or error}.") from None
    return rows.parts()


def _add_listing(rows: Rows, listing: list[Instrument], local_time_ns: int | None) -> None:
    for found in listing:
        add_specification(rows, found, local_time_ns)
        add_ticker(rows, found, local_time_ns)


def _is_listing(path: Path) -> bool:
    if path.suffix != ".json":
        return False
    try:
        with path.open("rb") as opened:
            head = opened.read(_HEAD_BYTES)
    except OSError:
        return False
    return head.startswith(_HEAD) and b'"rootSymbol":' in head and b'"settlCurrency":' in head


FORMAT = FileFormat(
    "bitmex-capture",
    "BitMEX: instruments and live tables as they were sent",
    "event",
    lambda path: is_capture(path, HOST),
    read,
)
LISTING_FORMAT = FileFormat(
    "bitmex-instruments",
    "BitMEX: the answer of its list of instruments",
    "event",
    _is_listing,
    read_listing,
)
