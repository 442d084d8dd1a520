"""ccxt's unified structures as series: instruments, bars, order books, trades.

- **Bars** are labelled by their open; `time` is open and timeframe. One that had not closed by the
  instant it was read is left out.
- **Instruments** have the fees that the venue lists; where it lists none, ccxt's own table is not
  taken for the venue's word. Margins are not read.
- **Order books** are snapshots, sizes in the venue's own count, numbered where ccxt has a nonce.
- **Trades** are in the venue's count, `side` that of the taker. A trade without a number is none.

A number that is text, as in files of other programs, is read; what is none becomes missing, for the
door to judge.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from obverse.errors import MarketDataError
from obverse.market.live.contracts import Contract, of_milliseconds
from obverse.market.live.exchanges import Exchange
from obverse.market.observations import Finding
from obverse.market.series.kinds import BOOK_LEVELS, INSTRUMENTS, TRADES, Kind, bars
from obverse.market.series.parts import Part

Structure = Mapping[str, Any]
Row = dict[str, Any]

_OHLCV_FIELDS = 5
_STATES = ("contractStatus", "status", "state")


def number(value: Any) -> float | None:
    """Read a number, or text that is one; anything else is none."""
    try:
        return None if value is None or isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None


def stamp_of(structure: Structure) -> float | None:
    """A structure's time in milliseconds, where it has one."""
    return number(structure.get("timestamp"))


def part(
    exchange: Exchange, instrument: str, kind: Kind, rows: Sequence[Row], *findings: Finding
) -> Part:
    """Make a part of rows. Raises `MarketDataError` for values that a column does not hold."""
    import polars as pl

    names = list(rows[0]) if rows else list(kind.names)
    schema = {name: type_ for name, type_ in kind.schema().items() if name in names}
    try:
        frame = pl.DataFrame([pl.Series(n, [r[n] for r in rows], t) for n, t in schema.items()])
    except (OverflowError, TypeError, pl.exceptions.PolarsError) as error:
        raise MarketDataError(
            f"{exchange.venue} {instrument} {kind.name}: a value fits no column: {error}."
        ) from None
    return Part(exchange.venue, instrument, kind, frame, findings)


def instruments_part(
    exchange: Exchange,
    contract: Contract,
    market: Structure,
    *,
    seen: datetime,
    local_time: datetime | None = None,
) -> Part:
    """One instrument's specification, as it was listed when it was seen."""
    precision = market.get("precision") or {}
    smallest = ((market.get("limits") or {}).get("amount") or {}).get("min")
    fees = market if exchange.fees_are_stated else {}
    row: Row = {
        "time": seen,
        "local_time": local_time,
        "symbol": contract.name,
        "contract": contract.contract,
        "payoff": "inverse",
        "underlying": contract.underlying,
        "quote": contract.quote,
        "settlement": market.get("settle"),
        "state": _state(market),
        "listing": contract.listing,
        "expiry": contract.expiry,
        "contract_size": contract.contract_usd,
        "tick_size": number(precision.get("price")),
        "lot_size": number(precision.get("amount") if smallest is None else smallest),
        "maker_fee": number(fees.get("maker")),
        "taker_fee": number(fees.get("taker")),
    }
    return part(exchange, contract.name, INSTRUMENTS, [row])


def _state(market: Structure) -> str | None:
    """The venue's own word, or whether it is active."""
    info = market.get("info") or {}
    said = next((info[name] for name in _STATES if isinstance(info.get(name), str)), None)
    if said is not None or market.get("active") is None:
        return said
    return "active" if market["active"] else "inactive"


def bars_part(
    exchange: Exchange,
    contract: Contract,
    ohlcv: Iterable[Sequence[Any]],
    interval: timedelta,
    *,
    closed_by: datetime | None = None,
    local_time: datetime | None = None,
) -> Part:
    """Bars of one instrument.

    Raises `MarketDataError` for a row that is no time and prices.
    """
    rows: list[Row] = []
    for each in ohlcv:
        opened = _opened(exchange, contract, each)
        if closed_by is not None and opened + interval > closed_by:
            continue
        prices = dict(zip(("open", "high", "low", "close"), map(number, each[1:5]), strict=True))
        volume = number(each[5]) if len(each) > _OHLCV_FIELDS else None
        rows.append(
            {
                "time": opened + interval,
                "open_time": opened,
                "local_time": local_time,
                **prices,
                exchange.bar_volume: volume,
            }
        )
    return part(exchange, contract.name, bars(interval), rows)


def _opened(exchange: Exchange, contract: Contract, row: Sequence[Any]) -> datetime:
    stamp = number(row[0]) if len(row) >= _OHLCV_FIELDS else None
    if stamp is None:
        raise MarketDataError(
            f"{exchange.venue} {contract.name}: {list(row)!r} is no bar; expected the open time in "
            "milliseconds, open, high, low, close and volume."
        )
    return of_milliseconds(stamp)


def book_part(
    exchange: Exchange,
    contract: Contract,
    book: Structure,
    *,
    seen: datetime | None = None,
    local_time: datetime | None = None,
) -> Part:
    """A snapshot of an order book; `seen` is its time where it has none of its own."""
    stamp = stamp_of(book)
    moment = seen if stamp is None else of_milliseconds(stamp)
    sides = (("bids", True), ("asks", False))
    try:
        levels = [
            (is_bid, number(level[0]), number(level[1]))
            for side, is_bid in sides
            for level in book.get(side) or ()
        ]
    except (TypeError, IndexError):
        raise MarketDataError(
            f"{exchange.venue} {contract.name}: a level of the book is no price and size."
        ) from None
    rows = [
        {
            "time": moment,
            "local_time": local_time,
            "update_id": book.get("nonce"),
            "snapshot": True,
            "is_bid": is_bid,
            "price": price,
            "size": size,
        }
        for is_bid, price, size in levels
    ]
    return part(exchange, contract.name, BOOK_LEVELS, rows)


def trades_part(
    exchange: Exchange,
    contract: Contract,
    trades: Iterable[Structure],
    *,
    local_time: datetime | None = None,
) -> Part:
    """Trades of one instrument."""
    rows = [
        {
            "time": None if (stamp := stamp_of(each)) is None else of_milliseconds(stamp),
            "local_time": local_time,
            "trade_id": None if each.get("id") is None else str(each["id"]),
            "side": each.get("side"),
            "price": number(each.get("price")),
            "size": number(each.get("amount")),
        }
        for each in trades
    ]
    return part(exchange, contract.name, TRADES, rows)
