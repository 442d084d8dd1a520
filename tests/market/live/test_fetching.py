"""All that can be fetched, of all five venues, by ccxt itself from recorded answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from market.live.conftest import VENUES, Hand
from market.live.recorded_answers import CLOCKS, answered, dapi, dapi_rows
from market.live.replay_server import ReplayServer
from market.live.venue_routes import (
    binance_quotes,
    bybit_tickers,
    deribit_forwards,
    kraken_tickers,
    okx_messages,
)

from obverse.errors import MarketDataError, SymbolError
from obverse.market.live import Connection, Request, contracts, fetch
from obverse.market.series.parts import Part, checked

Open = Callable[..., Connection]

PERPETUALS = {
    "deribit": "BTC-PERPETUAL",
    "binance": "BTCUSD_PERP",
    "bybit": "BTCUSD",
    "okx": "BTC-USD-SWAP",
    "kraken": "PI_ETHUSD",
}


def fetched(connection: Connection, request: Request) -> dict[str, Part]:
    """Parts through the door, by instrument."""
    return {part.instrument: checked(part) for part in fetch(connection, request)}


def only(part: Part) -> dict[str, object]:
    assert part.frame.height == 1
    return part.frame.row(0, named=True)


@pytest.mark.parametrize(
    ("venue", "count"),
    [("deribit", 21), ("binance", 36), ("bybit", 6), ("okx", 92), ("kraken", 17)],
)
def test_every_inverse_contract_of_the_list_is_an_instrument(
    open_connection: Open, venue: str, count: int
) -> None:
    parts = fetched(open_connection(venue), Request("instruments"))
    assert len(parts) == count
    rows = pl.concat([part.frame for part in parts.values()])
    assert rows["symbol"].to_list() == list(parts)
    assert set(rows["payoff"]) == {"inverse"}
    assert (rows["settlement"] == rows["underlying"]).all()
    assert rows.filter(contract="future")["expiry"].null_count() == 0
    assert (
        rows.filter(contract="perpetual")["expiry"].null_count()
        == rows.filter(contract="perpetual").height
    )
    assert rows["time"].to_physical().unique().to_list() == [CLOCKS[venue] * 1_000_000]
    assert rows["contract_size"].null_count() == rows["tick_size"].null_count() == 0
    assert not [part for part in parts.values() if part.findings]


def test_lists_keep_all_that_is_inverse_and_nothing_else(open_connection: Open) -> None:
    """Counted in the recorded answers, without ccxt."""
    pages = answered("DERIBIT.0.gz").values()
    reversed_ = {
        each["instrument_name"]
        for page in pages
        for each in page["result"]
        if each["kind"] == "future" and each["quote_currency"] == "USD"
    }
    assert set(fetched(open_connection("deribit"), Request("instruments"))) == reversed_
    listed = [
        each
        for address, page in answered("OKX.0.gz").items()
        if address.endswith(("=SWAP", "=FUTURES"))
        for each in page["data"]
    ]
    inverse = {each["instId"] for each in listed if each["ctType"] == "inverse"}
    assert set(fetched(open_connection("okx"), Request("instruments"))) == inverse


@pytest.mark.parametrize("venue", ["deribit", "kraken"])
def test_fees_are_the_venues_own_or_none(open_connection: Open, venue: str) -> None:
    parts = fetched(open_connection(venue), Request("instruments"))
    fees = {only(part)["taker_fee"] for part in parts.values()}
    assert fees == ({0.0005} if venue == "deribit" else {None})


def test_a_kraken_future_delivers_at_four_in_london(open_connection: Open) -> None:
    parts = fetched(open_connection("kraken"), Request("instruments", ("BTC",)))
    expiries = {name: only(part)["expiry"] for name, part in parts.items()}
    assert expiries == {
        "PI_XBTUSD": None,
        "FI_XBTUSD_210730": datetime(2021, 7, 30, 15, tzinfo=UTC),
        "FI_XBTUSD_210924": datetime(2021, 9, 24, 15, tzinfo=UTC),
        "FI_XBTUSD_211231": datetime(2021, 12, 31, 16, tzinfo=UTC),
    }


def test_a_curve_of_deribit(open_connection: Open) -> None:
    parts = fetched(open_connection("deribit"), Request("curve", ("BTC",)))
    forwards = {name: own for name, own in deribit_forwards().items() if name.startswith("BTC")}
    marks = {name: only(part)["mark"] for name, part in parts.items()}
    index = forwards["BTC-31DEC21"][1]
    assert marks == {name: own[0] for name, own in forwards.items()} | {"BTC-PERPETUAL": index}
    perpetual = only(parts["BTC-PERPETUAL"])
    assert perpetual["index"] == index
    assert perpetual["funding_rate_8h"] == 0.0002
    assert perpetual["open_interest_usd"] == 1_000_000
    assert only(parts["BTC-31DEC21"])["index"] is None
    notes = [str(finding) for part in parts.values() for finding in part.findings]
    assert len(notes) == 1
    assert notes[0].endswith("shows no price of BTC-27AUG21, BTC-23JUL21")


def test_a_curve_is_one_snapshot_and_tickers_are_none(open_connection: Open) -> None:
    connection = open_connection("okx")
    curve = fetched(connection, Request("curve", ("BTC-USD-SWAP",)))
    assert set(curve) == {"BTC-USD-SWAP", "BTC-USD-220527"}
    instants = {only(part)["snapshot_time"] for part in curve.values()}
    assert len(instants) == 1
    assert all(only(part)["time"] <= next(iter(instants)) for part in curve.values())  # type: ignore[operator]
    tickers = fetched(connection, Request("tickers", ("BTC-USD-SWAP",)))
    assert set(tickers) == {"BTC-USD-SWAP"}
    assert only(tickers["BTC-USD-SWAP"])["snapshot_time"] is None


def test_a_ticker_of_okx_is_put_together_of_five_answers(open_connection: Open) -> None:
    row = only(fetched(open_connection("okx"), Request("curve", ("BTC",)))["BTC-USD-220527"])
    said = okx_messages("tickers")["BTC-USD-220527"]
    assert (row["bid"], row["ask"], row["last"]) == (30210.4, 30220.1, 30218.8)
    assert row["index"] == 30220.5
    assert row["open_interest_usd"] == 38_000 * 100
    assert row["volume_24h_usd"] == int(said["vol24h"]) * 100
    assert row["expiry"] == datetime(2022, 5, 27, 8, tzinfo=UTC)


def test_a_funding_rate_of_four_hours_is_brought_to_eight(open_connection: Open) -> None:
    row = only(
        fetched(open_connection("okx"), Request("tickers", ("BTC-USD-SWAP",)))["BTC-USD-SWAP"]
    )
    assert row["funding_rate_8h"] == pytest.approx(0.0002)


def test_a_ticker_of_binance_has_the_recorded_values(open_connection: Open) -> None:
    parts = fetched(open_connection("binance"), Request("curve", ("BTC",)))
    row = only(parts["BTCUSD_PERP"])
    day, mark = dapi("ticker/24hr")[1][1][0], dapi("premiumIndex")[1][1][0]
    assert row["last"] == float(day["lastPrice"]) == 47010.2
    assert row["volume_24h_usd"] == int(day["volume"]) * 100
    assert (row["mark"], row["index"]) == (26780.2, 26792.39505234)
    assert row["funding_rate_8h"] == float(mark["lastFundingRate"])
    assert row["open_interest_contracts"] == int(
        dapi_rows("openInterest")["BTCUSD_PERP"]["openInterest"]
    )
    assert row["bid"] == float(binance_quotes()["BTCUSD_PERP"]["bidPrice"])
    assert only(parts["BTCUSD_211231"])["funding_rate_8h"] is None


def test_a_ticker_of_bybit_takes_dollars_for_dollars(open_connection: Open) -> None:
    parts = fetched(open_connection("bybit"), Request("tickers"))
    said = {each["symbol"]: each for each in bybit_tickers()}
    assert set(parts) == set(said)
    row = only(parts["BTCUSD"])
    assert row["volume_24h_usd"] == float(said["BTCUSD"]["volume24h"])
    assert row["open_interest_usd"] == row["open_interest_contracts"] == 373_504_107
    assert row["funding_rate_8h"] == -0.001034
    assert row["time"] == datetime.fromtimestamp(CLOCKS["bybit"] / 1000, UTC)


def test_a_ticker_of_kraken_is_of_the_answer_not_of_the_last_trade(open_connection: Open) -> None:
    parts = fetched(open_connection("kraken"), Request("curve", ("ETH",)))
    said = {each["symbol"].upper(): each for each in kraken_tickers()}
    row = only(parts["PI_ETHUSD"])
    assert row["time"] == datetime(2021, 7, 22, 23, 2, 7, 160_000, UTC)
    assert row["mark"] == said["PI_ETHUSD"]["markPrice"]
    hourly = 2.0e-8 * said["PI_ETHUSD"]["markPrice"]
    assert row["funding_rate_8h"] == pytest.approx(8 * hourly)
    assert row["volume_24h_usd"] == said["PI_ETHUSD"]["vol24h"]
    assert set(parts) == {name for name in said if "ETHUSD" in name and not name.startswith("IN")}


@pytest.mark.parametrize("venue", VENUES)
def test_a_book_is_a_snapshot_best_first(open_connection: Open, venue: str) -> None:
    name = "BTC-USD-220527" if venue == "okx" else PERPETUALS[venue]
    part = fetched(open_connection(venue), Request("book", (name,), depth=100))[name]
    assert part.kind.name == "book_levels"
    assert part.frame["snapshot"].all()
    bids, asks = (part.frame.filter(is_bid=side)["price"] for side in (True, False))
    assert bids.is_sorted(descending=True)
    assert asks.is_sorted()
    assert bids[0] < asks[0]
    assert part.frame["size"].min() > 0  # type: ignore[operator]
    numbered = venue in ("deribit", "binance")
    assert part.frame["update_id"].null_count() == (0 if numbered else part.frame.height)


def test_a_book_has_the_recorded_levels(open_connection: Open, server: ReplayServer) -> None:
    book = dapi("depth")[1][1]
    part = fetched(open_connection("binance"), Request("book", ("BTCUSD_PERP",), depth=60))
    frame = part["BTCUSD_PERP"].frame
    recorded = [(float(price), float(size)) for price, size in book["bids"] + book["asks"]]
    assert frame.select("price", "size").rows() == recorded
    assert frame["update_id"].unique().to_list() == [book["lastUpdateId"]]
    assert frame["time"].to_physical().unique().to_list() == [book["T"] * 1_000_000]
    assert server.asked("/depth") == [{"symbol": "BTCUSD_PERP", "limit": "100"}]


def test_the_last_trades(open_connection: Open) -> None:
    part = fetched(open_connection("binance"), Request("trades", ("BTCUSD_PERP",)))["BTCUSD_PERP"]
    recorded = dapi("aggTrades")[0][1]
    assert part.frame["trade_id"].to_list() == [str(each["a"]) for each in recorded]
    assert part.frame["size"].to_list() == [float(each["q"]) for each in recorded]
    assert part.frame["side"].to_list() == ["sell" if each["m"] else "buy" for each in recorded]


def test_a_contract_answers_to_three_names(open_connection: Open) -> None:
    connection = open_connection("deribit")
    for name in ("BTC-31DEC21", "btc-31dec21", "BTC/USD:BTC-211231"):
        assert set(fetched(connection, Request("instruments", (name,)))) == {"BTC-31DEC21"}
    with pytest.raises(SymbolError, match=r"BTC-31DEC22.*Did you mean BTC-31DEC21"):
        fetched(connection, Request("instruments", ("BTC-31DEC22",)))
    assert len(contracts(connection)) == 21


@pytest.mark.parametrize(("ahead", "side"), [(-90.0, "ahead of"), (2.5, "behind")])
def test_a_clock_that_is_off_is_told_once(
    open_connection: Open, hands: dict[str, Hand], ahead: float, side: str
) -> None:
    hands["bybit"].seconds += ahead
    parts = list(fetch(open_connection("bybit"), Request("instruments")))
    told = [str(finding) for part in parts for finding in part.findings]
    assert len(told) == 1
    assert f"bybit clock: it is {abs(ahead):,.3f} s {side} this computer's" in told[0]
    row = only(checked(parts[0]))
    assert row["time"] == datetime.fromtimestamp(CLOCKS["bybit"] / 1000, UTC)
    assert row["local_time"] == row["time"] + timedelta(seconds=ahead)  # type: ignore[operator]


def test_progress_is_told_part_by_part(open_connection: Open) -> None:
    seen: list[tuple[str, int]] = []
    request = Request("curve", ("ETH",))
    parts = list(fetch(open_connection("kraken"), request, watch=lambda *own: seen.append(own)))
    assert seen == [(part.name, 1) for part in parts]


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        ({"what": "quotes"}, "'quotes' cannot be fetched; there are instruments"),
        ({"what": "bars"}, "say of which contracts or coins to fetch the bars"),
        ({"what": "book", "names": ("BTC",), "depth": 0}, "a book of depth 0 has no levels"),
        (
            {"what": "funding", "since": datetime(2024, 1, 2, tzinfo=UTC).replace(tzinfo=None)},
            "the span has no time zone",
        ),
        (
            {
                "what": "funding",
                "since": datetime(2024, 1, 2, tzinfo=UTC),
                "until": datetime(2024, 1, 1, tzinfo=UTC),
            },
            "before it begins",
        ),
    ],
)
def test_requests_that_ask_for_nothing(request_: dict[str, object], reason: str) -> None:
    with pytest.raises(MarketDataError, match=reason):
        Request(**request_)  # type: ignore[arg-type]


def test_funding_of_a_future_is_none(open_connection: Open) -> None:
    with pytest.raises(MarketDataError, match="BTC-31DEC21: funding is paid on perpetuals"):
        list(fetch(open_connection("deribit"), Request("funding", ("BTC-31DEC21",))))
