"""The index: constituents, outliers, and what is said when there are too few."""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.errors import MarketDataError
from obverse.marks import IndexRule, IndexState, IndexValue, SourcePrice, index_value
from obverse.marks.index import Use

CLAMPED = IndexRule(outliers="clamp_to_median", band_rate=0.005, silent_seconds=180)
DRB_12 = (("Kraken", 100.0, 0.25), ("Bitstamp", 101.0, 0.5), ("Gemini", 120.0, 0.25))

rules = st.builds(
    IndexRule,
    combination=st.sampled_from(["weighted", "equal"]),
    outliers=st.sampled_from(["none", "clamp_to_median", "drop_extremes"]),
    band_rate=st.floats(0, 0.1),
    few_equal=st.integers(0, 3),
)
sources = st.lists(st.tuples(st.floats(0.01, 1e6), st.floats(0, 10)), min_size=1, max_size=9).map(
    lambda pairs: [SourcePrice(f"S{k}", p, w) for k, (p, w) in enumerate(pairs)]
)


def _sources(*rows: tuple[str, float | None, float]) -> list[SourcePrice]:
    return [SourcePrice(name, price, weight) for name, price, weight in rows]


def _uses(value: IndexValue) -> list[Use]:
    return [part.use for part in value.contributions]


def test_deribits_example_of_an_outlier_on_either_side() -> None:
    found = index_value(CLAMPED, _sources(*DRB_12))  # DRB-12
    assert found.median_usd == 101
    assert [part.used_price for part in found.contributions] == pytest.approx(
        [100.495, 101, 101.505]
    )
    assert found.price_usd == pytest.approx(101)
    assert _uses(found) == [Use.CLAMPED, Use.USED, Use.CLAMPED]


def test_bitmex_weighs_without_touching_an_outlier() -> None:
    found = index_value(IndexRule(), _sources(*DRB_12))
    assert found.price_usd == pytest.approx(0.25 * 100 + 0.5 * 101 + 0.25 * 120)
    assert [part.share for part in found.contributions] == [0.25, 0.5, 0.25]


def test_deribits_older_rule_drops_the_highest_and_the_lowest() -> None:
    rule = IndexRule(combination="equal", outliers="drop_extremes")
    prices = [100.0, 90.0, 103.0, 140.0, 102.0]
    found = index_value(rule, _sources(*((f"S{p}", p, 1.0) for p in prices)))
    assert found.price_usd == pytest.approx((100 + 103 + 102) / 3)
    assert _uses(found).count(Use.EXTREME) == 2
    assert index_value(rule, _sources(("A", 1.0, 1), ("B", 2.0, 1))).price_usd == 1.5


def test_okx_ignores_weights_with_two_sources_and_takes_the_only_one() -> None:
    rule = IndexRule(outliers="clamp_to_median", band_rate=0.02, few_equal=2)
    two = _sources(("A", 100.0, 0.9), ("B", 101.0, 0.1))
    assert index_value(rule, two).price_usd == pytest.approx(100.5)
    assert index_value(rule, two[:1]).price_usd == 100
    three = [*two, SourcePrice("C", 100.0, 0.0)]
    assert index_value(rule, three).price_usd == pytest.approx(100.1)


def test_a_stuck_constituent_is_left_out_after_its_silence_and_back_when_it_speaks() -> None:
    stuck = [replace(source, age_seconds=181) for source in _sources(DRB_12[2])]
    found = index_value(CLAMPED, [*_sources(*DRB_12[:2]), *stuck])
    assert _uses(found)[-1] is Use.SILENT
    assert found.contributions[-1].share == 0
    assert found.median_usd == 100.5
    assert found.price_usd == pytest.approx((100 * 0.25 + 101 * 0.5) / 0.75)
    fresh = [replace(stuck[0], age_seconds=180)]
    assert _uses(index_value(CLAMPED, [*_sources(*DRB_12[:2]), *fresh]))[-1] is Use.CLAMPED


@pytest.mark.parametrize("price", [0.0, -1.0, math.nan, math.inf, None])
def test_a_constituent_at_no_price_is_left_out_by_name(price: float | None) -> None:
    found = index_value(CLAMPED, _sources(("A", 100.0, 1), ("B", price, 5)))
    assert _uses(found) == [Use.USED, Use.NO_PRICE]
    assert found.price_usd == 100
    assert found.contributions[1].contribution_usd == 0


def test_too_few_sources_are_a_state_and_not_a_number() -> None:
    rule = replace(CLAMPED, minimum_sources=2)
    found = index_value(rule, _sources(("A", 100.0, 1), ("B", 0.0, 1)))
    assert found.state is IndexState.TOO_FEW_SOURCES
    assert found.price_usd is None
    assert found.median_usd is None
    assert _uses(found) == [Use.NO_INDEX, Use.NO_PRICE]
    assert index_value(CLAMPED, []).state is IndexState.TOO_FEW_SOURCES


def test_bad_constituents_are_refused() -> None:
    with pytest.raises(MarketDataError, match="twice"):
        index_value(CLAMPED, _sources(("A", 1.0, 1), ("A", 2.0, 1)))
    for weight in (-1.0, math.nan, math.inf):
        with pytest.raises(MarketDataError, match="weight"):
            index_value(CLAMPED, _sources(("A", 1.0, weight)))
    for age in (-1.0, math.nan):
        with pytest.raises(MarketDataError, match="yet to come"):
            index_value(CLAMPED, [SourcePrice("A", 1.0, 1.0, age)])


def test_a_constituents_outage_can_be_played_through() -> None:
    whole = index_value(CLAMPED, _sources(*DRB_12)).price_usd
    without = [index_value(CLAMPED, _sources(*DRB_12[:k], *DRB_12[k + 1 :])) for k in range(3)]
    assert whole == pytest.approx(101)
    assert [part.price_usd for part in without] != [whole] * 3
    assert all(part.state is IndexState.VALID for part in without)


@given(rules, sources, st.randoms())
def test_an_index_ignores_order(rule: IndexRule, given_: list[SourcePrice], random) -> None:
    shuffled = random.sample(given_, len(given_))
    one, other = index_value(rule, given_), index_value(rule, shuffled)
    assert (one.state, one.price_usd, one.median_usd) == (
        other.state,
        other.price_usd,
        other.median_usd,
    )
    by_name = {part.name: part for part in other.contributions}
    assert all(by_name[part.name] == part for part in one.contributions)


@given(sources, st.floats(0, 0.1))
def test_a_clamped_index_lies_within_its_bounds(given_: list[SourcePrice], band: float) -> None:
    rule = IndexRule(outliers="clamp_to_median", band_rate=band)
    found = index_value(rule, given_)
    middle = median(source.price for source in given_ if source.price is not None)
    assert found.median_usd == middle
    assert found.price_usd is not None
    assert middle * (1 - band) <= found.price_usd <= middle * (1 + band)


@given(rules, sources)
def test_contributions_and_shares_add_up(rule: IndexRule, given_: list[SourcePrice]) -> None:
    found = index_value(rule, given_)
    assert found.price_usd is not None
    parts = [part.contribution_usd for part in found.contributions]
    assert math.fsum(parts) == pytest.approx(found.price_usd, rel=1e-12)
    assert math.fsum(part.share for part in found.contributions) == pytest.approx(1)
