"""Opening a market: every shipped venue, also one that closed before the default instant."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from obverse.app.commands.opening import latest, open_market
from obverse.contracts import instant
from obverse.errors import RuleError
from obverse.market import DEFAULT_INSTANT, simulated, write
from obverse.rulebooks import rulebook, venues


@pytest.mark.parametrize("venue", venues())
@pytest.mark.parametrize("command", ["marks", "report", "risk", "funding"])
def test_every_command_opens_every_shipped_venue(obverse, command: str, venue: str) -> None:
    result = obverse(command, "--venue", venue, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["venue"] == venue


def test_risk_of_all_venues_opens_the_usual_one(obverse) -> None:
    result = obverse("risk", "--venue", "all", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["venue"] == "deribit"


def test_a_venue_that_closed_is_seen_a_day_before() -> None:
    closed = rulebook("bitmex").file.until
    assert closed is not None
    assert latest("bitmex") == closed - timedelta(days=1) < instant(DEFAULT_INSTANT)
    assert latest("deribit") == instant(DEFAULT_INSTANT)


def test_an_instant_that_is_given_is_taken_and_one_after_the_closing_is_refused() -> None:
    assert open_market("simulated", "2026-03-01", "bitmex", 7).asked == instant("2026-03-01")
    with pytest.raises(RuleError, match="2026-09-23"):
        open_market("simulated", "2026-11-01", "bitmex", 7)


def test_a_file_is_read_at_its_own_last_instant(tmp_path) -> None:
    write(simulated(at="2026-02-01T00:00:00Z", underlyings=("BTC",)), tmp_path / "one.csv")
    opened = open_market(str(tmp_path / "one.csv"), None, None, 7)
    assert opened.source == "one.csv"
    assert opened["BTC"].at == instant("2026-02-01T00:00:00Z")
