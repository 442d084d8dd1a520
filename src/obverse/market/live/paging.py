"""Pages of a history: spans of time asked for one after another, none of them lost or read twice.

A span is as long as one full answer. Rows outside it are left out, and so are rows that were read
before. Where an answer is full and does not reach back to the start of its span, older rows may be
hidden: the span is halved. An answer that has rows, but none of its span, would be asked for in
vain for ever, or be taken for a hole: it is an error.

Spans without rows after the first rows are a hole, told with the page before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from obverse.contracts.instants import iso
from obverse.errors import MarketDataError

Row = TypeVar("Row")


@dataclass(frozen=True)
class Pager(Generic[Row]):
    """How a history is read.

    Attributes
    ----------
    name : of the series, for messages
    read : rows of a span from its start up to but without its end
    stamp : time of a row
    page_rows : rows that a full answer has
    span : the longest span to ask for
    usual : the usual gap between rows; a longer one is a hole
    shortest : the shortest gap between rows
    """

    name: str
    read: Callable[[datetime, datetime], Sequence[Row]]
    stamp: Callable[[Row], datetime]
    page_rows: int
    span: timedelta
    usual: timedelta
    shortest: timedelta


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Rows of a span, in their order, and the hole behind it where there is one."""

    rows: list[Row]
    hole: tuple[datetime, datetime] | None = None


def pages(pager: Pager[Row], start: datetime, end: datetime) -> Iterator[Page[Row]]:
    """Read a history from a start up to but without an end.

    Raises `MarketDataError` for an answer that has rows, but none of the span asked for, and where
    reading fails; what came before was given by then.
    """
    before: list[Row] = []
    last, hole_start = None, start
    try:
        for since, until, answer in _answers(pager, start, end):
            rows = []
            for row in sorted(_inside(pager, answer, since, until), key=pager.stamp):
                if last is None or pager.stamp(row) > last:
                    rows.append(row)
                    last = pager.stamp(row)
            if not rows:
                continue
            if before:
                yield Page(before, _hole(pager, hole_start, since))
            before, hole_start = rows, until
    except MarketDataError:
        if before:
            yield Page(before)
        raise
    if before:
        yield Page(before, _hole(pager, hole_start, end))


def _answers(
    pager: Pager[Row], start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime, Sequence[Row]]]:
    cursor, width = start, pager.span
    while cursor < end:
        until = min(cursor + width, end)
        answer = pager.read(cursor, until)
        if _hides_older(pager, answer, cursor) and until - cursor > pager.shortest:
            width = max((until - cursor) / 2, pager.shortest)
            continue
        yield cursor, until, answer
        cursor, width = until, pager.span


def _hides_older(pager: Pager[Row], answer: Sequence[Row], start: datetime) -> bool:
    if len(answer) < pager.page_rows:
        return False
    return min(map(pager.stamp, answer)) >= start + pager.shortest


def _inside(pager: Pager[Row], answer: Sequence[Row], start: datetime, end: datetime) -> list[Row]:
    inside = [row for row in answer if start <= pager.stamp(row) < end]
    if answer and not inside:
        stamps = [pager.stamp(row) for row in answer]
        raise MarketDataError(
            f"{pager.name}: the answer does not go on: asked for {iso(start)} to {iso(end)}, it "
            f"has {len(answer):,} rows from {iso(min(stamps))} to {iso(max(stamps))}."
        )
    return inside


def _hole(pager: Pager[Row], start: datetime, end: datetime) -> tuple[datetime, datetime] | None:
    return (start, end) if end - start > pager.usual else None
