"""Structures as ccxt gives them, and as other programs leave them in files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from obverse.errors import MarketDataError
from obverse.market.live import exchange_named
from obverse.market.live.contracts import Contract
from obverse.market.live.structures import bars_part, book_part, instruments_part, trades_part
from obverse.market.series.parts import checked

DERIBIT, KRAKEN = exchange_named("deribit"), exchange_named("kraken")
BTC = Contract("BTC-PERPETUAL", "BTC/USD:BTC", "BTC", "USD", "perpetual", contract_usd=10.0)
OPENED = datetime(2026, 3, 1, 12, tzinfo=UTC)
MS = int(OPENED.timestamp() * 1000)
MINUTE = timedelta(minutes=1)


def test_a_bar_is_known_at_its_close() -> None:
    part = checked(bars_part(DERIBIT, BTC, [[MS, 10, 12, 9, 11, 1.5]], MINUTE))
    row = part.frame.row(0, named=True)
    assert (row["open_time"], row["time"]) == (OPENED, OPENED + MINUTE)
    assert (row["open"], row["high"], row["low"], row["close"]) == (10, 12, 9, 11)
    assert (row["volume_coin"], row["volume_contracts"]) == (1.5, None)


def test_krakens_volume_is_in_contracts() -> None:
    row = bars_part(KRAKEN, BTC, [[MS, 10, 12, 9, 11, 700]], MINUTE).frame.row(0, named=True)
    assert row["volume_contracts"] == 700


@pytest.mark.parametrize(("seconds", "bars"), [(59.999, 0), (60, 1), (119, 1), (120, 2)])
def test_a_bar_that_has_not_closed_is_left_out(seconds: float, bars: int) -> None:
    ohlcv = [[MS, 10, 12, 9, 11, 1], [MS + 60_000, 11, 12, 9, 11, 1]]
    closed_by = OPENED + timedelta(seconds=seconds)
    assert bars_part(DERIBIT, BTC, ohlcv, MINUTE, closed_by=closed_by).frame.height == bars


def test_numbers_in_text_and_numbers_that_are_none() -> None:
    ohlcv = [
        [str(MS), "10", "12", "9", "11", None],
        [MS + 60_000, "NaN", 12, 9, 11, 1],
        [MS + 120_000, 10, None, 9, 11, 1],
        [MS + 180_000, 10, 12, 9, "soon", 1],
        [MS + 240_000, 10, 12, -9, 11, 1],
        [MS + 300_000, 10, 12, 9, 11, -1],
    ]
    part = checked(bars_part(DERIBIT, BTC, ohlcv, MINUTE))
    assert part.frame["open_time"].to_list() == [OPENED, OPENED + 5 * MINUTE]
    assert part.frame["volume_coin"].to_list() == [None, None]
    assert {finding.severity for finding in part.findings} == {"dropped"}


@pytest.mark.parametrize("row", [[], [MS], ["today", 1, 2, 3, 4, 5], [1e300, 1, 2, 3, 4, 5]])
def test_a_row_that_is_no_bar(row: list[object]) -> None:
    with pytest.raises(MarketDataError, match=r"is no bar|is no time"):
        bars_part(DERIBIT, BTC, [row], MINUTE)


def test_a_book_without_a_time_is_as_of_when_it_was_seen() -> None:
    book = {"bids": [[10, 3]], "asks": [["11", "4", 1]], "nonce": 7, "timestamp": None}
    part = checked(book_part(DERIBIT, BTC, book, seen=OPENED))
    assert part.frame.select("time", "update_id", "is_bid", "price", "size").rows() == [
        (OPENED, 7, True, 10.0, 3.0),
        (OPENED, 7, False, 11.0, 4.0),
    ]
    assert book_part(DERIBIT, BTC, {"bids": [], "asks": []}).frame.is_empty()
    with pytest.raises(MarketDataError, match="a level of the book is no price and size"):
        book_part(DERIBIT, BTC, {"bids": [[]]}, seen=OPENED)


def test_a_trade_without_a_number_is_none() -> None:
    trades = [
        {"id": 5, "timestamp": MS, "side": "buy", "price": 10.5, "amount": 20},
        {"timestamp": MS + 1, "side": "sell", "price": 10, "amount": 20},
    ]
    part = checked(trades_part(DERIBIT, BTC, trades))
    assert part.frame.select("time", "trade_id", "side", "price", "size").rows() == [
        (OPENED, "5", "buy", 10.5, 20.0)
    ]


def test_fees_of_ccxts_own_table_are_not_the_venues_word() -> None:
    market = {"settle": "BTC", "taker": 0.0005, "maker": 0, "precision": {}, "active": False}
    for exchange, fee in ((DERIBIT, 0.0005), (KRAKEN, None)):
        row = instruments_part(exchange, BTC, market, seen=OPENED).frame.row(0, named=True)
        assert row["taker_fee"] == fee
        assert row["state"] == "inactive"
        assert row["contract_size"] == 10.0
