"""Margin for a dollar of exposure and of range: by the venues' own tiers and stored bars."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

import obverse as ob
from obverse.analysis.efficiency import Held, capital_efficiency, daily_range
from obverse.errors import DataError
from obverse.market.series import Part, bars
from obverse.market.store import Origin, Store, append, create_store

AT = datetime(2026, 2, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
SIZES = (Decimal(10_000), Decimal(50_000_000))


def held(venue: str, symbol: str, daily: float | None = 0.03) -> Held:
    book = ob.rulebook(venue, as_of="2026-01-01")
    return Held(book, book.instrument(symbol), Decimal("80000"), daily, "made")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Ten days of hours whose range is the day's number in per cent, the last one cut short."""
    rows = []
    for day in range(1, 12):
        for hour in range(24 if day < 11 else 5):
            close = AT + timedelta(days=day - 1) + (hour + 1) * HOUR
            top = 100 + day if hour == 3 else 100
            rows.append({"time": close, "open": 100.0, "high": float(top), "low": 100.0})
    frame = pl.DataFrame(rows).with_columns(
        (pl.col("time") - HOUR).alias("open_time"), pl.col("low").alias("close")
    )
    made = create_store(tmp_path / "store")
    part = Part("deribit", "BTC-PERPETUAL", bars(HOUR), frame)
    append(made, [part], Origin("made", "test", "close"), imported_at=AT)
    return made.reopened()


def test_larger_sizes_bind_more_where_the_venue_has_tiers() -> None:
    found = capital_efficiency([held("deribit", "BTC-PERPETUAL")], SIZES, AT, source="made")
    small, large = sorted(found.rows, key=lambda row: row.size_usd)
    assert small.initial_rate == pytest.approx(0.02, abs=2e-4)
    assert large.initial_rate > 2 * small.initial_rate
    assert small.maintenance_rate < small.initial_rate
    assert small.margin_per_range == pytest.approx(small.initial_rate / 0.03)


def test_rates_are_those_of_the_margin_engine() -> None:
    from obverse.risk.margin import initial_margin, margin_terms

    row = capital_efficiency(
        [held("binance", "BTCUSD_PERP")], [Decimal(1_000_000)], AT, source="made"
    ).rows[0]
    book = ob.rulebook("binance", as_of="2026-01-01")
    instrument = book.instrument("BTCUSD_PERP")
    position = ob.Position.flat(instrument).buy(contracts=10_000, price="80000")
    margin = initial_margin(position, margin_terms(book, instrument), mark_price="80000")
    assert row.contracts == 10_000
    assert row.initial_rate == pytest.approx(float(margin.fraction) / (1_000_000 / 80_000))


def test_the_least_margin_for_a_dollar_of_range_comes_first_and_the_unknown_last() -> None:
    found = capital_efficiency(
        [
            held("deribit", "BTC-PERPETUAL", None),
            held("okx", "BTC-USD-SWAP", 0.02),
            held("bybit", "BTCUSD", 0.04),
        ],
        SIZES[:1],
        AT,
        source="made",
    )
    assert found.rows[-1].symbol == "BTC-PERPETUAL"
    known = [row.margin_per_range for row in found.rows[:-1]]
    assert known == sorted(known)  # type: ignore[type-var]
    assert "No day's range is known of BTC-PERPETUAL" in found.warnings[0]


def test_the_daily_range_is_the_median_of_whole_days(store: Store) -> None:
    found = daily_range(store, "deribit", "BTC-PERPETUAL")
    assert found is not None
    assert found[0] == pytest.approx(0.055)
    assert found[1] == "deribit BTC-PERPETUAL bars_1h"


def test_a_range_as_of_an_instant_knows_nothing_later(store: Store) -> None:
    found = daily_range(store, "deribit", "BTC-PERPETUAL", until=AT + timedelta(days=6))
    assert found is not None
    assert found[0] == pytest.approx(0.035)
    assert daily_range(store, "deribit", "BTC-PERPETUAL", until=AT + timedelta(days=4)) is None
    assert daily_range(store, "deribit", "ETH-PERPETUAL") is None


@pytest.mark.parametrize("sizes", [(), (Decimal(0),), (Decimal("NaN"),)])
def test_sizes_that_are_none_are_refused(sizes: tuple[Decimal, ...]) -> None:
    with pytest.raises(DataError):
        capital_efficiency([held("deribit", "BTC-PERPETUAL")], sizes, AT, source="made")


def test_it_draws_a_bar_an_instrument() -> None:
    found = capital_efficiency([held("deribit", "BTC-PERPETUAL")], SIZES, AT, source="made")
    assert len(found.plot().get_yticklabels()) == 2
    assert "Margin/range" in str(found.table())
