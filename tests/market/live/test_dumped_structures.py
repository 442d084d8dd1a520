"""What ccxt returned, written to a file and read, is what was fetched."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from market.live.conftest import VENUES, Hand
from market.live.recorded_answers import CLOCKS

from obverse.market.live import Connection, Request, fetch
from obverse.market.live.calls import call
from obverse.market.series.parts import Part, checked
from obverse.market.sources.ccxt_files import FORMAT

Open = Callable[..., Connection]


def dumped(path: Path, connection: Connection, kind: str, data: Any, **more: Any) -> list[Part]:
    document = {"exchange": connection.exchange.ccxt_id, "kind": kind, "data": data, **more}
    path.write_text(json.dumps(document))
    assert FORMAT.recognises(path)
    return [checked(part) for part in FORMAT.read(path)]


@pytest.mark.parametrize("venue", VENUES)
def test_markets(open_connection: Open, tmp_path: Path, venue: str) -> None:
    connection = open_connection(venue)
    live = {part.name: checked(part).frame for part in fetch(connection, Request("instruments"))}
    markets = connection.ccxt.markets
    read = dumped(tmp_path / "m.json", connection, "markets", markets, time=CLOCKS[venue])
    own = {part.name: part.frame for part in read}
    assert own.keys() == live.keys()
    for name, frame in own.items():
        assert frame.drop("local_time").equals(live[name].drop("local_time")), name


def test_funding_of_deribit(
    open_connection: Open,
    tmp_path: Path,
    hands: dict[str, Hand],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at = datetime(2020, 3, 14, tzinfo=UTC)
    monkeypatch.setitem(CLOCKS, "deribit", int(at.timestamp() * 1000))
    hands["deribit"].seconds = at.timestamp()
    connection = open_connection("deribit")
    since = datetime(2020, 3, 1, tzinfo=UTC)
    (live,) = fetch(connection, Request("funding", ("BTC-PERPETUAL",), since))
    rates = call(
        connection, "fetch_funding_rate_history", "BTC/USD:BTC",
        since=int(since.timestamp() * 1000), params={"until": CLOCKS["deribit"] - 1},
    )  # fmt: skip
    (read,) = dumped(tmp_path / "f.json", connection, "fundingRateHistory", rates)
    assert read.frame.height == 13 * 24
    assert read.frame.drop("local_time").equals(checked(live).frame.drop("local_time"))


def test_a_book_of_binance(open_connection: Open, tmp_path: Path) -> None:
    connection = open_connection("binance")
    (live,) = fetch(connection, Request("book", ("BTCUSD_PERP",)))
    book = call(connection, "fetch_order_book", "BTC/USD:BTC")
    (read,) = dumped(tmp_path / "b.json", connection, "orderbook", book)
    assert read.frame.drop("local_time").equals(checked(live).frame.drop("local_time"))
