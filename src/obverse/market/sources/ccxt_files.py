"""Files of ccxt's unified structures, as users dump them to JSON (`json.dump(exchange.fetch_...)`).

A file is an object that says first what it holds:

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

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from obverse.errors import MarketDataError
from obverse.market.live.contracts import Contract, is_inverse, of_market, of_milliseconds
from obverse.market.live.funding_structures import funding_part
from obverse.market.live.structures import (
    Structure,
    bars_part,
    book_part,
    instruments_part,
    number,
    trades_part,
)
from obverse.market.live.tickers import tickers_part
from obverse.market.observations import Finding
from obverse.market.series.kinds import kind_named
from obverse.market.series.parts import Part
from obverse.market.sources.ccxt_dumps import Dump, opened_dump, recognises
from obverse.market.sources.file_formats import FileFormat

_MISREAD = (TypeError, AttributeError, KeyError, IndexError, OverflowError)


def read(path: Path) -> Iterator[Part]:
    """Read the series of a file, by instrument.

    Raises `MarketDataError` for one that is not whole, says no exchange, or has nothing to read.
    """
    dump = opened_dump(path)
    try:
        parts = list(_READERS[dump.kind](dump))
    except MarketDataError as error:
        raise MarketDataError(f"{path.name}: {error}") from None
    except _MISREAD as error:
        raise MarketDataError(
            f"{path.name}: a structure of {dump.kind} has another form than ccxt's: {error!r}."
        ) from None
    findings = tuple(
        Finding("dropped", dump.exchange.venue, f"{count:,} times: {reason}")
        for reason, count in dump.left_out.items()
    )
    if not parts:
        why = "; ".join(dump.left_out) or "it is empty"
        raise MarketDataError(f"{path.name} has no {dump.kind} that can be read: {why}.")
    parts[0] = replace(parts[0], findings=parts[0].findings + findings)
    yield from parts


def _bars(dump: Dump) -> Iterator[Part]:
    if dump.symbol is None or dump.timeframe is None:
        raise MarketDataError("bars need the symbol and the timeframe they are of.")
    interval = kind_named(f"bars_{dump.timeframe}").interval
    assert interval is not None
    rows = dump.data if isinstance(dump.data, Sequence) else ()
    stamps = [number(row[0]) for row in rows if isinstance(row, Sequence) and row]
    last = max((stamp for stamp in stamps if stamp is not None), default=0.0)
    contract = dump.contract(dump.symbol, of_milliseconds(last), {})
    if contract is not None and rows:
        yield bars_part(dump.exchange, contract, rows, interval, closed_by=dump.time)


def _by_contract(dump: Dump) -> Iterable[tuple[Contract, list[Structure]]]:
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


def _tickers(dump: Dump) -> Iterator[Part]:
    for contract, structures in _by_contract(dump):
        for each in structures:
            part = tickers_part(dump.exchange, contract, [each], snapshot_time=dump.time)
            if part.frame.is_empty():
                dump.left_out.update(finding.reason for finding in part.findings)
            else:
                yield part


def _funding(dump: Dump) -> Iterator[Part]:
    for contract, structures in _by_contract(dump):
        yield funding_part(dump.exchange, contract, structures, paid_by=dump.time)


def _trades(dump: Dump) -> Iterator[Part]:
    for contract, structures in _by_contract(dump):
        yield trades_part(dump.exchange, contract, structures)


def _books(dump: Dump) -> Iterator[Part]:
    for contract, structures in _by_contract(dump):
        for each in structures:
            yield book_part(dump.exchange, contract, each, seen=dump.time)


def _markets(dump: Dump) -> Iterator[Part]:
    if dump.time is None:
        raise MarketDataError("markets need the time at which they were fetched.")
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
