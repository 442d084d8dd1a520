"""The pattern of variance within the week: recovered, robust, and at the right hours."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from obverse.errors import MarketDataError
from obverse.market.calibration import Seasons
from obverse.market.calibration.moves import Moves, hourly_moves
from obverse.market.calibration.seasons import fit_seasons, hours_of_day, season_of, weekdays

HOURS = tuple((1 + 0.6 * np.sin(np.arange(24) / 24 * 2 * np.pi)).tolist())
DAYS = (1.1, 1.2, 1.1, 1.0, 1.2, 0.6, 0.8)
YEARS = 3


def _moves(seed: int) -> Moves:
    hours = np.arange(YEARS * 8760, dtype=np.int64) + 400_000
    shocks = np.random.default_rng(seed).standard_normal(len(hours))
    returns = 0.006 * np.sqrt(season_of(Seasons(HOURS, DAYS), hours)) * shocks
    return Moves(hours, returns, 100.0)


def test_hours_and_weekdays_are_those_of_the_calendar() -> None:
    for day in range(1, 15):
        moment = datetime(2026, 2, day, day, tzinfo=UTC)
        hour = np.array([int(moment.timestamp()) // 3600])
        assert weekdays(hour)[0] == moment.weekday()
        assert hours_of_day(hour)[0] == moment.hour


def test_a_known_pattern_is_recovered() -> None:
    """A variance from n normal moves has a relative error of √(2 / n), a tenth more when cut."""
    seasons = fit_seasons(_moves(1), "moves")
    by_hour = np.array(seasons.hour_variances) / HOURS - 1
    by_day = np.array(seasons.weekday_variances) / DAYS - 1
    error = 1.1 * np.sqrt(2 / (365 * YEARS))
    assert np.abs(by_hour).max() < 4 * error
    assert np.sqrt(np.mean(by_hour**2)) < 1.5 * error
    assert np.abs(by_day).max() < 4 * 1.1 * np.sqrt(2 / (8760 * YEARS / 7))
    assert np.mean(seasons.hour_variances) == pytest.approx(1)
    assert np.mean(seasons.weekday_variances) == pytest.approx(1)


def test_a_crash_at_one_hour_does_not_make_a_season() -> None:
    moves = _moves(2)
    spoilt = moves.returns.copy()
    spoilt[np.flatnonzero(moves.hours % 24 == 12)[::100]] -= 0.2
    calm, crashed = fit_seasons(moves, "m"), fit_seasons(Moves(moves.hours, spoilt, 100.0), "m")
    assert crashed.hour_variances[12] == pytest.approx(calm.hour_variances[12], rel=0.05)


def test_bitmex_was_busiest_at_midnight_and_on_fridays(bitmex_hours: pl.DataFrame) -> None:
    """Against plain mean absolute moves by hour, which have the same order."""
    moves = hourly_moves(bitmex_hours, "bitmex")
    seasons = fit_seasons(moves, "bitmex")
    plain = [np.abs(moves.returns[moves.hours % 24 == hour]).mean() for hour in range(24)]
    assert np.corrcoef(np.sqrt(seasons.hour_variances), plain)[0, 1] > 0.9
    assert int(np.argmax(seasons.hour_variances)) == int(np.argmax(plain)) == 0
    assert int(np.argmax(seasons.weekday_variances)) == 4
    assert max(seasons.weekday_variances[5:]) < min(seasons.weekday_variances[:5])


def test_an_hour_that_never_moves_is_refused() -> None:
    moves = _moves(3)
    still = np.where(moves.hours % 24 == 5, 0.0, moves.returns)
    with pytest.raises(MarketDataError, match=r"my bars: hour of the day 5: .* not move in half"):
        fit_seasons(Moves(moves.hours, still, 100.0), "my bars")
