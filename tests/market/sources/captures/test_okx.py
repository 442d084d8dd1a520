"""Captures of OKX against their raw messages, the venue's own checksums, and feeds that break."""

from __future__ import annotations

import gzip
import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.errors import MarketDataError
from obverse.market.floats import decimal_of_float
from obverse.market.series.parts import Part, checked
from obverse.market.sources.captures.okx import FORMAT, read
from obverse.market.sources.captures.okx_books import BROKEN, NO_SNAPSHOT, checksum
from obverse.market.sources.captures.okx_contracts import NO_TIME, named

FEED = "wss://ws.okx.com:8443/ws/v5/public"
SYMBOL = "BTC-USD-220527"
Write = Callable[..., Path]
Series = dict[tuple[str, str], Part]


def series(parts: list[Part]) -> Series:
    return {(part.instrument, part.kind.name): checked(part) for part in parts}


def bodies(path: Path) -> Iterator[dict[str, Any]]:
    for line in gzip.decompress(path.read_bytes()).decode().splitlines():
        if line[:1].isdigit():
            yield json.loads(line.split(": ", 1)[1])


def book(
    action: str, bids: list[list[str]], asks: list[list[str]], signed: int, **more: object
) -> str:
    data = {"asks": asks, "bids": bids, "ts": "1652459225393", "checksum": signed, **more}
    arg = {"channel": "books", "instId": SYMBOL}
    return f"1652459225.5: {json.dumps({'arg': arg, 'action': action, 'data': [data]})}"


def level(price: str, size: str) -> list[str]:
    return [price, size, "0", "1"]


SIGNED = (zlib.crc32(b"99:5:101:2") + 2**31) % 2**32 - 2**31
FIRST = book("snapshot", [level("99", "5")], [level("101", "2")], SIGNED)


@pytest.fixture(scope="module")
def feed(venue_captures: Path) -> Path:
    return venue_captures / "OKX.ws.1.0.gz"


@pytest.fixture(scope="module")
def live(feed: Path) -> Series:
    return series(read(feed))


@pytest.fixture(scope="module")
def listed(venue_captures: Path) -> list[Part]:
    return read(venue_captures / "OKX.0.gz")


def test_it_knows_its_captures(venue_captures: Path) -> None:
    known = [path.name for path in sorted(venue_captures.iterdir()) if FORMAT.recognises(path)]
    assert known == ["OKX.0.gz", "OKX.ws.1.0.gz"]


def test_every_level_ticker_and_trade_is_kept(feed: Path, live: Series) -> None:
    counted: Counter[tuple[str, str]] = Counter()
    for message in bodies(feed):
        if "event" in message:
            continue
        symbol, channel = message["arg"]["instId"], message["arg"]["channel"]
        for each in message["data"]:
            rows = len(each["bids"]) + len(each["asks"]) if channel == "books" else 1
            counted[symbol, "book_levels" if channel == "books" else channel] += rows
    assert {key: len(part.frame) for key, part in live.items()} == counted
    assert sum(counted.values()) == 8_264 + 74 + 28
    assert all(not part.findings for part in live.values())


def written(value: float) -> str:
    return f"{decimal_of_float(value).normalize():f}"


def test_the_rows_alone_have_all_290_checksums_of_the_venue(feed: Path, live: Series) -> None:
    """Nothing is lost in the rows: book and text of each number come back from them."""
    sums: dict[str, list[int]] = {}
    counts: dict[str, list[int]] = {}
    for message in bodies(feed):
        if "event" not in message and message["arg"]["channel"] == "books":
            (data,) = message["data"]
            sums.setdefault(message["arg"]["instId"], []).append(data["checksum"])
            levels = len(data["bids"]) + len(data["asks"])
            counts.setdefault(message["arg"]["instId"], []).append(levels)
    verified = 0
    for symbol, expected in sums.items():
        rows = live[symbol, "book_levels"].frame.select("is_bid", "price", "size").iter_rows()
        sides: dict[bool, dict[str, str]] = {True: {}, False: {}}
        for levels, signed in zip(counts[symbol], expected, strict=True):
            for is_bid, price, size in (next(rows) for _ in range(levels)):
                if size:
                    sides[is_bid][written(price)] = written(size)
                else:
                    sides[is_bid].pop(written(price), None)
            assert checksum(sides[True], sides[False]) == signed
            verified += 1
    assert verified == 290


def test_a_snapshot_has_400_levels_a_side_at_most_and_comes_once(live: Series) -> None:
    full = live["BTC-USDT", "book_levels"].frame.filter("snapshot")
    assert full["time"].n_unique() == 1
    assert full.group_by("is_bid").len()["len"].to_list() == [400, 400]


def test_a_lost_message_shows_in_the_checksum(feed: Path, tmp_path: Path) -> None:
    lines = gzip.decompress(feed.read_bytes()).split(b"\n")
    update = b'"instId":"BTC-USDT"},"action":"update"'
    lost = next(place for place, line in enumerate(lines) if update in line)
    path = tmp_path / "lost.gz"
    path.write_bytes(gzip.compress(b"\n".join(lines[:lost] + lines[lost + 1 :])))
    told = [finding.reason for part in read(path) for finding in part.findings]
    assert told
    assert all(BROKEN in reason for reason in told)


def test_the_checksum_by_hand() -> None:
    """The rule, from the venue's documentation: best bid, best ask, next bid, ... 25 of each."""
    text = b"3366.1:7:3366.8:9:3366:6:3368:8"
    assert checksum({"3366": "6", "3366.1": "7"}, {"3366.8": "9", "3368": "8"}) & 0xFFFFFFFF == (
        zlib.crc32(text)
    )
    lone = checksum({"3366.1": "7"}, {"3366.8": "9", "3368": "8", "3372": "8"}) & 0xFFFFFFFF
    assert lone == zlib.crc32(b"3366.1:7:3366.8:9:3368:8:3372:8")


@given(st.lists(st.integers(1, 10_000), unique=True, min_size=26, max_size=60))
def test_levels_beyond_the_25th_do_not_matter(prices: list[int]) -> None:
    bids = {str(price): "1" for price in prices}
    best = {str(price): "1" for price in sorted(prices)[-25:]}
    assert checksum(bids, {}) == checksum(best, {})
    assert -(2**31) <= checksum(bids, {}) < 2**31


def test_times_are_the_exchange_s_and_the_recorder_s_apart(live: Series) -> None:
    row = live[SYMBOL, "tickers"].frame.row(0, named=True)
    assert row["time"] == datetime(2022, 5, 13, 16, 27, 3, 3_000, tzinfo=UTC)
    assert (row["local_time"] - row["time"]).total_seconds() == pytest.approx(2.5036, abs=1e-4)
    assert row["expiry"] == datetime(2022, 5, 27, 8, tzinfo=UTC)
    assert (row["bid"], row["ask"], row["last"]) == (30210.4, 30220.1, 30218.8)
    assert row["volume_24h_usd"] == 779_573 * 100
    assert live["BTC-USDT", "tickers"].frame["volume_24h_usd"].null_count() == 25
    assert live["UNI-USD-SWAP", "tickers"].frame["volume_24h_usd"][0] == 289_425 * 10


def test_lists_are_whole_and_known_from_the_recorder_s_clock(
    venue_captures: Path, listed: list[Part]
) -> None:
    counted = Counter[str]()
    for line in gzip.decompress((venue_captures / "OKX.0.gz").read_bytes()).decode().splitlines():
        if " -> " in line:
            answer = json.loads(line.split(": ", 1)[1])
            counted.update(each["instId"] for each in answer["data"])
    assert {part.instrument: len(part.frame) for part in listed} == counted
    assert (len(counted), counted.total()) == (1_479, 7_395)
    told = [finding.reason for part in listed for finding in part.findings]
    assert told == [f"7,395 times: {NO_TIME}"]


def test_sizes_of_contracts_are_what_the_names_promise(listed: list[Part]) -> None:
    rows = pl.concat(checked(part).frame for part in listed)
    latest = rows.unique("symbol", keep="last")
    inverse = latest.filter(pl.col("contract").is_in(["perpetual", "future"]), payoff="inverse")
    assert len(inverse) > 50
    for row in inverse.iter_rows(named=True):
        told = named(row["symbol"])
        assert told is not None
        assert row["contract_size"] == told.contract_usd
        assert row["settlement"] == told.coin
    options = latest.filter(contract="option", underlying="BTC")
    assert options["contract_size"].unique().to_list() == [0.1]
    assert latest.filter(contract="spot")["contract_size"].null_count() == len(
        latest.filter(contract="spot")
    )


def test_names_tell_the_expiry_that_is_listed(listed: list[Part]) -> None:
    dated = [part for part in listed if part.frame["expiry"][0] is not None]
    assert len(dated) > 500
    for part in dated:
        told = named(part.instrument)
        assert told is not None
        assert told.expiry_ns == part.frame["expiry"].to_physical()[0]


@pytest.mark.parametrize("name", ["", "BTC", "BTC-USD-999999", "BTC-USD-SWAP-C", "btc-usd"])
def test_names_of_nothing(name: str) -> None:
    assert named(name) is None


def test_numbers_of_messages_are_kept_since_the_venue_sends_them(capture: Write) -> None:
    follows = book("update", [level("99", "0")], [], 0, seqId=12, prevSeqId=10)
    opens = book("snapshot", [level("99", "5")], [], 0, seqId=10, prevSeqId=-1)
    (part,) = read(capture(f"{FEED} <-> 1652459224.5", opens, follows))
    assert part.frame["update_id"].to_list() == [10, 12]
    assert part.frame["previous_update_id"].to_list() == [None, 10]
    assert not part.findings


def test_a_wrong_checksum_and_a_missing_snapshot_are_told(capture: Write) -> None:
    wrong = book("update", [level("98", "1")], [], 7)
    (part,) = read(capture(f"{FEED} <-> 1652459224.5", wrong, FIRST, wrong))
    assert [finding.reason for finding in part.findings] == [NO_SNAPSHOT, BROKEN]
    assert len(checked(part).frame) == 4
    (part,) = read(capture(f"{FEED} <-> 1652459224.5", FIRST))
    assert not part.findings


def test_a_new_connection_forgets_the_book(capture: Write) -> None:
    again = f"{FEED} <-> 1652459230.5"
    update = book("update", [level("98", "1")], [], 7)
    (part,) = read(capture(f"{FEED} <-> 1652459224.5", FIRST, again, update))
    assert [finding.reason for finding in part.findings] == [NO_SNAPSHOT]


def test_a_price_that_is_none_drops_its_row(capture: Write) -> None:
    bad = [level("nan", "5"), level("0", "5"), level("1e999", "1"), level("x", "2"), level("9", "")]
    (part,) = read(
        capture(f"{FEED} <-> 1652459224.5", book("snapshot", [*bad, level("99", "5")], [], 0))
    )
    kept = checked(part)
    assert kept.frame["price"].to_list() == [99]
    assert [finding.severity for finding in kept.findings] == ["dropped", "dropped"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('1.5: {"arg": {"channel": "books", "instId"', "line 2 is not JSON"),
        ('1.5: {"arg": {"channel": "trades"}, "data": [{"px": "1"}]}', "line 2 is no message"),
        (FIRST.replace("1652459225393", "soon"), "line 2 is no message"),
        ("what is this", "line 2 is no frame"),
    ],
)
def test_a_broken_message_is_named_by_file_and_line(capture: Write, line: str, told: str) -> None:
    with pytest.raises(MarketDataError, match=rf"capture\.gz {told}"):
        read(capture(f"{FEED} <-> 1652459224.5", line))


def test_other_channels_are_told(capture: Write) -> None:
    other = '1.5: {"arg": {"channel": "funding-rate", "instId": "BTC-USD-SWAP"}, "data": [{}]}'
    (part,) = read(capture(f"{FEED} <-> 1652459224.5", FIRST, other, "1.6: pong"))
    assert [finding.reason for finding in part.findings] == [
        "messages of funding-rate are not read"
    ]


def test_a_truncated_capture_is_named(feed: Path, tmp_path: Path) -> None:
    cut = tmp_path / "OKX.ws.1.0.gz"
    cut.write_bytes(feed.read_bytes()[:-2_000])
    assert FORMAT.recognises(cut)
    with pytest.raises(MarketDataError, match=r"OKX\.ws\.1\.0\.gz is cut off or corrupt"):
        read(cut)
    cut.write_bytes(b"not gzip")
    assert not FORMAT.recognises(cut)
