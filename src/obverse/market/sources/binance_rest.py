"""Recorded answers of Binance COIN-M's REST interface: a JSON file of routes with their answers.

Each answer stands beside the query it was given to. The queries name the symbol and the interval,
but do not bound the answers: one for 2020-01 holds December. There is no time of the recording.

| route | becomes | what its time is |
|---|---|---|
| `exchangeInfo` | instruments | `serverTime` |
| `trades`, `aggTrades` | trades | the trade's |
| `depth` | book_levels, a snapshot | `T`, the transaction's |
| `ticker/bookTicker` | book_tops, without a number | `time` |
| `fundingRate` | funding of 8 hours | `fundingTime`, some milliseconds past the hour as told |
| `premiumIndex` | tickers: mark, index, funding | `time` |
| `ticker/24hr` | tickers: last, volume | `closeTime` |
| `ticker/price`, `openInterest` | tickers | `time` |
| `klines` | bars of the contract | one millisecond after `closeTime` |
| `continuousKlines` | bars of `BTCUSD@current_quarter` | the same |
| `indexPriceKlines` | bars of `BTCUSD@index` | the same |
| `markPriceKlines` | bars of `BTCUSD_PERP@mark` | the same |

- A bar that nothing in its answer follows may not have been finished, and is left out.
- Bars of a month have no one length and no kind; they are told.
- Bars of an index or a mark count samples as trades and have no volume: both are left out.
- `lastFundingRate` is, whatever its name, the rate that accrues to `nextFundingTime`.
- `contractSize` dollars a contract make volume and open interest dollars.
- Refusals of the venue (`code`, `msg`) are told.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias
from urllib.parse import parse_qsl

import msgspec

from obverse.errors import MarketDataError
from obverse.market.series.parts import Part
from obverse.market.sources.captures import binance_answers as answers
from obverse.market.sources.captures import binance_bars as bars
from obverse.market.sources.captures.binance import VENUE
from obverse.market.sources.captures.binance_contracts import decoded
from obverse.market.sources.captures.rows import Rows
from obverse.market.sources.file_formats import FileFormat

ROOT = "/dapi/v1/"
Reader: TypeAlias = Callable[[Rows, answers.Query, msgspec.Raw], None]
_HEAD_BYTES = 256
_REFUSED = re.compile(rb'\{\s*"code"\s*:')


class _Answer(msgspec.Struct, rename={"query": "queryString"}):
    data: msgspec.Raw
    query: str = ""


class _Routes(msgspec.Struct):
    routes: dict[str, dict[str, list[_Answer]]]


class _Refusal(msgspec.Struct):
    code: int
    msg: str


READERS: dict[str, Reader] = {
    "exchangeInfo": answers.exchange_info,
    "trades": answers.trades,
    "aggTrades": answers.aggregate_trades,
    "depth": answers.depth,
    "ticker/bookTicker": answers.tops,
    "fundingRate": answers.fundings,
    "premiumIndex": answers.premiums,
    "ticker/24hr": answers.days,
    "ticker/price": answers.prices,
    "openInterest": answers.open_interest,
    "klines": bars.klines,
    "continuousKlines": bars.continuous_klines,
    "indexPriceKlines": bars.index_klines,
    "markPriceKlines": bars.mark_klines,
}
"""In the order they are read: of a trade told twice, the one that tells its value comes first."""


def read(path: Path) -> list[Part]:
    """Read a file of answers. Raises `MarketDataError` for one that is none, or broken."""
    try:
        recorded = msgspec.json.decode(path.read_bytes(), type=_Routes)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MarketDataError(f"{path.name} is no file of recorded routes: {error}.") from None
    except OSError as error:
        raise MarketDataError(f"{path} cannot be read: {error.strerror or error}.") from None
    rows = Rows(VENUE, path.name)
    for name, reader in READERS.items():
        for number, answer in enumerate(recorded.routes.get(ROOT + name, {}).get("GET", ())):
            try:
                _take(rows, name, reader, answer)
            except KeyError as error:
                what = f"{path.name} {name} answer {number}: the query lacks {error}"
                raise MarketDataError(f"{what}, which names the series.") from None
            except (msgspec.DecodeError, ValueError) as error:
                what = f"{path.name} {name} answer {number} is not as expected: {error}."
                raise MarketDataError(what) from None
    for route in recorded.routes:
        if route.removeprefix(ROOT) not in READERS:
            rows.note("dropped", "", f"answers of {route} are not read")
    return rows.parts()


def _take(rows: Rows, name: str, reader: Reader, answer: _Answer) -> None:
    content = bytes(answer.data).strip()
    if content == b"null":
        rows.note("dropped", "", f"{name} was answered with nothing")
    elif _REFUSED.match(content):
        refusal = decoded(_Refusal, answer.data)
        rows.note("dropped", "", f"{name} was refused: {refusal.code} {refusal.msg}")
    else:
        reader(rows, dict(parse_qsl(answer.query)), answer.data)


def _recognises(path: Path) -> bool:
    if path.suffix != ".json":
        return False
    try:
        with path.open("rb") as opened:
            head = opened.read(_HEAD_BYTES)
    except OSError:
        return False
    return head.lstrip().startswith(b"{") and b'"routes"' in head and ROOT.encode() in head


FORMAT = FileFormat(
    "binance-rest",
    "Binance COIN-M: recorded answers of its REST interface",
    "open",
    _recognises,
    read,
)
