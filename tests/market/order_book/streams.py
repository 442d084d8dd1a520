"""Streams of order-book messages for the tests: written down, drawn at random, recorded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import strategies as st

from obverse.market.order_book import SequenceRule, in_stream_order

TIME = pl.Datetime("ns", "UTC")
SCHEMA = {
    "time": TIME,
    "update_id": pl.Int64(),
    "first_update_id": pl.Int64(),
    "previous_update_id": pl.Int64(),
    "snapshot": pl.Boolean(),
    "is_bid": pl.Boolean(),
    "price": pl.Float64(),
    "size": pl.Float64(),
}
RECORDINGS = Path(__file__).parents[3].parent / "shared" / "data" / "binance_coinm_l2"
TICKS = {"cm_btcusd_perp": "0.1", "spot_btcusdt": "0.01"}


def message(
    number: int,
    *,
    bids: dict[float, float] | None = None,
    asks: dict[float, float] | None = None,
    first: int | None = None,
    previous: int | None = None,
    snapshot: bool = False,
    at: int | None = None,
) -> list[dict[str, Any]]:
    """Rows of one message: prices to sizes."""
    sides = ((True, bids or {}), (False, asks or {}))
    return [
        {
            "time": number if at is None else at,
            "update_id": number,
            "first_update_id": first,
            "previous_update_id": previous,
            "snapshot": snapshot,
            "is_bid": is_bid,
            "price": price,
            "size": size,
        }
        for is_bid, levels in sides
        for price, size in levels.items()
    ]


def frame(*messages: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows of messages, in their order."""
    rows = [row for each in messages for row in each]
    return pl.DataFrame(rows, {**SCHEMA, "time": pl.Int64()}).cast({"time": TIME})


@st.composite
def random_streams(draw: st.DrawFn, rule: SequenceRule) -> pl.DataFrame:
    """A stream with lost, repeated and swapped messages, early and late snapshots, crossings."""
    number, sent = 10, []
    for _ in range(draw(st.integers(1, 14))):
        first = number + 1
        number += draw(st.integers(1, 3))
        levels = draw(st.dictionaries(st.tuples(st.booleans(), _PRICES), _SIZES, min_size=1))
        bids = {price: size for (is_bid, price), size in levels.items() if is_bid}
        asks = {price: size for (is_bid, price), size in levels.items() if not is_bid}
        snapshot = draw(st.integers(0, 3)) == 0
        late = draw(st.integers(0, 4)) if snapshot and rule.requested else 0
        numbered = {"first": first, "previous": first - 1} if not snapshot else {}
        at = len(sent) if draw(st.booleans()) else 10**6 + number
        sent.append(
            message(number - late, bids=bids, asks=asks, snapshot=snapshot, at=at, **numbered)
        )
    places = range(len(sent))
    fate = st.sampled_from(["kept", "kept", "kept", "kept", "lost", "twice"])
    came = [place for place in places for _ in range(_TIMES[draw(fate)])]
    if came and draw(st.booleans()):
        place = draw(st.integers(0, len(came) - 1))
        came.append(came.pop(place))
    return frame(*(sent[place] for place in came))


_TIMES = {"kept": 1, "lost": 0, "twice": 2}
_PRICES = st.one_of(
    st.integers(90, 110), st.sampled_from([1, 64, 4096, 70_000, 10**9])
).map(lambda half: half / 2)  # fmt: skip
_SIZES = st.sampled_from([0.0, 0.0, 1.0, 2.5, 1e-8])


def recorded_levels(name: str) -> pl.DataFrame:
    """Rows of `book_levels` of a recording: its differences and its snapshot, in their order."""
    differences = pl.read_parquet(RECORDINGS / f"{name}_depth.parquet").select(
        _moment(pl.coalesce("T", "E")).alias("time"),
        pl.col("u").alias("update_id"),
        pl.lit(False).alias("snapshot"),
        (pl.col("side") == 1).alias("is_bid"),
        "price",
        pl.col("qty").alias("size"),
    )
    answer = json.loads((RECORDINGS / f"{name}_depth_snapshot.json").read_text())
    number = answer["lastUpdateId"]
    beyond = differences.filter(pl.col("update_id") > number)["time"].to_physical()[0]
    at = answer["T"] * 10**6 if "T" in answer else beyond - 1
    levels = {
        side: {float(price): float(size) for price, size in answer[side]}
        for side in ("bids", "asks")
    }
    snapshot = frame(message(number, snapshot=True, at=at, **levels))
    whole = pl.concat([differences, snapshot.select(differences.columns)])
    return in_stream_order(whole).rechunk()


def recorded_quotes(name: str) -> pl.DataFrame:
    """The best quotes that the venue sent, by their numbers."""
    return pl.read_parquet(RECORDINGS / f"{name}_bookticker.parquet").select(
        pl.col("u").alias("update_id"),
        "bid",
        pl.col("bid_qty").alias("bid_size"),
        "ask",
        pl.col("ask_qty").alias("ask_size"),
    )


def _moment(milliseconds: pl.Expr) -> pl.Expr:
    return (milliseconds.cast(pl.Int64) * 10**6).cast(TIME)
