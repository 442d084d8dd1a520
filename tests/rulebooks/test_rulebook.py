"""A venue's rules at an instant: always there in its life, never outside, and what changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_rulebook import changed
from strategies import life, venue_days

from obverse.contracts.instants import instant
from obverse.errors import DataError, RuleError, SymbolError
from obverse.rulebooks import Rulebook, rulebook, venue_file, venues
from obverse.rulebooks.records import ALL_KINDS
from obverse.rulebooks.series import entries

TICK = timedelta(microseconds=1)
NOT_EVERYWHERE = {"price_band", "portfolio_margin"}


def check_total(book: Rulebook) -> None:
    """Every product that lives then has each of its rules, and only such products are there."""
    alive = {
        product.id
        for product in book.file.products
        if product.begins <= book.as_of and (product.until is None or book.as_of < product.until)
    }
    assert set(book.products) == alive
    for rules in book.products.values():
        kinds = {kind for kind, of in ALL_KINDS.items() if rules.product.kind in of}
        assert {kind for kind, _ in rules.entries()} | NOT_EVERYWHERE == kinds | NOT_EVERYWHERE
        for _, entry in rules.entries():
            assert entry.begins <= book.as_of
            assert entry.until is None or book.as_of < entry.until
        assert rules.fees[0].cycle is None
        assert rules.accounting.currency.code == rules.product.settlement


# Total over its dates


@given(venue_days())
def test_a_lookup_is_total_over_a_venues_dates(day: tuple[str, datetime]) -> None:
    venue, moment = day
    book = rulebook(venue, as_of=moment)
    assert (book.venue, book.as_of) == (venue, moment)
    check_total(book)


@pytest.mark.parametrize("venue", venues())
def test_a_lookup_is_total_at_every_change_and_just_before(venue: str) -> None:
    file = venue_file(venue)
    first, end = life(venue)
    rows = [file, *file.products, *(row for kind in ALL_KINDS for row in entries(file, kind))]
    edges = {edge for row in rows for edge in (row.begins, row.until) if edge is not None}
    moments = {moment for edge in edges for moment in (edge - TICK, edge)}
    inside = [moment for moment in moments if first <= moment < end]
    assert len(inside) > len(edges)
    for moment in inside:
        check_total(rulebook(venue, as_of=moment))


@pytest.mark.parametrize("venue", venues())
@given(ago=st.timedeltas(TICK, timedelta(days=3000)))
def test_before_a_venue_there_are_no_rules(venue: str, ago: timedelta) -> None:
    first, _ = life(venue)
    with pytest.raises(RuleError, match="no rules before"):
        rulebook(venue, as_of=first - ago)
    assert rulebook(venue, as_of=first).as_of == first


def test_bitmex_closed_and_is_history() -> None:
    last = rulebook("bitmex")
    assert last.as_of == instant("2026-09-23") - TICK
    assert rulebook("bitmex", as_of="2026-09-22T23:59:59Z").instrument("XBTUSD").lot == 100
    for after in ("2026-09-23", "2026-09-23T00:00:00Z", "2030-01-01"):
        with pytest.raises(RuleError, match="BitMEX closed on 2026-09-23T00:00:00Z"):
            rulebook("bitmex", as_of=after)


@pytest.mark.parametrize("venue", [name for name in venues() if name != "bitmex"])
def test_without_a_day_a_venue_that_trades_has_its_newest_rules(venue: str) -> None:
    newest = rulebook(venue)
    assert newest.next_changes() == []
    assert rulebook(venue, as_of="2035-01-01").products == newest.products


@pytest.mark.parametrize(
    "as_of",
    ["2024-01-01", "2024-01-01T00:00:00Z", date(2024, 1, 1), datetime(2024, 1, 1, tzinfo=UTC)],
    ids=["day", "instant", "date", "datetime"],
)
def test_an_instant_may_be_written_in_any_way(as_of: str | date | datetime) -> None:
    assert rulebook("deribit", as_of=as_of) is rulebook("deribit", as_of="2024-01-01")


@pytest.mark.parametrize("as_of", ["yesterday", datetime(2024, 1, 1)])  # noqa: DTZ001
def test_what_is_no_instant_is_refused(as_of: str | datetime) -> None:
    with pytest.raises(DataError, match=r"is not an instant|has no time zone"):
        rulebook("deribit", as_of=as_of)


# What changed, to the second


def test_the_lot_of_bitmex_became_a_hundred_at_half_past_four() -> None:
    before = rulebook("bitmex", as_of="2021-06-08T04:29:59Z")
    after = rulebook("bitmex", as_of="2021-06-08T04:30:00Z")
    for symbol in ("XBTUSD", "XBTU21"):
        assert (before.instrument(symbol).lot, after.instrument(symbol).lot) == (1, 100)
    assert before.instrument("ETHUSD").lot == after.instrument("ETHUSD").lot == 1
    assert {change.kind for change in after.last_changes()} == {"specification"}
    assert {change.at for change in before.next_changes()} == {after.as_of}


def test_the_bybit_quarterly_of_december_2021_delivered_on_the_24th() -> None:
    early = instant("2021-12-24T08:00Z")
    bybit = rulebook("bybit", as_of="2021-12-01")
    assert bybit.expiries("BTC") == (early, instant("2022-03-25T08:00Z"))
    assert bybit.instrument("BTCUSDZ21").expiry == early
    assert early not in rulebook("bybit", as_of=early).expiries("BTC")
    assert instant("2021-12-31T08:00Z") not in rulebook("bybit", as_of="2021-12-25").expiries("BTC")


def test_ticks_change_with_their_dates() -> None:
    ticks = {
        day: str(rulebook("bitmex", as_of=day).instrument("XBTUSD").tick)
        for day in ("2017-03-31T11:59:59Z", "2017-03-31T12:00:00Z", "2018-01-01", "2025-01-01")
    }
    assert list(ticks.values()) == ["0.01", "0.1", "0.5", "0.1"]


def test_changes_are_what_replaces_older_rules_oldest_first() -> None:
    book = rulebook("deribit", as_of="2021-08-01")
    changes = book.changes()
    moments = [change.at for change in changes]
    assert moments == sorted(moments)
    assert all(change.entry.begins == change.at > book.file.begins for change in changes)
    assert all(entries(book.file, change.kind)[change.place] is change.entry for change in changes)
    # the futures' tick changed on the day that the perpetual was first listed
    assert ("specification", instant("2018-08-14")) in {(row.kind, row.at) for row in changes}
    assert instant("2016-06-01") not in moments


def test_last_and_next_changes_stand_on_either_side_of_the_day() -> None:
    book = rulebook("deribit", as_of="2021-08-01")
    assert {row.at for row in book.last_changes()} == {instant("2021-07-22")}
    assert sorted({row.kind for row in book.last_changes()}) == ["fees", "margin", "specification"]
    assert {row.at for row in book.next_changes()} == {instant("2022-01-11")}
    on_the_day = rulebook("deribit", as_of="2021-07-22")
    assert on_the_day.last_changes() == book.last_changes()


@given(venue_days())
def test_every_change_is_last_next_further_or_past(day: tuple[str, datetime]) -> None:
    venue, moment = day
    book = rulebook(venue, as_of=moment)
    past = [row for row in book.changes() if row.at <= moment]
    ahead = [row for row in book.changes() if row.at > moment]
    last, following = book.last_changes(), book.next_changes()
    assert bool(last) == bool(past)
    assert bool(following) == bool(ahead)
    assert past[len(past) - len(last) :] == last
    assert ahead[: len(following)] == following
    assert len({row.at for row in last}) <= 1
    assert len({row.at for row in following}) <= 1


# What is listed, what it costs


def test_perpetuals_are_listed_before_futures_and_futures_near_to_far() -> None:
    listed = rulebook("deribit", as_of="2026-02-01").listed("btc")
    assert listed[0].symbol == "BTC-PERPETUAL"
    assert [item.symbol for item in listed[1:3]] == ["BTC-6FEB26", "BTC-13FEB26"]
    expiries = [item.expiry for item in listed[1:] if item.expiry]
    assert expiries == sorted(expiries)
    assert tuple(expiries) == rulebook("deribit", as_of="2026-02-01").expiries("BTC")


def test_another_instants_listing_can_be_asked_for() -> None:
    book = rulebook("binance", as_of="2026-02-01")
    assert book.expiries("BTC", "2026-04-01")[0] == instant("2026-06-26T08:00Z")
    assert book.expiries("BTC")[0] == instant("2026-03-27T08:00Z")


def test_a_coin_without_a_product_is_refused() -> None:
    with pytest.raises(RuleError, match="deribit lists nothing on DOGE; there are BTC, ETH"):
        rulebook("deribit", as_of="2026-02-01").listed("DOGE")


def test_fees_are_those_of_the_product_and_the_day() -> None:
    old, new = (rulebook("bitmex", as_of=day) for day in ("2020-01-01", "2026-01-01"))
    assert old.fee_rate(old.instrument("XBTUSD"), "maker") == Decimal("-0.00025")
    assert new.fee_rate(new.instrument("XBTUSD"), "maker") == Decimal("0.0005")
    assert new.fee_rate(new.instrument("XBTZ26"), "delivery") == Decimal("0.0005")
    with pytest.raises(RuleError, match="bitmex publishes no liquidation fee for XBTUSD"):
        new.fee_rate(new.instrument("XBTUSD"), "liquidation")


def test_an_instrument_of_another_venue_has_no_rules_here() -> None:
    kraken = rulebook("kraken", as_of="2026-02-01").instrument("PI_XBTUSD")
    with pytest.raises(SymbolError, match="'PI_XBTUSD' at deribit"):
        rulebook("deribit", as_of="2026-02-01").rules_of(kraken)


def test_a_rulebook_reads_in_one_line() -> None:
    assert str(rulebook("okx", as_of="2026-02-01")) == (
        "OKX rules as of 2026-02-01T00:00:00Z: 6 products on BTC, ETH, LTC, XRP"
    )


def test_a_rulebook_of_ones_own_is_looked_up_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "harbour.toml"
    path.write_text(changed(("  # the first day", "\nuntil = 2030-01-01")), encoding="utf-8")
    book = rulebook(str(path), as_of="2021-01-01")
    assert book.instrument("BTC-210108").unified == "BTC/USD:BTC-210108"
    with pytest.raises(RuleError, match="Harbour closed on 2030-01-01"):
        rulebook(str(path), as_of="2030-01-01")
