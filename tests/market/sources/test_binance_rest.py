"""Recorded answers of Binance COIN-M against the raw file, and answers it does not hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from obverse.errors import MarketDataError
from obverse.market.series.parts import Part, checked
from obverse.market.sources.binance_rest import FORMAT, READERS, read

Write = Callable[..., Path]
Series = dict[tuple[str, str], Part]
KLINE = [
    1607292900000, "83.25", "83.25", "83.07", "83.15", "2929", 1607293199999, "352.24700594", 22,
    "989", "118.95308481", "0",
]  # fmt: skip
NEXT = [KLINE[0] + 300_000, *KLINE[1:6], KLINE[6] + 300_000, *KLINE[7:]]  # type: ignore[operator]


def series(parts: list[Part]) -> Series:
    return {(part.instrument, part.kind.name): checked(part) for part in parts}


@pytest.fixture(scope="module")
def recorded() -> Path:
    folder = Path(__file__).parents[3].parent / "shared" / "data" / "binance_dapi_responses"
    path = folder / "binance_dapi_routes.json"
    if not path.exists():
        pytest.skip(f"no recorded answers at {path}")
    return path


@pytest.fixture(scope="module")
def routes(recorded: Path) -> dict[str, list[dict[str, Any]]]:
    return {
        name.removeprefix("/dapi/v1/"): answers["GET"]
        for name, answers in json.loads(recorded.read_text())["routes"].items()
    }


@pytest.fixture(scope="module")
def found(recorded: Path) -> Series:
    return series(read(recorded))


@pytest.fixture
def answers(tmp_path: Path) -> Write:
    """Write a file of answers to one route."""

    def write(route: str, data: Any, query: str = "symbol=BTCUSD_PERP&interval=5m") -> Path:
        answer = {"data": data, "queryString": query, "bodyParams": "", "headers": {}}
        path = tmp_path / "routes.json"
        path.write_text(json.dumps({"routes": {f"/dapi/v1/{route}": {"GET": [answer]}}}))
        return path

    return write


def told(parts: Series) -> set[str]:
    return {str(each) for part in parts.values() for each in part.findings}


def test_it_knows_its_file(recorded: Path, tmp_path: Path) -> None:
    assert FORMAT.recognises(recorded)
    assert not FORMAT.recognises(recorded.with_name("binance_BTCUSDT_24h-trades_2020_11_16.csv"))
    for name, text in {"list.json": "[1]", "routes.json": '{"routes": {"/api/v3/": {}}}'}.items():
        (tmp_path / name).write_text(text)
        assert not FORMAT.recognises(tmp_path / name)
    assert not FORMAT.recognises(tmp_path / "absent.json")


def test_every_route_is_read_or_told(routes: dict[str, Any], found: Series) -> None:
    assert len(routes) == 16
    unread = set(routes) - set(READERS)
    assert unread == {"fundingInfo", "historicalTrades"}
    for route in unread:
        assert f"dropped binance: answers of /dapi/v1/{route} are not read" in told(found)
        held = [answer["data"] for answer in routes[route]]
        assert all(data is None or "code" in data for data in held)


def test_counts(routes: dict[str, Any], found: Series) -> None:
    counted: dict[str, int] = {}
    for (_, kind), part in found.items():
        counted[kind] = counted.get(kind, 0) + len(part.frame)
    levels = [
        (side, *level, answer["data"]["T"])
        for answer in routes["depth"]
        for side in ("bids", "asks")
        for level in answer["data"][side]
    ]
    rates = {
        (rate["fundingTime"], rate["fundingRate"])
        for answer in routes["fundingRate"]
        for rate in answer["data"] or []
    }
    single = {each["id"] for answer in routes["trades"] for each in answer["data"]}
    together = {(each["f"], each["l"]) for each in routes["aggTrades"][0]["data"]}
    extra = {(first, last) for first, last in together if first != last or first not in single}
    assert counted == {
        "instruments": 25, "book_levels": len(levels), "funding": len(rates),
        "trades": len(single) + len(extra), "book_tops": 8, "tickers": 21,
        "bars_1d": 5, "bars_5m": 4,
    }  # fmt: skip


def test_a_trade_told_twice_keeps_its_value(found: Series) -> None:
    trades = found["BTCUSD_PERP", "trades"].frame
    row = trades.filter(pl.col("trade_id") == "7857138").row(0, named=True)
    assert row["time"] == datetime(2020, 12, 6, 22, 38, 16, 787_000, UTC)
    assert (row["price"], row["size"], row["side"]) == (19099.6, 70, "sell")
    assert row["value_coin"] == 0.36649982


def test_trades_are_worth_their_contracts_of_100_dollars(found: Series) -> None:
    known = found["BTCUSD_PERP", "trades"].frame.drop_nulls("value_coin")
    assert len(known) == 11
    gap = known["value_coin"] - known["size"] * 100 / known["price"]
    assert gap.abs().max() <= 1e-8  # type: ignore[operator]


def test_daily_volumes_in_dollars_agree_with_the_average_price(
    routes: dict[str, Any], found: Series
) -> None:
    """Dollars over coins are the venue's own average: 100 a contract of BTC, 10 of others."""
    for answer in routes["ticker/24hr"]:
        for day in answer["data"]:
            at = datetime.fromtimestamp(day["closeTime"] / 1000, UTC)
            row = (
                found[day["symbol"], "tickers"]
                .frame.filter(
                    (pl.col("time") - at).abs() < timedelta(milliseconds=1),
                    pl.col("volume_24h_usd").is_not_null(),
                )
                .row(0, named=True)
            )
            average = row["volume_24h_usd"] / float(day["baseVolume"])
            assert average == pytest.approx(float(day["weightedAvgPrice"]), rel=1e-6)
            assert row["last"] == float(day["lastPrice"])


def test_open_interest(found: Series) -> None:
    known = found["BTCUSD_PERP", "tickers"].frame.drop_nulls("open_interest_contracts")
    row = known.row(0, named=True)
    assert (row["open_interest_contracts"], row["open_interest_usd"]) == (6_784_657, 678_465_700)
    assert row["time"] == datetime(2023, 12, 10, 21, 49, 42, 986_000, UTC)


def test_marks_and_the_rate_that_accrues(found: Series) -> None:
    perpetual = found["FILUSD_PERP", "tickers"].frame.row(0, named=True)
    assert (perpetual["mark"], perpetual["index"]) == (3.113, 3.11371069)
    assert perpetual["funding_rate_8h"] == 0.00004207
    future = found["LINKUSD_231229", "tickers"].frame.row(0, named=True)
    assert (future["contract"], future["funding_rate_8h"]) == ("future", None)
    assert future["expiry"] == datetime(2023, 12, 29, 8, tzinfo=UTC)


def test_funding_is_told_some_milliseconds_past_its_hour(found: Series) -> None:
    frame = found["BTCUSD_PERP", "funding"].frame
    assert set(frame["interval_hours"]) == {8}
    late = frame["time"] - frame["time"].dt.truncate("8h")
    assert late.max() == timedelta(milliseconds=17)
    rate = frame.filter(pl.col("time") == datetime(2020, 11, 2, 16, tzinfo=UTC))["rate"]
    assert rate.to_list() == [0.00005398]


def test_bars_are_known_at_their_close(found: Series) -> None:
    days = found["BTCUSD_PERP", "bars_1d"].frame
    assert days["time"][0] == datetime(2023, 1, 2, tzinfo=UTC)
    assert (days["time"] - days["open_time"] == timedelta(days=1)).all()
    assert days.select("open", "high", "low", "close").row(0) == (
        16531.2,
        16615.9,
        16486.6,
        16607.9,
    )
    assert (days["volume_contracts"][0], days["trades"][0]) == (2_067_959, 53_963)
    for symbol, kind in (("BTCUSD_PERP", "bars_1d"), ("LTCUSD_PERP", "bars_5m")):
        rows = found[symbol, kind].frame
        average = rows["volume_quote"] / rows["volume_coin"]
        assert average.is_between(rows["low"], rows["high"]).all()


def test_a_bar_that_nothing_follows_was_not_finished(routes: dict[str, Any], found: Series) -> None:
    """The last 5 minutes end after the trades that were recorded with them."""
    asked = next(each for each in routes["klines"] if "interval=5m" in each["queryString"])
    close_ms = asked["data"][-1][6]
    assert max(each["T"] for each in routes["aggTrades"][0]["data"]) < close_ms
    kept = found["LTCUSD_PERP", "bars_5m"].frame["time"].max()
    assert kept == datetime.fromtimestamp((asked["data"][-2][6] + 1) / 1000, UTC)


def test_bars_of_months_are_told(found: Series) -> None:
    assert "dropped binance BTCUSD@index: 2 times: bars of 1M have no one length" in told(found)


@pytest.mark.parametrize(
    ("route", "query", "instrument"),
    [
        ("klines", "symbol=LTCUSD_PERP&interval=5m", "LTCUSD_PERP"),
        ("indexPriceKlines", "pair=LTCUSD&interval=5m", "LTCUSD@index"),
        ("markPriceKlines", "symbol=LTCUSD_PERP&interval=5m", "LTCUSD_PERP@mark"),
        (
            "continuousKlines", "pair=LTCUSD&contractType=NEXT_QUARTER&interval=5m",
            "LTCUSD@next_quarter",
        ),
    ],
)  # fmt: skip
def test_bars_of_an_index_or_a_mark_are_series_of_their_own(
    answers: Write, route: str, query: str, instrument: str
) -> None:
    (part,) = read(answers(route, [KLINE, NEXT], query))
    assert (part.instrument, part.kind.name) == (instrument, "bars_5m")
    row = checked(part).frame.row(0, named=True)
    assert row["close"] == 83.15
    of_prices = "index" in instrument or "mark" in instrument
    traded = (None, None, None) if of_prices else (29_290, 352.24700594, 22)
    assert (row["volume_quote"], row["volume_coin"], row["trades"]) == traded


def test_an_answer_of_one_bar_gives_none(answers: Write) -> None:
    assert read(answers("klines", [KLINE])) == []


def test_refusals_and_empty_answers_are_told(found: Series) -> None:
    assert {
        "dropped binance: klines was refused: -4088 Maximum time interval is 200 days.",
        "dropped binance: fundingRate was answered with nothing",
    } <= told(found)


def test_an_unknown_symbol_is_told(answers: Write) -> None:
    price = {"price": "11357.9", "ps": "BTCUSD", "time": 1602829179622}
    path = answers(
        "ticker/price", [price | {"symbol": name} for name in ("BTCUSDT", "BTCUSD_PERP")]
    )
    (part,) = read(path)
    assert part.instrument == "BTCUSD_PERP"
    assert [str(each) for each in part.findings] == [
        "dropped binance BTCUSDT tickers: the name is of no COIN-M contract"
    ]


@pytest.mark.parametrize(
    ("route", "data", "query", "reason"),
    [
        ("trades", [{"id": 1}], "symbol=BTCUSD_PERP", "is not as expected"),
        ("klines", [KLINE[:5]], "symbol=BTCUSD_PERP&interval=5m", "is not as expected"),
        ("klines", [KLINE], "symbol=BTCUSD_PERP", "the query lacks 'interval'"),
        ("aggTrades", [], "", None),
        (
            "premiumIndex",
            [{"symbol": "BTCUSD_PERP", "time": 1, "markPrice": "1", "indexPrice": "1",
              "lastFundingRate": "high"}],
            "", "is not as expected",
        ),
    ],
)  # fmt: skip
def test_answers_of_another_shape_are_refused_by_route(
    answers: Write, route: str, data: Any, query: str, reason: str | None
) -> None:
    path = answers(route, data, query)
    if reason is None:
        assert read(path) == []
        return
    with pytest.raises(MarketDataError, match=rf"routes\.json {route} answer 0.*{reason}"):
        read(path)


def test_broken_files_are_refused_by_name(recorded: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.json"
    cut.write_bytes(recorded.read_bytes()[:30_000])
    assert FORMAT.recognises(cut)
    with pytest.raises(MarketDataError, match=r"cut\.json is no file of recorded routes"):
        read(cut)
    with pytest.raises(MarketDataError, match="cannot be read"):
        read(tmp_path / "absent.json")
