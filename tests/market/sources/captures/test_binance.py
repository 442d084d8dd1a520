"""Captures of Binance COIN-M against their raw messages, and books put together from both files."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from obverse.errors import MarketDataError
from obverse.market.series.parts import Part, checked
from obverse.market.sources.captures.binance import FORMAT, read
from obverse.market.sources.captures.binance_contracts import named

FEED = "wss://dstream.binance.com/stream?streams=btcusd_perp@depth"
INFO = "https://dapi.binance.com/dapi/v1/exchangeInfo"
KINDS = {"depthUpdate": "book_levels", "bookTicker": "book_tops", "aggTrade": "trades"}
Write = Callable[..., Path]
Series = dict[tuple[str, str], Part]


def series(parts: list[Part]) -> Series:
    return {(part.instrument, part.kind.name): checked(part) for part in parts}


def bodies(path: Path) -> Iterator[dict[str, Any]]:
    for line in gzip.decompress(path.read_bytes()).decode().splitlines():
        if ": {" in line and not line.startswith("configuration"):
            yield json.loads(line.split(": ", 1)[1])


@pytest.fixture(scope="module")
def feed(venue_captures: Path) -> Path:
    return venue_captures / "BINANCE_DELIVERY.ws.1.0.gz"


@pytest.fixture(scope="module")
def live(feed: Path) -> Series:
    return series(read(feed))


@pytest.fixture(scope="module")
def snapshots(venue_captures: Path) -> Series:
    return series(read(venue_captures / "BINANCE_DELIVERY.http.0.0.gz"))


@pytest.fixture(scope="module")
def listed(venue_captures: Path) -> Series:
    return series(read(venue_captures / "BINANCE_DELIVERY.0.gz"))


def test_it_knows_its_captures(venue_captures: Path) -> None:
    known = [path.name for path in sorted(venue_captures.iterdir()) if FORMAT.recognises(path)]
    assert known == [
        "BINANCE_DELIVERY.0.gz", "BINANCE_DELIVERY.http.0.0.gz", "BINANCE_DELIVERY.ws.1.0.gz",
    ]  # fmt: skip


def test_every_level_quote_and_trade_is_kept(feed: Path, live: Series) -> None:
    counted: Counter[tuple[str, str]] = Counter()
    for message in bodies(feed):
        data = message["data"]
        if data["e"] == "depthUpdate":
            counted[data["s"], "book_levels"] += len(data["b"]) + len(data["a"])
        elif data["e"] in KINDS:
            counted[data["s"], KINDS[data["e"]]] += 1
    assert {key: len(part.frame) for key, part in live.items()} == counted
    assert sum(counted.values()) == 2_240 + 17_932 + 51


def test_times_of_transaction_and_of_sending(live: Series) -> None:
    row = live["BCHUSD_PERP", "book_tops"].frame.row(0, named=True)
    assert row["time"] == datetime(2021, 7, 22, 1, 13, 23, 864_000, UTC)
    assert row["sent_time"] - row["time"] == timedelta(milliseconds=7)
    assert row["update_id"] == 167006084895
    assert [row[name] for name in ("bid", "bid_size", "ask", "ask_size")] == [
        427.84, 24, 427.90, 669,
    ]  # fmt: skip


def test_a_trade_and_an_aggregate_of_several(feed: Path, live: Series) -> None:
    first = live["BCHUSD_PERP", "trades"].frame.row(0, named=True)
    assert (first["trade_id"], first["side"], first["price"]) == ("16034449", "sell", 427.91)
    held = sum(
        message["data"]["l"] - message["data"]["f"] + 1
        for message in bodies(feed)
        if message["data"]["e"] == "aggTrade"
    )
    kept = 0
    for (_, kind), part in live.items():
        if kind == "trades":
            for trade_id in part.frame["trade_id"]:
                ends = [int(number) for number in trade_id.split("-")]
                kept += ends[-1] - ends[0] + 1
    assert kept == held > 51


def test_differences_follow_one_another(live: Series) -> None:
    for (_, kind), part in live.items():
        if kind == "book_levels":
            changes = part.frame.select(
                "update_id", "first_update_id", "previous_update_id"
            ).unique(maintain_order=True)
            assert (changes["previous_update_id"][1:] == changes["update_id"][:-1]).all()
            assert (changes["first_update_id"] > changes["previous_update_id"]).all()


@pytest.mark.parametrize("symbol", ["ETHUSD_210924", "XRPUSD_PERP", "BTCUSD_211231"])
def test_snapshot_and_differences_make_the_book_of_the_best_quotes(
    live: Series, snapshots: Series, symbol: str
) -> None:
    """The venue's rule of joining them, and the quotes at the numbers where both are known."""
    snapshot = snapshots[symbol, "book_levels"].frame
    last = snapshot["update_id"][0]
    changes = live[symbol, "book_levels"].frame.filter(pl.col("update_id") >= last)
    assert changes["first_update_id"][0] <= last <= changes["update_id"][0]
    sides: dict[bool, dict[float, float]] = {True: {}, False: {}}
    for is_bid, price, size in snapshot.select("is_bid", "price", "size").iter_rows():
        sides[is_bid][price] = size
    quoted = {
        number: rest
        for number, *rest in live[symbol, "book_tops"]
        .frame.select("update_id", "bid", "bid_size", "ask", "ask_size")
        .iter_rows()
    }
    compared = 0
    for (number,), rows in changes.group_by("update_id", maintain_order=True):
        for is_bid, price, size in rows.select("is_bid", "price", "size").iter_rows():
            if size:
                sides[is_bid][price] = size
            else:
                sides[is_bid].pop(price, None)
        if number in quoted:
            bid, ask = max(sides[True]), min(sides[False])
            assert [bid, sides[True][bid], ask, sides[False][ask]] == quoted[number]
            compared += 1
    assert compared > 10


def test_unfinished_bars_are_told_and_left_out(live: Series) -> None:
    assert not any(kind.startswith("bars") for _, kind in live)
    told = [each.reason for part in live.values() for each in part.findings]
    assert "11 times: a bar of which more was to come" in told


def test_specifications(listed: Series) -> None:
    assert len(listed) == 36
    rows = [part.frame.row(0, named=True) for part in listed.values()]
    assert Counter(row["contract"] for row in rows) == {"perpetual": 18, "future": 18}
    assert {row["payoff"] for row in rows} == {"inverse"}
    for row in rows:
        told = named(row["symbol"])
        assert told is not None
        assert told.contract_usd == row["contract_size"]
        assert told.coin == row["underlying"] == row["settlement"]
    future = listed["BTCUSD_210924", "instruments"].frame.row(0, named=True)
    assert future["expiry"] == datetime(2021, 9, 24, 8, tzinfo=UTC)
    assert (future["tick_size"], future["lot_size"]) == (0.1, 1)
    assert future["initial_margin"] is None


def test_the_expiry_in_a_name_is_the_one_listed(venue_captures: Path) -> None:
    (info,) = bodies(venue_captures / "BINANCE_DELIVERY.0.gz")
    for each in info["symbols"]:
        told = named(each["symbol"])
        assert told is not None
        dated = each["contractType"] != "PERPETUAL"
        assert told.expiry_ns == (each["deliveryDate"] * 1_000_000 if dated else None)


def test_an_old_list_is_told(listed: Series) -> None:
    told = [str(each) for part in listed.values() for each in part.findings]
    assert told == [
        "flagged binance: the list's serverTime is 22.3 h from the recorder's clock, and kept"
    ]
    times = listed["BTCUSD_PERP", "instruments"].frame.row(0, named=True)
    assert times["local_time"] - times["time"] > timedelta(hours=22)


@pytest.mark.parametrize("name", ["BTCUSD", "BTCUSDT_PERP", "BTCUSD_210931", "btcusd_perp", ""])
def test_what_is_no_name_of_a_contract(name: str) -> None:
    assert named(name) is None


def event(data: dict[str, Any]) -> str:
    return f"1626916440.1: {json.dumps({'stream': 'x', 'data': data})}"


def kline(**changes: Any) -> dict[str, Any]:
    bar = {
        "t": 1626916380000, "T": 1626916439999, "s": "ETHUSD_210924", "i": "1m", "f": 1, "L": 2,
        "o": "1992.70", "c": "1992.17", "h": "1993.71", "l": "1992.17", "v": "1893", "n": 41,
        "x": True, "q": "9.49653573", "V": "1368", "Q": "6.86228695", "B": "0",
    }  # fmt: skip
    return {"e": "kline", "E": 1626916440054, "s": bar["s"], "k": bar | changes}


def test_a_finished_bar_is_known_at_its_close(capture: Write) -> None:
    (part,) = read(capture(f"{FEED} <-> 1", event(kline())))
    row = checked(part).frame.row(0, named=True)
    assert part.kind.name == "bars_1m"
    assert row["time"] == datetime(2021, 7, 22, 1, 14, tzinfo=UTC)
    assert row["open_time"] == datetime(2021, 7, 22, 1, 13, tzinfo=UTC)
    assert (row["close"], row["volume_contracts"], row["trades"]) == (1992.17, 1893, 41)
    assert (row["volume_quote"], row["volume_coin"]) == (18_930, 9.49653573)
    low, high = row["volume_quote"] / row["high"], row["volume_quote"] / row["low"]
    assert low <= row["volume_coin"] <= high


def test_bars_of_a_month_have_no_kind(capture: Write) -> None:
    path = capture(f"{FEED} <-> 1", event(kline(i="1M")), event(kline()))
    (part,) = read(path)
    assert [each.reason for each in part.findings] == ["bars of 1M have no one length"]


def test_marks(capture: Write) -> None:
    mark = {"e": "markPriceUpdate", "E": 1626916440000, "p": "32000.5", "T": 0}
    found = series(
        read(
            capture(
                f"{FEED} <-> 1",
                event(mark | {"s": "BTCUSD_PERP", "r": "-0.00012", "i": "32001.25"}),
                event(mark | {"s": "BTCUSD_210924", "r": ""}),
                event(mark | {"s": "BTCUSDT", "r": ""}),
                event({"e": "forceOrder"}),
            )
        )
    )
    perpetual = found["BTCUSD_PERP", "tickers"].frame.row(0, named=True)
    assert (perpetual["mark"], perpetual["index"]) == (32000.5, 32001.25)
    assert perpetual["funding_rate_8h"] == -0.00012
    future = found["BTCUSD_210924", "tickers"].frame.row(0, named=True)
    assert (future["contract"], future["funding_rate_8h"]) == ("future", None)
    told = {str(each) for part in found.values() for each in part.findings}
    assert told == {
        "dropped binance BTCUSDT tickers: the name is of no COIN-M contract",
        "dropped binance: events of forceOrder are not read",
    }


def test_a_rate_that_is_no_number_is_refused(capture: Write) -> None:
    mark = {"e": "markPriceUpdate", "E": 1, "p": "1", "s": "BTCUSD_PERP", "r": "none"}
    with pytest.raises(MarketDataError, match=r"capture\.gz line 2 .*'none'"):
        read(capture(f"{FEED} <-> 1", event(mark)))


@pytest.mark.parametrize(
    "line",
    [
        event({"e": "bookTicker", "s": "BTCUSD_PERP"}),
        event({"e": "depthUpdate", "s": "BTCUSD_PERP", "b": [["1"]]}),
        event(kline(o="much")),
        f'{INFO} -> 1: {{"code":-1003,"msg":"Too many requests."}}',
        '1: {"stream":"x","data":{"e":"bookTi',
        "1: [1]",
    ],
)
def test_a_message_of_another_shape_is_refused_with_its_line(capture: Write, line: str) -> None:
    with pytest.raises(MarketDataError, match=r"capture\.gz line 2"):
        read(capture(f"{FEED} <-> 1", line))


def test_a_price_that_is_none_is_dropped_at_the_door(capture: Write) -> None:
    update = {
        "e": "depthUpdate", "E": 2, "T": 1, "s": "BTCUSD_PERP", "U": 1, "u": 2, "pu": 0,
        "b": [["NaN", "1"], ["-1", "1"], ["0", "1"], ["100", "1"]], "a": [["101", "-1"]],
    }  # fmt: skip
    (part,) = read(capture(f"{FEED} <-> 1", event(update)))
    assert checked(part).frame["price"].to_list() == [100.0]


def test_a_file_cut_off_is_refused_by_name(feed: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.gz"
    cut.write_bytes(feed.read_bytes()[:90_000])
    assert FORMAT.recognises(cut)
    with pytest.raises(MarketDataError, match=r"cut\.gz is cut off"):
        read(cut)
