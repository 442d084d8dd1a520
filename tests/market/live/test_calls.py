"""What venues do wrong, as ccxt meets it on the wire, and what becomes of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from market.live.conftest import VENUES, Hand
from market.live.recorded_answers import CLOCKS, dapi, days
from market.live.replay_server import Failure, ReplayServer
from market.live.venue_routes import Query

from obverse.errors import MarketDataError
from obverse.market.live import Connection, Patience, Request, fetch
from obverse.market.live.calls import call
from obverse.market.series.parts import checked

Open = Callable[..., Connection]

BOOKS = {
    "deribit": ("/get_order_book", "BTC-PERPETUAL"),
    "binance": ("/depth", "BTCUSD_PERP"),
    "bybit": ("/orderbook", "BTCUSD"),
    "okx": ("/books", "BTC-USD-220527"),
    "kraken": ("/orderbook", "PI_ETHUSD"),
}
"""Where each venue's order book is asked for, and of which contract."""

HTML = b"<html><head><title>Checking your browser</title></head></html>"
PASSING = {
    "a rate limit": Failure(status=429, body=b'{"msg":"Too many requests"}'),
    "a ban for a while": Failure(status=418, body=b'{"msg":"banned"}'),
    "no service": Failure(status=503, body=b"Service Unavailable", content_type="text/plain"),
    "a gateway's page": Failure(status=502, body=HTML, content_type="text/html"),
    "a connection that breaks": Failure(way="reset"),
    "a body cut short": Failure(way="cut short", body=b'{"result":{"bids":['),
    "half a JSON": Failure(body=b'{"result":{"bids":[[60000,1'),
    "a page for people": Failure(body=HTML, content_type="text/html"),
    "nothing at all": Failure(body=b""),
}


def book(connection: Connection) -> int:
    """Levels of the venue's order book."""
    name = BOOKS[connection.exchange.venue][1]
    (part,) = fetch(connection, Request("book", (name,)))
    return checked(part).frame.height


@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize("failure", PASSING.values(), ids=PASSING)
def test_what_passes_is_waited_for(
    open_connection: Open,
    server: ReplayServer,
    hands: dict[str, Hand],
    venue: str,
    failure: Failure,
) -> None:
    """Twice wrong and then right: as many levels as if nothing had been, after 1 and 2 seconds."""
    path = BOOKS[venue][0]
    server.fail(replace(failure, path=path, times=2))
    assert book(open_connection(venue)) > 10
    assert server.failures_left == 0
    assert hands[venue].waits == [1.0, 2.0]
    assert len(server.asked(path)) == 3


@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize("failure", PASSING.values(), ids=PASSING)
def test_what_stays_is_given_up(
    open_connection: Open,
    server: ReplayServer,
    hands: dict[str, Hand],
    venue: str,
    failure: Failure,
) -> None:
    path = BOOKS[venue][0]
    server.fail(replace(failure, path=path, times=3))
    with pytest.raises(MarketDataError) as raised:
        book(open_connection(venue))
    message = str(raised.value)
    assert message.startswith(f"{venue}: fetch_order_book failed after 3 attempts. The last answer")
    assert hands[venue].waits == [1.0, 2.0]
    assert len(server.asked(path)) == 3


@pytest.mark.parametrize("venue", VENUES)
def test_an_answer_that_does_not_come(
    open_connection: Open, server: ReplayServer, venue: str
) -> None:
    connection = open_connection(venue, timeout_seconds=0.1, attempts=2)
    call(connection, "load_markets", False, dict(connection.exchange.markets))
    server.fail(Failure(path=BOOKS[venue][0], way="late", times=2))
    with pytest.raises(MarketDataError, match=r"after 2 attempts.*RequestTimeout"):
        book(connection)


NEVER = {
    "deribit": (400, {"jsonrpc": "2.0", "error": {"code": 13020, "message": "not_found"}}),
    "binance": (400, {"code": -1121, "msg": "Invalid symbol."}),
    "bybit": (200, {"retCode": 10001, "retMsg": "params error: symbol invalid", "result": {}}),
    "okx": (200, {"code": "51001", "msg": "Instrument ID does not exist", "data": []}),
    "kraken": (400, {"result": "error", "error": "invalidArgument: symbol"}),
}


@pytest.mark.parametrize("venue", VENUES)
def test_what_the_venue_refuses_is_not_asked_twice(
    open_connection: Open, server: ReplayServer, hands: dict[str, Hand], venue: str
) -> None:
    path = BOOKS[venue][0]
    status, body = NEVER[venue]
    server.fail(Failure(path=path, status=status, body=json.dumps(body).encode()))
    with pytest.raises(MarketDataError, match=f"{venue}: fetch_order_book failed after 1 attempt"):
        book(open_connection(venue))
    assert len(server.asked(path)) == 1
    assert hands[venue].waits == []


LIMITED = {
    "deribit": (400, {"jsonrpc": "2.0", "error": {"code": 10028, "message": "too_many_requests"}}),
    "binance": (400, {"code": -1003, "msg": "Too many requests; current limit is 2400."}),
    "bybit": (200, {"retCode": 10006, "retMsg": "Too many visits!", "result": {}}),
    "okx": (200, {"code": "50011", "msg": "Too Many Requests", "data": []}),
    "kraken": (200, {"result": "error", "error": "apiLimitExceeded"}),
}


@pytest.mark.parametrize("venue", VENUES)
def test_a_limit_told_in_the_venues_own_words_is_waited_for(
    open_connection: Open, server: ReplayServer, hands: dict[str, Hand], venue: str
) -> None:
    status, body = LIMITED[venue]
    server.fail(Failure(path=BOOKS[venue][0], status=status, body=json.dumps(body).encode()))
    assert book(open_connection(venue)) > 10
    assert hands[venue].waits == [1.0]


def test_retry_after_is_kept_to(
    open_connection: Open, server: ReplayServer, hands: dict[str, Hand]
) -> None:
    headers = {"Retry-After": "17"}
    server.fail(Failure("/depth", status=429, body=b"{}", headers=headers))
    book(open_connection("binance"))
    assert hands["binance"].waits == [17.0]


def test_a_long_ban_is_not_waited_for(
    open_connection: Open, server: ReplayServer, hands: dict[str, Hand]
) -> None:
    headers = {"Retry-After": "3600"}
    server.fail(Failure("/depth", status=418, body=b"{}", headers=headers))
    with pytest.raises(MarketDataError, match=r"after 1 attempt.*left alone for 3600 s; try again"):
        book(open_connection("binance"))
    assert hands["binance"].waits == []


def test_a_list_of_markets_that_is_half_is_not_taken_for_an_empty_one(
    open_connection: Open, server: ReplayServer
) -> None:
    """ccxt reads a body that is no JSON as a list of nothing; the second answer is whole."""
    server.fail(Failure("/instruments-info", body=b'{"retCode":0,"result":{"list":[{"sy'))
    parts = list(fetch(open_connection("bybit"), Request("instruments")))
    assert len(parts) == 6


def test_a_list_without_inverse_contracts_is_told(
    open_connection: Open, server: ReplayServer
) -> None:
    server.fail(Failure("/get_instruments", body=b'{"jsonrpc":"2.0","result":[]}'))
    with pytest.raises(MarketDataError, match="deribit listed 0 markets, none of them an inverse"):
        list(fetch(open_connection("deribit"), Request("instruments")))


def test_json_of_another_form_is_tried_again_and_told(
    open_connection: Open, server: ReplayServer
) -> None:
    server.fail(Failure("/depth", body=b'{"bids": 5, "asks": 7}', times=3))
    with pytest.raises(MarketDataError, match="binance: fetch_order_book failed after 3 attempts"):
        book(open_connection("binance"))


@pytest.fixture
def swapped(server: ReplayServer) -> Iterator[Callable[[str, Callable[[Query], object]], None]]:
    """Put another route in a route's place, for a test."""
    kept = dict(server.routes)

    def put(path: str, route: Callable[[Query], object]) -> None:
        assert path in server.routes
        server.routes[path] = route

    yield put
    server.routes = kept


def test_a_page_that_repeats_is_no_end_of_the_history(
    open_connection: Open,
    hands: dict[str, Hand],
    monkeypatch: pytest.MonkeyPatch,
    swapped: Callable[..., None],
) -> None:
    """A venue that answers the newest rows whatever is asked would be walked to no end."""
    later = datetime(2023, 12, 1, tzinfo=UTC)
    monkeypatch.setitem(CLOCKS, "okx", int(later.timestamp() * 1000))
    hands["okx"].seconds = later.timestamp()
    newest = [[str(day), *map(str, own), "1", "2", "3", "1"] for day, *own in days("okx")[-100:]]
    for path in ("candles", "history-candles"):  # by the real date, ccxt asks the one or the other
        swapped(f"/okx/api/v5/market/{path}", lambda _: {"code": "0", "data": newest[::-1]})
    request = Request(
        "bars", ("BTC-USD-SWAP",), since=datetime(2023, 1, 1, tzinfo=UTC), interval=timedelta(1)
    )
    with pytest.raises(MarketDataError, match=r"the answer does not go on: asked for 2023-01-01"):
        list(fetch(open_connection("okx"), request))


def test_a_page_that_repeats_the_oldest_leaves_a_hole_that_is_told(
    open_connection: Open,
    hands: dict[str, Hand],
    monkeypatch: pytest.MonkeyPatch,
    swapped: Callable[..., None],
) -> None:
    later = datetime(2024, 1, 1, tzinfo=UTC)
    monkeypatch.setitem(CLOCKS, "binance", int(later.timestamp() * 1000))
    hands["binance"].seconds = later.timestamp()
    oldest = dapi("klines")[1][1]
    swapped("/binance/dapi/v1/klines", lambda _: oldest)
    request = Request(
        "bars", ("BTCUSD_PERP",), since=datetime(2023, 1, 1, tzinfo=UTC), interval=timedelta(1)
    )
    (part,) = fetch(open_connection("binance"), request)
    assert part.frame.height == len(oldest)
    told = "the venue gave no rows from 2023-07-20T00:00:00Z to 2024-01-01T00:00:00Z"
    assert [finding.reason for finding in part.findings] == [told]


def test_what_came_before_a_failure_was_given(
    open_connection: Open, server: ReplayServer, swapped: Callable[..., None]
) -> None:
    whole = server.routes["/deribit/api/v2/public/get_funding_rate_history"]
    failing = Failure(status=503, path="/get_funding_rate_history", times=3)
    calls: list[Query] = []

    def third_time_unlucky(query: Query) -> object:
        calls.append(query)
        if len(calls) == 3:
            server.fail(failing)
        return whole(query)

    swapped("/deribit/api/v2/public/get_funding_rate_history", third_time_unlucky)
    since = datetime(2019, 5, 1, tzinfo=UTC)
    pages = fetch(open_connection("deribit"), Request("funding", ("BTC-PERPETUAL",), since))
    assert [next(pages).frame.height for _ in range(3)] == [720] * 3
    with pytest.raises(MarketDataError, match="fetch_funding_rate_history failed after 3 attempts"):
        list(pages)


def test_waits_double_up_to_the_longest() -> None:
    patience = Patience(attempts=9, first_wait_seconds=0.5, longest_wait_seconds=10)
    assert [patience.wait_seconds(n) for n in range(1, 8)] == [0.5, 1, 2, 4, 8, 10, 10]
