"""Shared by the tests of the live source: a replay server, and ccxt connected to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from market.live.recorded_answers import CAPTURES, CLOCKS, DATA
from market.live.replay_server import ReplayServer, serving
from market.live.venue_routes import all_routes

from obverse.market.live import EXCHANGES, Clock, Connection, Patience, connect

VENUES = tuple(each.venue for each in EXCHANGES)


@dataclass
class Hand:
    """A clock set by hand: it stands still but for waiting."""

    seconds: float
    waits: list[float] = field(default_factory=list)

    def clock(self) -> Clock:
        return Clock(lambda: self.seconds, self.wait)

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.seconds += seconds


@pytest.fixture(scope="session")
def replay() -> Iterator[ReplayServer]:
    """The server of all venues."""
    pytest.importorskip("ccxt", reason='ccxt is not installed: pip install "obverse[live]"')
    if not CAPTURES.exists():
        pytest.skip(f"no recorded answers at {DATA}")
    with serving(all_routes()) as server:
        yield server


@pytest.fixture
def server(replay: ReplayServer) -> ReplayServer:
    """The server as if nothing had been asked of it."""
    replay.forget()
    return replay


@pytest.fixture
def hands() -> dict[str, Hand]:
    """A clock of each venue, at its own time when it was recorded."""
    return {venue: Hand(milliseconds / 1000) for venue, milliseconds in CLOCKS.items()}


@pytest.fixture
def open_connection(
    server: ReplayServer, hands: dict[str, Hand]
) -> Iterator[Callable[..., Connection]]:
    """Connect to a venue on the server, with the clock of `hands`."""
    opened: list[Connection] = []

    def make(venue: str, *, timeout_seconds: float = 5.0, attempts: int = 3) -> Connection:
        connection = connect(
            venue,
            hands[venue].clock(),
            base_url=f"{server.url}/{venue}",
            timeout_seconds=timeout_seconds,
            patience=Patience(attempts=attempts, first_wait_seconds=1, longest_wait_seconds=30),
            limit_rate=False,
        )
        opened.append(connection)
        return connection

    yield make
    for each in opened:
        each.close()
