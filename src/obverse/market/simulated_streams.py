"""Random streams of the simulated market, and the mean-reverting paths that are made of them.

Each stream has a child seed of its own, keyed by stable integers, so that none depends on how much
of another was drawn.
"""

from __future__ import annotations

import math
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_NOTHING = 1e-30


class Stream(IntEnum):
    """Keys of the random streams; they never change."""

    MOVES = 1
    VOLATILITY = 2
    JUMP_TIMES = 3
    JUMP_SIZES = 4
    LEVEL = 5
    SLOPE = 6
    BASIS_NOISE = 8
    INTEREST = 9
    TURNOVER = 10
    SPREAD = 11
    PREMIUM = 16
    SOURCES = 17
    TENOR_NOISE = 18


def normals(count: int, seed: int, stream: Stream, *keys: int) -> NDArray[np.float64]:
    """Draw a stream's first standard normals; a longer draw begins with a shorter one."""
    return generator(seed, stream, *keys).standard_normal(count)


def generator(seed: int, stream: Stream, *keys: int) -> np.random.Generator:
    """Make a stream's own generator."""
    import numpy as np

    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, stream, *keys])))


def reverting(
    shocks: NDArray[np.float64], half_life: float, deviation: float
) -> NDArray[np.float64]:
    """Make an hourly mean-reverting path around zero, starting anywhere in its distribution."""
    keep = 0.5 ** (1 / half_life)
    path = deviation * shocks
    path[1:] *= math.sqrt(1 - keep * keep)
    # path[t] += keep * path[t - 1] for each t in turn, but in doubling strides, for speed. A
    # stride beyond t leaves path[t] alone, so a longer path still repeats a shorter one.
    stride, weight = 1, keep
    while stride < len(path) and weight > _NOTHING:
        path[stride:] += weight * path[:-stride]
        stride, weight = 2 * stride, weight * weight
    return path


def exponentials(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Take exponentials by the C library: NumPy's last bit differs between processors."""
    import numpy as np

    return np.array([math.exp(value) for value in values.tolist()])
