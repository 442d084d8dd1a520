"""The door of the store: what it keeps, empties, drops and tells."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.errors import MarketDataError
from obverse.market.series import FIXED, Part, bars, checked, joined

AT = datetime(2024, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
MINUTES = bars(MINUTE)


def bar(minute: int, **changes: Any) -> dict[str, Any]:
    close = AT + minute * MINUTE
    plain = {"time": close, "open_time": close - MINUTE, "open": 100.0, "high": 101.0}
    return {**plain, "low": 99.0, "close": 100.5, "volume_contracts": 10.0, "trades": 3, **changes}


def part(*rows: dict[str, Any], kind: Any = MINUTES) -> Part:
    return Part("bitmex", "XBTUSD", kind, pl.DataFrame(list(rows), infer_schema_length=None))


def test_what_is_right_passes_unchanged_with_all_columns_of_its_kind() -> None:
    passed = checked(part(bar(1), bar(2)))
    assert passed.findings == ()
    assert passed.frame.columns == list(MINUTES.names)
    assert passed.frame["close"].to_list() == [100.5, 100.5]
    assert passed.frame["volume_coin"].null_count() == 2


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), -float("inf"), 0.0, -1.0, None])
@pytest.mark.parametrize("field", ["open", "high", "low", "close"])
def test_a_bar_without_a_usable_price_is_dropped_and_told(field: str, wrong: float | None) -> None:
    passed = checked(part(bar(1), bar(2, **{field: wrong})))
    assert len(passed.frame) == 1
    assert len(passed.findings) == 1
    told = str(passed.findings[0])
    assert told.startswith("dropped bitmex XBTUSD bars_1m: 1 row, first at 2024-01-01T00:02:00Z")
    assert field in told


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), -1.0])
def test_a_size_that_is_none_is_emptied_and_its_bar_kept(wrong: float) -> None:
    passed = checked(part(bar(1), bar(2, volume_contracts=wrong)))
    assert passed.frame["volume_contracts"].to_list() == [10.0, None]
    assert "volume_contracts" in str(passed.findings[0])


def test_an_empty_minute_has_a_volume_of_zero() -> None:
    passed = checked(part(bar(1, volume_contracts=0.0, trades=0)))
    assert passed.findings == ()
    assert passed.frame["volume_contracts"].to_list() == [0.0]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"open_time": AT + 5 * MINUTE}, "does not open 0:01:00 before its close"),
        ({"open_time": AT}, "does not open 0:01:00 before its close"),
        ({"high": 98.0, "close": 98.5}, "high is below its low"),
        ({"close": 102.0}, "close is outside"),
    ],
)
def test_a_bar_that_cannot_be_is_dropped(changes: dict[str, Any], words: str) -> None:
    passed = checked(part(bar(1), bar(2, **changes)))
    assert len(passed.frame) == 1
    assert words in str(passed.findings[0])


def test_an_open_carried_over_from_the_bar_before_may_lie_outside() -> None:
    passed = checked(part(bar(1, open=200.0)))
    assert passed.findings == ()


def test_rows_are_put_in_order_of_time() -> None:
    passed = checked(part(bar(3), bar(1), bar(2)))
    assert passed.frame["time"].is_sorted()


def test_the_same_bar_twice_is_one_and_two_that_differ_are_the_first() -> None:
    same = checked(part(bar(1), bar(1), bar(2)))
    assert len(same.frame) == 2
    assert "twice, the same" in str(same.findings[0])
    other = checked(part(bar(1), bar(1, close=99.5), bar(2)))
    assert other.frame["close"].to_list() == [100.5, 100.5]
    assert "the first was kept" in str(other.findings[0])


def test_a_book_keeps_the_order_and_the_repeats_of_its_source() -> None:
    level = {"time": AT, "update_id": 1, "snapshot": False, "is_bid": True, "price": 9.0}
    rows = [{**level, "size": size, "time": AT + MINUTE * n} for n, size in ((2, 1.0), (1, 0.0))]
    passed = checked(part(*rows, kind=FIXED["book_levels"]))
    assert passed.frame["size"].to_list() == [1.0, 0.0]


def test_a_column_that_is_none_of_the_kind_and_words_for_numbers_are_refused() -> None:
    with pytest.raises(MarketDataError, match="colour is no column of bars_1m"):
        checked(part({**bar(1), "colour": "red"}))
    with pytest.raises(MarketDataError, match="wrong type"):
        checked(part(bar(1, close="high")))
    with pytest.raises(MarketDataError, match="no venue or no instrument"):
        checked(Part("", "XBTUSD", MINUTES, pl.DataFrame([bar(1)])))


@given(st.lists(st.integers(0, 50), min_size=1, max_size=60))
def test_what_passed_once_passes_again_unchanged(minutes: list[int]) -> None:
    once = checked(part(*(bar(minute, trades=place) for place, minute in enumerate(minutes))))
    again = checked(once)
    assert again.frame.equals(once.frame)
    assert again.frame["time"].is_unique().all()
    assert set(again.frame["time"]) == {AT + minute * MINUTE for minute in minutes}


def test_parts_of_one_series_are_joined_in_their_order() -> None:
    other = Part("bitmex", "ETHUSD", MINUTES, pl.DataFrame([bar(1)]))
    one, two = joined([part(bar(2)), other, part(bar(1))])
    assert (one.instrument, two.instrument) == ("XBTUSD", "ETHUSD")
    assert [moment.minute for moment in one.frame["time"]] == [2, 1]
