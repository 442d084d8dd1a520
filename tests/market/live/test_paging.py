"""Pages of made-up venues: whatever their habits, no row is lost and none is read twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.errors import MarketDataError
from obverse.market.live.paging import Page, Pager, pages

START = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
Read = Callable[[datetime, datetime], Sequence[datetime]]


def pager(read: Read, page_rows: int = 5, span: timedelta = 5 * HOUR) -> Pager[datetime]:
    return Pager("a series", read, lambda row: row, page_rows, span, HOUR, HOUR)


def venue(rows: Sequence[datetime], page_rows: int, *, newest: bool, late: timedelta) -> Read:
    """Answers a span and a little more, the oldest or the newest rows of it, in that order."""

    def read(start: datetime, end: datetime) -> Sequence[datetime]:
        own = [row for row in rows if start <= row < end + late]
        return own[::-1][:page_rows] if newest else own[:page_rows]

    return read


HOURS = st.sets(st.integers(0, 60), min_size=1, max_size=40)


@given(HOURS, st.integers(1, 9), st.integers(1, 20), st.booleans())
def test_every_row_comes_once_and_in_order(
    hours: set[int], page_rows: int, span_hours: int, newest: bool
) -> None:
    """Spans longer than a page too: a page that is full of the newest rows is asked again."""
    rows = [START + hour * HOUR for hour in sorted(hours)]
    read = venue(rows, page_rows, newest=newest, late=timedelta(0))
    if not newest:
        span_hours = min(span_hours, page_rows)
    own = pager(read, page_rows, span_hours * HOUR)
    found = [row for page in pages(own, START, START + 61 * HOUR) for row in page.rows]
    assert found == rows


@given(HOURS, st.integers(1, 9))
def test_rows_over_the_end_are_not_read_twice(hours: set[int], page_rows: int) -> None:
    rows = [START + hour * HOUR for hour in sorted(hours)]
    read = venue(rows, page_rows + 3, newest=False, late=3 * HOUR)

    def asked(start: datetime, end: datetime) -> Sequence[datetime]:
        answer = read(start, end)
        return answer if any(row < end for row in answer) else ()

    found = [
        row
        for page in pages(pager(asked, page_rows + 3, page_rows * HOUR), START, START + 61 * HOUR)
        for row in page.rows
    ]
    assert found == rows


@given(HOURS, st.integers(1, 9))
def test_holes_and_pages_cover_the_span_from_the_first_row(hours: set[int], span: int) -> None:
    rows = [START + hour * HOUR for hour in sorted(hours)]
    end = START + 61 * HOUR
    read = venue(rows, 100, newest=False, late=timedelta(0))
    found = list(pages(pager(read, 100, span * HOUR), START, end))
    for page, following in pairwise([*found, Page([end])]):
        if page.hole is not None:
            begins, ends = page.hole
            assert page.rows[-1] < begins < ends <= following.rows[0]
            assert not [row for row in rows if begins <= row < ends]


def test_a_hole_of_one_row_is_none() -> None:
    rows = [START, START + 2 * HOUR]
    read = venue(rows, 5, newest=False, late=timedelta(0))
    (one, two) = pages(pager(read, 5, HOUR), START, START + 5 * HOUR)
    assert one.hole is None
    assert two.hole == (START + 3 * HOUR, START + 5 * HOUR)


def test_an_answer_that_does_not_go_on_is_an_error() -> None:
    stuck = [START, START + HOUR]
    found = pages(pager(lambda *_: stuck, 5, 2 * HOUR), START, START + 9 * HOUR)
    with pytest.raises(MarketDataError, match=r"a series: the answer does not go on.*has 2 rows"):
        list(found)


def test_rows_that_come_twice_in_one_answer_are_one() -> None:
    found = pages(pager(lambda *_: [START, START], 5, 5 * HOUR), START, START + HOUR)
    assert [page.rows for page in found] == [[START]]


def test_an_empty_span_has_no_pages() -> None:
    assert not list(pages(pager(lambda *_: pytest.fail("asked")), START, START))
