"""Kinds of series: their names, columns, and what a name that is none is answered with."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.errors import MarketDataError
from obverse.market.series import FIXED, bars, kind_named


@pytest.mark.parametrize(
    ("interval", "name"),
    [
        (timedelta(seconds=1), "bars_1s"),
        (timedelta(minutes=1), "bars_1m"),
        (timedelta(minutes=90), "bars_90m"),
        (timedelta(hours=8), "bars_8h"),
        (timedelta(days=1), "bars_1d"),
        (timedelta(days=7), "bars_1w"),
    ],
)
def test_bars_are_named_by_their_longest_whole_unit(interval: timedelta, name: str) -> None:
    assert bars(interval).name == name
    assert kind_named(name).interval == interval


@given(st.integers(1, 10**7))
def test_every_interval_is_found_by_its_name(seconds: int) -> None:
    kind = bars(timedelta(seconds=seconds))
    assert kind_named(kind.name) == kind


@pytest.mark.parametrize("interval", [timedelta(0), timedelta(seconds=-60), timedelta(seconds=1.5)])
def test_an_interval_that_is_none_is_refused(interval: timedelta) -> None:
    with pytest.raises(MarketDataError, match="whole seconds"):
        bars(interval)


def test_a_name_that_is_nearly_one_is_told_the_nearest() -> None:
    with pytest.raises(MarketDataError, match="Did you mean funding"):
        kind_named("fundings")
    with pytest.raises(MarketDataError, match="is written bars_1h"):
        kind_named("bars_60m")


def test_every_kind_has_its_time_first_and_its_key_among_its_columns() -> None:
    for kind in (*FIXED.values(), bars(timedelta(minutes=1))):
        assert kind.names[0] == "time"
        assert set(kind.key) <= set(kind.names)
        assert len(set(kind.names)) == len(kind.names)
        assert list(kind.schema()) == list(kind.names)
