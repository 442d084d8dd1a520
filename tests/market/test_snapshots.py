from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from obverse.errors import MarketDataError, SymbolError
from obverse.market import Finding, Market, Quote, Snapshot

AT = datetime(2026, 2, 1, 12, tzinfo=UTC)
Make = Callable[..., Quote]


@pytest.fixture
def snapshot(future: Make, perpetual: Make) -> Snapshot:
    return Snapshot(
        underlying="BTC",
        venue="deribit",
        at=AT,
        index=Decimal(100),
        perpetuals=(perpetual(funding_rate_8h=Decimal("0.0001")),),
        futures=(future(open_interest_usd=Decimal(12_345_678)),),
        source="test",
    )


@pytest.fixture
def market(snapshot: Snapshot) -> Market:
    return Market(AT + timedelta(hours=2, minutes=38), "deribit", "test", {"BTC": snapshot})


@pytest.mark.parametrize(
    "changes",
    [
        {"index": Decimal("NaN")},
        {"index": Decimal(0)},
        {"at": AT - timedelta(days=1)},
        {"at": AT.replace(tzinfo=None)},
        {"index_range": (Decimal(101), Decimal(102))},
        {"perpetuals": (), "futures": ()},
    ],
)
def test_an_impossible_snapshot_cannot_be_made(snapshot: Snapshot, changes: dict[str, Any]) -> None:
    with pytest.raises(MarketDataError, match="validate first"):
        replace(snapshot, **changes)


def test_futures_must_be_distinct_and_near_to_far(snapshot: Snapshot, future: Make) -> None:
    far = future(symbol="BTC-25DEC26", expiry=datetime(2026, 12, 25, 8, tzinfo=UTC))
    assert replace(snapshot, futures=(future(), far)).nodes == (future(), far)
    for futures in ((far, future()), (future(), future()), (future(expiry=None),)):
        with pytest.raises(MarketDataError):
            replace(snapshot, futures=futures)


def test_quotes_are_looked_up_by_symbol(snapshot: Snapshot) -> None:
    assert snapshot["BTC-27MAR26"] is snapshot.futures[0]
    assert "BTC-PERPETUAL" in snapshot
    with pytest.raises(SymbolError, match="Did you mean BTC-27MAR26"):
        snapshot["BTC-27MAR27"]


def test_markets_are_looked_up_by_coin(market: Market) -> None:
    assert market["BTC"] is market.snapshots["BTC"]
    assert list(market) == ["BTC"]
    assert len(market) == 1
    assert "ETH" not in market
    with pytest.raises(
        MarketDataError, match=r"'btc' at deribit in test; there is BTC. Did you mean"
    ):
        market["btc"]


def test_a_market_refuses_snapshots_from_its_future(snapshot: Snapshot) -> None:
    with pytest.raises(MarketDataError, match="later than"):
        Market(AT - timedelta(seconds=1), "deribit", "test", {"BTC": snapshot})


def test_everything_prints_in_100_columns(market: Market) -> None:
    remarks = tuple(Finding("flagged", "BTC", "a long reason " * 12) for _ in range(2))
    snapshot = replace(market["BTC"], findings=remarks, simulated=True)
    shown = repr(replace(market, snapshots={"BTC": snapshot}))
    assert max(map(len, shown.splitlines())) <= 100
    assert "SIMULATED" in shown
    assert "snapshots 2 h 38 min old" in shown
    heads, units = shown.splitlines()[3:5]
    place = heads.index("Open int.") + len("Open int.")
    assert units[:place].endswith("(USD)")
    assert "+0.0100" in shown


def test_everything_prints_in_a_notebook(market: Market) -> None:
    snapshot = replace(market["BTC"], source="<script>")
    html = replace(market, snapshots={"BTC": snapshot})._repr_html_()
    assert ">BTC-27MAR26</td>" in html
    assert "<script>" not in html
    assert html.count("<table ") == html.count("</table>")


def test_sources_of_single_quotes_are_told_once(snapshot: Snapshot, future: Make) -> None:
    futures = (future(source="candle"),)
    assert "\n  BTC-27MAR26: candle" in repr(replace(snapshot, futures=futures))
    perpetuals = tuple(replace(quote, source="candle") for quote in snapshot.perpetuals)
    assert "\n  all: candle" in repr(replace(snapshot, futures=futures, perpetuals=perpetuals))


def test_markets_travel_between_processes(market: Market) -> None:
    assert pickle.loads(pickle.dumps(market)) == market
