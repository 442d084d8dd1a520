"""Outages of sources over a history: one, several, and of a source that is none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from obverse.errors import MarketDataError
from obverse.marks.index import IndexRule, Use
from obverse.marks.index_history import USES, SourceHistory
from obverse.marks.outages import outage, without
from obverse.marks.schedule import to_ns

BEGINS = datetime(2023, 1, 1, tzinfo=UTC)
NAMES = ("Kraken", "Bitstamp", "Coinbase")
CLAMPED = IndexRule(outliers="clamp_to_median", band_rate=0.005, minimum_sources=2)


def history(rows: list[list[float]], weights: np.ndarray | None = None) -> SourceHistory:
    prices = np.array(rows, dtype=float)
    steps, count = prices.shape
    times = np.array([to_ns(BEGINS + timedelta(minutes=step)) for step in range(steps)])
    weights = np.ones(count) if weights is None else weights
    return SourceHistory(NAMES[:count], times, prices, weights)


def test_an_outage_is_played_through() -> None:
    said = history([[100, 100.2, 101]] * 4)
    begins, until = BEGINS + timedelta(minutes=1), BEGINS + timedelta(minutes=3)
    played = outage(IndexRule(), said, "Coinbase", begins, until)
    assert played.names == ("Coinbase",)
    np.testing.assert_allclose(played.before.price_usd, 100.4)
    np.testing.assert_allclose(played.change_usd, [0, -0.3, -0.3, 0], atol=1e-12)
    assert USES[played.after.uses[1, 2]] is Use.NO_PRICE
    assert not np.isnan(said.prices).any()


def test_several_sources_are_silent_at_once() -> None:
    until = BEGINS + timedelta(minutes=1)
    played = outage(IndexRule(), history([[100, 103, 106]]), ["Kraken", "Coinbase"], BEGINS, until)
    assert played.names == ("Kraken", "Coinbase")
    assert played.after.price_usd.tolist() == [103]
    nobody = outage(IndexRule(), history([[100, 103, 106]]), (), BEGINS, until)
    assert nobody.change_usd.tolist() == [0]


def test_weights_may_change_from_step_to_step() -> None:
    said = history([[100, 110]] * 2, weights=np.array([[1.0, 1.0], [3.0, 1.0]]))
    played = outage(IndexRule(), said, (), BEGINS, BEGINS)
    assert played.before.price_usd.tolist() == [105, 102.5]
    assert [source.weight for source in said.instant(1)] == [3, 1]


def test_an_outage_that_leaves_too_few_has_no_change_to_show() -> None:
    said = history([[100, 101]] * 2)
    until = BEGINS + timedelta(minutes=1)
    played = outage(CLAMPED, said, "Kraken", BEGINS, until)
    assert played.change_usd.tolist() == [None, 0]


def test_an_unknown_source_cannot_fail() -> None:
    with pytest.raises(MarketDataError, match="Did you mean 'Kraken'"):
        without(history([[100.0]]), "kraken", BEGINS, BEGINS)
