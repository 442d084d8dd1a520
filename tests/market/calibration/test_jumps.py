"""Jumps told from diffusion: known ones are found again, in number, size and share."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from obverse.market.calibration import Seasons
from obverse.market.calibration.jumps import jump_deviation, separate
from obverse.market.calibration.moves import Moves, hourly_moves
from obverse.market.calibration.seasons import fit_seasons

FLAT = Seasons((1.0,) * 24, (1.0,) * 7)
YEARS = 4
HOURS = YEARS * 8760


def _moves(seed: int, jumps_per_year: float, jump_deviation: float) -> tuple[Moves, np.ndarray]:
    """Four years at 60 % a year beside the jumps, with volatility that wanders by days."""
    random = np.random.default_rng(seed)
    daily = np.zeros(HOURS // 24)
    for day in range(1, len(daily)):
        daily[day] = 0.93 * daily[day - 1] + 0.15 * random.standard_normal()
    level = np.repeat(np.exp(daily - daily.var()), 24)
    hit = random.random(HOURS) < jumps_per_year / 8760
    jumps = np.where(hit, jump_deviation * random.standard_normal(HOURS), 0.0)
    returns = 0.6 / np.sqrt(8760) * level * random.standard_normal(HOURS) + jumps
    return Moves(np.arange(HOURS, dtype=np.int64), returns, 100.0), jumps[hit]


@pytest.mark.parametrize(("rate", "size"), [(40.0, 0.06), (350.0, 0.03)])
def test_known_jumps_are_found_again(rate: float, size: float) -> None:
    """Beside the jumps that really came, so that only the estimation errs."""
    ratios = []
    for seed in range(4):
        moves, jumps = _moves(seed, rate, size)
        found = separate(moves, FLAT)
        total = float((moves.returns**2).sum())
        share = float((jumps**2).sum()) / total
        per_year = len(jumps) / YEARS
        spread = float(np.sqrt(np.mean(jumps**2)))
        ratios.append(
            (found.share / share, found.jumps.per_year / per_year, found.jumps.deviation / spread)
        )
    errors = np.std(ratios, axis=0) / np.sqrt(len(ratios))
    off = np.abs(np.mean(ratios, axis=0) - 1)
    assert np.all(off < 3.5 * errors + (0.03, 0.05, 0.03))
    assert np.all(errors < 0.1)


def test_normal_moves_have_no_jumps() -> None:
    moves, none = _moves(1, 0.0, 0.05)
    assert not len(none)
    found = separate(moves, FLAT)
    assert found.share < 0.005
    assert found.total_annual == pytest.approx(8760 * np.mean(moves.returns**2))


def test_sizes_beyond_a_limit_tell_the_deviation_of_all() -> None:
    random = np.random.default_rng(3)
    beside = np.full(20_000, 0.01)
    whole = np.hypot(0.03, beside) * random.standard_normal(20_000)
    far = np.abs(whole) > 0.05
    found = jump_deviation(np.abs(whole[far]), beside[far], np.full(far.sum(), 0.05))
    assert found == pytest.approx(0.03, rel=0.05)


def test_bitmex_jumped_about_once_a_day(bitmex_hours: pl.DataFrame) -> None:
    """Its hourly moves have a kurtosis of 54; a third of their variance is jumps."""
    moves = hourly_moves(bitmex_hours, "bitmex")
    found = separate(moves, fit_seasons(moves, "bitmex"))
    assert np.sqrt(found.total_annual) == pytest.approx(0.8818, abs=1e-4)
    products = np.abs(moves.returns[1:] * moves.returns[:-1])
    plain = 1 - np.pi / 2 * products.mean() / np.mean(moves.returns**2)
    assert plain < found.share < 0.45  # bipower variation without a cut keeps some of the jumps
    assert 300 < found.jumps.per_year < 600
    assert 0.02 < found.jumps.deviation < 0.03
