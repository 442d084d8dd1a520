"""Reading rulebooks: shipped by name, one's own by path, and what is refused on the way."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from small_rulebook import PATH, TEXT, changed, line_of, read

from obverse.errors import DataError, LocatedError, RuleError
from obverse.rulebooks import read_venue, venue_file, venues
from obverse.rulebooks.records import VenueFile


def test_six_venues_are_shipped() -> None:
    assert venues() == ("binance", "bitmex", "bybit", "deribit", "kraken", "okx")


def test_a_rulebook_is_read_whole() -> None:
    file = read()
    assert isinstance(file, VenueFile)
    assert (file.venue, file.name, len(file.products)) == ("harbour", "Harbour", 2)
    assert file.specification[1].tick == Decimal("0.1")
    assert file.margin[0].tiers[0].maintenance_rate == Decimal("0.005")
    assert file.margin[0].tiers[2].cap is None


def test_a_date_is_its_midnight_in_utc_and_an_instant_itself() -> None:
    file = read(
        changed(("from = 2020-01-01", "from = 2020-01-01T00:00:00+00:00\nuntil = 2026-01-01"))
    )
    assert file.begins == datetime(2020, 1, 1, tzinfo=UTC)
    assert file.until == datetime(2026, 1, 1, tzinfo=UTC)
    assert file.products[1].begins == datetime(2020, 2, 1, tzinfo=UTC)
    assert file.specification[1].begins == datetime(2021, 6, 8, 4, 30, tzinfo=UTC)


def test_numbers_may_be_written_as_text() -> None:
    assert read(changed(("tick = 0.5", 'tick = "0.5"'))) == read()


def test_a_shipped_rulebook_is_read_once() -> None:
    assert venue_file("deribit") is venue_file("deribit")
    assert venue_file("deribit").name == "Deribit"


def test_a_rulebook_of_ones_own_is_read_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "harbour.toml"
    path.write_text(TEXT, encoding="utf-8")
    assert venue_file(str(path)) == read()


@pytest.mark.parametrize("content", [None, b"\xff\xfe"], ids=["missing", "not text"])
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "lost.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"lost\.toml: the rulebook cannot be read"):
        venue_file(str(path))


def test_an_unknown_venue_suggests_the_nearest() -> None:
    with pytest.raises(RuleError, match=r"No rulebook 'derbit'; there are binance, .*, okx\. Did "):
        venue_file("derbit")
    with pytest.raises(RuleError) as refused:
        venue_file("mtgox")
    assert "Did you mean" not in str(refused.value)


MISFITS = [
    ('name = "Harbour"', 'name = "Harbour', "not TOML: "),
    ("tick = 0.5", "tick = ?", "not TOML: "),
    ("tick = 0.5", "tik = 0.5", "specification[0].tik: unknown field 'tik'; did you mean 'tick'"),
    (
        'rounding = "nearest"',
        'rounding = "up"',
        "rounding[0].value.rounding: Invalid enum value 'up'",
    ),
    ('kind = "future"', 'kind = "option"', "products[1].kind: Invalid enum value 'option'"),
    ('payoff = "inverse"', 'payoff = "cubic"', "products[0].payoff: Invalid enum value 'cubic'"),
    ("lot = 1\n", 'lot = "one"\n', "specification[0].lot: Invalid decimal"),
    ('unit = "contracts"', 'unit = "eur"', "specification[0].order_unit: Invalid enum value 'eur'"),
    ('= "index_average"', '= "dice"', "delivery[0].method: Invalid enum value 'dice'"),
    ('= "none"', '= "hourly"', "session[0].method: Invalid enum value 'hourly'"),
    ('= "marginal"', '= "mild"', "margin[0].style: Invalid enum value 'mild'"),
    ('= "mark"', '= "last"', "margin[0].value_basis: Invalid enum value 'last'"),
    ('= "shared"', '= "both"', "calendar[0].coinciding: Invalid enum value 'both'"),
    ("weekly = 2", "yearly = 2", "calendar[0].cycles: Invalid enum value 'yearly'"),
    ('cycle = "weekly"', 'cycle = "yearly"', "fees[1].cycle: Invalid enum value 'yearly'"),
    ("cap = 20, ", "cup = 20, ", "margin[0].tiers[1].cup: unknown field 'cup'; did you mean 'cap'"),
    ("time = 08:00:00", "time = 8", "calendar[0].delivery_time: Expected `time`, got `int`"),
    ("2020-01-01", "2020-01-01T00:00:00", "from: Expected `datetime` with a timezone"),
    ('["future"]', '["future", 7]', "fees[1].products[1]: Expected `str`, got `int`"),
    ("= -0.0001", "= nan", "fees[0].maker: NaN is not finite"),
    ("cap = 10,", "cap = inf,", "margin[0].tiers[0].cap: Infinity is not finite"),
    ("[[session]]", "[[sessions]]", "sessions: unknown field 'sessions'; did you mean 'session'"),
]


@pytest.mark.parametrize(("old", "new", "reason"), MISFITS, ids=[new for _, new, _ in MISFITS])
def test_a_file_that_does_not_fit_the_format_is_refused_where_it_does_not(
    old: str, new: str, reason: str
) -> None:
    text = changed((old, new))
    with pytest.raises(LocatedError) as refused:
        read(text)
    (fault,) = refused.value.faults
    assert str(fault).startswith(f"{PATH}:{line_of(text, new)}: {reason}")


def test_a_rule_without_a_needed_field_is_refused_at_its_head() -> None:
    with pytest.raises(LocatedError, match=rf"{PATH}:33: specification\[0\]: .* field `tick`"):
        read(changed(("tick = 0.5\n", "")))


@pytest.mark.parametrize("kind", ["products", "sources", "specification", "rounding", "fees"])
def test_a_file_without_a_needed_part_is_refused(kind: str) -> None:
    with pytest.raises(LocatedError):
        read_venue(TEXT.replace(f"[{kind}]", "[unneeded]"), PATH)
