"""From a name to an instrument and back: native and unified names of every venue."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from small_rulebook import changed, entry
from strategies import venue_days

from obverse.contracts import Kind
from obverse.contracts.instants import iso
from obverse.errors import SymbolError
from obverse.rulebooks import Rulebook, rulebook

NAMES = [
    ("bitmex", "2020-01-01", "XBTUSD", "BTC/USD:BTC", None),
    ("bitmex", "2026-02-01", "XBTM26", "BTC/USD:BTC-260626", "2026-06-26T12:00:00Z"),
    ("bitmex", "2020-01-01", "ETHUSD", "ETH/USD:BTC", None),
    ("deribit", "2026-02-01", "BTC-PERPETUAL", "BTC/USD:BTC", None),
    ("deribit", "2026-02-01", "BTC-25DEC26", "BTC/USD:BTC-261225", "2026-12-25T08:00:00Z"),
    ("deribit", "2026-02-01", "ETH-6FEB26", "ETH/USD:ETH-260206", "2026-02-06T08:00:00Z"),
    ("binance", "2026-02-01", "BTCUSD_PERP", "BTC/USD:BTC", None),
    ("binance", "2026-02-01", "BTCUSD_261225", "BTC/USD:BTC-261225", "2026-12-25T08:00:00Z"),
    ("bybit", "2026-02-01", "BTCUSD", "BTC/USD:BTC", None),
    ("bybit", "2026-02-01", "BTCUSDZ26", "BTC/USD:BTC-261225", "2026-12-25T08:00:00Z"),
    ("okx", "2026-02-01", "BTC-USD-SWAP", "BTC/USD:BTC", None),
    ("okx", "2026-02-01", "BTC-USD-261225", "BTC/USD:BTC-261225", "2026-12-25T08:00:00Z"),
    ("kraken", "2026-02-01", "PI_XBTUSD", "BTC/USD:BTC", None),
    ("kraken", "2026-02-01", "FI_XBTUSD_261225", "BTC/USD:BTC-261225", "2026-12-25T16:00:00Z"),
    ("kraken", "2026-02-01", "FI_XBTUSD_260626", "BTC/USD:BTC-260626", "2026-06-26T15:00:00Z"),
    ("kraken", "2024-03-01", "FI_XBTUSD_240329", "BTC/USD:BTC-240329", "2024-03-29T16:00:00Z"),
]


@pytest.mark.parametrize(("venue", "as_of", "native", "unified", "expiry"), NAMES,
                         ids=[f"{row[0]} {row[2]}" for row in NAMES])  # fmt: skip
def test_native_and_unified_names_are_of_one_instrument(
    venue: str, as_of: str, native: str, unified: str, expiry: str | None
) -> None:
    """Also by daylight saving: 16:00 in London is 15:00 UTC in June."""
    book = rulebook(venue, as_of=as_of)
    instrument = book.instrument(native)
    assert (instrument.symbol, instrument.unified, instrument.venue) == (native, unified, venue)
    assert instrument.kind is (Kind.FUTURE if expiry else Kind.PERPETUAL)
    assert (iso(instrument.expiry) if instrument.expiry else None) == expiry
    assert book.instrument(unified) == instrument
    assert book.instrument(native.lower()) == instrument
    assert book.instrument(unified.lower()) == instrument


def test_the_venues_code_is_read_in_a_unified_name_too() -> None:
    bitmex = rulebook("bitmex", as_of="2020-01-01")
    assert bitmex.instrument("XBT/USD:XBT") == bitmex.instrument("XBTUSD")
    assert bitmex.instrument("ETH/USD:XBT").settlement_currency.code == "BTC"


@pytest.mark.parametrize(
    ("symbol", "legs", "expiry"),
    [
        ("BTC-FS-25DEC26_PERP", ("BTC-25DEC26", "BTC-PERPETUAL"), "2026-12-25T08:00:00Z"),
        ("BTC-FS-25DEC26_26JUN26", ("BTC-25DEC26", "BTC-26JUN26"), "2026-06-26T08:00:00Z"),
        ("ETH-FS-27MAR26_6FEB26", ("ETH-27MAR26", "ETH-6FEB26"), "2026-02-06T08:00:00Z"),
    ],
)
def test_a_spread_names_its_far_and_near_leg(
    symbol: str, legs: tuple[str, str], expiry: str
) -> None:
    """It ends with its first leg, and has no unified name of its own."""
    deribit = rulebook("deribit", as_of="2026-02-01")
    spread = deribit.instrument(symbol)
    assert spread.kind is Kind.SPREAD
    assert spread.legs == legs
    assert spread.symbol == spread.unified == symbol
    assert spread.expiry is not None
    assert iso(spread.expiry) == expiry
    for leg in legs:
        assert deribit.instrument(leg).underlying == spread.underlying


def test_a_bitmex_spread_names_its_near_leg_first() -> None:
    spread = rulebook("bitmex", as_of="2026-06-01").instrument("XBTM26-XBTU26")
    assert spread.legs == ("XBTU26", "XBTM26")


def test_an_instrument_has_the_rules_of_its_product() -> None:
    okx = rulebook("okx", as_of="2026-04-01")
    future, swap = okx.instrument("BTC-USD-261225"), okx.instrument("ETH-USD-SWAP")
    assert (future.multiplier, str(future.tick), future.lot) == (100, "0.1", 1)
    assert (swap.multiplier, str(swap.tick), swap.lot) == (10, "0.01", 1)
    assert (future.index, future.order_unit) == ("BTC-USD", "contracts")
    assert future.settlement == "index average over 30 minutes"
    assert swap.settlement == ""
    assert future.listed is None
    assert swap.listed == datetime.fromisoformat("2018-12-03T00:00Z")


# What is refused


@pytest.mark.parametrize(
    ("venue", "symbol", "nearest"),
    [
        ("deribit", "BTC-PERPETUL", "BTC-PERPETUAL"),
        ("bitmex", "XBTUSDT", "XBTUSD"),
        ("okx", "BTC-USDT-SWAP", "BTC-USD-SWAP"),
        ("binance", "BTCUSDPERP", "BTCUSD_PERP"),
        ("kraken", "PF_XBTUSD", "PI_XBTUSD"),
        ("deribit", "BTC/USDC:BTC", "BTC/USD:BTC"),
    ],
)
def test_an_unknown_symbol_suggests_the_nearest(venue: str, symbol: str, nearest: str) -> None:
    with pytest.raises(SymbolError, match=f"at {venue} on 2026-02-01") as refused:
        rulebook(venue, as_of="2026-02-01").instrument(symbol)
    assert refused.value.nearest[0] == nearest
    assert f"Did you mean {nearest}" in str(refused.value)


@pytest.mark.parametrize(
    ("venue", "symbol"),
    [
        ("deribit", "BTC-26DEC26"),  # a Saturday
        ("deribit", "BTC/USD:BTC-261224"),
        ("deribit", "BTC-31FEB26"),
        ("okx", "BTC-USD-261224"),
        ("binance", "BTCUSD_260130"),  # a monthly Friday, of a venue with quarterlies alone
        ("bybit", "BTCUSDF26"),
        ("kraken", "FI_XBTUSD_260101"),
        ("deribit", "BTC-FS-26DEC26_PERP"),
        ("deribit", "BTC-FS-26JUN26_25DEC26"),  # near and far the wrong way round
        ("deribit", "BTC-FS-PERP_25DEC26"),
    ],
)
def test_a_day_without_delivery_is_refused(venue: str, symbol: str) -> None:
    with pytest.raises(SymbolError, match=f"No instrument '{symbol}' at {venue}"):
        rulebook(venue, as_of="2026-01-01").instrument(symbol)


def test_a_product_is_refused_outside_its_life_and_the_life_is_told() -> None:
    with pytest.raises(SymbolError, match=r"2016-06-01 \(listed from 2018-08-01\)\."):
        rulebook("bitmex", as_of="2016-06-01").instrument("ETHUSD")
    with pytest.raises(SymbolError, match=r"\(listed from 2018-08-31 until 2025-04-05\)"):
        rulebook("kraken", as_of="2026-01-01").instrument("PI_BCHUSD")


def test_what_bybit_moved_is_found_on_its_real_day_alone() -> None:
    bybit = rulebook("bybit", as_of="2021-12-01")
    december = bybit.instrument("BTCUSDZ21")
    assert december.unified == "BTC/USD:BTC-211224"
    assert bybit.instrument("BTC/USD:BTC-211224") == december
    with pytest.raises(SymbolError):
        bybit.instrument("BTC/USD:BTC-211231")


# Every venue, every day


@given(venue_days())
def test_every_listed_instrument_is_found_by_both_its_names(day: tuple[str, datetime]) -> None:
    venue, moment = day
    book = rulebook(venue, as_of=moment)
    for underlying in book.underlyings:
        for instrument in book.listed(underlying):
            assert book.instrument(instrument.symbol) == instrument
            assert book.instrument(instrument.unified) == instrument
            assert instrument.expiry is None or instrument.expiry > moment
            assert book.rules_of(instrument).product.underlying == underlying


@given(venue_days())
def test_no_two_listed_instruments_share_a_name(day: tuple[str, datetime]) -> None:
    venue, moment = day
    book = rulebook(venue, as_of=moment)
    names = book.names()
    assert len(names) == len(set(names))
    assert len(names) == 2 * sum(len(book.listed(coin)) for coin in book.underlyings)


@pytest.mark.parametrize(
    ("venue", "as_of", "symbol"),
    [
        ("bitmex", "2020-01-01", "XBTF22"),  # monthlies came in December 2021
        ("deribit", "2021-01-01", "BTC-8JAN21"),  # weeklies went in December 2020 and came again
        ("deribit", "2026-01-01", "BTC-17FEB17"),  # a weekly of 2017
        ("okx", "2022-01-01", "BTC-USD-240426"),  # monthlies came in November 2023
        ("kraken", "2026-01-01", "FI_XBTUSD_181012"),  # weeklies went in 2019
    ],
)
def test_a_name_of_another_time_is_read_but_not_listed(venue: str, as_of: str, symbol: str) -> None:
    book = rulebook(venue, as_of=as_of)
    found = book.instrument(symbol)
    assert found.symbol == symbol
    assert found.expiry is not None
    assert book.instrument(found.unified) == found
    assert symbol not in {item.symbol for item in book.listed("BTC")}


def test_daily_names_are_read_only_while_dailies_are_listed() -> None:
    """Every day is a delivery of theirs, so that at other times they would let any day pass."""
    tuesday = "BTC-2JUN26"
    assert rulebook("deribit", as_of="2026-06-01").instrument(tuesday).symbol == tuesday
    with pytest.raises(SymbolError, match=f"No instrument '{tuesday}'"):
        rulebook("deribit", as_of="2026-02-01").instrument(tuesday)


def test_the_calendar_in_force_is_read_before_those_of_other_times(tmp_path: Path) -> None:
    """Weeklies at 08:00 until 2022, then quarterlies alone at 16:00, winter days in London."""
    later = entry("calendar", 'products = ["future"]\nfrom = 2022-01-01')
    later = later.replace("08:00", "16:00").replace("weekly = 2, ", "")
    path = tmp_path / "harbour.toml"
    path.write_text(changed() + later)
    before, after = (rulebook(str(path), as_of=at) for at in ("2021-12-01", "2022-02-01"))

    def hour(book: Rulebook, symbol: str) -> int | None:
        expiry = book.instrument(symbol).expiry
        return expiry and expiry.hour

    assert (hour(before, "BTC-220325"), hour(after, "BTC-220325")) == (8, 16)
    assert hour(before, "BTC-220218") == hour(after, "BTC-220218") == 8  # by the old one alone
    with pytest.raises(SymbolError):
        after.instrument("BTC-220217")


def test_a_month_whose_delivery_was_cancelled_lists_nothing(tmp_path: Path) -> None:
    path = tmp_path / "harbour.toml"
    coded = ("{YYMMDD}", "{CODE}{YY}")
    path.write_text(changed(coded, ('"shared"', '"shared"\ncancelled = [2021-03-26]')))
    book = rulebook(str(path), as_of="2021-01-01")
    assert book.instrument("BTC-M21").unified == "BTC/USD:BTC-210625"
    with pytest.raises(SymbolError, match="BTC-H21"):
        book.instrument("BTC-H21")
