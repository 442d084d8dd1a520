"""What was on offer, of recorded order books: walked by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from obverse.analysis.arbitrage.depths import BEST, WALKED, stored_depth
from obverse.market.series import Part, kind_named
from obverse.market.store import Origin, Store, append, create_store
from obverse.rulebooks import rulebook

AT = datetime(2024, 8, 8, 12, tzinfo=UTC)
BOOK = rulebook("binance", as_of=AT)
SYMBOL = "BTCUSD_PERP"
ORIGIN = Origin("made", "test", "event")
Levels = list[tuple[bool, float, float]]
"""Bid or not, price and contracts of 100 USD."""
LEVELS: Levels = [
    (True, 60_000.0, 10.0), (True, 50_000.0, 40.0), (False, 60_100.0, 10.0), (False, 80_000.0, 20.0)
]  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Make an empty store."""
    return create_store(tmp_path / "store")


def keep(store: Store, kind: str, rows: list[dict[str, object]]) -> Store:
    part = Part("binance", SYMBOL, kind_named(kind), pl.DataFrame(rows))
    append(store, [part], ORIGIN, imported_at=AT)
    return store.reopened()


def book(store: Store, levels: Levels, seconds: float = 5, *, snapshot: bool = True) -> Store:
    at = AT - timedelta(seconds=seconds)
    return keep(
        store,
        "book_levels",
        [
            {"time": at, "snapshot": snapshot, "is_bid": bid, "price": price, "size": size}
            for bid, price, size in levels
        ],
    )


def tops(store: Store) -> Store:
    row = {"bid": 60_000.0, "bid_size": 7.0, "ask": 60_100.0, "ask_size": 9.0}
    return keep(store, "book_tops", [{"time": AT - timedelta(seconds=1), **row}])


def test_a_recorded_book_is_walked_by_the_size_and_its_average_is_harmonic(store: Store) -> None:
    found = stored_depth(book(store, LEVELS), BOOK, SYMBOL, AT, Decimal(2000))
    assert found is not None
    assert found.where == WALKED
    assert found.usd == 3000
    assert found.bid_usd == pytest.approx(2000 / (1000 / 60_000 + 1000 / 50_000), rel=1e-15)
    assert found.ask_usd == pytest.approx(2000 / (1000 / 60_100 + 1000 / 80_000), rel=1e-15)


def test_a_book_too_thin_for_the_size_has_its_depth_and_no_prices(store: Store) -> None:
    found = stored_depth(book(store, LEVELS), BOOK, SYMBOL, AT, Decimal(3100))
    assert found is not None
    assert (found.usd, found.bid_usd, found.ask_usd) == (3000, None, None)


def test_without_a_full_book_the_best_prices_sizes_are_known(store: Store) -> None:
    found = stored_depth(tops(store), BOOK, SYMBOL, AT, Decimal(2000))
    assert found is not None
    assert (found.usd, found.where, found.bid_usd) == (700, BEST, None)


@pytest.mark.parametrize(
    ("levels", "seconds", "snapshot"),
    [
        (LEVELS, 61, True),
        (LEVELS, -1, True),
        (LEVELS, 5, False),
        ([(True, 60_200.0, 10.0), *LEVELS], 5, True),
    ],
    ids=["old", "later", "a difference", "crossed"],
)
def test_a_book_that_says_nothing_sure_of_the_instant_is_not_walked(
    store: Store, levels: Levels, seconds: float, snapshot: bool
) -> None:
    stored = book(store, levels, seconds, snapshot=snapshot)
    assert stored_depth(stored, BOOK, SYMBOL, AT, Decimal(2000)) is None
    found = stored_depth(tops(stored), BOOK, SYMBOL, AT, Decimal(2000))
    assert found is not None
    assert found.where == BEST


def test_of_two_books_the_last_one_before_counts(store: Store) -> None:
    stored = book(book(store, LEVELS, 30), [(True, 59_000.0, 99.0), (False, 59_100.0, 98.0)], 2)
    found = stored_depth(stored, BOOK, SYMBOL, AT, Decimal(2000))
    assert found is not None
    assert (found.usd, found.bid_usd, found.ask_usd) == (9800, 59_000, 59_100)


def test_a_contract_that_the_rulebook_does_not_know_has_none(store: Store) -> None:
    assert stored_depth(book(store, LEVELS), BOOK, "NOSUCH", AT, Decimal(2000)) is None
