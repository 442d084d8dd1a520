"""A curve beside what it was: the same delivery instants, each by its own yearly rate."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest

import obverse as ob
from obverse.contracts import instant
from obverse.curves import Curve, curve
from obverse.curves.ghosts import Ghost, ages, compared
from obverse.errors import DataError

AT = instant("2026-11-20T12:00:00Z")


def simulated(days_before: int = 0) -> Curve:
    at = AT - timedelta(days=days_before)
    return curve(ob.market.simulated(seed=7, at=at, venue="deribit"), "BTC")


def test_a_rate_has_moved_by_what_its_own_curve_said_for_the_same_delivery() -> None:
    now, then = simulated(), simulated(7)
    found = compared(now, [Ghost("7d", then)])
    rows = {row["symbol"]: row for row in found.table().records()}
    for node in now.nodes:
        row = rows[node.symbol]
        if node.continuous_rate is None or node.expiry > then.nodes[-1].expiry:
            assert row["change_7d_bp"] is None
            continue
        years = (node.expiry - then.at) / timedelta(days=365)
        before = math.log(then.price_at(node.expiry) / then.index_usd) / years
        assert row["change_7d_bp"] == pytest.approx((node.continuous_rate - before) * 1e4, rel=1e-6)


def test_the_convention_is_of_every_rate() -> None:
    now = simulated()
    simple = compared(now, [], convention="simple").table().records()
    for row, node in zip(simple, now.nodes, strict=True):
        assert row["rate"] == pytest.approx(node.simple_rate)
    assert "simple" in str(compared(now, [], convention="simple").table())


def test_in_coin_the_basis_is_of_what_ten_thousand_dollars_are_worth() -> None:
    now = simulated()
    coin = compared(now, [], face="coin").table()
    keys = [column.key for column in coin.columns]
    assert "value_coin" in keys
    assert "mark_usd" not in keys
    for row, node in zip(coin.records(), now.nodes, strict=True):
        value = 10_000 / node.mark_usd
        assert row["value_coin"] == pytest.approx(value)
        assert row["basis_coin"] == pytest.approx(value - 10_000 / now.index_usd, abs=1e-12)
    assert "basis_usd" in compared(now, [], face="usd").to_frame().columns


@pytest.mark.parametrize(
    ("words", "days"), [("1d,7d,30d", [1, 7, 30]), ("12h", [0.5]), (" 4W ", [28])]
)
def test_ages_are_read(words: str, days: list[float]) -> None:
    assert [age / timedelta(days=1) for age in ages(words).values()] == days


@pytest.mark.parametrize("words", ["", "d", "0d", "7", "-1d", "1d,,7d", "1y"])
def test_what_is_no_age_is_refused(words: str) -> None:
    with pytest.raises(DataError, match="no age"):
        ages(words)


def test_a_ghost_is_older() -> None:
    now = simulated()
    with pytest.raises(DataError, match="is not before"):
        compared(now, [Ghost("0d", now)])


def test_it_draws_the_curve_over_its_ghosts() -> None:
    axes = compared(simulated(), [Ghost("7d", simulated(7)), Ghost("30d", simulated(30))]).plot()
    labels = [line.get_label() for line in axes.get_lines()]
    assert "7d before" in labels
    assert "30d before" in labels
