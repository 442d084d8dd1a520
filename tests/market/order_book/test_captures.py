"""Messages as four venues sent them hang together by the rules that are said to be theirs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from obverse.market.order_book import (
    BINANCE_FUTURES,
    PREVIOUS_IN_STREAM,
    UNNUMBERED,
    Happening,
    SequenceRule,
    in_stream_order,
    rebuild,
)
from obverse.market.sources.captures import binance, bitmex, deribit, kraken

CAPTURES = Path(__file__).parents[3].parent / "shared" / "data" / "venue_captures_2021_22"
BINANCE_FILES = ("BINANCE_DELIVERY.ws.1.0.gz", "BINANCE_DELIVERY.http.0.0.gz")
FINE = "0.00000001"
FINER = {"TRXU21": "0.0000000001"}  # some far bids are between its ticks of one satoshi


def books(read: Callable[[Path], list[object]], *files: str) -> dict[str, pl.DataFrame]:
    if not CAPTURES.exists():
        pytest.skip(f"no captures of venues at {CAPTURES}")
    found: dict[str, list[pl.DataFrame]] = {}
    for name in files:
        for part in read(CAPTURES / name):
            if part.kind.name == "book_levels":  # type: ignore[attr-defined]
                found.setdefault(part.instrument, []).append(part.frame)  # type: ignore[attr-defined]
    return {
        instrument: pl.concat(frames, how="diagonal_relaxed").rechunk()
        for instrument, frames in found.items()
    }


@pytest.mark.parametrize(
    ("module", "file", "rule", "instruments"),
    [
        (kraken, "KRAKEN_FUTURES.ws.1.0.gz", PREVIOUS_IN_STREAM, 10),
        (deribit, "DERIBIT.ws.1.0.gz", PREVIOUS_IN_STREAM, 9),
        (bitmex, "BITMEX.ws.1.0.gz", UNNUMBERED, 10),
    ],
    ids=["kraken", "deribit", "bitmex"],
)
def test_a_stream_with_its_snapshot_in_it_has_no_gap(
    module: object, file: str, rule: SequenceRule, instruments: int
) -> None:
    found = books(module.read, file)  # type: ignore[attr-defined]
    assert len(found) == instruments
    for instrument, levels in found.items():
        book = rebuild(levels, tick=FINER.get(instrument, FINE), rule=rule)
        told = {finding.what for finding in book.findings}
        assert told == {Happening.STARTED}, instrument
        assert book.whole.all(), instrument
        assert (book.crossed_count, book.locked_count) == (0, 0), instrument


def test_binance_snapshots_that_were_asked_for_join_the_differences() -> None:
    found = books(binance.read, *BINANCE_FILES)
    assert len(found) == 10
    for instrument, levels in found.items():
        book = rebuild(in_stream_order(levels), tick=FINE, rule=BINANCE_FUTURES)
        told = {finding.what for finding in book.findings}
        assert told == {Happening.STARTED, Happening.STALE}, instrument
        assert book.whole[-1], instrument
        assert (book.crossed_count, book.locked_count) == (0, 0), instrument


def test_a_snapshot_that_came_last_gives_the_same_book_by_replay() -> None:
    for instrument, levels in books(binance.read, *BINANCE_FILES).items():
        late = pl.concat([levels.filter(~pl.col("snapshot")), levels.filter("snapshot")])
        replayed = rebuild(late, tick=FINE, rule=BINANCE_FUTURES)
        timely = rebuild(in_stream_order(levels), tick=FINE, rule=BINANCE_FUTURES)
        assert replayed.whole.sum() == 1, instrument
        for name in ("bid_tick", "bid_size", "ask_tick", "ask_size"):
            assert getattr(replayed, name)[-1] == getattr(timely, name)[-1], instrument


@pytest.mark.parametrize(
    ("module", "files", "rule", "instrument"),
    [
        (binance, BINANCE_FILES, BINANCE_FUTURES, "BTCUSD_211231"),
        (kraken, ("KRAKEN_FUTURES.ws.1.0.gz",), PREVIOUS_IN_STREAM, "PI_ETHUSD"),
    ],
    ids=["binance", "kraken"],
)
def test_any_message_taken_out_leaves_a_gap_at_the_next_one(
    module: object, files: tuple[str, ...], rule: SequenceRule, instrument: str
) -> None:
    levels = in_stream_order(books(module.read, *files)[instrument])  # type: ignore[attr-defined]
    whole = rebuild(levels, tick=FINE, rule=rule)
    applied = [place for place in range(len(whole.stream)) if whole.whole[place]]
    for place in applied[5:-1:25]:
        lost = int(whole.stream.update_id[place])
        rest = rebuild(levels.filter(pl.col("update_id") != lost).rechunk(), tick=FINE, rule=rule)
        gaps = [finding for finding in rest.findings if finding.what is Happening.GAP]
        assert [gap.update_id for gap in gaps] == [int(whole.stream.update_id[place + 1])]
        assert not rest.whole[-1]
