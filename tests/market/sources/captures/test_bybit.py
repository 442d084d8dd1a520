"""Captures of Bybit against their raw messages, books that must fit, and feeds that break."""

from __future__ import annotations

import gzip
import json
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
from obverse.market.series.parts import Part, checked
from obverse.market.sources.captures.bybit import FORMAT, NO_SNAPSHOT, read
from obverse.market.sources.captures.bybit_contracts import expiry_ns

FEED = "wss://stream.bybit.com/realtime"
CONNECTED = f"{FEED} <-> 1618677785.489609"
LINEAR, INVERSE = "BYBIT.ws.25.0.gz", "BYBIT.ws.26.0.gz"
Write = Callable[..., Path]
Series = dict[tuple[str, str], Part]


def series(parts: list[Part]) -> Series:
    return {(part.instrument, part.kind.name): checked(part) for part in parts}


def bodies(path: Path) -> Iterator[dict[str, Any]]:
    for line in gzip.decompress(path.read_bytes()).decode().splitlines():
        if line[:1].isdigit():
            yield json.loads(line.split(": ", 1)[1])


def sent(topic: str, **message: object) -> str:
    numbers = {"cross_seq": 7, "timestamp_e6": 1618677786558146}
    return f"1618677786.9: {json.dumps({'topic': topic, **numbers, **message})}"


def level(side: str, price: object, size: object = 1) -> dict[str, object]:
    return {"symbol": "BTCUSD", "side": side, "price": price, "size": size, "id": 1}


def whole(*levels: dict[str, object]) -> str:
    return sent("orderBookL2_25.BTCUSD", type="snapshot", data=list(levels))


def delta(**changes: list[dict[str, object]]) -> str:
    none: dict[str, list[dict[str, object]]] = {"delete": [], "update": [], "insert": []}
    return sent("orderBookL2_25.BTCUSD", type="delta", data=none | changes)


@pytest.fixture(scope="module", params=[LINEAR, INVERSE])
def feed(request: pytest.FixtureRequest, venue_captures: Path) -> Path:
    return venue_captures / str(request.param)


@pytest.fixture(scope="module")
def live(feed: Path) -> Series:
    return series(read(feed))


def test_it_knows_its_captures(venue_captures: Path) -> None:
    known = [path.name for path in sorted(venue_captures.iterdir()) if FORMAT.recognises(path)]
    assert known == ["BYBIT.0.gz", LINEAR, INVERSE]


def test_every_level_and_trade_is_kept(feed: Path, live: Series) -> None:
    counted: Counter[tuple[str, str]] = Counter()
    for message in bodies(feed):
        channel, _, symbol = message.get("topic", "").partition(".")
        data = message.get("data")
        if channel == "trade":
            counted[symbol, "trades"] += len(data)
        elif channel and message["type"] == "snapshot":
            counted[symbol, "book_levels"] += len(
                data.get("order_book") if "BYBIT.ws.25.0" in feed.name else data
            )
        elif channel:
            changes = (data["delete"], data["update"], data["insert"])
            counted[symbol, "book_levels"] += sum(map(len, changes))
    assert {key: len(part.frame) for key, part in live.items()} == counted
    wanted = {LINEAR: 20_342 + 101, INVERSE: 2_652 + 150}
    assert sum(counted.values()) == wanted[feed.name]
    assert all(not part.findings for part in live.values())


def test_books_stay_uncrossed_with_25_levels_at_most(live: Series) -> None:
    messages = 0
    for (_, kind), part in live.items():
        if kind != "book_levels":
            continue
        sides: dict[bool, dict[float, float]] = {True: {}, False: {}}
        columns = ("snapshot", "is_bid", "price", "size")
        for _, rows in part.frame.group_by("update_id", maintain_order=True):
            for _, is_bid, price, size in rows.select(columns).iter_rows():
                if size:
                    sides[is_bid][price] = size
                else:
                    del sides[is_bid][price]
            messages += 1
            assert max(sides[True]) < min(sides[False])
            assert max(map(len, sides.values())) <= 25
    assert messages in (3_260, 1_018)


def test_numbers_of_messages_rise(live: Series) -> None:
    for (_, kind), part in live.items():
        if kind == "book_levels":
            steps = part.frame["update_id"].diff().drop_nulls()
            assert (steps >= 0).all()
            assert part.frame["time"].is_sorted()


def test_trades_happen_near_the_book(venue_captures: Path) -> None:
    """Inverse BTCUSD: every trade within 10 dollars of the first snapshot's best prices."""
    live = series(read(venue_captures / INVERSE))
    full = live["BTCUSD", "book_levels"].frame.filter("snapshot")
    bid = full.filter("is_bid")["price"].max()
    trades = live["BTCUSD", "trades"].frame
    assert isinstance(bid, float)
    assert trades["price"].is_between(bid - 10, bid + 10).all()
    assert (trades["size"] == trades["size"].round()).all()
    assert set(trades["side"]) == {"buy", "sell"}


def test_times_are_the_exchange_s_and_the_recorder_s_apart(venue_captures: Path) -> None:
    live = series(read(venue_captures / INVERSE))
    book = live["EOSUSD", "book_levels"].frame.row(0, named=True)
    assert book["time"] == datetime(2021, 4, 17, 16, 43, 6, 558_146, tzinfo=UTC)
    assert book["local_time"] == datetime(2021, 4, 17, 16, 43, 6, 986_287, tzinfo=UTC)
    first = live["BTCUSD", "trades"].frame.row(0, named=True)
    assert first["time"] == datetime(2021, 4, 17, 16, 43, 6, 614_000, tzinfo=UTC)
    assert (first["price"], first["size"], first["side"]) == (60621.5, 4.0, "sell")
    assert first["trade_id"] == "5ffb8b77-900c-507d-97a2-0922557ffe54"


def test_a_lost_message_shows_in_the_levels(feed: Path, tmp_path: Path) -> None:
    lines = gzip.decompress(feed.read_bytes()).split(b"\n")
    inserts = [place for place, line in enumerate(lines) if b'"insert":[{"price"' in line]
    path = tmp_path / "lost.gz"
    path.write_bytes(gzip.compress(b"\n".join(lines[: inserts[0]] + lines[inserts[0] + 1 :])))
    told = [finding.reason for part in read(path) for finding in part.findings]
    assert told
    assert all("a message is missing" in reason for reason in told)


def test_the_list_is_read(venue_captures: Path) -> None:
    listed = series(read(venue_captures / "BYBIT.0.gz"))
    assert len(listed) == 15
    future = listed["BTCUSDM21", "instruments"].frame.row(0, named=True)
    assert future["time"] == datetime(2021, 4, 17, 16, 43, 5, 322_543, tzinfo=UTC)
    assert future["expiry"] == datetime(2021, 6, 25, 8, tzinfo=UTC)
    assert (future["contract"], future["payoff"]) == ("future", "inverse")
    linear = listed["BTCUSDT", "instruments"].frame.row(0, named=True)
    assert (linear["contract"], linear["payoff"], linear["settlement"]) == (
        "perpetual",
        "linear",
        "USDT",
    )
    assert (linear["maker_fee"], linear["taker_fee"]) == (-0.00025, 0.00075)
    assert (linear["lot_size"], linear["tick_size"]) == (0.001, 0.5)


def test_only_futures_expire() -> None:
    assert expiry_ns("BTCUSD", "BTCUSD") is None
    assert expiry_ns("BTCUSDM21", "BTCUSD1325") is None
    assert expiry_ns("BTCUSDZ21", "BTCUSD1231") == 1640937600 * 10**9


@given(
    st.lists(st.integers(1, 50), unique=True, min_size=1),
    st.lists(st.integers(51, 99), unique=True, min_size=1),
)
def test_a_snapshot_is_given_as_it_came(
    tmp_path_factory: pytest.TempPathFactory, bids: list[int], asks: list[int]
) -> None:
    levels = [level("Buy", f"{price}.50") for price in bids]
    levels += [level("Sell", price) for price in asks]
    path = tmp_path_factory.mktemp("bybit") / "capture.gz"
    path.write_bytes(gzip.compress("\n".join([CONNECTED, whole(*levels)]).encode()))
    (part,) = read(path)
    assert part.frame["price"].to_list() == [*(price + 0.5 for price in bids), *asks]
    assert part.frame["is_bid"].to_list() == [True] * len(bids) + [False] * len(asks)
    assert part.frame["snapshot"].all()


def test_a_price_that_changes_sides_is_removed_then_added(capture: Write) -> None:
    moved = delta(insert=[level("Sell", "99", 3)], delete=[level("Buy", "99")])
    (part,) = read(capture(CONNECTED, whole(level("Buy", "99"), level("Sell", "101")), moved))
    rows = part.frame.filter(~pl.col("snapshot")).select("is_bid", "price", "size").rows()
    assert rows == [(True, 99.0, 0.0), (False, 99.0, 3.0)]
    assert not part.findings


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (delta(update=[level("Buy", "98")]), "a level to update is not there"),
        (delta(delete=[level("Sell", "99")]), "a level to delete is not there"),
        (delta(insert=[level("Buy", "99")]), "a level to insert is there already"),
    ],
)
def test_a_level_that_does_not_fit_is_told_and_kept(capture: Write, change: str, told: str) -> None:
    (part,) = read(capture(CONNECTED, whole(level("Buy", "99")), change))
    assert [finding.reason for finding in part.findings] == [f"{told}: a message is missing"]
    assert len(checked(part).frame) == 2


def test_a_new_connection_forgets_the_book(capture: Write) -> None:
    lines = (CONNECTED, whole(level("Buy", "99")), CONNECTED, delta(update=[level("Buy", "99")]))
    (part,) = read(capture(*lines))
    assert [finding.reason for finding in part.findings] == [NO_SNAPSHOT]


def test_prices_and_sizes_that_are_none_drop_their_row(capture: Write) -> None:
    bad = [level("Buy", "nan"), level("Buy", 0), level("Buy", "-1"), level("Buy", 98, "-2")]
    (part,) = read(capture(CONNECTED, whole(*bad, level("Buy", "99"))))
    kept = checked(part)
    assert kept.frame["price"].to_list() == [99.0]
    assert {finding.severity for finding in kept.findings} == {"dropped"}


def test_channels_that_are_not_read_and_refusals_are_told(capture: Write) -> None:
    refused = {"ret_code": 10006, "ret_msg": "too many", "time_now": "1.5", "result": None}
    answer = f"https://api.bybit.com/v2/public/symbols -> 1.5: {json.dumps(refused)}"
    other = sent("instrument_info.100ms.BTCUSD", type="snapshot")
    (part,) = read(capture(answer, CONNECTED, other, whole(level("Buy", "99"))))
    assert [finding.reason for finding in part.findings] == [
        "the venue refused to list: too many",
        "messages of instrument_info are not read",
    ]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('1.5: {"topic": "trade.BTCUSD"', "line 2 is not JSON"),
        (sent("trade.BTCUSD", data=[{"price": "1"}]), "line 2 is no message as expected"),
        (whole(level("Buy", "cheap")), "line 2 is no message as expected"),
        (whole(level("Left", "9")), "line 2 is no message as expected"),
        ("what is this", "line 2 is no frame"),
    ],
)
def test_a_broken_message_is_named_by_file_and_line(capture: Write, line: str, told: str) -> None:
    with pytest.raises(MarketDataError, match=rf"capture\.gz {told}"):
        read(capture(CONNECTED, line))


def test_a_truncated_capture_is_named(feed: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.gz"
    cut.write_bytes(feed.read_bytes()[:-2_000])
    assert FORMAT.recognises(cut)
    with pytest.raises(MarketDataError, match=r"cut\.gz is cut off or corrupt"):
        read(cut)
