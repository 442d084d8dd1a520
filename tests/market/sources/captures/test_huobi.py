"""Captures of Huobi against their raw messages, whose frames are gzip, and feeds that break."""

from __future__ import annotations

import ast
import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from obverse.errors import MarketDataError
from obverse.market.series.parts import Part, checked
from obverse.market.sources.captures.huobi import FORMAT, read
from obverse.market.sources.captures.huobi_contracts import payoff_of

FEED = "wss://api.hbdm.com/swap-ws"
CONNECTED = f"{FEED} <-> 1645289383.84"
Write = Callable[..., Path]
Series = dict[tuple[str, str], Part]


def series(parts: list[Part]) -> Series:
    return {(part.instrument, part.kind.name): checked(part) for part in parts}


def messages(path: Path) -> Iterator[dict[str, Any]]:
    for line in gzip.decompress(path.read_bytes()).decode().splitlines():
        if line[:1].isdigit():
            packed = ast.literal_eval(line.split(": ", 1)[1])
            yield json.loads(gzip.decompress(packed))


def sent(message: object) -> str:
    return f"1645289385.5: {gzip.compress(json.dumps(message).encode())!r}"


def depth(bids: object, asks: object, channel: str = "depth.step0") -> str:
    tick = {"mrid": 7, "id": 1, "ts": 1645289384842, "bids": bids, "asks": asks}
    return sent({"ch": f"market.BTC-USD.{channel}", "ts": 1645289384843, "tick": tick})


@pytest.fixture(scope="module")
def feed(venue_captures: Path) -> Path:
    return venue_captures / "HUOBI_SWAP.ws.1.0.gz"


@pytest.fixture(scope="module")
def live(feed: Path) -> Series:
    return series(read(feed))


@pytest.fixture(scope="module")
def swaps(venue_captures: Path) -> Series:
    return series(read(venue_captures / "HUOBI_SWAP.0.gz"))


def test_it_knows_its_captures(venue_captures: Path) -> None:
    known = [path.name for path in sorted(venue_captures.iterdir()) if FORMAT.recognises(path)]
    assert known == ["HUOBI_DM.0.gz", "HUOBI_SWAP.0.gz", "HUOBI_SWAP.ws.1.0.gz"]


def test_every_level_and_trade_is_kept(feed: Path, live: Series) -> None:
    counted: Counter[tuple[str, str]] = Counter()
    for message in messages(feed):
        if "ch" not in message:
            continue
        _, symbol, channel = message["ch"].split(".", 2)
        tick = message["tick"]
        if channel == "trade.detail":
            counted[symbol, "trades"] += len(tick["data"])
        else:
            counted[symbol, "book_levels"] += len(tick["bids"]) + len(tick["asks"])
    assert {key: len(part.frame) for key, part in live.items()} == counted
    assert sum(counted.values()) == 198_998 + 8
    assert all(not part.findings for part in live.values())


def test_every_message_is_an_uncrossed_full_book(live: Series) -> None:
    books = 0
    for (_, kind), part in live.items():
        if kind != "book_levels":
            continue
        best = part.frame.group_by("local_time", "update_id").agg(
            bid=pl.col("price").filter("is_bid").max(),
            ask=pl.col("price").filter(~pl.col("is_bid")).min(),
            deepest=pl.col("is_bid").value_counts().struct.field("count").max(),
        )
        assert part.frame["snapshot"].all()
        assert (best["bid"] < best["ask"]).all()
        assert best["deepest"].max() <= 150  # type: ignore[operator]
        assert part.frame["update_id"].is_sorted()
        books += len(best)
    assert books == 1_274


def test_sizes_of_trades_are_halved_and_worth_their_coins(live: Series, swaps: Series) -> None:
    """Contracts of 10 USD over the price are the coins that the venue tells, of one side."""
    for (symbol, kind), part in live.items():
        if kind != "trades":
            continue
        contract_usd = swaps[symbol, "instruments"].frame["contract_size"][0]
        for row in part.frame.iter_rows(named=True):
            assert row["size"] == int(row["size"])
            coins = row["size"] * contract_usd / row["price"]
            assert row["value_coin"] == pytest.approx(coins, rel=1e-12)
    first = live["ATOM-USD", "trades"].frame.row(0, named=True)
    assert (first["trade_id"], first["side"], first["size"]) == ("743774717120000", "buy", 3.0)


def test_the_three_clocks_are_apart(live: Series) -> None:
    row = live["ATOM-USD", "book_levels"].frame.row(0, named=True)
    assert row["time"] == datetime(2022, 2, 19, 16, 49, 44, 842_000, tzinfo=UTC)
    assert row["sent_time"] == datetime(2022, 2, 19, 16, 49, 44, 843_000, tzinfo=UTC)
    assert row["local_time"] == datetime(2022, 2, 19, 16, 49, 45, 72_718, tzinfo=UTC)
    for (_, kind), part in live.items():
        if kind == "book_levels":
            assert (part.frame["sent_time"] >= part.frame["time"]).all()
            assert (part.frame["local_time"] > part.frame["sent_time"]).all()


def test_futures_are_of_100_dollars_of_bitcoin_and_10_of_any_other(venue_captures: Path) -> None:
    parts = [checked(part) for part in read(venue_captures / "HUOBI_DM.0.gz")]
    rows = pl.concat(part.frame for part in parts)
    assert len(rows) == 39
    assert set(rows["payoff"]) == {"inverse"}
    assert set(rows["contract"]) == {"future"}
    sizes = rows.select("underlying", "contract_size").unique().rows()
    assert len(sizes) == 13
    assert all(size == (100 if coin == "BTC" else 10) for coin, size in sizes)
    assert (rows["expiry"].dt.strftime("%y%m%d") == rows["symbol"].str.slice(-6)).all()
    assert set(rows["expiry"].dt.hour()) == {8}
    assert rows["time"].unique().to_list() == [
        datetime(2021, 7, 22, 22, 55, 38, 690_000, tzinfo=UTC)
    ]


def test_swaps_are_inverse_and_linear(swaps: Series) -> None:
    assert len(swaps) == 171
    inverse = swaps["BTC-USD", "instruments"].frame.row(0, named=True)
    assert (inverse["payoff"], inverse["settlement"], inverse["contract_size"]) == (
        "inverse",
        "BTC",
        100,
    )
    linear = swaps["BTC-USDT", "instruments"].frame.row(0, named=True)
    assert (linear["payoff"], linear["settlement"], linear["contract_size"]) == (
        "linear",
        "USDT",
        0.001,
    )
    assert linear["contract"] == "perpetual"
    assert linear["expiry"] is None


def test_addresses_that_list_nothing() -> None:
    assert payoff_of("https://api.hbdm.com/swap-api/v1/swap_open_interest") is None
    assert payoff_of("https://api.hbdm.com/linear-swap-api/v1/swap_contract_info?x=1") == "linear"


def test_a_side_may_be_missing_and_a_book_empty(capture: Write) -> None:
    lines = (depth(None, [[101, 2]]), depth([], []), depth([[99, 2]], None))
    (part,) = read(capture(CONNECTED, *lines))
    assert part.frame.select("is_bid", "price").rows() == [(False, 101.0), (True, 99.0)]
    assert [finding.reason for finding in part.findings] == [
        "a full book without any level has no row"
    ]


def test_prices_and_sizes_that_are_none_drop_their_row(capture: Write) -> None:
    (part,) = read(capture(CONNECTED, depth([[0, 1], [-3, 1], [99, -1], [98, 4]], [])))
    assert checked(part).frame["price"].to_list() == [98.0]


def test_other_channels_and_refusals_are_told(capture: Write) -> None:
    refused = json.dumps({"status": "error", "err_msg": "busy", "ts": 1645289384843})
    answer = f"https://api.hbdm.com/swap-api/v1/swap_contract_info -> 1.5: {refused}"
    lines = (depth([[9, 1]], [], "depth.step6"), depth([[99, 2]], []), sent({"ping": 1}))
    (part,) = read(capture(answer, CONNECTED, *lines))
    assert [finding.reason for finding in part.findings] == [
        "the venue refused to list: busy",
        "messages of depth.step6 are not read",
    ]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (depth([["1", 2]], []), "line 2 is no message as expected"),
        (depth([[1]], []), "line 2 is no message as expected"),
        ("1.5: b'\\x1f\\x8b\\x08'", "line 2 has a broken body"),
        ("1.5: {", "line 2 is not JSON"),
        ("what is this", "line 2 is no frame"),
    ],
)
def test_a_broken_message_is_named_by_file_and_line(capture: Write, line: str, told: str) -> None:
    with pytest.raises(MarketDataError, match=rf"capture\.gz {told}"):
        read(capture(CONNECTED, line))


def test_a_truncated_capture_is_named(feed: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.gz"
    cut.write_bytes(feed.read_bytes()[:400_000])
    assert FORMAT.recognises(cut)
    with pytest.raises(MarketDataError, match=r"cut\.gz is cut off or corrupt"):
        read(cut)
