"""From a rulebook's words to the rules that are carried out, for every venue that is shipped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.errors import RuleError
from obverse.marks import policies
from obverse.rulebooks import rulebook, venue_file, venues
from obverse.rulebooks.in_force import ProductRules, rules_in_force
from obverse.rulebooks.records import FURTHER_KINDS, FundingRule, Product
from obverse.rulebooks.series import series

NEWEST = datetime(2031, 1, 1, tzinfo=UTC)
NEEDED = ("index", "mark", "funding")
CASES = [
    (venue, product.id, kind)
    for venue in venues()
    for product in venue_file(venue).products
    for kind in NEEDED
    if product.kind in FURTHER_KINDS[kind]
]
PERPETUALS = [(venue, product) for venue, product, kind in CASES if kind == "funding"]


def _product(venue: str, name: str) -> Product:
    return next(product for product in venue_file(venue).products if product.id == name)


def _rules(venue: str, symbol: str, as_of: str) -> ProductRules:
    book = rulebook(venue, as_of=as_of)
    return book.rules_of(book.instrument(symbol))


@pytest.mark.parametrize(("venue", "name", "kind"), CASES)
def test_rules_of_marking_tile_the_life_of_every_product(venue: str, name: str, kind: str) -> None:
    file, product = venue_file(venue), _product(venue, name)
    entries = [entry for _, entry in series(file, kind, product)]
    assert entries, f"{venue} {name}: no {kind}"
    assert entries[0].begins <= product.begins
    end = product.until or file.until
    for entry, following in pairwise(entries):
        assert entry.until is None or entry.until == following.begins
        assert entry.begins < following.begins
    last = entries[-1].until
    assert last is None or (end is not None and last >= end)


@pytest.mark.parametrize(("venue", "name"), PERPETUALS)
def test_every_shipped_funding_rule_makes_rates_and_stamps(venue: str, name: str) -> None:
    file, product = venue_file(venue), _product(venue, name)
    for _, entry in series(file, "funding", product):
        assert isinstance(entry, FundingRule)
        for premium in (0.0, 0.0004, -0.02, 0.5):
            rate = policies.capped_rate(entry, premium)
            assert entry.cap is None or abs(rate) <= float(entry.cap)
            exact = policies.capped_rate(entry, Fraction(str(premium)))
            assert rate == pytest.approx(float(exact), abs=1e-15)
    rules = rules_in_force(file, product, product.begins)
    schedule = policies.funding_schedule(rules, file)
    end = min(product.until or NEWEST, file.until or NEWEST)
    at = product.begins + (end - product.begins) / 2
    opened, closes = schedule.window(at)
    assert opened <= at < closes
    stamps = schedule.stamps(product.begins, end)
    assert all(a < b for a, b in pairwise(stamps))
    assert all(b - a <= timedelta(hours=24) for a, b in pairwise(stamps))


@pytest.mark.parametrize("venue", venues())
def test_every_shipped_index_rule_is_carried_out(venue: str) -> None:
    for entry in venue_file(venue).index:
        rule = policies.index_rule(entry)
        assert rule.outliers == entry.outliers
        assert (rule.band_rate > 0) == (rule.outliers == "clamp_to_median")


@given(
    st.sampled_from(PERPETUALS), st.lists(st.floats(-0.1, 0.1), min_size=1, max_size=9), st.data()
)
def test_a_history_of_rates_is_its_instants(
    case: tuple[str, str], premiums: list[float], data: st.DataObject
) -> None:
    venue, name = case
    entries = [entry for _, entry in series(venue_file(venue), "funding", _product(venue, name))]
    entry = data.draw(st.sampled_from(entries))
    assert isinstance(entry, FundingRule)
    whole = policies.capped_rate(entry, np.array(premiums))
    assert np.array_equal(whole, [policies.capped_rate(entry, premium) for premium in premiums])


def test_a_rule_without_its_number_is_refused() -> None:
    entry = _rules("deribit", "BTC-PERPETUAL", "2024-01-01").funding
    assert entry is not None
    with pytest.raises(RuleError, match="without a dampener"):
        policies.rate_from_premium(msgspec.structs.replace(entry, dampener=None), 0.001)


@pytest.mark.parametrize(
    ("venue", "symbol", "as_of", "minutes", "samples"),
    [
        ("binance", "BTCUSD_241227", "2024-11-10", 60, 3600),
        ("binance", "BTCUSD_241227", "2024-11-11", 30, 1800),
        ("bybit", "BTCUSDZ23", "2023-12-01", 30, 1800),
        ("deribit", "BTC-28JUN19", "2019-06-01", 30, 300),
        ("deribit", "BTC-27MAR20", "2020-01-01", 30, 450),
        ("okx", "BTC-USD-260327", "2026-03-17", 60, None),
        ("okx", "BTC-USD-260327", "2026-03-18", 30, 9000),
        ("kraken", "FI_XBTUSD_240329", "2024-01-15", 60, None),
        ("bitmex", "XBTM24", "2024-05-01", 30, None),
    ],
)
def test_delivery_windows_are_those_of_the_day(venue, symbol, as_of, minutes, samples) -> None:
    book = rulebook(venue, as_of=as_of)
    instrument = book.instrument(symbol)
    entry = book.rules_of(instrument).delivery
    assert entry is not None
    assert instrument.expiry is not None
    window = policies.delivery_window(entry, instrument.expiry)
    assert (window.minutes, window.end) == (minutes, instrument.expiry)
    assert window.start == window.end - timedelta(minutes=minutes)
    assert window.sample_seconds is None if samples is None else window.samples == samples


def test_krakens_window_moves_with_london_daylight_saving() -> None:
    # Clocks went forward on 2024-03-31: the Friday before delivers at 16:00 UTC, April's at 15:00.
    for symbol, hour in (("FI_XBTUSD_240329", 16), ("FI_XBTUSD_240426", 15)):
        book = rulebook("kraken", as_of="2024-03-20")
        instrument = book.instrument(symbol)
        entry = book.rules_of(instrument).delivery
        assert entry is not None
        assert instrument.expiry is not None
        window = policies.delivery_window(entry, instrument.expiry)
        assert (window.start.hour, window.end.hour) == (hour - 1, hour)
        assert window.elapsed_share(window.end - timedelta(minutes=15)) == 0.75


def test_a_mark_is_rounded_as_the_venue_prints_it() -> None:
    assert policies.rounded_mark(Decimal("97849.7551"), 2) == Decimal("97849.76")
    assert policies.rounded_mark(Decimal("97849.7551"), None) == Decimal("97849.7551")


def test_a_schedule_starts_with_its_product_not_before() -> None:
    """Rules for all products may be older than the product; its stamps are not."""
    file = venue_file("bybit")
    old = msgspec.structs.replace(file.funding[0], products=["*"])
    older = [
        msgspec.structs.replace(
            old, begins=datetime(year, 1, 1, tzinfo=UTC), interval_hours=interval
        )
        for year, interval in ((2010, 24), (2011, 12), (2030, 4))
    ]
    product = _product("bybit", "btc_perpetual")
    made = msgspec.structs.replace(file, funding=older)
    rules = rules_in_force(made, product, product.begins)
    schedule = policies.funding_schedule(rules, made)
    assert [span.begins for span in schedule.spans] == [product.begins, older[2].begins]
    assert [span.interval_hours for span in schedule.spans] == [12, 4]


def test_a_future_has_no_funding_schedule() -> None:
    rules = _rules("bitmex", "XBTM24", "2024-05-01")
    with pytest.raises(RuleError, match="no funding rule"):
        policies.funding_schedule(rules, venue_file("bitmex"))
