"""Connections: to which host, at which pace, and without ccxt."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import pytest
from market.live.conftest import Hand
from market.live.replay_server import Failure, ReplayServer

from obverse.errors import MarketDataError
from obverse.market.live import EXCHANGES, Clock, Connection, connect, exchange_named
from obverse.market.live.calls import call
from obverse.market.live.clocks import measured

STILL = Clock(lambda: 0.0, lambda _: None)


def test_every_address_of_a_venue_is_put_elsewhere() -> None:
    pytest.importorskip("ccxt")
    for each in EXCHANGES:
        with connect(each.venue, STILL, base_url="http://127.0.0.1:9/here/") as connection:
            addresses = connection.ccxt.urls["api"].values()
            assert addresses
            assert all(address.startswith("http://127.0.0.1:9/here") for address in addresses)
            assert "//" not in next(iter(addresses)).removeprefix("http://")
        with connect(each.venue, STILL) as connection:
            assert connection.ccxt.urls["api"]
            assert all(a.startswith("https://") for a in connection.ccxt.urls["api"].values())


def test_ccxt_is_used_as_it_comes() -> None:
    ccxt = pytest.importorskip("ccxt")
    for each in EXCHANGES:
        with connect(each.venue, STILL, timeout_seconds=7.5) as connection:
            assert type(connection.ccxt) is getattr(ccxt, each.ccxt_id)
            assert connection.ccxt.timeout == 7500
            assert connection.ccxt.enableRateLimit


def test_without_ccxt_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ccxt", None)
    with pytest.raises(MarketDataError, match=r'pip install "obverse\[live\]"'):
        connect("deribit", STILL)


def test_a_venue_that_is_not_read_live() -> None:
    with pytest.raises(MarketDataError, match=r"'bitmex' is not read live; there are deribit, bin"):
        exchange_named("bitmex")
    with pytest.raises(MarketDataError, match=r"Did you mean binance\?"):
        exchange_named("binanc")
    assert exchange_named("krakenfutures") is exchange_named("kraken")


def test_the_venues_rate_limit_is_kept_to(server: ReplayServer, hands: dict[str, Hand]) -> None:
    """ccxt itself waits between two calls, by the real clock."""
    clock = hands["deribit"].clock()
    with connect("deribit", clock, base_url=f"{server.url}/deribit") as connection:
        connection.ccxt.rateLimit = 60
        started = time.monotonic()
        for _ in range(4):
            call(connection, "fetch_time")
        assert time.monotonic() - started > 3 * 0.05


def test_the_middle_of_the_round_trip_is_when_the_clock_was_read(
    open_connection: Callable[..., Connection], server: ReplayServer, hands: dict[str, Hand]
) -> None:
    """A retry in between makes the doubt larger, not the clock wrong."""
    hands["okx"].seconds -= 0.5
    server.fail(Failure("/public/time", status=503))
    skew = measured(open_connection("okx"))
    assert skew.doubt_seconds == pytest.approx(0.5)
    assert skew.ahead_seconds == pytest.approx(0.0)
    assert skew.findings() == ()


@pytest.mark.parametrize("body", [b'{"result": "success"}', b'{"serverTime": "noon"}'])
def test_a_clock_that_tells_no_time(
    open_connection: Callable[..., Connection], server: ReplayServer, body: bytes
) -> None:
    server.fail(Failure("/feeschedules", body=body))
    with pytest.raises(MarketDataError, match=r"kraken: .*feeschedules answered .* no time"):
        measured(open_connection("kraken"))


@pytest.mark.parametrize(
    ("venue", "wanted", "asked"),
    [("binance", 60, 100), ("binance", 10_000, 1000), ("okx", None, None), ("kraken", 10, None)],
)
def test_a_depth_is_one_that_the_venue_knows(
    venue: str, wanted: int | None, asked: int | None
) -> None:
    assert exchange_named(venue).depth(wanted) == asked
