"""Series that went through a store calibrate as those that did not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from obverse.market.calibration import Calibration, CoinHistory, Series, calibrate, calibrated_path
from obverse.market.series import Part, bars, kind_named
from obverse.market.store import Origin, append, create_store, scan

from .conftest import bars_of, funding_of, tickers_of


def test_a_store_gives_what_calibration_needs(known: Calibration, tmp_path: Path) -> None:
    path = calibrated_path(1, "BTC", datetime(2024, 7, 1, tzinfo=UTC), known)
    prices = bars_of(path).with_columns(open="close", high="close", low="close")
    curves, funding = tickers_of(path), funding_of(path)
    plain = calibrate(
        {
            "BTC": CoinHistory(
                Series("bars", prices), Series("curves", curves), Series("funding", funding)
            )
        }
    )
    store = create_store(tmp_path / "store")
    parts = [
        Part("deribit", "BTC", bars(timedelta(hours=1)), prices),
        Part("deribit", "BTC-PERPETUAL", kind_named("funding"), funding),
        *(
            Part("deribit", f"BTC-{expiry:%Y%m%d}", kind_named("tickers"), own)
            for (expiry,), own in curves.group_by("expiry")
        ),
    ]
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    append(store, parts, Origin("made up", "none", "close"), imported_at=moment)

    def stored(kind: str, instrument: str | None = None) -> pl.DataFrame:
        found = scan(store.reopened(), kind, venue="deribit", instrument=instrument)
        return found.collect()

    again = calibrate(
        {
            "BTC": CoinHistory(
                Series("bars", stored("bars_1h", "BTC")),
                Series("curves", stored("tickers")),
                Series("funding", stored("funding", "BTC-PERPETUAL")),
            )
        }
    )
    assert again == plain
