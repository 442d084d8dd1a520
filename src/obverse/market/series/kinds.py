"""The kinds of series a market is recorded in: the columns of each, and what they mean.

Two times are kept apart in every row. `time` is the exchange's: **when the row became knowable**,
so that everything known at an instant T is `time <= T`. For a bar it is the close, whichever end
the source labels it by; its open is `open_time`. `local_time` is the recorder's own clock at
receipt, null where nothing was recorded.

Prices are in the quote currency per coin and rates are fractions, as float64: a decimal of up to
15 digits comes back exactly (`obverse.market.floats`). A column of a kind that a source does not
say is null.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from obverse.errors import MarketDataError, nearest

if TYPE_CHECKING:
    import polars as pl

Type = Literal["time", "float", "integer", "flag", "text"]
Rule = Literal["price", "size", "finite", "any"]

TIME = "time"
LOCAL_TIME = "local_time"
OPEN_TIME = "open_time"


@dataclass(frozen=True)
class Column:
    """A column of a kind of series.

    Attributes
    ----------
    rule : what a number may be: a `price` is finite and above zero, a `size` finite and not
        below zero, `finite` any number that is one, `any` is not looked at
    needed : whether a row without it is none
    """

    name: str
    type: Type
    meaning: str
    rule: Rule = "any"
    needed: bool = False


@dataclass(frozen=True)
class Kind:
    """A kind of series.

    Attributes
    ----------
    key : columns that tell rows of one series apart
    ordered : whether rows keep the order of their source, as those of an order book do, as long as
        one source gives them; else they are by time
    by_month : whether a store keeps a file a month, as it does where there are many rows
    """

    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = (TIME,)
    ordered: bool = False
    by_month: bool = True
    interval: timedelta | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in their order."""
        return tuple(column.name for column in self.columns)

    @property
    def stored(self) -> tuple[str, ...]:
        """Names of the columns that a store keeps: a bar's open follows from its close."""
        return tuple(name for name in self.names if self.interval is None or name != OPEN_TIME)

    def schema(self) -> dict[str, pl.DataType]:
        """Polars types of the columns."""
        import polars as pl

        types: dict[Type, pl.DataType] = {
            "time": pl.Datetime("ns", "UTC"),
            "float": pl.Float64(),
            "integer": pl.Int64(),
            "flag": pl.Boolean(),
            "text": pl.String(),
        }
        return {column.name: types[column.type] for column in self.columns}


def _time() -> Column:
    return Column(TIME, "time", "exchange time from which on the row is known", needed=True)


def _local() -> Column:
    return Column(LOCAL_TIME, "time", "recorder's clock at receipt")


def _price(name: str, meaning: str, *, needed: bool = False) -> Column:
    return Column(name, "float", meaning, "price", needed)


def _size(name: str, meaning: str, *, needed: bool = False) -> Column:
    return Column(name, "float", meaning, "size", needed)


def _number(name: str, meaning: str, *, needed: bool = False) -> Column:
    return Column(name, "float", meaning, "finite", needed)


def _text(name: str, meaning: str, *, needed: bool = False) -> Column:
    return Column(name, "text", meaning, needed=needed)


_BAR_COLUMNS = (
    Column(TIME, "time", "close of the bar, when it became known", needed=True),
    Column(OPEN_TIME, "time", "open of the bar: its close less the interval", needed=True),
    _local(),
    _price("open", "first price", needed=True),
    _price("high", "highest price", needed=True),
    _price("low", "lowest price", needed=True),
    _price("close", "last price", needed=True),
    _size("volume_contracts", "contracts traded, in the venue's own count"),
    _size("volume_quote", "traded value in the quote currency"),
    _size("volume_coin", "traded value in coin"),
    Column("trades", "integer", "number of trades", "size"),
    _price("average_price", "volume-weighted average price"),
)

TRADES = Kind(
    "trades",
    "every trade",
    (
        _time(),
        _local(),
        Column("sent_time", "time", "when the venue sent it, where that is told apart"),
        _text("trade_id", "the venue's own number", needed=True),
        _text("side", "of the taker: buy or sell"),
        _price("price", "price", needed=True),
        _size("size", "contracts, or coins at a spot venue", needed=True),
        _size("value_coin", "value in coin, where the venue says it"),
    ),
    key=(TIME, "trade_id"),
)

BOOK_TOPS = Kind(
    "book_tops",
    "best bid and ask at each change",
    (
        _time(),
        _local(),
        Column("sent_time", "time", "when the venue sent it, where that is told apart"),
        Column("update_id", "integer", "the venue's number of the change"),
        _price("bid", "best bid"),
        _size("bid_size", "size at the best bid"),
        _price("ask", "best ask"),
        _size("ask_size", "size at the best ask"),
    ),
    key=(TIME, "update_id", "bid", "bid_size", "ask", "ask_size"),
    ordered=True,
)

BOOK_LEVELS = Kind(
    "book_levels",
    "snapshots and differences of the order book, a row a level",
    (
        _time(),
        _local(),
        Column("sent_time", "time", "when the venue sent it, where that is told apart"),
        Column("update_id", "integer", "the message's last number"),
        Column("first_update_id", "integer", "the message's first number"),
        Column("previous_update_id", "integer", "last number of the message before"),
        Column("snapshot", "flag", "part of a full book, which replaces what was", needed=True),
        Column("is_bid", "flag", "bid or ask", needed=True),
        _price("price", "price of the level", needed=True),
        _size("size", "size at the level now; 0 removes it", needed=True),
    ),
    key=(TIME, "update_id", "snapshot", "is_bid", "price"),
    ordered=True,
)

FUNDING = Kind(
    "funding",
    "funding rates, at the instant each is paid for",
    (
        Column(TIME, "time", "end of the interval that is paid for", needed=True),
        _local(),
        _number("rate", "rate of the interval, as a fraction of value; longs pay", needed=True),
        Column("interval_hours", "float", "length of the interval", "price", True),
        _number("rate_8h", "rate of 8 hours as the venue states it"),
        _price("index", "index price at the end"),
        _price("previous_index", "index price at the start"),
        _price("mark", "mark price at the end"),
    ),
)

FUNDING_SUMS = Kind(
    "funding_sums",
    "funding summed over a span, as the venue publishes it",
    (
        Column(TIME, "time", "end of the span", needed=True),
        Column("start_time", "time", "start of the span", needed=True),
        _number("value", "sum over the span, as a fraction of value", needed=True),
    ),
    key=(TIME, "start_time"),
    by_month=False,
)

TICKERS = Kind(
    "tickers",
    "what a venue showed of an instrument: mark, index, best prices, sizes",
    (
        _time(),
        _local(),
        Column("snapshot_time", "time", "instant of the snapshot the row is part of"),
        _text("underlying", "coin", needed=True),
        _text("quote", "quote currency"),
        _text("contract", "perpetual, future or spot", needed=True),
        Column("expiry", "time", "instant of delivery"),
        Column("listed", "flag", "false for an expiry that no listed future stands behind"),
        _price("mark", "mark price"),
        _price("index", "index price"),
        _price("index_low", "lowest index while the snapshot was taken"),
        _price("index_high", "highest index while the snapshot was taken"),
        _price("bid", "best bid"),
        _price("ask", "best ask"),
        _price("last", "last trade"),
        _size("open_interest_usd", "open interest in dollars"),
        _size("open_interest_contracts", "open interest in contracts"),
        _size("volume_24h_usd", "volume of 24 hours in dollars"),
        _number("funding_rate_8h", "funding rate that accrues, per 8 hours"),
        _text("note", "what the price is, where that is not plain"),
    ),
    key=(TIME, "snapshot_time"),
)

INSTRUMENTS = Kind(
    "instruments",
    "specifications as the venue published them",
    (
        _time(),
        _local(),
        _text("symbol", "the venue's own name", needed=True),
        _text("contract", "perpetual, future, option or spot", needed=True),
        _text("payoff", "inverse, linear, quanto or spot"),
        _text("underlying", "coin"),
        _text("quote", "quote currency"),
        _text("settlement", "settlement currency"),
        _text("state", "the venue's own word"),
        Column("listing", "time", "first trading"),
        Column("expiry", "time", "instant of delivery"),
        _number("contract_size", "multiplier as the venue states it"),
        _price("tick_size", "smallest step of the price"),
        _size("lot_size", "smallest size of an order"),
        _number("maker_fee", "fraction of value"),
        _number("taker_fee", "fraction of value"),
        _size("initial_margin", "fraction of value, first tier"),
        _size("maintenance_margin", "fraction of value, first tier"),
        _size("settlement_price", "at which it was settled; 0 for a bet that was lost"),
        _size("mark", "last mark price"),
        _number("basis_rate", "last annualised basis the mark was made with"),
    ),
    key=(TIME, "symbol"),
    by_month=False,
)

OPTIONS = Kind(
    "options",
    "option chains: coin-settled premiums as the venue showed them",
    (
        _time(),
        _local(),
        _text("symbol", "the venue's own name", needed=True),
        _text("right", "call or put", needed=True),
        _price("strike", "strike in the quote currency", needed=True),
        Column("expiry", "time", "instant of expiry", needed=True),
        _price("forward", "price of the future it is valued on"),
        _text("forward_symbol", "name of that future"),
        _price("index", "index price"),
        _size("bid", "best bid in coin"),
        _size("ask", "best ask in coin"),
        _size("mark", "mark in coin"),
        _number("implied_volatility", "a year, of the mark"),
        _number("delta", "per coin"),
        _number("vega", "dollars for one point of volatility"),
        _size("open_interest", "in coin"),
        _size("volume_24h", "in coin"),
    ),
    key=(TIME, "symbol"),
)

FIXED = {
    kind.name: kind
    for kind in (
        TRADES, BOOK_TOPS, BOOK_LEVELS, FUNDING, FUNDING_SUMS, TICKERS, INSTRUMENTS, OPTIONS,
    )
}  # fmt: skip
"""All kinds but bars, of which there is one an interval."""

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_BARS = re.compile(r"bars_(\d+)([smhdw])")


def bars(interval: timedelta) -> Kind:
    """Bars of an interval: `bars_1m`, `bars_8h`.

    Raises `MarketDataError` for an interval that is not a whole number of seconds above zero.
    """
    seconds = interval.total_seconds()
    if seconds < 1 or seconds != int(seconds):
        raise MarketDataError(f"bars of {interval} are none: whole seconds are needed, 1 at least.")
    unit = max((each for each in _UNITS if seconds % _UNITS[each] == 0), key=_UNITS.__getitem__)
    name = f"bars_{int(seconds) // _UNITS[unit]}{unit}"
    meaning = f"bars of {interval}, by their close"
    return Kind(name, meaning, _BAR_COLUMNS, interval=interval)


def kind_named(name: str) -> Kind:
    """Look up a kind by its name. Raises `MarketDataError` for one that is none."""
    if name in FIXED:
        return FIXED[name]
    found = _BARS.fullmatch(name)
    if found and int(found[1]) > 0:
        kind = bars(timedelta(seconds=int(found[1]) * _UNITS[found[2]]))
        if kind.name == name:
            return kind
        raise MarketDataError(f"{name!r} is written {kind.name}.")
    close = nearest(name, (*FIXED, "bars_1m", "bars_1h", "bars_1d"))
    hint = f" Did you mean {close[0]}?" if close else ""
    raise MarketDataError(
        f"{name!r} is no kind of series; there are {', '.join(FIXED)} and bars such as bars_1m."
        + hint
    )
