"""The shipped rulebooks: whole, sourced, and honest about what they do not know."""

from __future__ import annotations

import re
import tomllib
from importlib import resources

import pytest

from obverse.contracts.symbols import SymbolPattern
from obverse.rulebooks import read_venue, venue_file, venues
from obverse.rulebooks.records import ALL_KINDS, Entry, Product
from obverse.rulebooks.series import entries

NAMES = {
    "binance": "Binance COIN-M",
    "bitmex": "BitMEX",
    "bybit": "Bybit",
    "deribit": "Deribit",
    "kraken": "Kraken Futures",
    "okx": "OKX",
}
# Ways in which a path of the machine that a file was written on could show.
MACHINE = re.compile(
    r"file:|\.\./|~/|[A-Za-z]:\\|(?<![\w/.:-])/(?:home|work|tmp|root|Users|mnt|var)/"
)

each_venue = pytest.mark.parametrize("venue", venues())


def text_of(venue: str) -> str:
    folder = resources.files("obverse.rulebooks") / "venues"
    return (folder / f"{venue}.toml").read_text(encoding="utf-8")


def rows(venue: str) -> list[Entry | Product]:
    """Every product and every rule of a venue."""
    file = venue_file(venue)
    return [*file.products, *(entry for kind in ALL_KINDS for entry in entries(file, kind))]


def test_the_six_venues_are_there() -> None:
    assert {venue: venue_file(venue).name for venue in venues()} == NAMES


@each_venue
def test_a_shipped_file_loads_and_is_named_for_its_venue(venue: str) -> None:
    file = read_venue(text_of(venue), f"{venue}.toml")
    assert file.venue == venue
    assert file.products
    assert file.begins.year >= 2016


@each_venue
def test_every_rule_has_a_source_that_exists(venue: str) -> None:
    sources = venue_file(venue).sources
    for row in rows(venue):
        assert row.source
        assert len(set(row.source)) == len(row.source)
        assert set(row.source) <= set(sources)
    assert all(len(said.strip()) > 10 for said in sources.values())


@each_venue
def test_every_source_is_used(venue: str) -> None:
    used = {key for row in rows(venue) for key in row.source}
    assert used == set(venue_file(venue).sources)


@each_venue
def test_a_file_names_no_path_of_a_machine(venue: str) -> None:
    assert MACHINE.findall(text_of(venue)) == []


def test_a_path_of_a_machine_would_be_seen() -> None:
    for path in (
        "/work/shared/x",
        "see ../shared/data",
        "file:///x",
        "C:\\x",
        "(/home/me/x)",
        "~/x",
    ):
        assert MACHINE.search(path)
    assert not MACHINE.search("https://www.okx.com/help/work/home/x and and/or")


@each_venue
def test_what_is_uncertain_says_why(venue: str) -> None:
    uncertain = [row.uncertain for row in rows(venue) if row.uncertain is not None]
    assert uncertain
    assert all(len(why) > 10 and why.endswith(".") for why in uncertain)


@each_venue
def test_every_number_survives_as_it_was_written(venue: str) -> None:
    """Exactly: a binary float on the way would show in the digits."""
    raw = tomllib.loads(text_of(venue), parse_float=str)
    for written, read in zip(raw["specification"], venue_file(venue).specification, strict=True):
        for field in ("multiplier", "tick", "lot"):
            assert str(getattr(read, field)) == str(written[field])


@each_venue
def test_symbols_and_ids_of_products_are_their_own(venue: str) -> None:
    products = venue_file(venue).products
    assert len({product.id for product in products}) == len(products)
    assert len({product.symbol for product in products}) == len(products)
    for product in products:
        assert SymbolPattern(product.symbol).text == product.symbol
        assert product.underlying not in ("XBT", product.quote)


@each_venue
def test_bitcoin_is_inverse_and_settled_in_itself_everywhere(venue: str) -> None:
    kinds = {
        (product.kind, product.payoff, product.settlement)
        for product in venue_file(venue).products
        if product.underlying == "BTC" and product.kind != "spread"
    }
    assert kinds == {("perpetual", "inverse", "BTC"), ("future", "inverse", "BTC")}


@pytest.mark.parametrize(
    ("venue", "exponent", "value", "fee"),
    [
        ("binance", 8, "nearest", "nearest"),
        ("bitmex", 8, "nearest", "toward_zero"),
        ("bybit", 8, "away_from_zero", "nearest"),
        ("deribit", 9, "nearest", "nearest"),
        ("kraken", 18, "half_even", "nearest"),
        ("okx", 18, "half_even", "half_even"),
    ],
)
def test_each_venue_keeps_coin_in_its_own_unit(
    venue: str, exponent: int, value: str, fee: str
) -> None:
    (rule,) = venue_file(venue).rounding
    assert (rule.exponent, rule.value.rounding, rule.fee.rounding) == (exponent, value, fee)
