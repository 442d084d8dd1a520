"""Books and measures at instants agree with the plain book and its exact measures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obverse.contracts import Inverse, Linear, Quanto
from obverse.contracts.payoffs import Payoff
from obverse.errors import MarketDataError
from obverse.market.order_book import (
    RISING,
    RULES,
    BookState,
    BookStream,
    FollowedBook,
    Reach,
    Ticks,
    Unit,
    basis_points_within,
    book_at,
    book_stream,
    depth,
    imbalance,
    impact_prices,
    levels_within,
    micro_price,
    mid_price,
    sample_book,
)

from .streams import RECORDINGS, TICKS, frame, message, random_streams, recorded_levels

HALF = Ticks("0.5")
TIME = pl.Datetime("ns", "UTC")
SIZES = ("0.001", "2", "40")
PAYOFFS: list[tuple[Payoff, Unit]] = [
    (Inverse(Decimal(100)), "contracts"),
    (Inverse(Decimal(100)), "usd"),
    (Inverse(Decimal(100)), "coin"),
    (Linear(Decimal(1)), "usd"),
    (Linear(Decimal("0.01")), "coin"),
    (Quanto(Decimal("0.000001")), "coin"),
]
REACHES = [levels_within(1), levels_within(3), basis_points_within(200), basis_points_within("0.5")]


def plain_state(stream: BookStream, at_ns: int) -> BookState | None:
    book = FollowedBook(stream.ticks, stream.rule)
    for each in stream.messages():
        if each.time_ns > at_ns:
            break
        book.take(each)
    return book.state()


def expected(
    book: BookState | None, reach: Reach, payoff: Payoff, unit: Unit
) -> list[Decimal | None]:
    if book is None:
        return [None] * (5 + 2 * len(SIZES))
    found = [
        mid_price(book),
        micro_price(book),
        depth(book, "bids", reach),
        depth(book, "asks", reach),
        imbalance(book, reach),
    ]
    for size in SIZES:
        found += impact_prices(book, size, payoff=payoff, unit=unit)
    return found


@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_the_measures_of_samples_are_those_of_the_plain_book(data: st.DataObject) -> None:
    rule = data.draw(st.sampled_from(list(RULES.values())))
    stream = book_stream(data.draw(random_streams(rule)), HALF, rule)
    edges = sorted({0, *stream.time_ns.tolist(), 2 * 10**6})
    at = sorted(data.draw(st.lists(st.sampled_from(edges), min_size=1, max_size=5)))
    reach = data.draw(st.sampled_from(REACHES))
    payoff, unit = data.draw(st.sampled_from(PAYOFFS))
    samples = sample_book(
        stream,
        pl.Series(at).cast(TIME),
        reach=reach,
        sizes=SIZES,
        payoff=payoff,
        unit=unit,
    )
    names = ["mid", "micro_price", "bid_depth", "ask_depth", "imbalance"]
    names += [f"impact_{side}_{size}" for size in SIZES for side in ("bid", "ask")]
    for row, at_ns in zip(samples.iter_rows(named=True), at, strict=True):
        wanted = expected(plain_state(stream, at_ns), reach, payoff, unit)
        for name, value in zip(names, wanted, strict=True):
            said = None if value is None else pytest.approx(float(value), rel=1e-9, abs=1e-12)
            assert row[name] == said, name


@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_a_book_at_an_instant_is_the_plain_book(data: st.DataObject) -> None:
    rule = data.draw(st.sampled_from(list(RULES.values())))
    stream = book_stream(data.draw(random_streams(rule)), HALF, rule)
    at_us = data.draw(st.sampled_from([0, 1, 500, 1_000, 1_001]))
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_us)
    assert book_at(stream, at) == plain_state(stream, at_us * 1000)


STREAM = book_stream(
    frame(
        message(1, snapshot=True, bids={99.5: 1.0}, asks={101.0: 1.0}, at=10**9),
        message(2, asks={100.5: 3.0}, at=2 * 10**9),
        message(3, asks={100.0: 9.0}, at=3 * 10**9),
    ),
    HALF,
    RISING,
)


def test_nothing_of_a_later_message_is_seen() -> None:
    at = [datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=s) for s in (0.5, 1, 2.999, 3, 9)]
    samples = sample_book(STREAM, at)
    assert samples["whole"].to_list() == [False, True, True, True, True]
    assert samples["ask"].to_list() == [None, 101.0, 100.5, 100.0, 100.0]
    assert book_at(STREAM, at[0]) is None


def test_a_stream_without_messages_has_no_book() -> None:
    nothing = book_stream(frame(), HALF, RISING)
    at = [datetime(2024, 1, 1, tzinfo=UTC)]
    samples = sample_book(nothing, at, sizes=[1], payoff=Linear(Decimal(1)))
    assert samples.select("whole", "bid", "bid_depth", "impact_bid_1").row(0) == (
        False,
        None,
        None,
        None,
    )
    assert book_at(nothing, at[0]) is None


@pytest.mark.parametrize(
    ("at", "options", "words"),
    [
        ([datetime(1970, 1, 1)], {}, "no time zone"),  # noqa: DTZ001
        ([datetime(1971, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)], {}, "or fall"),
        ([], {"sizes": [1]}, "need a payoff"),
        ([], {"sizes": [0], "payoff": Linear(Decimal(1))}, "takes nothing"),
    ],
)
def test_what_cannot_be_sampled_is_refused(
    at: list[datetime], options: dict[str, Any], words: str
) -> None:
    with pytest.raises(MarketDataError, match=words):
        sample_book(STREAM, at, **options)


def test_the_recorded_perpetual_across_the_funding_instant() -> None:
    if not RECORDINGS.exists():
        pytest.skip(f"no recorded order books at {RECORDINGS}")
    name, payoff = "cm_btcusd_perp", Inverse(Decimal(100))
    stream = book_stream(recorded_levels(name), Ticks(TICKS[name]), RISING)
    funding = datetime(2024, 8, 9, tzinfo=UTC)
    minutes = [funding + timedelta(minutes=minute) for minute in range(-5, 6)]
    samples = sample_book(
        stream, minutes, reach=basis_points_within(5), sizes=["10000", "1000000"], payoff=payoff,
        unit="usd",
    )  # fmt: skip
    assert samples["whole"].all()
    assert (samples["impact_bid_10000"] <= samples["bid"]).all()
    assert (samples["impact_bid_1000000"] <= samples["impact_bid_10000"]).all()
    assert (samples["impact_ask_1000000"] >= samples["impact_ask_10000"]).all()
    book = book_at(stream, funding)
    assert book is not None
    row = samples.row(5, named=True)
    assert row["bid_depth"] == float(depth(book, "bids", basis_points_within(5)) or 0)
    bid, ask = impact_prices(book, 1_000_000, payoff=payoff, unit="usd")
    assert bid is not None
    assert ask is not None
    assert row["impact_bid_1000000"] == pytest.approx(float(bid), rel=1e-12)
    assert row["impact_ask_1000000"] == pytest.approx(float(ask), rel=1e-12)
