"""The compiled loop and the book that follows message by message are the same book."""

from __future__ import annotations

import math
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obverse.market.order_book import (
    RISING,
    RULES,
    FollowedBook,
    SequenceRule,
    Ticks,
    book_stream,
    rebuild_stream,
)
from obverse.market.order_book._following_kernels import follow_kernel

from .streams import frame, message, random_streams

HALF = Ticks("0.5")


def plain_tops(levels: pl.DataFrame, rule: SequenceRule) -> tuple[list[Any], list[Any]]:
    book = FollowedBook(HALF, rule)
    tops = []
    for each in book_stream(levels, HALF, rule).messages():
        book.take(each)
        bid, ask = book.best_bid_tick, book.best_ask_tick
        sizes = (book.bids[bid] if bid else None, book.asks[ask] if ask else None)
        tops.append((book.whole, bid or 0, sizes[0], ask or 0, sizes[1]))
    return tops, book.findings


def compiled_tops(levels: pl.DataFrame, rule: SequenceRule) -> tuple[list[Any], list[Any]]:
    book = rebuild_stream(book_stream(levels, HALF, rule))
    columns = (book.whole, book.bid_tick, book.bid_size, book.ask_tick, book.ask_size)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    tops = [tuple(None if math.isnan(value) else value for value in row) for row in rows]
    return tops, list(book.findings)


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.name)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_the_compiled_loop_is_the_plain_book(rule: SequenceRule, data: st.DataObject) -> None:
    levels = data.draw(random_streams(rule))
    plain, told = plain_tops(levels, rule)
    compiled, compiled_told = compiled_tops(levels, rule)
    assert compiled == plain
    assert compiled_told == told


@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_a_book_that_was_cut_short_was_the_same_until_then(data: st.DataObject) -> None:
    rule = data.draw(st.sampled_from(list(RULES.values())))
    levels = data.draw(random_streams(rule))
    ends = book_stream(levels, HALF, rule).ends.tolist()
    kept = data.draw(st.integers(0, len(ends)))
    short = levels.head(ends[kept - 1] if kept else 0)
    assert compiled_tops(short, rule)[0] == compiled_tops(levels, rule)[0][:kept]


def test_a_table_in_pieces_or_with_holes_is_compiled_for_only_once() -> None:
    whole = frame(
        message(1, snapshot=True, bids={99.5: 1.0}, asks={101.0: 1.0}),
        message(2, bids={99.0: 2.0}),
    )
    pieces = pl.concat([whole.head(1), whole.tail(2)], rechunk=False)
    holed = whole.with_columns(pl.lit(None, pl.Int64).alias("previous_update_id"))
    compiled_tops(whole, RISING)
    before = len(follow_kernel.signatures)
    for levels in (whole, pieces, holed, whole.rechunk(), whole.reverse().reverse()):
        tops, _ = compiled_tops(levels, RISING)
        assert tops[-1] == (True, 199, 1.0, 202, 1.0)
    assert len(follow_kernel.signatures) == before
