"""Funding that venues paid: its stamps against the rulebooks' schedules, and Deribit's months."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from obverse.marks import Schedule, accumulated_funding, policies
from obverse.rulebooks import rulebook, venue_file

LISTED = datetime(2016, 5, 13, 12, tzinfo=UTC)
"""When XBTUSD was listed: the stamp of that instant was nobody's."""

MONTHS_OFF = {"2019-05": 1.4e-6, "2019-12": 0.7e-6, "2020-01": 6e-6, "2020-07": 2e-6}
"""Months whose hours are all there and still miss the venue's value by this much; why is not known.
2019-05 is the first month that the venue has values of."""


def _schedule(venue: str, symbol: str, as_of: str) -> Schedule:
    book = rulebook(venue, as_of=as_of)
    return policies.funding_schedule(book.rules_of(book.instrument(symbol)), venue_file(venue))


def test_every_xbtusd_stamp_is_the_rulebooks(recordings: Path) -> None:
    paid = pl.read_parquet(recordings / "bitmex" / "xbtusd_funding.parquet")
    stamps = paid["timestamp"].to_list()
    scheduled = _schedule("bitmex", "XBTUSD", "2020-01-01").stamps(LISTED, stamps[-1])
    assert len(stamps) == 4484
    assert stamps == scheduled
    assert [stamp.hour for stamp in stamps[:22]] == [12] * 22
    assert [stamp.hour for stamp in stamps[22:25]] == [20, 4, 12]
    assert {stamp.hour for stamp in stamps[22:]} == {4, 12, 20}


def test_a_daily_rate_is_that_of_the_stamps_of_a_day(recordings: Path) -> None:
    paid = pl.read_parquet(recordings / "bitmex" / "xbtusd_funding.parquet")
    rate, daily = paid["fundingRate"].to_list(), paid["fundingRateDaily"].to_list()
    for place, (one, day) in enumerate(zip(rate, daily, strict=True)):
        assert day == pytest.approx(one if place < 22 else 3 * one, abs=1e-15)


def test_xbtusd_rates_are_within_the_caps_of_their_day(recordings: Path) -> None:
    paid = pl.read_parquet(recordings / "bitmex" / "xbtusd_funding.parquet")
    for stamp, rate in paid.select("timestamp", "fundingRate").iter_rows():
        book = rulebook("bitmex", as_of=stamp)
        rule = book.rules_of(book.instrument("XBTUSD")).funding
        assert rule is not None
        assert rule.cap is None or abs(rate) <= float(rule.cap) + 1e-9


@pytest.mark.parametrize(
    ("file", "venue", "symbol", "rows"),
    [
        ("binance_btcusd_perp_8h", "binance", "BTCUSD_PERP", 3713),
        ("bybit_btcusd_8h", "bybit", "BTCUSD", 5618),
    ],
)
def test_eight_hour_stamps_are_the_rulebooks_without_a_gap(
    recordings: Path, file: str, venue: str, symbol: str, rows: int
) -> None:
    paid = pl.read_parquet(recordings / "perpetuals_8h" / f"{file}.parquet")
    stamps = paid["time_utc"].to_list()
    schedule = _schedule(venue, symbol, "2023-12-31")
    assert len(stamps) == rows
    assert paid["funding_rate"].null_count() == 0
    assert stamps == schedule.stamps(stamps[0] - timedelta(seconds=1), stamps[-1])


@pytest.mark.parametrize("symbol", ["BTC", "ETH"])
@pytest.mark.parametrize(
    ("venue", "pattern"),
    [("binance", "{}USD_PERP"), ("bybit", "{}USD"), ("okx", "{}-USD-SWAP")],
)
def test_2023_has_its_1095_stamps_at_three_venues(
    recordings: Path, venue: str, pattern: str, symbol: str
) -> None:
    bars = pl.read_parquet(recordings / "perpetuals_8h" / "binance_bybit_okx_2023.parquet")
    own = bars.filter((pl.col("exchange") == venue) & (pl.col("pair") == f"{symbol}USDCM"))
    stamps = own["time_utc"].to_list()
    schedule = _schedule(venue, pattern.format(symbol), "2023-12-31")
    assert len(stamps) == 1095
    assert stamps == schedule.stamps(stamps[0] - timedelta(seconds=1), stamps[-1])


def _months(folder: Path) -> list[tuple[str, int, int, float]]:
    """Months that the hours touch after the first stub, with the venue's value."""
    months = pl.read_csv(folder / "funding_rate_value_monthly.csv").filter(
        pl.col("month").is_between(pl.lit("2019-05"), pl.lit("2020-09"))
    )
    columns = ("month", "start_timestamp_ms", "end_timestamp_ms", "BTC-PERPETUAL")
    return [(m, start, end + 1, value) for m, start, end, value in months.select(columns).rows()]


def test_deribits_months_are_its_hours_accumulated_in_coin(recordings: Path) -> None:
    """Twelve of 17 months to six decimals; those off and those short of hours are named."""
    folder = recordings / "deribit"
    hours = pl.read_parquet(folder / "btc_perpetual_funding_1h.parquet")
    missing: dict[str, int] = {}
    plain_gaps: list[float] = []
    right = 0
    for month, start, end, value in _months(folder):
        label = pl.col("timestamp")  # the end of its hour
        own = hours.filter((label > start) & (label <= end))
        due = (end - start) // 3_600_000
        if len(own) < due:
            missing[month] = due - len(own)
        rate, index = own["interest_1h"].to_numpy(), own["prev_index_price"].to_numpy()
        gap = abs(accumulated_funding(rate, index, index[0]) - value)
        if month not in ("2020-08", *MONTHS_OFF):
            assert gap < 5e-7, month
            right += 1
            plain_gaps.append(abs(rate.sum() / value - 1))
        assert gap < MONTHS_OFF.get(month, 1e-4), month
    assert missing == {"2020-08": 2, "2020-09": 1}  # the very last hour accrued nothing
    assert right == 12
    assert max(plain_gaps) > 0.1  # what the plain sum of rates would miss


def test_the_hours_of_deribit_have_one_gap(recordings: Path) -> None:
    hours = pl.read_parquet(recordings / "deribit" / "btc_perpetual_funding_1h.parquet")
    gaps = hours.select("time_utc", gap=pl.col("time_utc").diff()).filter(
        pl.col("gap") != timedelta(hours=1)
    )
    assert len(gaps) == 1
    assert gaps["gap"][0] == timedelta(hours=3)
    assert gaps["time_utc"][0].strftime("%Y-%m") == "2020-08"


def test_krakens_captured_coefficient_and_cap_are_the_rulebooks(recordings: Path) -> None:
    """The captures hold no funding or index fields, only the terms of the contracts."""
    path = recordings / "venue_captures_2021_22" / "KRAKEN_FUTURES.0.gz"
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    text = next(line for line in lines if "/instruments ->" in line).split(": ", 1)[1]
    terms = {row["symbol"]: row for row in json.loads(text)["instruments"]}
    book = rulebook("kraken", as_of="2021-07-22")
    rule = book.rules_of(book.instrument("PI_XBTUSD")).funding
    assert rule is not None
    assert rule.coefficient == terms["pi_xbtusd"]["fundingRateCoefficient"] == 8
    assert float(rule.cap or 0) == terms["pi_xbtusd"]["maxRelativeFundingRate"] == 0.001
