"""`obverse data fetch`: through ccxt from a replay server into the store, gone on with later."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from click.testing import Result
from market.live.recorded_answers import CAPTURES, DATA
from market.live.replay_server import ReplayServer, serving
from market.live.venue_routes import all_routes

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def server() -> Iterator[ReplayServer]:
    """The server of all venues."""
    pytest.importorskip("ccxt", reason='ccxt is not installed: pip install "obverse[live]"')
    if not CAPTURES.exists():
        pytest.skip(f"no recorded answers at {DATA}")
    with serving(all_routes()) as server:
        yield server


@pytest.fixture
def fetch(run: Run, server: ReplayServer) -> Run:
    """Fetch from the server."""
    server.forget()

    def fetch(venue: str, *arguments: object) -> Result:
        url = f"{server.url}/{venue}"
        return run("fetch", venue, *arguments, "--url", url, "--timeout", "5", "--attempts", "1")

    return fetch


def test_a_curve_is_fetched_into_the_store(fetch: Run, run: Run) -> None:
    result = fetch("deribit", "BTC", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert any(row["instrument"] == "BTC-PERPETUAL" for row in found["series"])
    listed = json.loads(run("list", "--json").stdout)["series"]
    assert {row["kind"] for row in listed} == {"tickers"}


def test_a_history_goes_on_where_the_store_ends(fetch: Run, run: Run) -> None:
    span = ("--what", "funding", "--from", "2020-01-01")
    first = fetch("deribit", "BTC-PERPETUAL", *span, "--until", "2020-01-20", "--json")
    assert first.exit_code == 0, first.output
    second = fetch("deribit", "BTC-PERPETUAL", *span, "--until", "2020-02-01", "--json")
    assert second.exit_code == 0, second.output
    rows = [json.loads(each.stdout)["series"][0]["rows"] for each in (first, second)]
    counted = run("sql", "SELECT count(*) AS n FROM funding", "--json").stdout
    assert int(json.loads(counted)["rows"][0]["n"]) == sum(rows)
    assert sum(rows) == pytest.approx(31 * 24, abs=2)
    again = fetch("deribit", "BTC-PERPETUAL", *span, "--until", "2020-02-01")
    assert again.exit_code == 0, again.output


def test_a_dry_run_lists_the_contracts_that_are_meant(fetch: Run, run: Run) -> None:
    result = fetch("binance", "BTC", "--dry-run", "--json")
    assert result.exit_code == 0, result.output
    names = [row["instrument"] for row in json.loads(result.stdout)["contracts"]]
    assert "BTCUSD_PERP" in names
    assert run("list").exit_code == 2, "a dry run made a store"


def test_venues_that_are_read_live_are_listed(run: Run) -> None:
    found = json.loads(run("fetch", "--json").stdout)["venues"]
    assert {row["venue"] for row in found} == {"deribit", "binance", "bybit", "okx", "kraken"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("ftx", "BTC"), "ftx"),
        (("deribit",), "say of which contracts"),
        (("deribit", "BTC", "--what", "curves"), "Did you mean curve"),
        (("deribit", "BTC", "--what", "bars", "--interval", "soon"), "no kind of series"),
    ],
)
def test_what_cannot_be_fetched_is_said(fetch: Run, arguments: tuple[str, ...], words: str) -> None:
    result = fetch(*arguments)
    assert result.exit_code == 2, result.output
    assert words in result.stderr
    assert "Traceback" not in result.stderr


def test_a_venue_that_does_not_answer_is_told_and_makes_no_store(run: Run) -> None:
    pytest.importorskip("ccxt")
    result = run("fetch", "okx", "BTC", "--url", "http://127.0.0.1:9", "--attempts", "1")
    assert result.exit_code == 2
    assert "failed after 1 attempt" in result.stderr
    assert run("list").exit_code == 2
