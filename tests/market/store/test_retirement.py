"""Taking imports out of a store."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from obverse.errors import StoreError
from obverse.market.series import Part
from obverse.market.store import Origin, Store, append, scan, withdraw
from obverse.market.store.retirement import orphans

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
Minutes = Callable[..., Part]
ONE, TWO = (Origin(name, "test", "close", name * 64, 1) for name in "ab")


def rows(store: Store) -> int:
    return len(scan(store.reopened(), "bars_1m").collect())


def test_the_rows_of_an_import_are_gone_and_can_come_again(store: Store, minutes: Minutes) -> None:
    append(store, [minutes(0, 100)], ONE, imported_at=NOW)
    append(store, [minutes(100, 50)], TWO, imported_at=NOW)
    withdraw(store, [1], imported_at=NOW)
    assert rows(store) == 50
    store = store.reopened()
    assert store.imports_of(ONE.sha256) == ()
    assert [each.number for each in store.imports_of(TWO.sha256)] == [2]
    append(store, [minutes(0, 100, 7.0)], ONE, imported_at=NOW)
    assert rows(store) == 150
    assert [each.number for each in store.reopened().imports_of(ONE.sha256)] == [4]
    assert orphans(store.reopened()) == []


def test_an_import_that_left_rows_out_for_a_withdrawn_one_is_to_be_made_again(
    store: Store, minutes: Minutes
) -> None:
    append(store, [minutes(0, 100)], ONE, imported_at=NOW)
    append(store, [minutes(50, 100)], TWO, imported_at=NOW)
    withdraw(store, [1], imported_at=NOW)
    store = store.reopened()
    assert rows(store) == 50
    assert store.imports_of(TWO.sha256) == ()
    append(store, [minutes(50, 100)], TWO, imported_at=NOW)
    assert rows(store) == 100
    assert [each.number for each in store.reopened().imports_of(TWO.sha256)] == [4]


def test_a_later_import_that_is_withdrawn_leaves_the_earlier_one_whole(
    store: Store, minutes: Minutes
) -> None:
    append(store, [minutes(0, 100)], ONE, imported_at=NOW)
    append(store, [minutes(50, 100)], TWO, imported_at=NOW)
    withdraw(store, [2], imported_at=NOW)
    assert rows(store) == 100
    assert [each.number for each in store.reopened().imports_of(ONE.sha256)] == [1]


def test_what_is_no_import_with_files_is_refused_and_nothing_is_withdrawn(
    store: Store, minutes: Minutes
) -> None:
    append(store, [minutes(0, 100)], ONE, imported_at=NOW)
    with pytest.raises(StoreError, match=r"Import 9 .* there is no such import"):
        withdraw(store, [1, 9], imported_at=NOW)
    assert rows(store) == 100
    withdraw(store, [1, 1], imported_at=NOW)
    with pytest.raises(StoreError, match="it has no files in it"):
        withdraw(store, [1], imported_at=NOW)
    assert list(store.reopened().entries()) == []
