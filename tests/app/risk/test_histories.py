"""Histories behind a risk sheet: whole days that end with it, and reasons where there are none."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from obverse.app.risk.histories import Histories, recorded_histories, simulated_histories
from obverse.contracts import instant
from obverse.market import Market, read, write
from obverse.risk.scenarios import price_history

UNTIL = instant("2026-03-01T00:00:00Z")


def hourly(hours: int, ends_ago: int = 0, first: float = 100.0) -> Histories:
    """So many hours of bitcoin, each a dollar above the last, up to some hours before `UNTIL`."""
    times = [UNTIL - timedelta(hours=ends_ago + hours - 1 - place) for place in range(hours)]
    prices = first + np.arange(hours)
    return Histories("by hand", {"BTC": price_history(times, prices)})


def test_days_end_with_the_history() -> None:
    days = hourly(72).daily(["BTC"])["BTC"]
    assert list(days) == [123.0, 147.0, 171.0]


def test_coins_share_their_days() -> None:
    long, short = hourly(72).prices["BTC"], hourly(48).prices["BTC"]
    found = Histories("by hand", {"BTC": long, "ETH": short}).daily(["BTC", "ETH", "SOL"])
    assert sorted(found) == ["BTC", "ETH"]
    assert len(found["BTC"]) == len(found["ETH"]) == 2
    assert Histories("none").daily(["BTC"]) == {}


def test_a_volatility_needs_days_that_moved() -> None:
    times = [UNTIL + timedelta(days=place) for place in range(40)]
    rng = np.random.default_rng(1)
    moved = 100 * np.exp(np.cumsum(0.02 * rng.standard_normal(40)))
    histories = Histories(
        "by hand",
        {
            "BTC": price_history(times, moved),
            "ETH": price_history(times, [100.0] * 40),
            "SOL": price_history(times[:10], moved[:10]),
        },
    )
    found = histories.volatilities(["BTC", "ETH", "SOL", "XRP"])
    assert list(found) == ["BTC"]
    assert found["BTC"] == pytest.approx(0.02, rel=0.5)


def test_simulated_hours_are_those_of_the_market(market: Market) -> None:
    found = simulated_histories(7, ["BTC", "DOGE"], market.asked)
    assert found.prices["BTC"].prices_usd[-1] == pytest.approx(float(market["BTC"].index))
    assert found.reasons == {"DOGE": "the simulation does not know it"}
    again = simulated_histories(7, ["BTC"], market.asked)
    assert np.array_equal(found.prices["BTC"].prices_usd, again.prices["BTC"].prices_usd)
    other = simulated_histories(8, ["BTC"], market.asked)
    assert not np.array_equal(found.prices["BTC"].prices_usd, other.prices["BTC"].prices_usd)


def test_a_recorded_file_says_why_it_has_no_history_of_a_coin(market: Market, tmp_path) -> None:
    path = tmp_path / "market.csv"
    write(market, path)
    seen = read(path, at=market.asked)
    found = recorded_histories(str(path), seen, ["BTC", "SOL"])
    assert found.reasons["SOL"].endswith("has none of it")
    known = found.prices.get("BTC")
    assert known is None or len(known) == 1
    assert known is not None or found.reasons["BTC"]
