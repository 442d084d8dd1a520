"""Captures of BitMEX against their raw messages, and what the recorder did not happen to see."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.errors import MarketDataError
from obverse.market.series.parts import Part, checked
from obverse.market.sources.captures.bitmex import FORMAT, LISTING_FORMAT, read, read_listing
from obverse.market.sources.captures.bitmex_books import Books, Level
from obverse.market.sources.captures.rows import Rows

FEED = "wss://www.bitmex.com/realtime"
ANSWER = "https://www.bitmex.com/api/v1/instrument/active"
Write = Callable[..., Path]
Series = dict[tuple[str, str], Part]


def series(parts: list[Part]) -> Series:
    return {(part.instrument, part.kind.name): checked(part) for part in parts}


def raw(path: Path) -> list[dict[str, Any]]:
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    bodies = [line.split(": ", 1)[1] for line in lines if line[0].isdigit()]
    return [json.loads(body) for body in bodies]


@pytest.fixture(scope="module")
def feed(venue_captures: Path) -> Path:
    return venue_captures / "BITMEX.ws.1.0.gz"


@pytest.fixture(scope="module")
def live(feed: Path) -> Series:
    return series(read(feed))


@pytest.fixture(scope="module")
def listed(venue_captures: Path) -> Series:
    return series(read(venue_captures / "BITMEX.0.gz"))


def test_formats_know_their_files(venue_captures: Path) -> None:
    listing = venue_captures / "bitmex_instrument_active_2021-07-22T223607Z.json"
    assert [FORMAT.recognises(path) for path in (venue_captures / "BITMEX.0.gz", listing)] == [1, 0]
    assert LISTING_FORMAT.recognises(listing)
    assert not LISTING_FORMAT.recognises(venue_captures / "BITMEX.0.gz")
    assert not FORMAT.recognises(venue_captures / "DERIBIT.0.gz")


def test_every_row_of_every_table_is_kept(feed: Path, live: Series) -> None:
    counted: Counter[tuple[str, str]] = Counter()
    kinds = {"orderBookL2": "book_levels", "quote": "book_tops", "trade": "trades"}
    for message in raw(feed):
        if "table" in message:
            for row in message["data"]:
                counted[row["symbol"], kinds[message["table"]]] += 1
    assert {key: len(part.frame) for key, part in live.items()} == counted
    assert counted["XBTUSD", "book_levels"] == 11_058


def test_a_trade_as_the_venue_wrote_it(live: Series) -> None:
    row = live["XBTUSD", "trades"].frame.filter(
        pl.col("trade_id") == "6e70bebe-235e-08a6-d11b-e1042bf1f2ed"
    )
    assert row["time"][0] == datetime(2021, 7, 22, 22, 36, 11, 685_000, UTC)
    assert row.select("side", "price", "size", "value_coin").row(0) == (
        "buy", 32180.5, 100.0, 0.00310747,
    )  # fmt: skip


def test_trades_are_worth_their_lots_rounded_to_a_satoshi(live: Series) -> None:
    """Since 2021-06-08 a lot is 100 contracts: rounded(1e10 / price) satoshi a lot."""
    trades = live["XBTUSD", "trades"].frame
    for price, size, value in trades.select("price", "size", "value_coin").iter_rows():
        assert round(value * 1e8) == round(1e10 / price) * size / 100


def test_the_book_by_number_is_the_book_of_the_quotes(feed: Path, live: Series) -> None:
    """Rebuilt by price from the rows, the best levels are those the venue quoted last."""
    for symbol in ("XBTUSD", "BCHUSD", "XRPU21"):
        sides: dict[bool, dict[float, float]] = {True: {}, False: {}}
        rows = live[symbol, "book_levels"].frame
        for is_bid, price, size in rows.select("is_bid", "price", "size").iter_rows():
            if size:
                sides[is_bid][price] = size
            else:
                del sides[is_bid][price]
        top = live[symbol, "book_tops"].frame.row(-1, named=True)
        bid, ask = max(sides[True]), min(sides[False])
        assert (bid, ask) == (top["bid"], top["ask"])
        assert (sides[True][bid], sides[False][ask]) == (top["bid_size"], top["ask_size"])


def test_the_full_book_comes_first_and_changes_carry_the_level_s_price(
    feed: Path, live: Series
) -> None:
    rows = live["XBTUSD", "book_levels"].frame
    full = next(
        message["data"]
        for message in raw(feed)
        if message.get("action") == "partial"
        and message["table"] == "orderBookL2"
        and message["data"][0]["symbol"] == "XBTUSD"
    )
    assert rows["snapshot"].to_list() == [True] * len(full) + [False] * (len(rows) - len(full))
    prices = {level["id"]: level["price"] for level in full}
    change = next(
        message["data"][0]
        for message in raw(feed)
        if message.get("table") == "orderBookL2"
        and message["action"] == "update"
        and message["data"][0]["symbol"] == "XBTUSD"
    )
    row = rows.filter(~pl.col("snapshot")).row(0, named=True)
    assert (row["price"], row["size"]) == (prices[change["id"]], change["size"])


def test_a_book_without_times_says_so(live: Series) -> None:
    part = live["XBTUSD", "book_levels"]
    assert (part.frame["time"] == part.frame["local_time"]).all()
    assert any("the recorder's clock stands for it" in each.reason for each in part.findings)
    tops = live["XBTUSD", "book_tops"].frame
    late = (tops["local_time"] - tops["time"]).dt.total_milliseconds()
    assert 0 < late.min() < late.max() < 1_500  # type: ignore[operator]


def test_specifications(listed: Series) -> None:
    payoffs = Counter(
        part.frame["payoff"][0] for (_, kind), part in listed.items() if kind == "instruments"
    )
    assert payoffs == {"inverse": 5, "quanto": 22, "linear": 7}
    perpetual = listed["XBTUSD", "instruments"].frame.row(0, named=True)
    assert perpetual["contract"] == "perpetual"
    assert perpetual["expiry"] is None
    assert (perpetual["underlying"], perpetual["settlement"]) == ("BTC", "XBt")
    assert (perpetual["tick_size"], perpetual["lot_size"]) == (0.5, 100)
    assert perpetual["contract_size"] == -100_000_000
    assert (perpetual["maker_fee"], perpetual["taker_fee"]) == (-0.00025, 0.00075)
    assert (perpetual["initial_margin"], perpetual["maintenance_margin"]) == (0.01, 0.0035)
    future = listed["XBTU21", "instruments"].frame.row(0, named=True)
    assert future["contract"] == "future"
    assert future["expiry"] == datetime(2021, 9, 24, 12, tzinfo=UTC)


def test_the_marks_follow_the_venue_s_rules(listed: Series) -> None:
    """The perpetual's from funding to be paid at 04:00, the future's from its basis rate."""
    at = datetime(2021, 7, 22, 22, 36, 5, tzinfo=UTC)
    row = listed["XBTUSD", "tickers"].frame.row(0, named=True)
    assert (row["time"], row["index"], row["funding_rate_8h"]) == (at, 32182.72, 0.0001)
    to_funding = (datetime(2021, 7, 23, 4, tzinfo=UTC) - at).total_seconds() / 28_800
    assert row["mark"] == pytest.approx(32182.72 * (1 + 0.0001 * to_funding), abs=0.01)
    future = listed["XBTU21", "tickers"].frame.row(0, named=True)
    years = (future["expiry"] - at).total_seconds() / (365 * 86_400)
    assert future["mark"] == pytest.approx(32182.72 * (1 + 0.03 * years), abs=0.5)


def test_dollars_only_where_the_venue_says_them(listed: Series) -> None:
    inverse = listed["XBTUSD", "tickers"].frame.row(0, named=True)
    assert inverse["open_interest_usd"] == inverse["open_interest_contracts"] == 574_264_600
    assert inverse["volume_24h_usd"] == 662_123_900
    quanto = listed["ETHUSD", "tickers"].frame.row(0, named=True)
    assert quanto["open_interest_usd"] is None
    assert quanto["volume_24h_usd"] == pytest.approx(6_581.0389179 * 32_125, rel=1e-3)
    for other in ("XBTEUR", "XRPU21", "LINKUSDT"):
        row = listed[other, "tickers"].frame.row(0, named=True)
        assert row["open_interest_usd"] is row["volume_24h_usd"] is None


def test_the_file_of_the_answer_says_the_same_without_a_local_time(
    venue_captures: Path, listed: Series
) -> None:
    path = venue_captures / "bitmex_instrument_active_2021-07-22T223607Z.json"
    alone = series(read_listing(path))
    assert alone.keys() == listed.keys()
    for key, part in alone.items():
        assert part.frame["local_time"].null_count() == len(part.frame)
        assert part.frame.drop("local_time").equals(listed[key].frame.drop("local_time"))


def message(table: str, action: str, *data: dict[str, Any], at: str = "10") -> str:
    return f"{at}: {json.dumps({'table': table, 'action': action, 'data': list(data)})}"


def level(number: int, side: str = "Buy", symbol: str = "XBTUSD", **rest: Any) -> dict[str, Any]:
    return {"symbol": symbol, "id": number, "side": side, **rest}


def test_changes_without_their_full_book_are_dropped_and_told(capture: Write) -> None:
    path = capture(
        f"{FEED} <-> 1",
        message("orderBookL2", "update", level(7, size=5)),
        message("orderBookL2", "partial", level(7, size=1, price=100.5)),
        message("orderBookL2", "update", level(8, size=5)),
        message("orderBookL2", "delete", level(7)),
        message("orderBookL2", "update", level(7, size=2)),
    )
    (part,) = read(path)
    assert part.frame.select("price", "size", "snapshot").rows() == [
        (100.5, 1.0, True),
        (100.5, 0.0, False),
    ]
    told = [str(each) for each in part.findings]
    assert "dropped bitmex XBTUSD book_levels: a change to a book before its full state" in told
    assert (
        "dropped bitmex XBTUSD book_levels: 2 times: update of a level that was never told" in told
    )


def test_a_new_connection_forgets_books_and_a_full_book_replaces_them(capture: Write) -> None:
    full = message("orderBookL2", "partial", level(7, size=1, price=100.5))
    change = message("orderBookL2", "update", level(7, size=9))
    other = message("orderBookL2", "partial", level(8, size=1, price=99.5))
    lost = read(capture(f"{FEED} <-> 1", full, f"{FEED} <-> 2", change))
    replaced = read(capture(f"{FEED} <-> 1", full, other, change))
    assert [len(part.frame) for part in (*lost, *replaced)] == [1, 2]


def test_a_book_s_own_time_is_used_where_it_has_one(capture: Write) -> None:
    stamp = "2024-01-02T03:04:05.678Z"
    row = level(7, size=1, price=100.5, timestamp=stamp)
    (part,) = read(capture(f"{FEED} <-> 1", message("orderBookL2", "partial", row)))
    assert checked(part).frame["time"][0] == datetime(2024, 1, 2, 3, 4, 5, 678_000, UTC)
    assert not part.findings


def test_instrument_changes_are_folded_into_whole_tickers(
    venue_captures: Path, capture: Write
) -> None:
    text = (venue_captures / "bitmex_instrument_active_2021-07-22T223607Z.json").read_text()
    record = next(each for each in json.loads(text) if each["symbol"] == "XBTUSD")
    change = {"symbol": "XBTUSD", "markPrice": 32190.5, "timestamp": "2021-07-22T22:36:10.000Z"}
    path = capture(
        f"{FEED} <-> 1",
        message("instrument", "update", change),
        message("instrument", "partial", record),
        message("instrument", "update", change),
    )
    found = series(read(path))
    assert len(found["XBTUSD", "instruments"].frame) == 1
    first, second = found["XBTUSD", "tickers"].frame.rows(named=True)
    assert (first["mark"], second["mark"]) == (32184.89, 32190.5)
    assert second["time"] == datetime(2021, 7, 22, 22, 36, 10, tzinfo=UTC)
    kept = ("index", "last", "open_interest_usd", "funding_rate_8h", "underlying")
    assert [second[name] for name in kept] == [first[name] for name in kept]
    told = [each.reason for part in found.values() for each in part.findings]
    assert told == ["a change to a record before its full state"]


def test_of_several_changes_at_one_instant_the_last_is_shown(
    venue_captures: Path, capture: Write
) -> None:
    text = (venue_captures / "bitmex_instrument_active_2021-07-22T223607Z.json").read_text()
    record = next(each for each in json.loads(text) if each["symbol"] == "XBTUSD")
    stamp = {"symbol": "XBTUSD", "timestamp": "2021-07-22T22:36:10.000Z"}
    path = capture(
        f"{FEED} <-> 1",
        message("instrument", "partial", record),
        message("instrument", "update", stamp | {"markPrice": 32190.5}),
        message("instrument", "update", stamp | {"lastPrice": 32191.0}, at="11"),
        message("instrument", "update", {"symbol": "XBTUSD", "lastPrice": 1.0}, at="12"),
    )
    part = series(read(path))["XBTUSD", "tickers"]
    assert part.frame.select("mark", "last").rows() == [(32184.89, 32175.0), (32190.5, 32191.0)]
    assert part.frame["local_time"][1] == datetime(1970, 1, 1, 0, 0, 11, tzinfo=UTC)
    assert [each.reason for each in part.findings] == ["a change to a record without its time"]


@pytest.mark.parametrize(
    ("interval", "hours"),
    [
        ("2000-01-01T08:00:00.000Z", 8),
        ("2000-01-01T02:00:00.000Z", 2),
        ("2000-01-02T00:00:00Z", 24),
    ],
)
def test_funding_says_its_interval(capture: Write, interval: str, hours: int) -> None:
    row = {
        "timestamp": "2021-07-23T04:00:00.000Z", "symbol": "XBTUSD", "fundingInterval": interval,
        "fundingRate": -0.0003, "fundingRateDaily": -0.0009,
    }  # fmt: skip
    (part,) = read(capture(f"{FEED} <-> 1", message("funding", "partial", row)))
    frame = checked(part).frame
    assert frame.select("rate", "interval_hours").row(0) == (-0.0003, hours)
    assert frame["time"][0] == datetime(2021, 7, 23, 4, tzinfo=UTC)


def test_what_is_no_contract_of_its_own_is_told(capture: Write) -> None:
    def record(symbol: str, typ: str) -> dict[str, Any]:
        return {"symbol": symbol, "typ": typ, "timestamp": "2021-07-22T22:36:05Z"} | {
            "underlying": "XBT", "quoteCurrency": "USD",
        }  # fmt: skip

    listing = [record(".BXBT", "MRCXXX"), record("XBTM26-XBTU26", "FFCCSX")]
    (part,) = read(
        capture(f"{ANSWER} -> 5: {json.dumps([*listing, record('XBTUSDT', 'IFXXXP')])}")
    )[:1]
    assert (part.instrument, part.frame["payoff"][0]) == ("XBTUSDT", "spot")
    told = [str(each) for each in part.findings]
    assert told == [
        "dropped bitmex .BXBT: type MRCXXX is no contract of its own",
        "dropped bitmex XBTM26-XBTU26: type FFCCSX is no contract of its own",
    ]


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["insert", "update", "delete"]),
        st.integers(1, 4),
        st.sampled_from(["Buy", "Sell"]),
        st.integers(1, 9),
    ),
    max_size=30,
)


@given(ACTIONS)
def test_the_levels_of_the_rows_are_those_of_the_numbers(
    actions: list[tuple[str, int, str, int]],
) -> None:
    """Levels by price from the rows, against levels by number from the messages."""
    rows, books = Rows("bitmex", "feed"), Books()
    by_number = {1: (101.0, "Buy", 5.0)}
    books.take(rows, "partial", [Level("XBTUSD", 1, "Buy", 5.0, 101.0)], "XBTUSD", 1)
    for action, number, side, size in actions:
        told = Level("XBTUSD", number, side, float(size))  # type: ignore[arg-type]
        if action == "insert":
            told.price = 100.0 + number
            by_number[number] = (told.price, side, float(size))
        elif number in by_number:
            told.side = by_number[number][1]  # type: ignore[assignment]
            if action == "delete":
                told.size = None
                del by_number[number]
            else:
                by_number[number] = (by_number[number][0], told.side, float(size))
        books.take(rows, action, [told], "XBTUSD", 2)
    by_price = dict(rows.parts()[0].frame.select("price", "size").iter_rows())
    left = {price: size for price, size in by_price.items() if size}
    assert left == {price: size for price, _, size in by_number.values()}


@pytest.mark.parametrize(
    "line",
    [
        '10: {"table":"trade","action":"insert","data":[{"symbol":"XBTUSD"}]}',
        '10: {"table":"quote","action":"insert","data":[{"timestamp":"noon","symbol":"XBTUSD"}]}',
        '10: {"table":"orderBookL2","action":"partial","data":[{"symbol":"XBTUSD","id":"7"}]}',
        '10: {"table":"instrument","action":"partial","data":[{"symbol":"XBTUSD","typ":1}]}',
        '10: {"table":"trade","action":"insert","data":[',
        "10: [1]",
    ],
)
def test_a_message_of_another_shape_is_refused_with_its_line(capture: Write, line: str) -> None:
    with pytest.raises(MarketDataError, match=r"capture\.gz line 2"):
        read(capture(f"{FEED} <-> 1", line))


def test_broken_files_are_refused_by_name(venue_captures: Path, tmp_path: Path) -> None:
    listing = venue_captures / "bitmex_instrument_active_2021-07-22T223607Z.json"
    cut = tmp_path / "cut.json"
    cut.write_bytes(listing.read_bytes()[:9_000])
    assert LISTING_FORMAT.recognises(cut)
    with pytest.raises(MarketDataError, match=r"cut\.json is no list of BitMEX's instruments"):
        read_listing(cut)
    with pytest.raises(MarketDataError, match="cannot be read"):
        read_listing(tmp_path / "absent.json")
    feed = tmp_path / "cut.gz"
    feed.write_bytes((venue_captures / "BITMEX.ws.1.0.gz").read_bytes()[:50_000])
    with pytest.raises(MarketDataError, match=r"cut\.gz is cut off"):
        read(feed)
