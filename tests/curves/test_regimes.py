"""Contango and backwardation through time: the shapes of single curves, and their spells."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.curves import Shape, curve
from obverse.curves.histories import CurveHistory, curve_history
from obverse.curves.regimes import regimes
from obverse.errors import MarketDataError
from obverse.market.store import Store
from obverse.market.store.markets import stored_market

from .made_histories import Curves, made

UP, DOWN, BOTH = {10: 101.0, 90: 102.0}, {10: 99.0, 90: 98.0}, {10: 101.0, 90: 99.0}


def plain_shape(history: CurveHistory, place: int) -> Shape:
    own = history.nodes(place)
    rows = list(zip(history.marks_usd[own].tolist(), history.listed[own].tolist(), strict=True))
    judged = [mark for mark, listed in rows if listed] or [mark for mark, _ in rows]
    prices = [float(history.index_usd[place]), *judged]
    if len(prices) == 1:
        return Shape.EMPTY
    if prices == sorted(set(prices)):
        return Shape.CONTANGO
    return Shape.BACKWARDATION if prices == sorted(set(prices), reverse=True) else Shape.MIXED


marks = st.dictionaries(
    st.sampled_from([1.0, 10.0, 40.0, 90.0]), st.sampled_from([98.0, 99.0, 100.0, 101.0, 102.0])
)


@given(curves=st.lists(marks.map(lambda found: dict(sorted(found.items()))), min_size=1))
def test_every_shape_is_that_of_the_plain_rule(curves: Curves) -> None:
    for unlisted in (lambda days: False, lambda days: days == 40, lambda days: True):
        history = made(curves, unlisted=unlisted)
        expected = [plain_shape(history, place) for place in range(len(history))]
        assert list(regimes(history).shapes) == expected


def test_recorded_shapes_are_those_of_each_curve(deribit_store: Store) -> None:
    for coin in ("BTC", "ETH"):
        history = curve_history(deribit_store, "deribit", coin)
        found = regimes(history)
        for place in range(0, len(history), 160):
            term = curve(stored_market(deribit_store, history.moment(place), "deribit"), coin)
            assert found.shapes[place] is term.shape
        whole = (history.instants_ns[-1] - history.instants_ns[0]) / (86_400 * 10**9)
        assert found.days == pytest.approx(whole)
        assert sum(spell.snapshots for spell in found.spells) == len(history)
        assert sum(found.shares.values()) == pytest.approx(1)


def test_spells_last_to_the_next_shape() -> None:
    found = regimes(made([UP, UP, DOWN, BOTH, BOTH, BOTH]))
    told = [(each.shape, each.days, each.snapshots, each.going_on) for each in found.spells]
    assert told == [
        (Shape.CONTANGO, 2.0, 2, False),
        (Shape.BACKWARDATION, 1.0, 1, False),
        (Shape.MIXED, 2.0, 3, True),
    ]
    shares = {Shape.CONTANGO: 0.4, Shape.BACKWARDATION: 0.2, Shape.MIXED: 0.4, Shape.EMPTY: 0.0}
    assert found.shares == pytest.approx(shares)


def test_time_without_records_is_of_no_shape() -> None:
    found = regimes(made([UP, UP, UP, DOWN], at_days=[0, 0.5, 4, 4.5]))
    assert [(each.days, each.going_on) for each in found.spells] == [
        (0.5, True),
        (0.5, False),
        (0.0, True),
    ]
    assert found.warnings == ("1 gaps, 3.5 days in all, belong to no shape.",)
    assert found.shares[Shape.CONTANGO] == 1
    assert len(regimes(made([UP, UP, UP], at_days=[0, 2, 4]), max_gap_days=2).spells) == 1


def test_as_of_an_instant_no_shape_or_closed_spell_is_another() -> None:
    history = made([UP, UP, DOWN, BOTH, BOTH, UP])
    full, cut = regimes(history), regimes(history.between(0, 4))
    assert full.shapes[:4] == cut.shapes
    assert full.spells[:2] == cut.spells[:2]
    assert cut.spells[2].going_on
    assert cut.spells[2].start_ns == full.spells[2].start_ns


def test_one_snapshot_is_of_its_shape() -> None:
    found = regimes(made([UP]))
    assert found.days == 0
    assert found.shares[Shape.CONTANGO] == 1
    assert regimes(made([{}])).shapes == (Shape.EMPTY,)


def test_it_is_a_table_of_spells() -> None:
    found = regimes(made([UP, UP, DOWN]))
    rows = found.to_frame("records")
    assert [row["shape"] for row in rows] == ["contango", "backwardation"]
    assert [row["days"] for row in rows] == [2.0, 0.0]
    assert "contango 100.0 %" in repr(found)
    assert Decimal(repr(rows[0]["share"])) == 1


def test_bad_input_is_named() -> None:
    with pytest.raises(MarketDataError, match="no snapshots of BTC"):
        regimes(made([UP]).between(0, 0))
    for gap in (0, -1, np.nan, np.inf):
        with pytest.raises(MarketDataError, match="max_gap_days"):
            regimes(made([UP]), max_gap_days=gap)
