"""Captures of Kraken Futures against their raw messages, and feeds nobody recorded."""

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

from obverse.errors import MarketDataError
from obverse.market.series.parts import Part, checked
from obverse.market.sources.captures.kraken import FORMAT, read
from obverse.market.sources.captures.kraken_instruments import named

FEED = "wss://futures.kraken.com/ws/v1"
ANSWER = "https://futures.kraken.com/derivatives/api/v3/instruments"
TICKER = {
    "time": 1676393235406, "product_id": "PI_XBTUSD", "funding_rate": -6.2604214e-11,
    "funding_rate_prediction": -3.65989977e-10, "relative_funding_rate": -1.380384722222e-6,
    "relative_funding_rate_prediction": -8.047629166667e-6,
    "next_funding_rate_time": 1676394000000, "feed": "ticker", "bid": 21978.5, "ask": 21987.0,
    "bid_size": 2536.0, "ask_size": 13948.0, "volume": 31403908.0, "dtm": 0, "leverage": "50x",
    "index": 21984.54, "premium": -0.0, "last": 21983.5, "change": 1.9974017538161748,
    "suspended": False, "tag": "perpetual", "pair": "XBT:USD", "openInterest": 30072580.0,
    "markPrice": 21979.68641534714, "maturityTime": 0, "volumeQuote": 31403908.0,
}  # fmt: skip
Write = Callable[..., Path]
Series = dict[tuple[str, str], Part]


def series(parts: list[Part]) -> Series:
    return {(part.instrument, part.kind.name): checked(part) for part in parts}


def bodies(path: Path) -> Iterator[dict[str, Any]]:
    for line in gzip.decompress(path.read_bytes()).decode().splitlines():
        if line[:1].isdigit():
            yield json.loads(line.split(": ", 1)[1])


@pytest.fixture(scope="module")
def feed(venue_captures: Path) -> Path:
    return venue_captures / "KRAKEN_FUTURES.ws.1.0.gz"


@pytest.fixture(scope="module")
def live(feed: Path) -> Series:
    return series(read(feed))


@pytest.fixture(scope="module")
def listed(venue_captures: Path) -> Series:
    return series(read(venue_captures / "KRAKEN_FUTURES.0.gz"))


def test_it_knows_its_captures(venue_captures: Path) -> None:
    known = [path.name for path in sorted(venue_captures.iterdir()) if FORMAT.recognises(path)]
    assert known == ["KRAKEN_FUTURES.0.gz", "KRAKEN_FUTURES.ws.1.0.gz"]


def test_every_level_ticker_and_trade_is_kept(feed: Path, live: Series) -> None:
    counted: Counter[tuple[str, str]] = Counter()
    for message in bodies(feed):
        feed_name, symbol = message.get("feed"), message.get("product_id")
        if "event" in message:
            continue
        if feed_name == "book_snapshot":
            counted[symbol, "book_levels"] += len(message["bids"]) + len(message["asks"])
        elif feed_name == "book":
            counted[symbol, "book_levels"] += 1
        elif feed_name == "trade_snapshot":
            counted[symbol, "trades"] += len(message["trades"])
        else:
            counted[symbol, {"trade": "trades", "ticker_lite": "tickers"}[feed_name]] += 1
    assert {key: len(part.frame) for key, part in live.items()} == counted
    assert sum(counted.values()) == 8_585 + 1_003 + 107


def test_differences_follow_the_snapshot_without_a_gap(live: Series) -> None:
    for (_, kind), part in live.items():
        if kind != "book_levels":
            continue
        full = part.frame.filter(pl.col("snapshot"))
        changes = part.frame.filter(~pl.col("snapshot"))
        assert full["update_id"].n_unique() == 1
        numbers = pl.concat([full["update_id"][:1], changes["update_id"]])
        assert (changes["previous_update_id"] == numbers[:-1]).all()


def test_the_book_stays_uncrossed_and_agrees_with_the_ticker(live: Series) -> None:
    """At each ticker the book's best prices are its own, but for what is under way."""
    symbol = "FI_XBTUSD_210924"
    tickers = live[symbol, "tickers"].frame.select("local_time", "bid", "ask").rows()
    sides: dict[bool, dict[float, float]] = {True: {}, False: {}}
    agreed, compared = 0, 0
    rows = live[symbol, "book_levels"].frame
    for at, is_bid, price, size in rows.select("local_time", "is_bid", "price", "size").iter_rows():
        while tickers and tickers[0][0] < at and sides[False]:
            _, bid, ask = tickers.pop(0)
            compared += 1
            agreed += (max(sides[True]), min(sides[False])) == (bid, ask)
        if size:
            sides[is_bid][price] = size
        else:
            del sides[is_bid][price]
    assert max(sides[True]) < min(sides[False])
    assert compared >= 15
    assert agreed >= compared - 4


def test_a_short_ticker_has_the_recorder_s_time_and_says_so(live: Series) -> None:
    part = live["FI_XBTUSD_210730", "tickers"]
    row = part.frame.row(0, named=True)
    assert row["time"] == row["local_time"]
    assert [str(each) for each in part.findings] == [
        "flagged kraken FI_XBTUSD_210730 tickers: 12 times: messages of ticker_lite tell no time; "
        "the recorder's clock stands for it"
    ]
    assert (row["bid"], row["ask"], row["volume_24h_usd"]) == (32170.5, 32192.5, 2_375_190)
    assert (row["contract"], row["underlying"], row["mark"]) == ("future", "BTC", None)


def test_delivery_is_at_four_in_london(live: Series, listed: Series) -> None:
    summer, winter = (
        listed[symbol, "instruments"].frame["expiry"][0]
        for symbol in ("FI_XBTUSD_210924", "FI_XBTUSD_211231")
    )
    assert summer == datetime(2021, 9, 24, 15, tzinfo=UTC)
    assert winter == datetime(2021, 12, 31, 16, tzinfo=UTC)
    for (symbol, kind), part in live.items():
        if kind == "tickers" and symbol.startswith("FI"):
            assert set(part.frame["expiry"]) == set(listed[symbol, "instruments"].frame["expiry"])
    assert live["PI_ETHUSD", "tickers"].frame["expiry"].null_count() == 25


def test_trades_from_before_the_recorder_come_in_order(feed: Path, live: Series) -> None:
    trades = live["FI_XBTUSD_210730", "trades"].frame
    assert trades["time"].is_sorted()
    last = trades.row(-1, named=True)
    assert last["time"] == datetime(2021, 7, 22, 23, 1, 27, 422_000, UTC)
    assert (last["trade_id"], last["side"], last["price"], last["size"]) == (
        "1fa80d87-286d-424d-aac3-973a02d1d2a1", "buy", 32172.0, 300.0,
    )  # fmt: skip
    assert trades["trade_id"].n_unique() == len(trades)


def test_specifications(listed: Series) -> None:
    rows = [part.frame.row(0, named=True) for part in listed.values()]
    assert Counter(row["contract"] for row in rows) == {"perpetual": 5, "future": 12}
    assert {(row["payoff"], row["contract_size"]) for row in rows} == {("inverse", 1.0)}
    perpetual = listed["PI_XBTUSD", "instruments"].frame.row(0, named=True)
    assert perpetual["time"] == datetime(2021, 7, 22, 23, 2, 7, 160_000, UTC)
    assert (perpetual["underlying"], perpetual["quote"], perpetual["settlement"]) == (
        "BTC", "USD", "BTC",
    )  # fmt: skip
    assert (perpetual["initial_margin"], perpetual["maintenance_margin"]) == (0.02, 0.01)
    assert perpetual["tick_size"] == 0.5
    told = [str(each) for part in listed.values() for each in part.findings]
    assert told == ["dropped kraken: 10 times: a spot index is listed, which is no contract"]


@pytest.mark.parametrize(
    ("name", "contract", "payoff", "coin", "quote"),
    [
        ("PI_XBTUSD", "perpetual", "inverse", "BTC", "USD"),
        ("FI_LTCUSD_210924", "future", "inverse", "LTC", "USD"),
        ("PV_XRPXBT", "perpetual", "linear", "XRP", "BTC"),
        ("PF_SOLUSD", "perpetual", "linear", "SOL", "USD"),
    ],
)
def test_names(name: str, contract: str, payoff: str, coin: str, quote: str) -> None:
    told = named(name)
    assert told is not None
    assert (told.contract, told.payoff, told.coin, told.quote) == (contract, payoff, coin, quote)


@pytest.mark.parametrize("name", ["IN_XBTUSD", "RR_XBTUSD", "PI_XBT", "pi_xbtusd", ""])
def test_what_is_no_name_of_a_contract(name: str) -> None:
    assert named(name) is None


def message(data: dict[str, Any]) -> str:
    return f"1676393235.5: {json.dumps(data)}"


def test_the_relative_rate_is_an_hour_s_and_not_the_absolute_one(capture: Write) -> None:
    (part,) = read(capture(f"{FEED} <-> 1", message(TICKER)))
    row = checked(part).frame.row(0, named=True)
    assert row["time"] == datetime(2023, 2, 14, 16, 47, 15, 406_000, UTC)
    assert row["funding_rate_8h"] == pytest.approx(8 * -1.380384722222e-6, rel=1e-12)
    absolute_8h = 8 * float(TICKER["funding_rate"])  # type: ignore[arg-type]
    assert absolute_8h * row["index"] == pytest.approx(row["funding_rate_8h"], rel=0.01)
    assert (row["mark"], row["last"]) == (21979.68641534714, 21983.5)
    assert row["open_interest_usd"] == row["open_interest_contracts"] == 30_072_580
    assert row["volume_24h_usd"] == 31_403_908
    assert not part.findings


def test_a_rate_that_is_not_sent_is_zero(capture: Write) -> None:
    silent = {name: value for name, value in TICKER.items() if "funding" not in name}
    future = silent | {"product_id": "FI_XBTUSD_230331", "maturityTime": 1680274800000}
    found = series(read(capture(f"{FEED} <-> 1", message(silent), message(future))))
    assert found["PI_XBTUSD", "tickers"].frame["funding_rate_8h"][0] == 0.0
    row = found["FI_XBTUSD_230331", "tickers"].frame.row(0, named=True)
    assert row["funding_rate_8h"] is None
    assert row["expiry"] == datetime(2023, 3, 31, 15, tzinfo=UTC)


def test_contracts_that_are_coins_are_no_dollars(capture: Write) -> None:
    flexible = TICKER | {"product_id": "PF_XBTUSD", "volume": 2426.872, "openInterest": 2055.214}
    flexible["volumeQuote"] = 193_603_003.7945
    vanilla = TICKER | {"product_id": "PV_XRPXBT"}
    found = series(read(capture(f"{FEED} <-> 1", message(flexible), message(vanilla))))
    row = found["PF_XBTUSD", "tickers"].frame.row(0, named=True)
    assert (row["open_interest_usd"], row["open_interest_contracts"]) == (None, 2055.214)
    assert row["volume_24h_usd"] == 193_603_003.7945
    assert found["PV_XRPXBT", "tickers"].frame["volume_24h_usd"][0] is None


def test_an_empty_book_and_unread_feeds_are_told(capture: Write) -> None:
    empty = {
        "feed": "book_snapshot", "product_id": "PI_XBTUSD", "timestamp": 1, "seq": 7,
        "bids": [], "asks": [],
    }  # fmt: skip
    change = {
        "feed": "book", "product_id": "PI_XBTUSD", "side": "buy", "seq": 8, "price": 100.5,
        "qty": 3, "timestamp": 2,
    }  # fmt: skip
    path = capture(
        f"{FEED} <-> 1",
        message({"event": "info", "version": 1}),
        message(empty),
        message(change),
        message({"feed": "heartbeat", "time": 3}),
        message(TICKER | {"product_id": "IN_XBTUSD"}),
    )
    (part,) = read(path)
    row = checked(part).frame.row(0, named=True)
    assert (row["update_id"], row["previous_update_id"], row["is_bid"]) == (8, 7, True)
    assert {str(each) for each in part.findings} == {
        "flagged kraken PI_XBTUSD book_levels: a full book without any level has no row; "
        "changes may follow it",
        "dropped kraken: messages of heartbeat are not read",
        "dropped kraken IN_XBTUSD tickers: the name is of no contract",
    }


@pytest.mark.parametrize(
    "line",
    [
        message({"feed": "book", "product_id": "PI_XBTUSD", "side": "bid"}),
        message({"feed": "trade", "product_id": "PI_XBTUSD"}),
        message({"feed": "trade_snapshot"}),
        message(TICKER | {"bid": "high"}),
        '1: {"feed":"book","product',
        "1: []",
        f'{ANSWER} -> 1: {{"result":"error","serverTime":"2021-07-22T23:02:07.160Z"}}',
    ],
)
def test_a_message_of_another_shape_is_refused_with_its_line(capture: Write, line: str) -> None:
    with pytest.raises(MarketDataError, match=r"capture\.gz line 2"):
        read(capture(f"{FEED} <-> 1", line))


def test_a_file_cut_off_is_refused_by_name(feed: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.gz"
    cut.write_bytes(feed.read_bytes()[:90_000])
    with pytest.raises(MarketDataError, match=r"cut\.gz is cut off"):
        read(cut)
