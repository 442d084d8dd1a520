"""The dated entries of a rulebook, product by product."""

from __future__ import annotations

from small_rulebook import TEXT, changed, entry, read

from obverse.rulebooks.records import RULE_KINDS
from obverse.rulebooks.series import covers, entries, replaces, series

FILE = read()
PERPETUAL, FUTURE = FILE.products


def test_an_entry_covers_the_products_it_names_or_all() -> None:
    for_all, for_perpetual = FILE.specification
    assert covers(for_all, PERPETUAL)
    assert covers(for_all, FUTURE)
    assert covers(for_perpetual, PERPETUAL)
    assert not covers(for_perpetual, FUTURE)


def test_every_kind_of_rule_has_its_entries() -> None:
    counts = {kind: len(entries(FILE, kind)) for kind in RULE_KINDS}
    assert counts == {
        "specification": 2,
        "rounding": 1,
        "fees": 2,
        "calendar": 1,
        "delivery": 1,
        "session": 1,
        "margin": 1,
    }


def test_a_series_is_one_products_entries_oldest_first_with_their_places() -> None:
    older = entry("specification", 'products = ["perpetual"]\nfrom = 2020-06-01')
    file = read(TEXT + older)
    found = series(file, "specification", file.products[0])
    assert [place for place, _ in found] == [0, 2, 1]
    assert [item.begins.isoformat()[:10] for _, item in found] == [
        "2020-01-01", "2020-06-01", "2021-06-08",
    ]  # fmt: skip
    assert [place for place, _ in series(file, "specification", file.products[1])] == [0]


def test_only_an_entry_after_its_products_began_replaces_anything() -> None:
    assert not replaces(FILE, FILE.specification[0])
    assert replaces(FILE, FILE.specification[1])
    assert not replaces(FILE, FILE.calendar[0])  # the future's first, a month into the file


def test_a_change_on_the_day_another_product_begins_is_a_change() -> None:
    file = read(changed(("from = 2021-06-08T04:30:00Z", "from = 2020-02-01")))
    assert file.products[1].begins == file.specification[1].begins
    assert replaces(file, file.specification[1])


def test_an_entry_after_its_product_left_replaces_nothing() -> None:
    file = read(
        changed(("from = 2020-01-01\nsource", "from = 2020-01-01\nuntil = 2021-01-01\nsource"))
    )
    assert not replaces(file, file.specification[1])
