"""Recorded Binance streams: order-book differences, snapshots, best quotes and trades.

A recording is a set of files named `MARKET_SYMBOL_STREAM`: the market is `cm` (COIN-M futures, the
venue `binance`) or `spot` (`binance_spot`), the stream one of `depth`, `bookticker`, `trades` in
Parquet and `depth_snapshot` in JSON, as the venue answers `GET depth`.

Times are events'. `T`, the transaction time in milliseconds, is `time`, and `E`, the sending time,
is `sent_time`; where the venue gives no `T`, `time` is `E`. `local_ns` is the recorder's clock in
nanoseconds. In the recording of 2024-08-08 it is 1.27 s behind the exchange's, so that messages
seem to arrive before they were sent: never order by it.

Spot gives no time at all with best quotes and snapshots. Their update numbers are of one sequence
with those of the differences, so they are placed by the differences of the same recording, which
must lie beside them:

- a best quote at the sending of the first differences that reach its number: the venue had it by
  then, and at most the 100 ms between two messages before;
- a snapshot one nanosecond before the first differences that go beyond its number, which are the
  first to be applied to it.

Numbers outside the range of the differences cannot be placed: such quotes are left out and told,
such a snapshot is refused.

The recorder kept the last number of each message (`u`) but not its first (`U`, `pu`), so
`first_update_id` and `previous_update_id` are null. Sizes are contracts of COIN-M, coins of spot.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from obverse.errors import MarketDataError
from obverse.market.observations import Finding
from obverse.market.series.kinds import BOOK_LEVELS, BOOK_TOPS, TIME, TRADES, Kind
from obverse.market.series.parts import Part
from obverse.market.sources.file_formats import FileFormat
from obverse.market.sources.parquet_files import has_columns, read_table

if TYPE_CHECKING:
    import polars as pl

_NAME = re.compile(
    r"(?P<market>cm|spot)_(?P<symbol>[a-z0-9_]+?)_"
    r"(?:(?P<stream>depth|bookticker|trades)\.parquet|(?P<snapshot>depth_snapshot)\.json)"
)
_VENUES = {"cm": "binance", "spot": "binance_spot"}
_CLOCKS = ("local_ns", "E", "T")
_COLUMNS = {
    "depth": (*_CLOCKS, "u", "side", "price", "qty"),
    "bookticker": (*_CLOCKS, "u", "bid", "bid_qty", "ask", "ask_qty"),
    "trades": (*_CLOCKS, "id", "price", "qty", "buyer_is_maker", "type"),
}
_KINDS = {"depth": BOOK_LEVELS, "bookticker": BOOK_TOPS, "trades": TRADES}
_BID, _ASK = 1, -1
_ORDINARY = "MARKET"


@dataclass(frozen=True)
class _Recording:
    """One file of a recording, as its name says."""

    path: Path
    market: str
    symbol: str
    stream: str

    @property
    def differences(self) -> Path:
        """The file of differences of the same recording."""
        return self.path.with_name(f"{self.market}_{self.symbol}_depth.parquet")

    def part(self, kind: Kind, frame: pl.DataFrame, *findings: Finding) -> Part:
        return Part(_VENUES[self.market], self.symbol.upper(), kind, frame, findings)


class _Answer(msgspec.Struct):
    """What the venue answers to `GET depth`."""

    last_update_id: int = msgspec.field(name="lastUpdateId")
    bids: list[tuple[str, str]]
    asks: list[tuple[str, str]]
    sent_ms: int | None = msgspec.field(name="E", default=None)
    transacted_ms: int | None = msgspec.field(name="T", default=None)
    symbol: str = ""


def _recording(path: Path) -> _Recording | None:
    found = _NAME.fullmatch(path.name)
    if found is None:
        return None
    return _Recording(path, found["market"], found["symbol"], found["stream"] or found["snapshot"])


def recognises(path: Path) -> bool:
    """Whether a path is a file of a recording: by its name and columns, or first bytes."""
    recording = _recording(path)
    if recording is None:
        return False
    if recording.stream in _COLUMNS:
        return has_columns(path, _COLUMNS[recording.stream])
    try:
        with path.open("rb") as opened:
            return b'"lastUpdateId"' in opened.read(200)
    except OSError:
        return False


def read(path: Path) -> tuple[Part, ...]:
    """Read the one series of a file. Raises `MarketDataError` for one that is none, or broken."""
    recording = _recording(path)
    if recording is None:
        raise MarketDataError(
            f"{path.name} is no file of a Binance recording; expected a name such as "
            "cm_btcusd_perp_depth.parquet."
        )
    if recording.stream == "depth_snapshot":
        return (_snapshot(recording),)
    frame = read_table(path, _COLUMNS[recording.stream])
    made = {"depth": _differences, "bookticker": _tops, "trades": _trades}[recording.stream]
    return (made(recording, frame),)


def _differences(recording: _Recording, frame: pl.DataFrame) -> Part:
    import polars as pl

    strange = frame.filter(~pl.col("side").is_in([_BID, _ASK]).fill_null(False))
    if len(strange):
        raise MarketDataError(
            f"{recording.path.name}: side {strange['side'][0]} is neither {_BID} (bid) nor "
            f"{_ASK} (ask)."
        )
    levels = frame.select(
        *_times(),
        pl.col("u").alias("update_id"),
        pl.lit(False).alias("snapshot"),
        (pl.col("side") == _BID).alias("is_bid"),
        "price",
        pl.col("qty").alias("size"),
    )
    return recording.part(BOOK_LEVELS, levels)


def _tops(recording: _Recording, frame: pl.DataFrame) -> Part:
    import polars as pl

    tops = frame.select(
        *_times(),
        pl.col("u").alias("update_id"),
        "bid",
        pl.col("bid_qty").alias("bid_size"),
        "ask",
        pl.col("ask_qty").alias("ask_size"),
    )
    if tops[TIME].null_count() < len(tops):
        return recording.part(BOOK_TOPS, tops)
    sent = _sent(recording)
    placed = tops.drop(TIME).join_asof(sent, on="update_id", strategy="forward")
    first = sent["update_id"].min()
    kept = placed.filter(pl.col(TIME).is_not_null(), pl.col("update_id") >= first)
    left_out = len(tops) - len(kept)
    if not left_out:
        return recording.part(BOOK_TOPS, kept)
    reason = f"{left_out:,} best quotes outside the differences' numbers have no time: left out"
    return recording.part(BOOK_TOPS, kept, Finding("dropped", recording.path.name, reason))


def _trades(recording: _Recording, frame: pl.DataFrame) -> Part:
    import polars as pl

    sold = pl.col("buyer_is_maker")
    trades = frame.select(
        *_times(),
        pl.col("id").cast(pl.String).alias("trade_id"),
        pl.when(sold).then(pl.lit("sell")).when(~sold).then(pl.lit("buy")).alias("side"),
        "price",
        pl.col("qty").alias("size"),
    )
    odd = frame.filter(pl.col("type").cast(pl.String) != _ORDINARY)
    if odd.is_empty():
        return recording.part(TRADES, trades)
    reason = f"{len(odd):,} trades are of another type than {_ORDINARY}, as {odd['type'][0]}: kept"
    return recording.part(TRADES, trades, Finding("flagged", recording.path.name, reason))


def _snapshot(recording: _Recording) -> Part:
    import polars as pl

    name = recording.path.name
    try:
        answer = msgspec.json.decode(recording.path.read_bytes(), type=_Answer)
        rows = [
            (is_bid, float(price), float(size))
            for is_bid, levels in ((True, answer.bids), (False, answer.asks))
            for price, size in levels
        ]
    except (OSError, msgspec.MsgspecError, ValueError) as error:
        raise MarketDataError(f"{name} is no whole order book: {error}") from None
    if answer.symbol not in ("", recording.symbol.upper()):
        raise MarketDataError(
            f"{name} says it is of {answer.symbol}, its name {recording.symbol.upper()}."
        )
    levels = pl.DataFrame(rows, ("is_bid", "price", "size"), orient="row").with_columns(
        pl.lit(_at_ns(recording, answer)).cast(pl.Datetime("ns", "UTC")).alias(TIME),
        _moment(pl.lit(answer.sent_ms, pl.Int64)).alias("sent_time"),
        pl.lit(answer.last_update_id).alias("update_id"),
        pl.lit(True).alias("snapshot"),
    )
    return recording.part(BOOK_LEVELS, levels)


def _at_ns(recording: _Recording, answer: _Answer) -> int:
    """When a snapshot was, by its own times or else by the differences beside it."""
    import polars as pl

    stated = answer.transacted_ms if answer.transacted_ms is not None else answer.sent_ms
    if stated is not None:
        return stated * 10**6
    sent = _sent(recording)
    beyond = sent.filter(pl.col("update_id") > answer.last_update_id)
    if len(beyond) in (0, len(sent)):
        ends = " to ".join(str(number) for number in sent["update_id"].gather([0, -1]))
        raise MarketDataError(
            f"{recording.path.name} has no time, and its number {answer.last_update_id} is not "
            f"within the numbers of {recording.differences.name}, {ends}: it cannot be placed."
        )
    return int(beyond[TIME].to_physical()[0]) - 1


def _sent(recording: _Recording) -> pl.DataFrame:
    """Last number and sending time of every message of differences, by number."""
    import polars as pl

    beside = recording.differences
    if not beside.exists():
        raise MarketDataError(
            f"{recording.path.name} has no exchange time; put {beside.name} of the same "
            "recording beside it, by whose update numbers it is placed."
        )
    messages = read_table(beside, ("u", "E")).unique("u", keep="first", maintain_order=True)
    return messages.sort("u").select(
        pl.col("u").alias("update_id"), _moment(pl.col("E")).alias(TIME)
    )


def _times() -> tuple[pl.Expr, ...]:
    import polars as pl

    sent = _moment(pl.col("E"))
    return (
        pl.coalesce(_moment(pl.col("T")), sent).alias(TIME),
        pl.col("local_ns").cast(pl.Datetime("ns", "UTC")).alias("local_time"),
        sent.alias("sent_time"),
    )


def _moment(milliseconds: pl.Expr) -> pl.Expr:
    import polars as pl

    return milliseconds.cast(pl.Int64).cast(pl.Datetime("ms", "UTC")).cast(pl.Datetime("ns", "UTC"))


FORMAT = FileFormat(
    name="binance-recordings",
    meaning="recorded Binance order books, best quotes and trades",
    label="event",
    recognises=recognises,
    read=read,
    licence="MIT (nkaz001/hftbacktest examples)",
)
