"""Rates that were paid: of which interval, at which instant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from obverse.market.live import exchange_named
from obverse.market.live.contracts import Contract
from obverse.market.live.funding_structures import funding_part
from obverse.market.series.parts import checked

BTC = Contract("BTC", "BTC/USD:BTC", "BTC", "USD", "perpetual")
AT = datetime(2026, 3, 1, 8, tzinfo=UTC)
MS = int(AT.timestamp() * 1000)
HOUR_MS = 3_600_000


def paid(venue: str, *stamps: int, rate: float = 0.0001, **more: object) -> list[dict[str, object]]:
    rows = [{"timestamp": stamp, "fundingRate": rate, **more} for stamp in stamps]
    part = checked(funding_part(exchange_named(venue), BTC, rows))
    return part.frame.select("time", "rate", "interval_hours", "rate_8h").to_dicts()


@pytest.mark.parametrize(("late_ms", "kept_ms"), [(0, 0), (3, 0), (999, 0), (1000, 1000)])
def test_a_stamp_some_milliseconds_late_is_the_minute(late_ms: int, kept_ms: int) -> None:
    (row,) = paid("binance", MS + late_ms)
    assert row["time"] == AT + timedelta(milliseconds=kept_ms)


@pytest.mark.parametrize("venue", ["binance", "bybit", "okx"])
def test_an_interval_is_eight_hours_or_as_the_stamps_tell(venue: str) -> None:
    stamps = [MS, MS + 8 * HOUR_MS, MS + 12 * HOUR_MS, MS + 16 * HOUR_MS, MS + 32 * HOUR_MS]
    assert [row["interval_hours"] for row in paid(venue, *stamps)] == [8, 8, 4, 4, 8]
    assert [row["interval_hours"] for row in paid(venue, MS)] == [8]


def test_krakens_stamp_is_a_start_and_its_rate_an_hours() -> None:
    rows = paid("kraken", MS, MS + 4 * HOUR_MS, MS + 5 * HOUR_MS)
    assert [row["interval_hours"] for row in rows] == [4, 1, 1]
    assert [row["rate"] for row in rows] == [0.0004, 0.0001, 0.0001]
    assert [(row["time"] - AT) / timedelta(hours=1) for row in rows] == [4, 5, 6]  # type: ignore[operator]


def test_deribits_rate_of_eight_hours_is_not_what_was_paid() -> None:
    info = {"interest_1h": 1e-5, "interest_8h": 1e-4, "index_price": 84000.0}
    assert paid("deribit", MS, info=info) == [
        {"time": AT, "rate": 1e-5, "interval_hours": 1.0, "rate_8h": 1e-4}
    ]
    bare = funding_part(exchange_named("deribit"), BTC, [{"timestamp": MS, "fundingRate": 0.0001}])
    assert bare.frame.is_empty()
    assert "1 payments without the rate that was paid" in str(bare.findings[0])


def test_what_is_not_paid_yet_is_left_out() -> None:
    rows = [{"timestamp": MS + 8 * HOUR_MS * n, "fundingRate": 0.1} for n in range(3)]
    part = funding_part(exchange_named("okx"), BTC, rows, paid_by=AT + timedelta(hours=8))
    assert part.frame.height == 2
