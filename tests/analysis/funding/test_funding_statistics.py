"""Funding: recorded history against short formulas, simulated persistence, no look-ahead."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from obverse.analysis.funding import (
    FundingHistory,
    carry_history,
    funding_history,
    funding_statistics,
    funding_sums,
    published_carry,
    published_sums,
    trailing_sums,
)
from obverse.analysis.funding.histories import from_rows
from obverse.analysis.provenance import Provenance
from obverse.curves.histories import curve_history, from_tickers
from obverse.errors import DataError, MarketDataError
from obverse.market.store import Store

START = datetime(2024, 1, 1, tzinfo=UTC)
EIGHT = timedelta(hours=8)


@pytest.fixture(scope="module")
def bitmex(recorded_store: Callable[..., Store]) -> Store:
    return recorded_store("bitmex/xbtusd_funding.parquet")


@pytest.fixture(scope="module")
def deribit(recorded_store: Callable[..., Store]) -> Store:
    return recorded_store(
        "deribit/btc_perpetual_funding_1h.parquet", "deribit/funding_rate_value_monthly.csv"
    )


def history(rates: list[float] | np.ndarray, **columns: object) -> FundingHistory:
    """Payments every eight hours from the beginning of 2024 at Binance, by default."""
    times = [START + (n + 1) * EIGHT for n in range(len(rates))]
    rows = pl.DataFrame({"time": times, "rate": rates}).with_columns(
        interval_hours=pl.lit(8.0), previous_index=pl.lit(None, pl.Float64)
    )
    rows = rows.with_columns(**{k: pl.Series(v) for k, v in columns.items()})
    last = times[-1] if times else START
    place = Provenance("binance", "BTCUSD_PERP", "made", START, last, "BTC")
    return from_rows(rows, place)


def test_recorded_bitmex_funding_is_its_short_formulas(bitmex: Store) -> None:
    found = funding_statistics(funding_history(bitmex, "bitmex", "XBTUSD", since="2017-01-01"))
    rows = bitmex_rows(bitmex)
    rate = rows["rate"].to_numpy()
    assert found.mean_8h == pytest.approx(rate.mean(), rel=1e-12)
    assert found.deviation_8h == pytest.approx(rate.std(ddof=1), rel=1e-12)
    assert found.positive_share == np.count_nonzero(rate > 0) / len(rate)
    assert found.interest_share == np.count_nonzero(np.isclose(rate, 1e-4, atol=1e-12)) / len(rate)
    assert 0.25 < found.interest_share < 0.5
    expected = np.corrcoef(rate[:-1], rate[1:])[0, 1]
    assert found.autocorrelations[0] == pytest.approx(expected, abs=2e-3)
    signs = "".join("+" if each > 0 else "-" for each in rate)
    assert found.longest_positive.payments == max(map(len, signs.split("-")))


def bitmex_rows(store: Store) -> pl.DataFrame:
    from obverse.market.store import scan

    return scan(store, "funding", venue="bitmex", instrument="XBTUSD", since="2017-01-01").collect()


def test_deribits_months_are_the_values_it_published(deribit: Store) -> None:
    hours = funding_history(deribit, "deribit", "BTC-PERPETUAL")
    published = published_sums(deribit, "deribit", "BTC-PERPETUAL")
    found = funding_sums(hours, "month", published=published)
    whole = [each for each in found.spans if each.whole]
    assert len(whole) >= 15
    gaps = [abs(each.coin - each.published) for each in whole if each.published is not None]
    assert len(gaps) == len(whole)
    assert np.median(gaps) < 1e-6
    assert max(gaps) < 5e-5
    may = next(each for each in found.spans if each.name == "2019-05")
    assert may.plain / may.published > 1.7  # the plain sum is another number
    assert not next(each for each in found.spans if each.name == "2020-08").whole
    assert any("2 payments" in each for each in found.warnings)


def test_deribit_pays_exactly_nothing_at_times_and_its_rule_says_so(deribit: Store) -> None:
    found = funding_statistics(funding_history(deribit, "deribit", "BTC-PERPETUAL"))
    assert found.interest_share is not None
    assert 0.05 < found.interest_share < 0.12


def test_what_is_known_at_an_instant_is_that_of_a_store_cut_there(bitmex: Store) -> None:
    at = "2019-03-05T11:00:00Z"
    early = funding_history(bitmex, "bitmex", "XBTUSD", until=at)
    full = funding_history(bitmex, "bitmex", "XBTUSD")
    cut = full.until(int(datetime.fromisoformat(at).timestamp()) * 10**9)
    assert np.array_equal(early.interest, cut.interest)
    assert str(funding_statistics(early)) == str(funding_statistics(cut))
    assert str(funding_sums(early)) == str(funding_sums(cut))
    assert np.array_equal(
        trailing_sums(early, 7), trailing_sums(full, 7)[: len(early)], equal_nan=True
    )


def test_persistence_and_half_life_are_recovered() -> None:
    persistence, inside = 0.8, 0
    for seed in range(60):
        shocks = np.random.default_rng(seed).normal(0, 1e-5, 2000)
        rates = np.empty(2000)
        rate = 0.0
        for place, shock in enumerate(shocks):
            rate = persistence * rate + shock
            rates[place] = rate
        found = funding_statistics(history(rates))
        truth = 8 * math.log(0.5) / math.log(persistence)
        assert found.half_life_range_hours is not None
        low, high = found.half_life_range_hours
        inside += low < truth < high
    assert 0.85 < inside / 60 <= 1


def test_shares_runs_and_sums_of_a_few_payments() -> None:
    rates = [1e-4, 1e-4, -2e-4, 1e-4, 3e-4, 1e-4, -1e-4, -1e-4, 1e-4, 1e-4]
    made = history(rates)
    found = funding_statistics(made, lags=2)
    assert found.interest_share == 0.6
    assert (found.longest_positive.payments, found.longest_positive.hours) == (3, 24)
    assert found.longest_negative.payments == 2
    sums = funding_sums(made, "day")
    assert [each.plain for each in sums.spans] == pytest.approx([0, 5e-4, -1e-4, 1e-4])
    assert [each.whole for each in sums.spans] == [True, True, True, False]
    assert sums.trailing[1] == pytest.approx(1e-4)
    assert sums.trailing[7] is None
    assert np.isnan(trailing_sums(made, 1)[:2]).all()
    assert found.plot().get_xlabel() == "basis points per 8 hours"
    assert len(sums.plot().patches) == 4


def test_a_payment_is_of_its_month_and_one_at_midnight_of_the_month_before() -> None:
    months = []
    for first in ("2020-02-29T20:00:00", "2020-03-01T00:00:00"):
        at = np.datetime64(first, "ns").astype(np.int64) + np.arange(93) * 8 * 3_600_000_000_000
        made = replace(history([1e-4] * 93), times_ns=at)
        months.append([(each.name, round(each.plain * 1e4)) for each in funding_sums(made).spans])
    assert months[0] == [("2020-02", 1), ("2020-03", 92)]
    assert months[1] == [("2020-02", 1), ("2020-03", 92)]


def test_carry_joins_months_that_have_both() -> None:
    made = funding_sums(history([1e-4] * 93), "month")
    at, expiry = datetime(2024, 1, 10, tzinfo=UTC), datetime(2024, 3, 29, 8, tzinfo=UTC)
    years = (expiry - at).total_seconds() / (365 * 86400)
    row = {"instrument": "F", "time": at, "snapshot_time": at, "underlying": "BTC",
           "contract": "future", "expiry": expiry, "listed": True,
           "mark": 100 * math.exp(0.08 * years), "index": 100.0}  # fmt: skip
    curves = from_tickers(pl.DataFrame([row]), "binance", "BTC", "made")
    found = carry_history(made, curves)
    assert found.months[0].funding == pytest.approx(1e-4 * 1095)
    assert found.months[0].basis == pytest.approx(0.08)
    assert len(found.plot().lines) == 3
    assert found.to_frame()["difference"][0] == found.months[0].difference
    assert "continuous, act/365" in str(found)
    with pytest.raises(MarketDataError, match="no month has both"):
        carry_history(made, curves, days_range=(1, 2))
    with pytest.raises(DataError, match="expected by month"):
        carry_history(funding_sums(history([1e-4] * 93), "day"), curves)


def test_carry_of_the_months_that_deribit_published(
    recorded_store: Callable[..., Store],
) -> None:
    store = recorded_store(
        "deribit/forward_curve.parquet", "deribit/funding_rate_value_monthly.csv"
    )
    curves = curve_history(store, "deribit", "BTC", until="2026-03-01")
    published = published_sums(store, "deribit", "BTC-PERPETUAL", until="2026-03-01")
    place = Provenance("deribit", "BTC-PERPETUAL", "made", START, START, "BTC")
    found = {each.name: each for each in published_carry(place, published, curves).months}
    assert [*found] == ["2025-12", "2026-01", "2026-02"]
    february = published[int(datetime(2026, 2, 1, tzinfo=UTC).timestamp()) * 10**9][1]
    assert found["2026-02"].funding == pytest.approx(february * 365 / 28)
    rows = [
        math.log(mark / index) / ((expiry - at) / (365 * 86400 * 1e9))
        for at, index, own in (
            (curves.instants_ns[n], curves.index_usd[n], curves.nodes(n))
            for n in range(len(curves))
        )
        for expiry, mark, listed in zip(
            curves.expiries_ns[own], curves.marks_usd[own], curves.listed[own], strict=True
        )
        if listed and f"{np.datetime64(int(at), 'ns')}"[:7] == "2026-02"
        and 14 <= (expiry - at) / (86400 * 1e9) <= 120
    ]  # fmt: skip
    assert found["2026-02"].basis == pytest.approx(np.mean(rows))
    early = published_sums(store, "deribit", "BTC-PERPETUAL", until="2026-02-15")
    assert "2026-02" not in {m.name for m in published_carry(place, early, curves).months}


def test_bad_rows_are_named() -> None:
    with pytest.raises(MarketDataError, match="row 2 is nan"):
        history([0.1, 0.1, float("nan")])
    with pytest.raises(MarketDataError, match="late or there twice"):
        history([0.1, 0.2], time=[START, START])
    with pytest.raises(MarketDataError, match="at least 10"):
        funding_statistics(history([0.1, 0.2]))
    with pytest.raises(DataError, match="expected 1 at least"):
        trailing_sums(history([0.1]), 0)
    steady = funding_statistics(history([1e-4] * 12))
    assert steady.half_life_hours is None
    early = history([1e-4] * 3, time=[START + timedelta(hours=n) for n in (8, 9, 16)])
    assert "2 payments come before" in early.warnings[-1]
    assert early.to_frame()["rate_annual"].to_list() == pytest.approx([1e-4 * 1095] * 3)
    assert "never changes" in steady.warnings[-1]
