"""What a move of the index alone does to a perpetual, by each venue's rule."""

from __future__ import annotations

import pytest

from obverse.market import simulated
from obverse.marks.consequences import consequences, sample_rate_8h
from obverse.rulebooks import rulebook

AT = "2026-02-01T00:00Z"


@pytest.mark.parametrize("venue", ["binance", "bitmex", "bybit", "deribit", "kraken", "okx"])
def test_no_move_changes_nothing(venue: str) -> None:
    market = simulated(at=AT, venue=venue)
    for one in consequences(market["BTC"], rulebook(venue, as_of=AT), 1.0):
        assert one.at_once is not None
        assert one.averaged is not None
        assert one.at_once.mark_usd == one.averaged.mark_usd == one.before.mark_usd


@pytest.mark.parametrize("venue", ["deribit", "okx", "kraken"])
def test_an_averaged_mark_moves_with_the_index_and_returns_to_the_book(venue: str) -> None:
    market = simulated(at=AT, venue=venue)
    snapshot = market["BTC"]
    (one, *_) = consequences(snapshot, rulebook(venue, as_of=AT), 1.001)
    assert one.averages
    assert one.at_once.mark_usd - one.before.mark_usd == pytest.approx(
        float(snapshot.index) / 1000, abs=0.51
    )
    assert one.averaged.mark_usd == pytest.approx(one.before.mark_usd, abs=0.51)


def test_a_higher_index_lowers_premium_and_rate() -> None:
    snapshot = simulated(at=AT, venue="okx")["BTC"]
    (one, *_) = consequences(snapshot, rulebook("okx", as_of=AT), 1.001)
    assert one.averaged.premium_rate < one.before.premium_rate
    assert sample_rate_8h(one.averaged) < sample_rate_8h(one.before)


def test_without_an_index_there_is_no_mark() -> None:
    snapshot = simulated(at=AT)["BTC"]
    (one,) = consequences(snapshot, rulebook("deribit", as_of=AT), None)
    assert one.before.mark_usd is not None
    assert one.at_once is one.averaged is None
