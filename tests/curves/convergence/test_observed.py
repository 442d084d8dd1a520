"""Basis by time to expiry: the recorded forwards, and what is refused."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from obverse.curves.convergence import Convergence, convergence
from obverse.curves.histories import CurveHistory, from_tickers
from obverse.errors import MarketDataError

EXPIRY = datetime(2026, 2, 6, 8, tzinfo=UTC)


def ticker(hours: float, mark: float, expiry: datetime = EXPIRY) -> dict[str, Any]:
    at = EXPIRY - timedelta(hours=hours)
    row = {"instrument": f"F{expiry:%d%H}", "time": at, "snapshot_time": at, "underlying": "BTC"}
    return row | {
        "contract": "future", "expiry": expiry, "listed": True, "mark": mark, "index": 100.0,
    }  # fmt: skip


def history(*rows: dict[str, Any]) -> CurveHistory:
    times = dict.fromkeys(("time", "snapshot_time", "expiry"), pl.Datetime("ns", "UTC"))
    frame = pl.DataFrame(list(rows), schema_overrides=times)
    return from_tickers(frame, "deribit", "BTC", "rows")


def alive(hours: float = -1) -> dict[str, Any]:
    """A ticker of a future that outlives the history."""
    return ticker(hours, 103.0, EXPIRY + timedelta(days=60))


@pytest.mark.parametrize("coin", ["BTC", "ETH"])
def test_recorded_forwards_lie_within_two_basis_points_of_the_index_three_hours_before_expiry(
    coin: str, recorded: dict[str, CurveHistory], forwards: pl.DataFrame
) -> None:
    gap = convergence(recorded[coin]).median_gap_bp(within_hours=3)
    own = forwards.filter(pl.col("currency") == coin)
    left = (own["expiry"] - own["ts"]).dt.total_microseconds() / 3.6e9
    near = own.filter((left > 0) & (left <= 3))
    by_hand = ((near["forward"] - near["index"]).abs() / near["index"]).median()
    assert isinstance(by_hand, float)
    assert gap == pytest.approx(1e4 * by_hand, rel=1e-9)
    assert gap < 2


@pytest.mark.parametrize("coin", ["BTC", "ETH"])
def test_recorded_basis_by_bucket_is_that_of_a_short_query(
    coin: str, recorded: dict[str, CurveHistory], forwards: pl.DataFrame
) -> None:
    found = convergence(recorded[coin])
    own = forwards.filter(pl.col("currency") == coin)
    own = own.filter(pl.col("expiry") <= own["ts"].max(), pl.col("expiry") > pl.col("ts"))
    hours = (pl.col("expiry") - pl.col("ts")).dt.total_microseconds() / 3.6e9
    own = own.with_columns(
        hours.alias("hours"), (pl.col("forward") / pl.col("index") - 1).alias("b")
    )
    for bucket in found.buckets:
        inside = own.filter(
            pl.col("hours") > bucket.low_hours, pl.col("hours") <= bucket.high_hours
        )
        assert bucket.count == inside.height
        assert bucket.contracts == inside["expiry"].n_unique()
        if not inside.height:
            assert bucket.median_bp is None
            continue
        b = inside["b"].to_numpy()
        rates = b / inside["hours"].to_numpy() * 8760
        assert bucket.median_bp == pytest.approx(1e4 * float(np.median(b)), abs=1e-6)
        assert bucket.lower_bp == pytest.approx(1e4 * float(np.quantile(b, 0.25)), abs=1e-6)
        assert bucket.upper_rate == pytest.approx(float(np.quantile(rates, 0.75)), rel=1e-6)
    sizes = [each.absolute_bp or 0.0 for each in found.buckets if each.count > 50]
    assert sizes == sorted(sizes), "the basis shrinks from bucket to bucket"


def test_what_is_computed_as_of_an_instant_does_not_look_ahead(
    recorded: dict[str, CurveHistory],
) -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    whole, cut = convergence(recorded["BTC"], until=at), convergence(recorded["BTC"].until(at))
    assert whole.buckets == cut.buckets
    assert np.array_equal(whole.basis_bp, cut.basis_bp)
    assert whole.until <= at
    assert whole.expiries_ns.max() <= int(at.timestamp()) * 10**9
    assert len(whole.hours) < len(convergence(recorded["BTC"]).hours)


def test_only_expired_contracts_count_and_buckets_include_their_upper_edge() -> None:
    seen = history(ticker(24, 102.0), ticker(3, 101.0), ticker(0.5, 100.5), alive(3), alive())
    found = convergence(seen, edges_hours=(0, 3, 24))
    near, far = found.buckets
    assert (near.count, near.contracts, far.count) == (2, 1, 1)
    assert found.symbols == ("F0608",)
    assert near.median_bp == pytest.approx(75)
    assert far.median_rate == pytest.approx(0.02 * 365)
    assert near.median_rate == pytest.approx(0.01 * 365 * 8), "half an hour has no yearly rate"
    assert "Only 1 contracts" in found.warnings[0]
    continuous = convergence(seen, edges_hours=(0, 3, 24), convention="continuous")
    assert continuous.buckets[1].median_rate == pytest.approx(math.log(1.02) * 365)
    assert "continuous, act/365" in " ".join(str(continuous).split())


def test_a_forward_implied_by_options_and_the_future_listed_later_are_one_contract() -> None:
    implied = ticker(24, 102.0) | {"instrument": "SYN", "listed": False}
    found = convergence(history(implied, ticker(3, 101.0), alive()))
    assert found.symbols == ("F0608",)
    assert found.contract_of.tolist() == [0, 0]
    assert any("50% of the observations" in each for each in found.warnings)


def test_a_result_is_a_frame_and_a_chart() -> None:
    found = convergence(history(ticker(24, 102.0), ticker(3, 101.0), alive()))
    assert found.to_frame("pandas")["median_bp"].tolist() == pytest.approx([100.0, 200.0])
    assert found.to_frame("arrow").num_rows == 2
    assert "deribit" in found.plot().get_title(loc="left")
    assert "<table" in found._repr_html_()


def bad(**changes: Any) -> CurveHistory:
    return replace(history(ticker(24, 102.0), ticker(3, 101.0), alive()), **changes)


def test_bad_input_is_named() -> None:
    with pytest.raises(MarketDataError, match="mark nan at row 1"):
        convergence(bad(marks_usd=np.array([102.0, np.nan, 103.0])))
    with pytest.raises(MarketDataError, match=r"index -1.0 at row 0"):
        convergence(bad(index_usd=np.array([-1.0, 100.0, 100.0])))
    times = bad().instants_ns
    with pytest.raises(MarketDataError, match=r"snapshot 1 .* is not after"):
        convergence(bad(instants_ns=np.array([times[0], times[0], times[2]])))
    with pytest.raises(MarketDataError, match="no BTC future at deribit expired"):
        convergence(history(ticker(24, 102.0), alive(3)))
    with pytest.raises(MarketDataError, match="no snapshot in that span"):
        convergence(bad(), until="2020-01-01")
    for edges in ((1.0,), (3.0, 1.0), (-1.0, 2.0), (0.0, math.nan)):
        with pytest.raises(MarketDataError, match="increasing hours"):
            convergence(bad(), edges_hours=edges)
    with pytest.raises(MarketDataError, match="simple and continuous"):
        convergence(bad(), convention="weekly")  # type: ignore[arg-type]
    with pytest.raises(MarketDataError, match=r"nearest is 3.00 hours"):
        convergence(bad()).median_gap_bp(within_hours=1)


def test_a_convergence_keeps_its_provenance() -> None:
    found: Convergence = convergence(bad())
    assert (found.venue, found.underlying, found.source) == ("deribit", "BTC", "rows")
    assert found.since == EXPIRY - timedelta(hours=24)
    assert "Source: rows" in str(found)
