"""Settled BitMEX futures against the perpetual's own mean over the settlement window."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from obverse.curves.convergence import settlements
from obverse.errors import MarketDataError
from obverse.market.store import Store


def test_bitcoin_quarterlies_settle_on_the_half_hour_mean(
    bitmex_store: Store, settled_rows: pl.DataFrame, settlement_minutes: pl.DataFrame
) -> None:
    found = settlements(bitmex_store, "bitmex", "BTC", perpetual="XBTUSD")
    assert len(found.settled) == 15
    assert [each.symbol for each in found.settled][:2] == ["XBTZ16", "XBTH17"]
    gaps, off_end, off_hour = [], [], []
    for each in found.settled:
        row = settled_rows.filter(pl.col("symbol") == each.symbol).row(0, named=True)
        assert each.expiry == datetime.fromisoformat(row["settle"])
        assert each.settlement_usd == row["settledPrice"]
        past = settlement_minutes.filter(pl.col("close_time") <= each.expiry).sort("close_time")
        closes = past["close"].to_numpy()
        assert past["close_time"].to_list()[-30] == each.expiry - timedelta(minutes=29)
        assert each.mean_gap_bp == pytest.approx(
            1e4 * (row["settledPrice"] / closes[-30:].mean() - 1)
        )
        gaps.append(abs(row["settledPrice"] / closes[-30:].mean() - 1))
        off_end.append(abs(row["settledPrice"] / closes[-1] - 1))
        off_hour.append(abs(row["settledPrice"] / closes[-60:].mean() - 1))
    median = 1e4 * float(np.median(gaps))
    assert found.median_mean_gap_bp == pytest.approx(median)
    assert 5.5 < median < 7.5, "recorded as 6.3 bp; a basis point by what is taken of a minute"
    assert found.median_last_gap_bp == pytest.approx(1e4 * float(np.median(off_end)))
    assert median < float(np.median(off_end)) * 1e4 / 2, "it is the mean that settles, not the end"
    assert median < float(np.median(off_hour)) * 1e4, "and the mean of half an hour"


def test_what_is_left_out_is_told_and_later_settlements_are_not_seen(bitmex_store: Store) -> None:
    whole = settlements(bitmex_store, "bitmex", "BTC", perpetual="XBTUSD")
    assert "XBU7D" in whole.warnings[0]
    at = datetime(2018, 7, 1, tzinfo=UTC)
    early = settlements(bitmex_store, "bitmex", "BTC", perpetual="XBTUSD", until=at)
    assert early.settled == tuple(each for each in whole.settled if each.expiry <= at)
    assert len(early.settled) == 7
    assert whole.settled[-1].life_days == pytest.approx(196, abs=1)
    assert whole.to_frame().height == 15
    assert whole.plot().get_title(loc="left").startswith("BTC settlements")


def test_a_store_without_what_is_asked_says_so(bitmex_store: Store) -> None:
    with pytest.raises(MarketDataError, match="no settled inverse DOGE"):
        settlements(bitmex_store, "bitmex", "DOGE", perpetual="XBTUSD")
    with pytest.raises(MarketDataError, match="settlement window of none of"):
        settlements(bitmex_store, "bitmex", "BTC", perpetual="XBTUSD", until="2016-06-01")
