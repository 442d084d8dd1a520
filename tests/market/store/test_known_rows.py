"""What is told of rows that the store has already."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import polars as pl

from obverse.market.series import Part
from obverse.market.store import Origin, Store, append, scan

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
Minutes = Callable[..., Part]


def test_rows_that_differ_are_told_and_the_stored_ones_stay(
    store: Store, minutes: Minutes, origin: Origin
) -> None:
    append(store, [minutes(0, 10)], origin, imported_at=NOW)
    commit = append(store, [minutes(5, 10, 300.0)], origin, imported_at=NOW)
    assert (commit.rows, commit.rows_known) == (5, 5)
    (told,) = commit.findings
    assert "5 rows differ in open, high, low, close from what is stored" in told
    assert scan(store.reopened(), "bars_1m").collect()["close"].head(10).max() < 200


def test_rows_that_say_more_than_the_stored_ones_are_told(
    store: Store, minutes: Minutes, origin: Origin
) -> None:
    plain = minutes(0, 10)
    fuller = replace(plain, frame=plain.frame.with_columns(pl.lit(3.0).alias("volume_coin")))
    append(store, [plain], origin, imported_at=NOW)
    (told,) = append(store, [fuller], origin, imported_at=NOW).findings
    assert "10 rows have volume_coin where what is stored under the same time" in told
    append(store, [minutes(20, 10)], origin, imported_at=NOW)
    assert append(store, [plain], origin, imported_at=NOW).findings == ()


def test_rows_that_say_less_than_the_stored_ones_are_not(
    store: Store, minutes: Minutes, origin: Origin
) -> None:
    plain = minutes(0, 10)
    fuller = replace(plain, frame=plain.frame.with_columns(pl.lit(3.0).alias("volume_coin")))
    append(store, [fuller], origin, imported_at=NOW)
    assert append(store, [plain], origin, imported_at=NOW).findings == ()
