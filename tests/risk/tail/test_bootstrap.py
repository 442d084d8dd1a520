"""The stationary bootstrap and its block length."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.errors import DataError
from obverse.risk.tail import automatic_block_steps, stationary_indices
from obverse.risk.tail.bootstrap import indices_of


def _plain_twin(starts, begins, length):
    found = []
    for row, flags in zip(starts, begins, strict=True):
        path: list[int] = []
        for start, begin in zip(row, flags, strict=True):
            path.append(int(start) if begin else (path[-1] + 1) % length)
        found.append(path)
    return found


@given(st.integers(1, 50), st.integers(1, 8), st.integers(1, 30), st.integers(0, 2**32))
def test_blocks_follow_the_history_round_its_end(length, paths, steps, seed) -> None:
    generator = np.random.default_rng(seed)
    starts = generator.integers(0, length, size=(paths, steps))
    begins = generator.random(size=(paths, steps)) < 0.3
    begins[:, 0] = True
    assert indices_of(starts, begins, length).tolist() == _plain_twin(starts, begins, length)


def test_blocks_have_their_mean_length() -> None:
    """Of 200,000 steps one in twelve begins a block, within four standard errors."""
    places = stationary_indices(
        10_000, paths=1, steps=200_000, block_steps=12, generator=np.random.default_rng(1)
    )[0]
    ended = np.diff(places) % 10_000 != 1
    chance = 1 / 12
    error = math.sqrt(chance * (1 - chance) / len(ended))
    assert ended.mean() == pytest.approx(chance, abs=4 * error)


def test_every_step_of_a_history_is_drawn_alike() -> None:
    places = stationary_indices(
        20, paths=4_000, steps=25, block_steps=5, generator=np.random.default_rng(2)
    )
    shares = np.bincount(places.ravel(), minlength=20) / places.size
    assert shares == pytest.approx(np.full(20, 0.05), abs=0.004)


def test_blocks_of_one_are_independent_draws() -> None:
    places = stationary_indices(
        1_000, paths=1, steps=50_000, block_steps=1, generator=np.random.default_rng(3)
    )[0]
    assert (np.diff(places) % 1_000 == 1).mean() < 0.002


@pytest.mark.parametrize("correlation", [0.3, 0.6, 0.8])
def test_the_automatic_length_is_that_of_theory_for_an_autoregression(correlation) -> None:
    """Of x[t] = c·x[t−1] + e the best length is (2c/(1 − c²))^⅔·n^⅓, from G and the spectrum."""
    count, found = 8_000, []
    for seed in range(12):
        noise = np.random.default_rng(seed).standard_normal(count)
        series = np.empty(count)
        series[0] = noise[0]
        for place in range(1, count):
            series[place] = correlation * series[place - 1] + noise[place]
        found.append(automatic_block_steps(series))
    best = (2 * correlation / (1 - correlation**2)) ** (2 / 3) * count ** (1 / 3)
    assert np.mean(found) == pytest.approx(best, rel=0.2)


def test_noise_needs_no_blocks_to_speak_of_and_a_trend_the_longest() -> None:
    noise = np.random.default_rng(4).standard_normal(2_000)
    assert automatic_block_steps(noise) < 6
    assert automatic_block_steps(np.cumsum(noise)) > 60
    assert automatic_block_steps(np.arange(900.0)) <= 90
    assert automatic_block_steps(np.full(50, 3.0)) == 1


@pytest.mark.parametrize("block", [0.5, 0, -1, math.nan, math.inf])
def test_a_block_shorter_than_a_step_is_refused(block: float) -> None:
    with pytest.raises(DataError, match="block_steps: found"):
        stationary_indices(
            10, paths=1, steps=5, block_steps=block, generator=np.random.default_rng(1)
        )


def test_too_short_a_series_has_no_block_length() -> None:
    with pytest.raises(DataError, match="19 values, expected at least 20"):
        automatic_block_steps(np.arange(19.0))
    with pytest.raises(DataError, match="nan"):
        automatic_block_steps([*range(30), math.nan])
