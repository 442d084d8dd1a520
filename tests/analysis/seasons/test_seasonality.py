"""Seasons: known patterns are found, chance is not, and ranks are those of SciPy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from obverse.analysis.funding import funding_history
from obverse.analysis.liquidity import Quotes
from obverse.analysis.provenance import Provenance
from obverse.analysis.seasons import (
    Observations,
    absolute_moves,
    funding_observations,
    quoted_spreads,
    season_bars,
    seasonality,
    turnovers,
)
from obverse.analysis.seasons.groups import friedman, kruskal_wallis
from obverse.analysis.stored_rows import NS_PER_HOUR
from obverse.errors import DataError, MarketDataError
from obverse.market.store import Store

START = datetime(2024, 1, 1, tzinfo=UTC)  # a Monday
PLACE = Provenance("v", "i", "made", START, START)


def observed(values: np.ndarray, hours: int = 1) -> Observations:
    first = int(START.timestamp()) // 3600
    starts = (first + hours * np.arange(len(values))) * NS_PER_HOUR
    return Observations(PLACE, "Volume", "x", starts, values)


def busy_days(count: int, seed: int) -> np.ndarray:
    """Hours whose level is their day's, which wanders."""
    random = np.random.default_rng(seed)
    level = np.exp(np.cumsum(random.normal(0, 0.3, count)))
    return np.repeat(level, 24) * random.lognormal(0, 0.4, 24 * count)


def test_tests_are_those_of_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    values = np.round(busy_days(40, 3), 1)
    groups, blocks = np.tile(np.arange(24), 40), np.repeat(np.arange(40), 24)
    expected = stats.kruskal(*(values[groups == g] for g in range(24)))
    found = kruskal_wallis(groups, values)
    assert (found.statistic, found.p_value) == pytest.approx(tuple(expected), rel=1e-9)
    expected = stats.friedmanchisquare(*(values[groups == g] for g in range(24)))
    within = friedman(groups, blocks, values)
    assert within is not None
    assert (within.statistic, within.p_value) == pytest.approx(tuple(expected), rel=1e-9)


def test_friedman_finds_a_pattern_that_busy_days_hide_and_nothing_where_there_is_none() -> None:
    alarms, found = 0, 0
    for seed in range(40):
        values = busy_days(60, seed)
        none = seasonality(observed(values)).friedman
        assert none is not None
        alarms += none.p_value < 0.05
        pattern = np.tile(1 + 0.15 * np.sin(2 * np.pi * np.arange(24) / 24), 60)
        some = seasonality(observed(values * pattern))
        assert some.friedman is not None
        found += some.friedman.p_value < 0.01
    assert alarms <= 6
    assert found >= 38


def test_the_means_of_a_known_pattern_are_within_their_errors() -> None:
    random = np.random.default_rng(5)
    truth = 10 + np.arange(24) / 4
    found = seasonality(observed(np.tile(truth, 300) + random.normal(0, 2, 7200)))
    gaps = [(g.mean - t) / g.error for g, t in zip(found.groups, truth, strict=True)]
    assert np.mean(np.abs(gaps) < 2) > 0.8
    assert found.groups[0].p_value < 0.01
    assert found.groups[-1].relative == pytest.approx(truth[-1] / truth.mean() - 1, abs=0.03)
    assert len(found.plot().containers) == 1


def test_weekdays_compare_whole_days_within_weeks() -> None:
    random = np.random.default_rng(9)
    level = np.tile([1, 1, 1, 1, 1, 0.5, 0.5], 20)
    found = seasonality(observed(np.repeat(level, 24) * random.lognormal(0, 0.2, 3360)), "weekday")
    assert [g.label for g in found.groups][5:] == ["Saturday", "Sunday"]
    assert found.groups[5].mean < 0.6 * found.groups[0].mean
    assert found.groups[5].p_value < 0.001
    assert found.friedman is not None
    assert found.friedman.observations == 140


def test_recorded_hours_are_short_formulas(recorded_store: Callable[..., Store]) -> None:
    store = recorded_store("bitmex/xbtusd_1h.parquet")
    since, until = "2019-01-01T01:00:00Z", "2020-01-01T00:00:00Z"
    bars = season_bars(store, "bitmex", "XBTUSD", since=since, until=until)
    found = seasonality(turnovers(bars))
    from obverse.market.store import scan

    rows = scan(store, "bars_1h", venue="bitmex", since=since, until=until).collect()
    by_hour = rows.group_by(pl.col("open_time").dt.hour().alias("h")).agg(
        pl.col("volume_quote").mean() / 1e6, pl.col("volume_quote").count().alias("n")
    ).sort("h")  # fmt: skip
    assert [g.mean for g in found.groups] == pytest.approx(by_hour["volume_quote"].to_list())
    assert [g.observations for g in found.groups] == [365] * 24
    assert found.friedman is not None
    assert found.friedman.p_value < 1e-6
    moves = absolute_moves(bars)
    close = rows["close"].to_numpy()
    assert moves.values == pytest.approx(1e4 * np.abs(np.log(close[1:] / close[:-1])))
    early = season_bars(store, "bitmex", "XBTUSD", since=since, until="2019-06-01")
    full = season_bars(store, "bitmex", "XBTUSD", since=since, until=until)
    assert np.array_equal(early.usd, full.usd[: len(early)])
    assert early.starts_ns[-1] + NS_PER_HOUR <= int(datetime(2019, 6, 1, tzinfo=UTC).timestamp()) * 10**9  # noqa: E501  # fmt: skip


def test_spreads_are_weighed_by_the_time_they_stand() -> None:
    minute = NS_PER_HOUR // 60
    times = np.array([0, 15, 60, 90]) * minute
    bid = np.array([99.0, 98.0, 99.0, 95.0])
    ones = np.ones(4)
    found = quoted_spreads(Quotes(PLACE, times, bid, ones, 200 - bid, ones))
    assert found.values == pytest.approx([(200 * 15 + 400 * 45) / 60, 200])
    assert found.starts_ns.tolist() == [0, NS_PER_HOUR]


def test_funding_is_of_the_interval_it_is_paid_for(
    recorded_store: Callable[..., Store],
) -> None:
    store = recorded_store("bitmex/xbtusd_funding.parquet")
    found = seasonality(
        funding_observations(funding_history(store, "bitmex", "XBTUSD", since="2017-01-01"))
    )
    assert [group.label for group in found.groups] == ["04", "12", "20"]


def test_what_says_nothing_is_refused() -> None:
    with pytest.raises(MarketDataError, match="2 groups at least"):
        seasonality(observed(np.arange(50.0)))
    with pytest.raises(MarketDataError, match="all the same"):
        seasonality(observed(np.ones(24 * 5)))
    with pytest.raises(DataError, match="hour and weekday"):
        seasonality(observed(np.arange(200.0)), "month")  # type: ignore[arg-type]
    with pytest.raises(MarketDataError, match="row 0 is nan"):
        observed(np.array([np.nan]))
