"""Files of ccxt's unified structures, as users dump them to JSON (`json.dump(exchange.fetch_...)`).

A file is an object that says what it holds:

    {"exchange": "deribit", "kind": "ohlcv", "symbol": "BTC/USD:BTC", "timeframe": "1m",
     "time": "2026-03-01T12:00:00Z", "data": [[1772366400000, 84000, 84100, 83900, 84050, 1.5]]}

- `exchange` is ccxt's name or ours; `kind` is one of ohlcv, tickers, funding, markets, book, trades
  (`fetchTickers` and the like are understood), `data` what ccxt returned: a list, a table by
  symbols, or one structure.
- `symbol` and `timeframe` are needed with ohlcv. `time`, ISO 8601 or milliseconds, is when it was
  fetched: needed with markets, and with tickers of Bybit and Kraken, which have no time of their
  own. Bars that had not closed by then are left out.

A bare list or table of tickers, funding rates, markets, or trades is recognised by its keys; its
exchange is then the start of the file's name (`deribit_tickers.json`).

Bars are labelled by their **open**; everything else has the time of the event. The structures are
read as those of the live source are, see `obverse.market.live.structures` and `tickers`. ccxt's
names become the venue's by the rulebook, or by the venue's own answer where that is kept (`info`).
Spot, options and what does not settle in its coin are told and left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from obverse.contracts.instants import instant
from obverse.contracts.symbols import parse_unified
from obverse.errors import DataError, MarketDataError
from obverse.market.live.contracts import Contract, is_inverse, of_market, of_milliseconds, of_name
from obverse.market.live.exchanges import EXCHANGES, Exchange, exchange_named
from obverse.market.live.structures import (
    Structure,
    bars_part,
    book_part,
    funding_part,
    instruments_part,
    number,
    trades_part,
)
from obverse.market.live.tickers import tickers_part
from obverse.market.observations import Finding
from obverse.market.printing import listing
from obverse.market.series.kinds import kind_named
from obverse.market.series.parts import Part
from obverse.market.sources.file_formats import FileFormat

_HEAD_CHARACTERS = 8_192
_KINDS = {
    "ohlcv": "ohlcv", "fetchohlcv": "ohlcv", "bars": "ohlcv", "candles": "ohlcv",
    "tickers": "tickers", "ticker": "tickers", "fetchtickers": "tickers",
    "fetchticker": "tickers",
    "funding": "funding", "fundingratehistory": "funding", "fetchfundingratehistory": "funding",
    "markets": "markets", "instruments": "markets", "loadmarkets": "markets",
    "fetchmarkets": "markets",
    "book": "book", "orderbook": "book", "fetchorderbook": "book",
    "trades": "trades", "fetchtrades": "trades",
}  # fmt: skip
_SIGNS = {
    "markets": ("base", "quote", "contractSize", "precision"),
    "tickers": ("symbol", "bid", "ask", "last"),
    "trades": ("symbol", "takerOrMaker", "price", "amount"),
    "book": ("symbol", "bids", "asks", "nonce"),
    "funding": ("symbol", "fundingRate", "timestamp"),
}
"""Keys that tell a structure, in the order in which they are tried."""

_WRAPPED = re.compile(r'\{.*"exchange"\s*:\s*"(?P<exchange>\w+)"', re.DOTALL)
_NATIVE = ("instrument_name", "instId", "symbol")
_OWN_NAMES = {each.ccxt_id for each in EXCHANGES} | {each.venue for each in EXCHANGES}


@dataclass
class _Dump:
    """A file of structures, and what was left out of it."""

    file: str
    exchange: Exchange
    kind: str
    data: Any
    symbol: str | None = None
    timeframe: str | None = None
    time: datetime | None = None
    left_out: Counter[str] = field(default_factory=Counter)

    def structures(self) -> Iterator[Structure]:
        """The structures, however they are wrapped."""
        data = self.data
        if isinstance(data, Mapping):
            is_table = all(isinstance(each, Mapping) for each in data.values()) and data
            data = list(data.values()) if is_table else [data]
        for each in data if isinstance(data, Sequence) else ():
            if not isinstance(each, Mapping):
                raise MarketDataError(
                    f"{self.file}: {str(each)[:60]!r} is no structure of {self.kind}."
                )
            yield each

    def contract(self, unified: Any, at: datetime, info: Structure) -> Contract | None:
        """The contract of ccxt's name; None, and noted, for one that is not read."""
        try:
            return of_name(self.exchange, str(unified), at)
        except MarketDataError as error:
            found = _by_info(unified, info)
            if found is None:
                self.left_out[str(error)] += 1
            return found


def read(path: Path) -> Iterator[Part]:
    """Read the series of a file, by instrument.

    Raises `MarketDataError` for one that is not whole, says no exchange, or has nothing to read.
    """
    dump = _opened(path)
    parts = list(_READERS[dump.kind](dump))
    findings = tuple(
        Finding("dropped", dump.exchange.venue, f"{count:,} times: {reason}")
        for reason, count in dump.left_out.items()
    )
    if not parts:
        why = "; ".join(dump.left_out) or "it is empty"
        raise MarketDataError(f"{path.name} has no {dump.kind} that can be read: {why}.")
    parts[0] = replace(parts[0], findings=parts[0].findings + findings)
    yield from parts


def recognises(path: Path) -> bool:
    """Whether a file is of ccxt's structures: by its first characters, and its name."""
    if path.suffix != ".json":
        return False
    try:
        with path.open(encoding="utf-8") as opened:
            head = opened.read(_HEAD_CHARACTERS)
    except (OSError, UnicodeDecodeError):
        return False
    wrapped = _WRAPPED.match(head)
    if wrapped and '"kind"' in head:
        return wrapped["exchange"] in _OWN_NAMES
    return head.lstrip()[:1] in ("[", "{") and _exchange_of(path) is not None and _tells(head)


def _tells(head: str) -> bool:
    return any(all(f'"{key}"' in head for key in keys) for keys in _SIGNS.values())


def _exchange_of(path: Path) -> Exchange | None:
    word = re.split(r"[^a-z]", path.name.lower(), maxsplit=1)[0]
    return exchange_named(word) if word in _OWN_NAMES else None


def _opened(path: Path) -> _Dump:
    try:
        document = msgspec.json.decode(path.read_bytes())
    except OSError as error:
        raise MarketDataError(f"{path} cannot be read: {error.strerror or error}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MarketDataError(f"{path.name} is no whole JSON: {error}.") from None
    if isinstance(document, Mapping) and "exchange" in document:
        return _wrapped(path, document)
    exchange = _exchange_of(path)
    if exchange is None:
        raise MarketDataError(
            f'{path.name} does not say its exchange: wrap it in {{"exchange": ..., "kind": ..., '
            '"data": ...}, or begin its name with the exchange.'
        )
    dump = _Dump(path.name, exchange, "structures", document)
    first = next(dump.structures(), {})
    kinds = [kind for kind, keys in _SIGNS.items() if all(key in first for key in keys)]
    if not kinds:
        raise MarketDataError(f"{path.name}: a structure with {listing([*first])} is not known.")
    dump.kind = kinds[0]
    return dump


def _wrapped(path: Path, document: Mapping[str, Any]) -> _Dump:
    said = re.sub(r"[^a-z]", "", str(document.get("kind", "")).lower())
    if said not in _KINDS:
        kinds = listing(sorted({*_KINDS.values()}))
        raise MarketDataError(
            f"{path.name}: kind {document.get('kind')!r} is not read; there are {kinds}."
        )
    if "data" not in document:
        raise MarketDataError(f"{path.name} has no data; expected what ccxt returned under it.")
    try:
        return _Dump(
            path.name,
            exchange_named(str(document["exchange"])),
            _KINDS[said],
            document["data"],
            document.get("symbol"),
            document.get("timeframe"),
            _moment(document.get("time")),
        )
    except DataError as error:
        raise MarketDataError(f"{path.name}: {error}") from None


def _moment(value: Any) -> datetime | None:
    if value is None:
        return None
    stamp = number(value)
    return instant(str(value)) if stamp is None else of_milliseconds(stamp)


def _by_info(unified: Any, info: Structure) -> Contract | None:
    """A perpetual that no rulebook has, by the venue's own name in its answer."""
    native = next((info[key] for key in _NATIVE if isinstance(info.get(key), str)), None)
    try:
        name = parse_unified(str(unified))
    except DataError:
        return None
    if native is None or name.expiry is not None or name.settle != name.base:
        return None
    return Contract(native.upper(), str(unified), name.base, name.quote, "perpetual")


def _bars(dump: _Dump) -> Iterator[Part]:
    if dump.symbol is None or dump.timeframe is None:
        raise MarketDataError(f"{dump.file}: bars need the symbol and the timeframe they are of.")
    interval = kind_named(f"bars_{dump.timeframe}").interval
    assert interval is not None
    rows = dump.data if isinstance(dump.data, Sequence) else ()
    stamps = [number(row[0]) for row in rows if isinstance(row, Sequence) and row]
    last = max((stamp for stamp in stamps if stamp is not None), default=0.0)
    contract = dump.contract(dump.symbol, of_milliseconds(last), {})
    if contract is not None and rows:
        yield bars_part(dump.exchange, contract, rows, interval, closed_by=dump.time)


def _by_contract(dump: _Dump) -> Iterable[tuple[Contract, list[Structure]]]:
    """Structures of each contract, which is told by the last of them."""
    own: dict[str, list[Structure]] = {}
    for each in dump.structures():
        own.setdefault(str(each.get("symbol")), []).append(each)
    for unified, structures in own.items():
        stamps = [stamp for each in structures if (stamp := number(each.get("timestamp")))]
        at = of_milliseconds(max(stamps)) if stamps else dump.time
        info = structures[-1].get("info") or {}
        contract = dump.contract(unified, at or of_milliseconds(0), info)
        if contract is not None:
            yield contract, structures


def _tickers(dump: _Dump) -> Iterator[Part]:
    for contract, structures in _by_contract(dump):
        for each in structures:
            part = tickers_part(dump.exchange, contract, [each], snapshot_time=dump.time)
            if part.frame.is_empty():
                dump.left_out.update(finding.reason for finding in part.findings)
            else:
                yield part


def _funding(dump: _Dump) -> Iterator[Part]:
    for contract, structures in _by_contract(dump):
        yield funding_part(dump.exchange, contract, structures, paid_by=dump.time)


def _trades(dump: _Dump) -> Iterator[Part]:
    for contract, structures in _by_contract(dump):
        yield trades_part(dump.exchange, contract, structures)


def _books(dump: _Dump) -> Iterator[Part]:
    for contract, structures in _by_contract(dump):
        for each in structures:
            yield book_part(dump.exchange, contract, each, seen=dump.time)


def _markets(dump: _Dump) -> Iterator[Part]:
    if dump.time is None:
        raise MarketDataError(f"{dump.file}: markets need the time at which they were fetched.")
    for each in dump.structures():
        if not is_inverse(each):
            dump.left_out["a market that is no inverse perpetual or future"] += 1
            continue
        contract = of_market(dump.exchange, each)
        yield instruments_part(dump.exchange, contract, each, seen=dump.time)


_READERS = {
    "ohlcv": _bars,
    "tickers": _tickers,
    "funding": _funding,
    "trades": _trades,
    "book": _books,
    "markets": _markets,
}

FORMAT = FileFormat(
    name="ccxt-json",
    meaning="structures of ccxt in JSON: bars by their open, tickers, funding, books, trades",
    label="open",
    recognises=recognises,
    read=read,
)
