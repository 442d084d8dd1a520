"""Forwards near expiry against the index and the settlement window."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from obverse.curves.convergence import convergence, near_expiry
from obverse.curves.histories import CurveHistory, from_tickers
from obverse.errors import MarketDataError

EXPIRY = datetime(2026, 2, 6, 8, tzinfo=UTC)


def history(*points: tuple[float, float, float]) -> CurveHistory:
    """Snapshots of one future: minutes left, mark, index."""
    rows: list[dict[str, Any]] = []
    for minutes, mark, index in points:
        at = EXPIRY - timedelta(minutes=minutes)
        rows.append(
            {
                "instrument": "BTC-6FEB26", "time": at, "snapshot_time": at, "underlying": "BTC",
                "contract": "future", "expiry": EXPIRY, "listed": True, "mark": mark,
                "index": index,
            }
        )  # fmt: skip
    times = dict.fromkeys(("time", "snapshot_time", "expiry"), pl.Datetime("ns", "UTC"))
    frame = pl.DataFrame(rows, schema_overrides=times)
    return from_tickers(frame, "deribit", "BTC", "rows")


def test_inside_its_window_a_forward_follows_the_average_not_the_index() -> None:
    start = EXPIRY - timedelta(minutes=30)
    index = [(start + timedelta(seconds=4 * n), Decimal(100 + n % 2)) for n in range(1, 451)]
    seen = history((60, 102.0, 102.0), (3, 100.65, 102.0))
    found = near_expiry(seen, index_samples=index)
    before, inside = found.forwards
    assert before.window_gap_bp == pytest.approx(0)
    assert inside.settled_share == pytest.approx(0.9)
    average = (202 * 100 + 203 * 101) / 405
    assert inside.window_usd == pytest.approx(0.9 * average + 0.1 * 102)
    assert inside.index_gap_bp == pytest.approx(1e4 * (100.65 / 102 - 1))
    assert inside.window_gap_bp == pytest.approx(0, abs=0.2)
    assert found.median_window_gap_bp == pytest.approx(0, abs=0.1)
    assert found.median_index_gap_bp > 60
    assert found.plot().get_legend() is not None


def test_a_window_without_samples_leaves_its_forwards_unvalued_and_told() -> None:
    found = near_expiry(history((60, 102.0, 102.0), (3, 100.0, 102.0)))
    assert [each.window_usd for each in found.forwards] == [102.0, None]
    assert "1 forwards lie inside a settlement window" in found.warnings[0]
    assert "—" in str(found)
    alone = near_expiry(history((3, 100.0, 102.0)))
    assert alone.median_window_gap_bp is None
    assert "unknown" in str(alone)


@pytest.mark.parametrize("coin", ["BTC", "ETH"])
def test_recorded_forwards_near_expiry(coin: str, recorded: dict[str, CurveHistory]) -> None:
    found = near_expiry(recorded[coin])
    assert found.median_index_gap_bp < 2
    assert found.median_index_gap_bp == convergence(recorded[coin]).median_gap_bp(within_hours=3)
    assert all(each.minutes_left <= 180 for each in found.forwards)
    assert {each.settled_share for each in found.forwards} == {0.0}, "none is inside a window"
    assert found.median_window_gap_bp == pytest.approx(found.median_index_gap_bp)
    at = found.forwards[3].at
    early = near_expiry(recorded[coin], until=at)
    assert early.forwards == found.forwards[:4]
    assert early.forwards == near_expiry(recorded[coin].until(at)).forwards


def test_a_venue_that_settles_by_medians_is_told() -> None:
    seen = history((60, 102.0, 102.0))
    told = near_expiry(replace(seen, venue="kraken")).warnings
    assert "kraken settles by volume weighted medians" in told[0]
    assert near_expiry(seen).warnings == ()


def test_bad_input_is_named() -> None:
    seen = history((240, 100.0, 100.0))
    with pytest.raises(MarketDataError, match=r"the nearest is at 4.00"):
        near_expiry(seen)
    with pytest.raises(MarketDataError, match="expected above zero"):
        near_expiry(seen, hours=0)
