"""The index over a history: each row is the instant, and an outage can be played through."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obverse.errors import MarketDataError
from obverse.marks.index import IndexRule, IndexState, Use, index_value
from obverse.marks.index_history import (
    STATES,
    USES,
    SourceHistory,
    index_history,
)
from obverse.marks.policies import index_rule
from obverse.marks.schedule import to_ns
from obverse.rulebooks import venue_file, venues

BEGINS = datetime(2023, 1, 1, tzinfo=UTC)
NAMES = ("Kraken", "Bitstamp", "Coinbase", "Gemini", "Bittrex", "Huobi", "OKX")
CLAMPED = IndexRule(outliers="clamp_to_median", band_rate=0.005, minimum_sources=2)
SHIPPED = [index_rule(entry) for venue in venues() for entry in venue_file(venue).index]

rules = st.one_of(
    st.sampled_from(SHIPPED),
    st.builds(
        IndexRule,
        combination=st.sampled_from(["weighted", "equal"]),
        outliers=st.sampled_from(["none", "clamp_to_median", "drop_extremes"]),
        band_rate=st.floats(0, 0.1),
        silent_seconds=st.none() | st.floats(0, 300),
        minimum_sources=st.integers(0, 5),
        few_equal=st.integers(0, 3),
    ),
)


def history(prices, weights=None, ages=None, names=NAMES):
    found = np.array(prices, dtype=float)
    steps, count = found.shape
    times = to_ns(BEGINS) + np.arange(steps) * 60_000_000_000
    each = np.ones(count) if weights is None else np.array(weights, dtype=float)
    return SourceHistory(names[:count], times, found, each, ages)


@st.composite
def sources(draw):
    steps, count = draw(st.integers(0, 8)), draw(st.integers(1, 7))
    source = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    prices = 100 * np.exp(source.normal(0, draw(st.sampled_from([0, 0.001, 0.1])), (steps, count)))
    prices = prices.round(draw(st.sampled_from([0, 2, 12])))  # equal prices happen
    for none in (np.nan, 0.0, -1.0, np.inf):
        prices[source.random((steps, count)) < 0.08] = none
    weights = draw(st.lists(st.sampled_from([0.0, 0.25, 1.0, 3.7]), min_size=count, max_size=count))
    ages = source.uniform(0, 400, (steps, count)) if draw(st.booleans()) else None
    return history(prices, weights, ages)


@settings(deadline=None, max_examples=200)
@given(rule=rules, said=sources())
def test_each_row_is_the_instant(rule, said):
    found = index_history(rule, said)
    for step in range(len(said.times_ns)):
        one = index_value(rule, said.instant(step))
        assert STATES[found.states[step]] is one.state
        assert [USES[code] for code in found.uses[step]] == [part.use for part in one.contributions]
        assert bool(found.price_usd.mask[step]) is (one.price_usd is None)
        if one.price_usd is not None:
            assert found.price_usd[step] == pytest.approx(one.price_usd, rel=1e-14)
            assert found.median_usd[step] == one.median_usd
        shares = [part.share for part in one.contributions]
        np.testing.assert_allclose(found.shares[step], shares, rtol=1e-14)
        dollars = [part.contribution_usd for part in one.contributions]
        np.testing.assert_allclose(found.contributions_usd[step], dollars, rtol=1e-14)
    for array in (found.price_usd.data, found.median_usd.data, found.used_usd.data, found.shares):
        assert np.isfinite(array).all()


@settings(deadline=None)
@given(rule=rules, said=sources(), data=st.data())
def test_the_order_of_sources_does_not_matter(rule, said, data):
    order = data.draw(st.permutations(range(len(said.names))))
    ages = None if said.ages is None else said.ages[:, order]
    names = tuple(said.names[place] for place in order)
    other = history(said.prices[:, order], said.weights[order], ages, names)
    one, two = index_history(rule, said), index_history(rule, other)
    np.testing.assert_array_equal(one.states, two.states)
    np.testing.assert_allclose(one.price_usd.data, two.price_usd.data, rtol=1e-14)
    np.testing.assert_array_equal(one.uses[:, order], two.uses)


@settings(deadline=None)
@given(said=sources(), band=st.floats(0, 0.1))
def test_a_clamped_index_lies_within_its_band_and_its_sources(said, band):
    found = index_history(IndexRule(outliers="clamp_to_median", band_rate=band), said)
    price, middle = found.price_usd.compressed(), found.median_usd.compressed()
    assert (price >= middle * (1 - band)).all()
    assert (price <= middle * (1 + band)).all()
    usable = np.where(found.used_usd.mask, np.nan, said.prices)[found.valid]
    assert (price >= np.nanmin(usable, axis=1, initial=np.inf)).all()
    assert (price <= np.nanmax(usable, axis=1, initial=0.0)).all()


def test_too_few_sources_are_a_state_and_no_number():
    found = index_history(CLAMPED, history([[100, 102], [100, np.nan], [np.nan, np.nan]]))
    assert [STATES[code] for code in found.states] == [
        IndexState.VALID, IndexState.TOO_FEW_SOURCES, IndexState.TOO_FEW_SOURCES,
    ]  # fmt: skip
    assert found.valid.tolist() == [True, False, False]
    assert found.price_usd.tolist() == [pytest.approx(101), None, None]
    assert USES[found.uses[1, 0]] is Use.NO_INDEX
    assert USES[found.uses[1, 1]] is Use.NO_PRICE


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"names": ("A", "A")}, "there twice"),
        ({"prices": np.ones((2, 3))}, "prices of shape"),
        ({"ages": np.ones((1, 2))}, "ages of shape"),
        ({"ages": np.full((2, 2), np.nan)}, "age is below zero or none"),
        ({"weights": np.array([1.0, -1.0])}, "weights of zero or more"),
        ({"weights": np.array([1.0, np.nan])}, "weights of zero or more"),
        ({"weights": np.ones(3)}, "2 weights"),
        ({"times_ns": np.array([5, 5])}, "step 1 is late or there twice"),
    ],
)
def test_what_does_not_fit_together_is_refused(change, message):
    good = {
        "names": ("A", "B"),
        "times_ns": np.array([1, 2]),
        "prices": np.ones((2, 2)),
        "weights": np.ones(2),
    }
    with pytest.raises(MarketDataError, match=message):
        SourceHistory(**(good | change))
