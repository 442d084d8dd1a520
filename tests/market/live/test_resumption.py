"""A fetch that broke off goes on where the store ends, and the whole is as if it never had."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from market.live.conftest import Hand
from market.live.recorded_answers import CLOCKS
from market.live.replay_server import Failure, ReplayServer

from obverse.errors import MarketDataError
from obverse.market.live import Connection, Request, fetch
from obverse.market.series.kinds import kind_named
from obverse.market.series.parts import checked, joined
from obverse.market.store import Origin, Store, append, create_store, scan, span

Open = Callable[..., Connection]
AT = datetime(2023, 12, 31, 22, tzinfo=UTC)
ORIGIN = Origin("replayed", "ccxt", "event")
CASES = {
    "deribit": (Request("funding", ("BTC-PERPETUAL",)), "/get_funding_rate_history"),
    "binance": (Request("funding", ("BTCUSD_PERP",)), "/fundingRate"),
    "bybit": (Request("funding", ("BTCUSD",)), "/funding/history"),
    "okx": (Request("funding", ("BTC-USD-SWAP",)), "/funding-rate-history"),
    "kraken": (Request("bars", ("PI_XBTUSD",), interval=timedelta(hours=1)), "/pi_xbtusd/1h"),
}
STARTS = {
    "deribit": datetime(2020, 5, 1, tzinfo=UTC),
    "bybit": datetime(2021, 1, 1, tzinfo=UTC),
    "kraken": datetime(2019, 12, 1, tzinfo=UTC),
}
ENDS = {
    "deribit": datetime(2020, 10, 1, tzinfo=UTC),
    "kraken": datetime(2020, 7, 1, tzinfo=UTC),
}


def kept(store: Store, connection: Connection, request: Request) -> None:
    """Commit page by page, going on where the store ends."""

    def stored(venue: str, instrument: str, kind: str) -> datetime | None:
        found = span(store.reopened().entries(venue, instrument, kind))
        return None if found is None else found[1]

    for part in fetch(connection, request, resume_from=stored):
        append(store, [part], ORIGIN, imported_at=AT)


@pytest.mark.parametrize("venue", CASES)
def test_broken_off_and_gone_on_with(
    open_connection: Open,
    server: ReplayServer,
    hands: dict[str, Hand],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    venue: str,
) -> None:
    monkeypatch.setitem(CLOCKS, venue, int(AT.timestamp() * 1000))
    hands[venue].seconds = AT.timestamp()
    asked, path = CASES[venue]
    request = replace(asked, since=STARTS.get(venue), until=ENDS.get(venue))
    connection = open_connection(venue)
    (whole,) = joined(list(fetch(connection, request)))
    calls = len(server.asked(path))

    store = create_store(tmp_path / "store")
    broken = [Failure(path=path, status=503, times=3)]
    route = next(own for own in server.routes if own.endswith(path) and venue in own)
    answer = server.routes[route]
    counted: list[object] = []

    def breaking(query: object) -> object:
        counted.append(query)
        if len(counted) == calls - 1:
            server.fail(*broken)
        return answer(query)  # type: ignore[arg-type]

    monkeypatch.setitem(server.routes, route, breaking)
    with pytest.raises(MarketDataError, match="failed after 3 attempts"):
        kept(store, connection, request)
    before = store.reopened()
    server.forget()
    hands[venue].seconds = AT.timestamp()
    monkeypatch.setitem(server.routes, route, answer)
    kept(store, connection, request)
    assert 0 < len(server.asked(path)) < calls
    kind = kind_named(whole.kind.name)
    found = scan(store.reopened(), kind.name, venue=venue, instrument=whole.instrument).collect()
    expected = checked(whole).frame
    assert found.select(expected.columns).drop("local_time").equals(expected.drop("local_time"))
    assert 0 < sum(commit.rows for commit in before.commits) < expected.height
    again = len(store.reopened().commits)
    kept(store, connection, request)
    added = store.reopened().commits[again:]
    assert sum(commit.rows for commit in added) == 0
    told = [line for commit in store.reopened().commits for line in commit.findings]
    assert not [line for line in told if "the venue gave no rows" not in line]
