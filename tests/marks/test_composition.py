"""Who makes an index at one instant: weights, contributions, and outages played through."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.errors import DataError, RuleError
from obverse.market import Constituent, Constituents
from obverse.marks.composition import (
    WEIGHTS_UNKNOWN,
    composition,
    index_outage,
    index_product,
    source_names,
)
from obverse.marks.composition_sheets import composition_table, outage_index_table, outage_table
from obverse.marks.index import IndexState
from obverse.rulebooks import rulebook
from obverse.rulebooks.records import IndexRule

AT = datetime(2021, 1, 15, 12, tzinfo=UTC)


def entry(venue: str = "bitmex", at: datetime = AT, **changes) -> IndexRule:
    found = index_product(rulebook(venue, as_of=at), "BTC").index
    assert found is not None
    return msgspec.structs.replace(found, **changes)


def said(*rows: tuple[str, str | None] | tuple[str, str | None, str]) -> Constituents:
    sources = tuple(
        Constituent(
            name,
            None if price is None else Decimal(price),
            Decimal(weight[0]) if weight else None,
        )
        for name, price, *weight in rows
    )
    return Constituents("BTC", AT, sources, "a.csv")


def test_weights_are_the_recordings_then_the_rulebooks_then_equal() -> None:
    prices = [("coinbase", "110"), ("Kraken", "100")]
    own = composition(entry(), said(*((name, price, "1") for name, price in prices)))
    assert own.value.price_usd == 105
    listed = composition(entry(), said(*prices))  # 0.3807 and 0.2028 since 2020-12-25
    assert listed.value.price_usd == pytest.approx(100 + 10 * 0.3807 / (0.3807 + 0.2028))
    none = composition(entry(constituents={}), said(*prices))
    assert (none.value.price_usd, none.remarks) == (105, (WEIGHTS_UNKNOWN,))
    equal = composition(entry(constituents={}, combination="equal"), said(*prices))
    assert equal.remarks == ()


def test_a_source_that_the_rulebook_does_not_name_is_told_with_the_nearest() -> None:
    with pytest.raises(RuleError, match=r"'Krakn' is no constituent.*Did you mean Kraken\?"):
        composition(entry(), said(("Krakn", "100")))


def test_bitmex_without_coinbase() -> None:
    whole = composition(
        entry(), said(("Bitstamp", "100"), ("Coinbase", "103"), ("Kraken", "101"), ("Gemini", None))
    )
    played = index_outage(whole, ["COINBASE"])
    before = (100 * 0.2881 + 103 * 0.3807 + 101 * 0.2028) / (0.2881 + 0.3807 + 0.2028)
    after = (100 * 0.2881 + 101 * 0.2028) / (0.2881 + 0.2028)
    assert played.names == ("Coinbase",)
    assert played.change_usd == pytest.approx(after - before)
    assert played.change_bp == pytest.approx((after / before - 1) * 10_000)
    assert (whole.used, played.after.used) == (3, 2)
    (row,) = outage_index_table("", played).records()
    assert (row["without"], row["sources_left"], row["state"]) == ("Coinbase", 2, "valid")
    outcomes = [row["outcome_without"] for row in outage_table("", played).records()]
    assert outcomes == ["used", "taken out", "used", "dropped, no price"]


def test_too_few_sources_is_a_state_with_a_name() -> None:
    whole = composition(entry(minimum_sources=2), said(("Coinbase", "103"), ("Kraken", "101")))
    played = index_outage(whole, ["Kraken"])
    assert played.after.value.state is IndexState.TOO_FEW_SOURCES
    assert played.ratio is played.change_usd is played.change_bp is None
    table = composition_table("", played.after)
    assert table.notes[0] == (
        "No index: too few sources. 1 of 2 have a price that the rule takes; it needs 2."
    )
    coinbase, kraken = table.records()
    assert (coinbase["outcome"], kraken["outcome"]) == (
        "not used, too few sources",
        "dropped, no price",
    )
    assert coinbase["median_gap_bp"] is None


def test_names_are_meant_whatever_their_case_and_each_once() -> None:
    known = ["Coinbase", "Kraken"]
    assert source_names(["kraken", "Kraken", "COINBASE"], known) == ("Kraken", "Coinbase")
    with pytest.raises(
        DataError, match=r"No source 'Karken'.*Coinbase, Kraken\. Did you mean Kraken\?"
    ):
        source_names(["Karken"], known)


def test_the_perpetuals_rule_is_meant() -> None:
    rules = index_product(rulebook("bitmex", as_of=AT), "BTC")
    assert rules.product.id == "btc_perpetual"
    with pytest.raises(RuleError, match="no index rule for DOGE"):
        index_product(rulebook("bitmex", as_of=AT), "DOGE")


prices = st.lists(st.decimals("90", "110", places=2), min_size=1, max_size=6)
rules = st.builds(
    entry,
    st.just("deribit"),
    combination=st.sampled_from(["weighted", "equal"]),
    outliers=st.sampled_from(["none", "clamp_to_median", "drop_extremes"]),
    minimum_sources=st.integers(1, 3),
)


@given(rules, prices, st.data())
def test_contributions_add_up_and_an_outage_is_the_index_of_the_rest(rule, found, data) -> None:
    rows = [(f"S{place}", str(price), "1.5") for place, price in enumerate(found)]
    whole = composition(rule, said(*rows))
    if whole.value.price_usd is not None:
        total = sum(part.contribution_usd for part in whole.value.contributions)
        assert total == pytest.approx(whole.value.price_usd)
    away = data.draw(st.sets(st.sampled_from(whole.names)))
    left = [row for row in rows if row[0] not in away]
    after = index_outage(whole, sorted(away)).after.value
    if not left:
        assert after.price_usd is None
    else:
        assert after.price_usd == composition(rule, said(*left)).value.price_usd
