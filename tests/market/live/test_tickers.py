"""Tickers: the traps in what ccxt makes of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from obverse.market.live import exchange_named
from obverse.market.live.contracts import Contract
from obverse.market.live.tickers import shows, tickers_part
from obverse.market.series.parts import checked

SEEN = datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)
MS = int(datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp() * 1000)
PERPETUAL = Contract("X", "BTC/USD:BTC", "BTC", "USD", "perpetual", contract_usd=100.0)
FUTURE = Contract("Y", "BTC/USD:BTC-260327", "BTC", "USD", "future", SEEN, 100.0)


def shown(venue: str, contract: Contract, *structures: dict[str, object]) -> dict[str, object]:
    part = tickers_part(exchange_named(venue), contract, structures, snapshot_time=SEEN)
    return checked(part).frame.row(0, named=True)


def test_a_merged_ticker_is_known_at_the_latest_time() -> None:
    row = shown(
        "binance",
        PERPETUAL,
        {"last": 84000, "timestamp": MS, "info": {"volume": "12"}},
        {"markPrice": "84010.5", "timestamp": MS + 900, "info": {"lastFundingRate": "0.0002"}},
    )
    assert row["time"] == datetime(2026, 3, 1, 12, 0, 0, 900_000, UTC)
    assert (row["last"], row["mark"], row["volume_24h_usd"]) == (84000, 84010.5, 1200)
    assert row["funding_rate_8h"] == 0.0002


@pytest.mark.parametrize("venue", ["kraken", "bybit"])
def test_a_time_that_is_not_the_tickers_is_not_taken(venue: str) -> None:
    row = shown(venue, PERPETUAL, {"last": 84000, "timestamp": MS - 86_400_000, "info": {}})
    assert row["time"] == SEEN


def test_krakens_absolute_rate_is_multiplied_by_the_mark() -> None:
    """In coin a contract of one dollar: ccxt divides by the mark, and is off by its square."""
    row = shown("kraken", PERPETUAL, {"markPrice": 80_000, "info": {"fundingRate": "1.25e-10"}})
    assert row["funding_rate_8h"] == pytest.approx(8 * 1e-5)


def test_the_index_of_deribit_is_taken_from_what_is_never_delivered() -> None:
    info = {"estimated_delivery_price": 84000.5, "open_interest": 5000.0}
    own = {"markPrice": 84010, "timestamp": MS, "info": info}
    assert shown("deribit", PERPETUAL, own)["index"] == 84000.5
    assert shown("deribit", FUTURE, own)["index"] is None
    assert shown("deribit", FUTURE, own | {"indexPrice": 84001})["index"] == 84001


@pytest.mark.parametrize(
    ("info", "rate"),
    [
        ({"fundingRate": "0.0001"}, 0.0001),
        ({"fundingRate": "0.0001", "fundingIntervalHour": "4"}, 0.0002),
        ({"fundingRate": ""}, None),
    ],
)
def test_a_rate_of_bybit_is_brought_to_eight_hours(info: dict[str, str], rate: float) -> None:
    assert shown("bybit", PERPETUAL, {"markPrice": 1, "info": info})["funding_rate_8h"] == rate


def test_a_quote_of_zero_is_none() -> None:
    row = shown("okx", FUTURE, {"bid": "0", "ask": 0.0, "last": 84000, "timestamp": MS})
    assert (row["bid"], row["ask"]) == (None, None)


def test_an_index_alone_shows_nothing() -> None:
    assert not shows([{"indexPrice": 84000}, {"info": {"oi": 3}}])
    assert shows([{"indexPrice": 84000}, {"bid": 83999}])


def test_a_ticker_without_any_time_is_told() -> None:
    part = tickers_part(exchange_named("bybit"), PERPETUAL, [{"last": 84000, "info": {}}])
    assert part.frame.is_empty()
    assert "without a time" in str(part.findings[0])
