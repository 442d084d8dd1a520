"""Instants: what they are made of, what is refused, and how long lies between them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.contracts.instants import Instant, days_between, instant, iso, years_between
from obverse.errors import DataError

MOMENT = datetime(2026, 2, 1, 8, tzinfo=UTC)
moments = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.mark.parametrize(
    "value",
    ["2026-02-01T08:00:00Z", " 2026-02-01T08:00Z ", "2026-02-01 08:00+00:00", "20260201T080000Z",
     "2026-02-01T09:00:00+01:00", MOMENT,
     datetime(2026, 2, 1, 3, tzinfo=timezone(timedelta(hours=-5)))],
    ids=range(7),
)  # fmt: skip
def test_an_instant_is_utc_however_it_is_written(value: Instant) -> None:
    assert instant(value) == MOMENT
    assert instant(value).tzinfo is UTC


@pytest.mark.parametrize("value", ["2026-02-01", date(2026, 2, 1)], ids=["text", "date"])
def test_a_day_is_its_midnight(value: Instant) -> None:
    assert instant(value) == datetime(2026, 2, 1, tzinfo=UTC)


@pytest.mark.parametrize("value", ["2026-02-01T08:00:00", datetime(2026, 2, 1)])  # noqa: DTZ001
def test_a_time_without_a_zone_is_refused(value: Instant) -> None:
    with pytest.raises(DataError, match="has no time zone; add Z for UTC"):
        instant(value)


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-02-30", "2026-13-01", "01.02.2026", "now"])
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="is not an instant; expected"):
        instant(text)


@given(moments)
def test_an_instant_reads_back_from_its_text(moment: datetime) -> None:
    assert instant(iso(moment)) == moment
    assert iso(moment).endswith("Z")


def test_an_instant_prints_decimals_only_where_there_are_any() -> None:
    assert iso(MOMENT) == "2026-02-01T08:00:00Z"
    assert iso(MOMENT + timedelta(milliseconds=5)) == "2026-02-01T08:00:00.005000Z"
    assert iso(datetime(2026, 2, 1, 9, tzinfo=timezone(timedelta(hours=1)))) == iso(MOMENT)


def test_a_year_is_365_days_of_24_hours() -> None:
    assert years_between(MOMENT, MOMENT + timedelta(days=365)) == 1.0
    assert days_between(MOMENT, MOMENT + timedelta(hours=36)) == 1.5
    assert days_between(MOMENT, MOMENT - timedelta(days=1)) == -1.0


@given(moments, moments)
def test_years_are_days_over_365_and_turn_sign(start: datetime, end: datetime) -> None:
    assert years_between(start, end) == pytest.approx(days_between(start, end) / 365)
    assert years_between(start, end) == -years_between(end, start)
