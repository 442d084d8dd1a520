"""Files of ccxt's structures: in their wrapping, bare, broken, and of what is not read."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from obverse.errors import MarketDataError
from obverse.market.series import Part, checked
from obverse.market.sources.ccxt_files import FORMAT

OPENED = datetime(2026, 3, 1, 12, tzinfo=UTC)
MS = int(OPENED.timestamp() * 1000)
OHLCV = [[MS, 84000, 84100, 83900, 84050.5, 1.5], [MS + 60_000, 84050.5, 84060, 84000, 84010, 2]]
TICKER = {
    "symbol": "BTC/USD:BTC", "timestamp": MS, "bid": 84000, "ask": 84000.5, "last": 84000,
    "markPrice": 84001.25, "info": {"instrument_name": "BTC-PERPETUAL", "index_price": 84002},
}  # fmt: skip
RATE = {"symbol": "BTC/USD:BTC", "timestamp": MS, "fundingRate": 0.0001, "info": {}}
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def put(document: Any, name: str = "dump.json") -> Path:
        path = tmp_path / name
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        return path

    return put


def wrapped(kind: str, data: Any, exchange: str = "deribit", **more: Any) -> dict[str, Any]:
    return {"exchange": exchange, "kind": kind, **more, "data": data}


def read(path: Path) -> dict[str, Part]:
    assert FORMAT.recognises(path)
    return {part.name: checked(part) for part in FORMAT.read(path)}


def test_bars_are_at_their_close(write: Write) -> None:
    path = write(wrapped("ohlcv", OHLCV, symbol="BTC/USD:BTC", timeframe="1m"))
    part = read(path)["deribit BTC-PERPETUAL bars_1m"]
    assert part.frame["time"].to_list() == [
        OPENED.replace(minute=1),
        OPENED.replace(minute=2),
    ]
    assert part.frame["close"].to_list() == [84050.5, 84010]
    assert part.frame["volume_coin"].to_list() == [1.5, 2]


def test_a_bar_that_had_not_closed_when_it_was_fetched(write: Write) -> None:
    more = {"symbol": "BTC/USD:BTC", "timeframe": "1m", "time": "2026-03-01T12:01:59Z"}
    (part,) = read(write(wrapped("fetchOHLCV", OHLCV, **more))).values()
    assert part.frame.height == 1


@pytest.mark.parametrize(
    ("exchange", "name"),
    [
        ("binancecoinm", "binance BTCUSD_260327"),
        ("krakenfutures", "kraken FI_XBTUSD_260327"),
        ("kraken", "kraken FI_XBTUSD_260327"),
        ("bybit", "bybit BTCUSDH26"),
        ("okx", "okx BTC-USD-260327"),
    ],
)
def test_a_future_has_the_venues_name(write: Write, exchange: str, name: str) -> None:
    more = {"symbol": "BTC/USD:BTC-260327", "timeframe": "1h"}
    assert list(read(write(wrapped("ohlcv", OHLCV[:1], exchange, **more)))) == [f"{name} bars_1h"]


@pytest.mark.parametrize("data", [TICKER, [TICKER], {"BTC/USD:BTC": TICKER}])
def test_tickers_are_a_table_a_list_or_one(write: Write, data: Any) -> None:
    (part,) = read(write(wrapped("tickers", data))).values()
    row = part.frame.row(0, named=True)
    assert (row["time"], row["mark"], row["bid"]) == (OPENED, 84001.25, 84000)
    assert row["snapshot_time"] is None
    assert row["underlying"] == "BTC"


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("deribit_tickers.json", {"BTC/USD:BTC": TICKER}, "tickers"),
        ("binancecoinm-funding.json", [RATE], "funding"),
        (
            "okx.trades.json",
            [
                {
                    "id": "7", "symbol": "BTC/USD:BTC", "timestamp": MS, "side": "buy",
                    "price": 84000, "amount": 5, "takerOrMaker": None,
                }
            ],
            "trades",
        ),
        (
            "bybit_book.json",
            {
                "symbol": "BTC/USD:BTC", "timestamp": MS, "nonce": None, "bids": [[84000, 3]],
                "asks": [[84000.5, 4]],
            },
            "book_levels",
        ),
    ],
)  # fmt: skip
def test_bare_structures_are_told_by_their_keys(
    write: Write, name: str, data: Any, kind: str
) -> None:
    (part,) = read(write(data, name)).values()
    assert part.kind.name == kind
    assert part.frame.height >= 1


def test_markets_need_the_time_they_were_fetched(write: Write) -> None:
    market = {
        "id": "pi_xbtusd", "symbol": "BTC/USD:BTC", "base": "BTC", "quote": "USD",
        "settle": "BTC", "swap": True, "contractSize": 1, "precision": {"price": 0.5},
    }  # fmt: skip
    spot = {"id": "x", "symbol": "BTC/USD", "base": "BTC", "quote": "USD", "spot": True}
    data = {each["symbol"]: each for each in (market, spot)}
    path = write(wrapped("markets", data, "krakenfutures", time=MS))
    (part,) = read(path).values()
    assert part.frame["symbol"].to_list() == ["PI_XBTUSD"]
    assert part.frame["time"].to_list() == [OPENED]
    assert "no inverse perpetual or future" in str(part.findings[0])
    with pytest.raises(MarketDataError, match="markets need the time"):
        list(FORMAT.read(write(wrapped("markets", data, "krakenfutures"))))


def test_tickers_without_a_time_take_the_files(write: Write) -> None:
    ticker = TICKER | {"timestamp": None}
    (part,) = read(write(wrapped("tickers", [ticker], "bybit", time=MS))).values()
    assert part.frame["time"].to_list() == part.frame["snapshot_time"].to_list() == [OPENED]
    with pytest.raises(MarketDataError, match="no tickers that can be read: a ticker without a ti"):
        list(FORMAT.read(write(wrapped("tickers", [ticker], "bybit"))))


def test_what_is_not_inverse_is_told_once_with_its_count(write: Write) -> None:
    linear = TICKER | {"symbol": "BTC/USDT:USDT", "info": {}}
    (part,) = read(write(wrapped("tickers", [TICKER, linear, linear]))).values()
    assert part.frame.height == 1
    assert len(part.findings) == 1
    assert "1 times: deribit BTC/USDT:USDT has no name of the venue's own" in str(part.findings[0])


def test_a_coin_that_no_rulebook_has_goes_by_the_venues_answer(write: Write) -> None:
    rate = RATE | {"symbol": "WLD/USD:WLD", "info": {"symbol": "WLDUSD_PERP"}}
    assert list(read(write(wrapped("funding", [rate], "binancecoinm")))) == [
        "binance WLDUSD_PERP funding"
    ]
    with pytest.raises(MarketDataError, match="no funding that can be read"):
        list(FORMAT.read(write(wrapped("funding", [rate | {"info": {}}], "binancecoinm"))))


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (wrapped("positions", []), "kind 'positions' is not read; there are book, funding"),
        (wrapped("ohlcv", OHLCV), "bars need the symbol and the timeframe"),
        (wrapped("ohlcv", OHLCV, symbol="BTC/USD:BTC", timeframe="60s"), "'bars_60s' is written"),
        (wrapped("ohlcv", [[1]], symbol="BTC/USD:BTC", timeframe="1m"), "is no bar"),
        (wrapped("ohlcv", [5], symbol="BTC/USD:BTC", timeframe="1m"), "another form than ccxt's"),
        (wrapped("tickers", []), "it is empty"),
        (wrapped("tickers", ["BTC"]), "'BTC' is no structure of tickers"),
        (wrapped("tickers", [TICKER | {"info": "none"}]), "another form than ccxt's"),
        (wrapped("funding", [RATE], time="noon"), "'noon' is not an instant"),
        ({"exchange": "deribit", "kind": "tickers"}, "has no data"),
    ],
)
def test_files_that_cannot_be_read_say_why(write: Write, document: Any, reason: str) -> None:
    path = write(document)
    assert FORMAT.recognises(path)
    with pytest.raises(MarketDataError, match=reason) as raised:
        list(FORMAT.read(path))
    assert str(raised.value).startswith("dump.json")


def test_a_file_that_is_cut_off_is_named(write: Write) -> None:
    whole = json.dumps(wrapped("ohlcv", OHLCV, symbol="BTC/USD:BTC", timeframe="1m"))
    for length in range(60, len(whole), 7):
        path = write(whole[:length])
        with pytest.raises(MarketDataError, match=r"dump\.json is no whole JSON"):
            list(FORMAT.read(path))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("dump.json", "[]"),
        ("dump.json", json.dumps([TICKER])),
        ("dump.json", json.dumps(wrapped("tickers", [], "bitmex"))),
        ("dump.csv", json.dumps(wrapped("tickers", [TICKER]))),
        ("deribit.json", '{"jsonrpc": "2.0", "result": []}'),
        ("deribit.json", ""),
        ("binance_dapi_routes.json", '{"routes": {"/dapi/v1/time": {"GET": [{"data": null}]}}}'),
    ],
)
def test_other_files_are_not_taken_for_ours(write: Write, name: str, text: str) -> None:
    assert not FORMAT.recognises(write(text, name))


def test_bytes_and_folders_are_not_ours(tmp_path: Path) -> None:
    (tmp_path / "raw.json").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "folder.json").mkdir()
    for name in ("raw.json", "folder.json", "none.json"):
        assert not FORMAT.recognises(tmp_path / name)


def test_a_bare_file_whose_name_says_no_exchange(write: Write) -> None:
    with pytest.raises(MarketDataError, match="does not say its exchange: wrap it in"):
        list(FORMAT.read(write([TICKER])))
    with pytest.raises(MarketDataError, match="a structure with colour is not known"):
        list(FORMAT.read(write([{"colour": 1}], "okx.json")))
