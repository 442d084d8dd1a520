"""JSON files of ccxt's structures opened: which exchange and kind they say, and their structures.

See `ccxt_files` for their form.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from obverse.contracts.instants import instant
from obverse.contracts.symbols import parse_unified
from obverse.errors import DataError, MarketDataError
from obverse.market.live.contracts import Contract, of_milliseconds, of_name
from obverse.market.live.exchanges import EXCHANGES, Exchange, exchange_named
from obverse.market.live.structures import Structure, number
from obverse.market.printing import listing

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
class Dump:
    """A file of structures, and what was left out of it."""

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
                raise MarketDataError(f"{str(each)[:60]!r} is no structure of {self.kind}.")
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


def opened_dump(path: Path) -> Dump:
    """Open a file. Raises `MarketDataError` for one that is not whole or says not what it is."""
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
    dump = Dump(exchange, "structures", document)
    try:
        first = next(dump.structures(), {})
    except MarketDataError as error:
        raise MarketDataError(f"{path.name}: {error}") from None
    kinds = [kind for kind, keys in _SIGNS.items() if all(key in first for key in keys)]
    if not kinds:
        raise MarketDataError(f"{path.name}: a structure with {listing([*first])} is not known.")
    dump.kind = kinds[0]
    return dump


def _wrapped(path: Path, document: Mapping[str, Any]) -> Dump:
    said = re.sub(r"[^a-z]", "", str(document.get("kind", "")).lower())
    if said not in _KINDS:
        kinds = listing(sorted({*_KINDS.values()}))
        raise MarketDataError(
            f"{path.name}: kind {document.get('kind')!r} is not read; there are {kinds}."
        )
    if "data" not in document:
        raise MarketDataError(f"{path.name} has no data; expected what ccxt returned under it.")
    try:
        return Dump(
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
