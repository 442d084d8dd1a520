"""Captures of Deribit against their raw messages, and channels the recorder did not ask for."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from obverse.errors import MarketDataError
from obverse.market.series.parts import Part, checked
from obverse.market.sources.captures.deribit import FORMAT, read
from obverse.market.sources.captures.deribit_instruments import named

FEED = "wss://www.deribit.com/ws/api/v2"
ANSWER = "https://www.deribit.com/api/v2/public/get_instruments?currency=BTC&expired=false"
Write = Callable[..., Path]
Series = dict[tuple[str, str], Part]


def series(parts: list[Part]) -> Series:
    return {(part.instrument, part.kind.name): checked(part) for part in parts}


def channels(path: Path) -> list[dict[str, Any]]:
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    messages = [json.loads(line.split(": ", 1)[1]) for line in lines if line[:1].isdigit()]
    return [message["params"] for message in messages if "params" in message]


@pytest.fixture(scope="module")
def feed(venue_captures: Path) -> Path:
    return venue_captures / "DERIBIT.ws.1.0.gz"


@pytest.fixture(scope="module")
def live(feed: Path) -> Series:
    return series(read(feed))


@pytest.fixture(scope="module")
def listed(venue_captures: Path) -> Series:
    return series(read(venue_captures / "DERIBIT.0.gz"))


def test_it_knows_its_captures(venue_captures: Path, feed: Path) -> None:
    assert FORMAT.recognises(feed)
    assert FORMAT.recognises(venue_captures / "DERIBIT.0.gz")
    assert not FORMAT.recognises(venue_captures / "BITMEX.0.gz")


def test_every_ticker_and_every_level_is_kept(feed: Path, live: Series) -> None:
    counted: Counter[tuple[str, str]] = Counter()
    for each in channels(feed):
        name, data = each["channel"].split(".")[0], each["data"]
        if name == "ticker":
            counted[data["instrument_name"][:3], "options"] += 1
        else:
            levels = len(data["bids"]) + len(data["asks"])
            counted[data["instrument_name"], "book_levels"] += levels
    assert {key: len(part.frame) for key, part in live.items()} == +counted
    assert counted["BTC", "options"] + counted["ETH", "options"] == 89


def test_an_option_as_the_venue_wrote_it(live: Series) -> None:
    row = live["BTC", "options"].frame.filter(
        pl.col("symbol") == "BTC-31DEC21-34000-P",
        pl.col("time") == datetime(2021, 7, 22, 22, 42, 2, 933_000, UTC),
    ).row(0, named=True)  # fmt: skip
    assert (row["right"], row["strike"]) == ("put", 34000.0)
    assert row["expiry"] == datetime(2021, 12, 31, 8, tzinfo=UTC)
    assert (row["forward"], row["forward_symbol"]) == (32744.81, "BTC-31DEC21")
    assert (row["index"], row["mark"], row["bid"]) == (32201.67, 0.2335098, 0.2325)
    assert row["implied_volatility"] == pytest.approx(0.8002)
    assert (row["delta"], row["vega"], row["open_interest"]) == (-0.42256, 85.22269, 4.6)
    assert row["volume_24h"] is None


def test_no_bid_is_none_and_not_a_bid_of_nothing(live: Series) -> None:
    chain = live["ETH", "options"].frame
    without = chain.filter(pl.col("symbol") == "ETH-27AUG21-4000-P")
    assert without["bid"].null_count() == without["ask"].null_count() == len(without) == 7
    assert chain["bid"].drop_nulls().min() == 0.0015


def test_the_puts_obey_the_bounds_of_coin_settled_options(live: Series) -> None:
    """A put's mark is above its worth at once, less than a strike's worth of coin."""
    puts = live["BTC", "options"].frame.filter(pl.col("right") == "put")
    worth = puts["strike"] / puts["forward"] - 1
    assert (puts["mark"] > worth).all()
    assert (puts["mark"] < puts["strike"] / puts["forward"]).all()


def test_changes_of_a_book_follow_one_another(live: Series) -> None:
    books = [part for (_, kind), part in live.items() if kind == "book_levels"]
    for part in books:
        changes = part.frame.select("update_id", "previous_update_id", "snapshot").unique(
            maintain_order=True
        )
        assert changes["snapshot"].to_list() == [True] + [False] * (len(changes) - 1)
        assert (changes["previous_update_id"][1:] == changes["update_id"][:-1]).all()


def test_a_deleted_level_has_no_size(live: Series) -> None:
    rows = live["BTC-24SEP21-8000-P", "book_levels"].frame
    row = rows.filter(pl.col("update_id") == 33195894358).row(0, named=True)
    assert (row["price"], row["size"], row["is_bid"]) == (0.001, 0.0, False)
    assert row["time"] == datetime(2021, 7, 22, 22, 42, 4, 337_000, UTC)


def test_an_empty_book_is_told(live: Series) -> None:
    told = [str(each) for part in live.values() for each in part.findings]
    assert told == [
        "flagged deribit ETH-27AUG21-4000-P book_levels: a full book without any level has no row; "
        "changes may follow it"
    ]


def test_specifications(listed: Series) -> None:
    contracts: Counter[str] = Counter()
    for part in listed.values():
        contracts.update(part.frame["contract"].to_list())
    assert contracts == {
        "option": 390 + 418 + 172,
        "future": 7 + 7 + 4,
        "perpetual": 1 + 1 + 1 + 16,
    }
    perpetual = listed["BTC-PERPETUAL", "instruments"].frame.row(0, named=True)
    assert (perpetual["payoff"], perpetual["contract_size"], perpetual["lot_size"]) == (
        "inverse", 10.0, 10.0,
    )  # fmt: skip
    assert perpetual["expiry"] is None
    assert perpetual["listing"] == datetime(2018, 8, 14, 10, 24, 47, tzinfo=UTC)
    week = listed["BTC-23JUL21", "instruments"].frame.row(0, named=True)
    assert (week["maker_fee"], week["taker_fee"]) == (-0.0001, 0.0005)
    assert week["expiry"] == datetime(2021, 7, 23, 8, tzinfo=UTC)
    linear = listed["BTC_USDC-PERPETUAL", "instruments"].frame.row(0, named=True)
    assert (linear["payoff"], linear["settlement"], linear["underlying"]) == (
        "linear", "USDC", "BTC",
    )  # fmt: skip


def test_the_expiry_in_a_name_is_the_one_listed(venue_captures: Path) -> None:
    lines = gzip.decompress((venue_captures / "DERIBIT.0.gz").read_bytes()).decode().splitlines()
    listed = [
        each
        for line in lines
        if line.startswith("https")
        for each in json.loads(line.split(": ", 1)[1])["result"]
    ]
    assert len(listed) == 1017
    for each in listed:
        told = named(each["instrument_name"])
        assert told is not None
        perpetual = each["settlement_period"] == "perpetual"
        expiry = None if perpetual else each["expiration_timestamp"] * 1_000_000
        assert told.expiry_ns == expiry
        assert (told.strike, told.right) == (each.get("strike"), each.get("option_type"))


def test_a_list_of_another_year_than_the_recorder_s_clock_is_told(listed: Series) -> None:
    told = [str(each) for part in listed.values() for each in part.findings]
    assert told == [
        "flagged deribit: 2 times: a list was sent 310.8 days from the recorder's clock, "
        "which is kept"
    ]
    row = listed["SOL-PERPETUAL", "instruments"].frame.row(0, named=True)
    assert row["time"] - row["local_time"] > timedelta(days=310)
    near = listed["BTC-PERPETUAL", "instruments"].frame.row(0, named=True)
    assert abs(near["time"] - near["local_time"]) < timedelta(seconds=1)


@pytest.mark.parametrize(
    ("name", "contract", "settlement", "strike"),
    [
        ("BTC-PERPETUAL", "perpetual", "BTC", None),
        ("ETH-3JAN25", "future", "ETH", None),
        ("SOL_USDC-PERPETUAL", "perpetual", "USDC", None),
        ("BTC-24SEP21-34000-P", "option", "BTC", 34000.0),
        ("XRP_USDC-30JUN23-0d625-C", "option", "USDC", 0.625),
    ],
)
def test_names(name: str, contract: str, settlement: str, strike: float | None) -> None:
    told = named(name)
    assert told is not None
    assert (told.contract, told.settlement, told.strike) == (contract, settlement, strike)


@pytest.mark.parametrize(
    "name", ["BTC-FS-25DEC26_PERP", "BTC-31FEB25", "BTC-3XYZ25", "BTC", "", "BTC-24SEP21-34000"]
)
def test_what_is_no_name_of_one_contract(name: str) -> None:
    assert named(name) is None


def message(channel: str, data: Any, at: str = "1765541474.2") -> str:
    params = {"channel": channel, "data": data}
    return f"{at}: {json.dumps({'jsonrpc': '2.0', 'method': 'subscription', 'params': params})}"


def test_a_perpetual_s_ticker(capture: Write) -> None:
    """The rate that accrues now, not what eight hours came to."""
    data = {
        "timestamp": 1765541474086, "instrument_name": "BTC-PERPETUAL", "state": "open",
        "stats": {"volume": 11897.27640428, "volume_usd": 1092371540.0},
        "index_price": 92263.55, "last_price": 92283.5, "open_interest": 1132329370.0,
        "mark_price": 92281.78, "best_ask_price": 92284.0, "best_bid_price": 0.0,
        "current_funding": 0.0, "funding_8h": 0.00001742,
    }  # fmt: skip
    (part,) = read(capture(f"{FEED} <-> 1", message("ticker.BTC-PERPETUAL.100ms", data)))
    row = checked(part).frame.row(0, named=True)
    assert row["time"] == datetime(2025, 12, 12, 12, 11, 14, 86_000, UTC)
    assert (row["mark"], row["index"], row["bid"], row["ask"]) == (92281.78, 92263.55, None, 92284)
    assert (row["funding_rate_8h"], row["open_interest_usd"]) == (0.0, 1132329370.0)
    assert (row["contract"], row["underlying"], row["quote"]) == ("perpetual", "BTC", "USD")
    assert row["volume_24h_usd"] == 1092371540.0


def test_trades_and_quotes(capture: Write) -> None:
    trade = {
        "timestamp": 1765531356452, "price": 92294.5, "amount": 750.0, "direction": "sell",
        "instrument_name": "BTC-PERPETUAL", "trade_id": "403691824", "contracts": 75.0,
    }  # fmt: skip
    quote = {
        "timestamp": 1765541767174, "instrument_name": "BTC-PERPETUAL", "best_ask_price": 92288.5,
        "best_bid_price": 0, "best_ask_amount": 99470.0, "best_bid_amount": 0,
    }  # fmt: skip
    found = series(
        read(
            capture(
                f"{FEED} <-> 1",
                message("trades.BTC-PERPETUAL.100ms", [trade, trade | {"trade_id": "403691825"}]),
                message("quote.BTC-PERPETUAL", quote),
            )
        )
    )
    trades = found["BTC-PERPETUAL", "trades"].frame
    assert trades["trade_id"].to_list() == ["403691824", "403691825"]
    assert trades.select("side", "price", "size").row(0) == ("sell", 92294.5, 750.0)
    tops = found["BTC-PERPETUAL", "book_tops"].frame
    assert tops.select("bid", "bid_size", "ask", "ask_size").row(0) == (None, None, 92288.5, 99470)


def test_what_is_not_read_is_told(capture: Write) -> None:
    ticker = {"timestamp": 1765541474086, "instrument_name": "BTC-PERPETUAL", "mark_price": 1.5}
    path = capture(
        f"{FEED} <-> 1",
        message("ticker.BTC-PERPETUAL.raw", ticker),
        message("book.BTC-PERPETUAL.none.20.100ms", {"bids": [[1, 2]]}),
        message("ticker.BTC-FS-25DEC26_PERP.raw", ticker | {"instrument_name": "BTC-FS-X_PERP"}),
        '1765541475: {"jsonrpc":"2.0","id":0,"result":["ticker.BTC-PERPETUAL.raw"]}',
    )
    (part,) = read(path)
    assert len(part.frame) == 1
    assert [str(each) for each in part.findings] == [
        "dropped deribit: messages of book.BTC-PERPETUAL.none.20.100ms are not read",
        "dropped deribit BTC-FS-X_PERP tickers: the name is of no perpetual, future or option",
    ]


def test_a_list_without_its_time_uses_the_recorder_s_and_says_so(
    venue_captures: Path, capture: Write
) -> None:
    lines = gzip.decompress((venue_captures / "DERIBIT.0.gz").read_bytes()).decode().splitlines()
    answer = json.loads(lines[0].split(": ", 1)[1])
    future = next(each for each in answer["result"] if each["kind"] == "future")
    (part,) = read(capture(f"{ANSWER} -> 5: {json.dumps({'result': [future]})}"))
    assert checked(part).frame["time"][0] == datetime(1970, 1, 1, 0, 0, 5, tzinfo=UTC)
    assert [each.reason for each in part.findings] == [
        "a list tells no time; the recorder's clock stands for it"
    ]


@pytest.mark.parametrize(
    "line",
    [
        message("ticker.BTC-PERPETUAL.raw", {"instrument_name": "BTC-PERPETUAL"}),
        message("trades.BTC-PERPETUAL.raw", {"price": 1}),
        message("book.BTC-PERPETUAL.raw", {"type": "changed"}),
        '5: {"method":"subscription","params":{"channel":"ticker.BTC',
        "5: []",
    ],
)
def test_a_message_of_another_shape_is_refused_with_its_line(capture: Write, line: str) -> None:
    with pytest.raises(MarketDataError, match=r"capture\.gz line 2"):
        read(capture(f"{FEED} <-> 1", line))


def test_a_time_beyond_all_columns_is_refused(capture: Write) -> None:
    ticker = {"timestamp": 32503708800000, "instrument_name": "BTC-PERPETUAL", "mark_price": 1.5}
    path = capture(f"{FEED} <-> 1", message("ticker.BTC-PERPETUAL.raw", ticker))
    with pytest.raises(MarketDataError, match=r"capture\.gz: a value of tickers fits none"):
        read(path)


def test_a_file_cut_off_is_refused_by_name(feed: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.gz"
    cut.write_bytes(feed.read_bytes()[:4_000])
    with pytest.raises(MarketDataError, match=r"cut\.gz is cut off"):
        read(cut)
