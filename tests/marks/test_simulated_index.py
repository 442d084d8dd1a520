"""The simulated index's sources: by the venue's rule they make the index shown, to the cent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obverse.contracts.units import Rounding, round_to_step
from obverse.errors import MarketDataError
from obverse.market import simulated
from obverse.market.floats import decimal_of_float
from obverse.marks.composition import composition, index_product
from obverse.marks.simulated_index import simulated_constituent_history, simulated_constituents
from obverse.rulebooks import Rulebook, rulebook

AT = datetime(2026, 2, 1, 12, 34, tzinfo=UTC)
VENUES = ["binance", "bitmex", "bybit", "deribit", "kraken", "okx"]
CENT = Decimal("0.01")


def made(entry, found) -> Decimal:
    price = composition(entry, found).value.price_usd
    assert price is not None
    return round_to_step(decimal_of_float(price), CENT, Rounding.HALF_EVEN)


@pytest.mark.parametrize("venue", VENUES)
def test_the_sources_make_the_index_that_the_market_shows(venue: str) -> None:
    market, book = simulated(seed=3, at=AT, venue=venue), rulebook(venue, as_of=AT)
    for snapshot in market.snapshots.values():
        coin = snapshot.underlying
        found = simulated_constituents(3, coin, snapshot.index, AT, book)
        assert found.simulated
        assert made(index_product(book, coin).index, found) == snapshot.index


def named(rule: dict) -> Rulebook:
    """Deribit's rulebook with another index rule, whose sources have names."""
    book = rulebook("deribit", as_of=AT)
    products = {
        name: replace(rules, index=msgspec.structs.replace(rules.index, **rule))
        for name, rules in book.products.items()
        if rules.index is not None
    }
    return replace(book, products=products)


@given(
    seed=st.integers(0, 50),
    cents=st.integers(100_000, 20_000_000),
    combination=st.sampled_from(["weighted", "equal"]),
    outliers=st.sampled_from(["none", "clamp_to_median", "drop_extremes"]),
    weights=st.lists(st.decimals("0.01", "1", places=4), min_size=1, max_size=7),
)
@settings(max_examples=60, deadline=None)
def test_whatever_the_rule_and_its_named_sources(
    seed: int, cents: int, combination: str, outliers: str, weights: list[Decimal]
) -> None:
    names = ("Binance", "Bitstamp", "Coinbase", "Gemini", "Kraken", "LMAX", "OKX")
    constituents = dict(zip(names, weights, strict=False))
    book = named({"combination": combination, "outliers": outliers, "constituents": constituents})
    index = Decimal(cents).scaleb(-2)
    found = simulated_constituents(seed, "BTC", index, AT, book)
    assert found.names == tuple(constituents)
    assert made(index_product(book, "BTC").index, found) == index


def test_a_week_of_hours_makes_every_index_and_repeats_the_instant() -> None:
    start, until = datetime(2026, 1, 25, 0, 30, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    history = simulated_constituent_history(7, "BTC", "deribit", start, until)
    assert [history.instants[0].at.hour, len(history.instants)] == [1, 168]
    last = history.instants[-1]
    index = simulated(at=until)["BTC"].index
    assert last == simulated_constituents(7, "BTC", index, until, rulebook("deribit", as_of=until))
    with pytest.raises(MarketDataError, match="No simulated hour"):
        simulated_constituent_history(7, "BTC", "deribit", start, start)
