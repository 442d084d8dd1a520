"""Simulated sources: seeded, each its own, slowly changing, of the stated deviation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from statistics import pstdev

from obverse.market.simulated_sources import SOURCE_DEVIATION, source_distances, stand_ins

AT = datetime(2026, 2, 1, 12, tzinfo=UTC)


def test_a_source_does_not_depend_on_the_others() -> None:
    alone = source_distances(7, "BTC", AT, ["Kraken"])
    among = source_distances(7, "BTC", AT, ["Coinbase", "Kraken"])
    assert among["Kraken"] == alone["Kraken"] != among["Coinbase"]
    assert source_distances(8, "BTC", AT, ["Kraken"]) != alone
    assert source_distances(7, "ETH", AT, ["Kraken"]) != alone


def test_distances_hold_for_the_hour_and_have_their_deviation() -> None:
    later = AT + timedelta(minutes=59)
    assert source_distances(7, "BTC", later, ["A"]) == source_distances(7, "BTC", AT, ["A"])
    days = [AT + timedelta(days=5 * step) for step in range(150)]
    found = [source_distances(7, "BTC", day, ["A"])["A"] for day in days]
    assert 0.8 * SOURCE_DEVIATION < pstdev(found) < 1.2 * SOURCE_DEVIATION


def test_stand_ins_are_five_or_as_many_as_a_rule_needs() -> None:
    assert list(stand_ins(1)) == [f"source {letter}" for letter in "ABCDE"]
    assert sum(stand_ins(1).values()) == 1
    assert len(stand_ins(7)) == 7
