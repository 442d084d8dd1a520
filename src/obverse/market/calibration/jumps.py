"""Jumps told apart from diffusion in hourly moves.

- The variance of the diffusion is the threshold bipower variation: π/2 times the mean product of
  neighbouring absolute moves, where a move beyond 3 local deviations is put at what a normal move
  beyond them is on average, 3.283 of them. A jump stands in two products only, beside moves of
  ordinary size, and is cut there; so it hardly counts, while the sum of squares has it whole.
- The jumps' variance is the rest, zero if there is none.
- Their deviation s is fitted by maximum likelihood to moves beyond 5 local deviations d: they are
  normal of variance s² + d², cut off at 5 d. The number of jumps a year is the variance over s².

The local deviation is that of 72 hours around, after the pattern within the week is taken out.

Sources: O. E. Barndorff-Nielsen, N. Shephard, "Power and bipower variation with stochastic
volatility and jumps", J. Financial Econometrics 2 (2004); F. Corsi, D. Pirino, R. Renò, "Threshold
bipower variation and the impact of jumps on volatility forecasting", J. Econometrics 159 (2010),
equations 2.14 and 2.15 for the cut.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from obverse.market.calibration.moves import BIPOWER, FloatArray, Moves, local_deviation
from obverse.market.calibration.records import Jumps, Seasons
from obverse.market.calibration.seasons import season_of

HOURS_PER_YEAR = 24 * 365
_WINDOW = 72
_CUT = 3.0
_BEYOND = 3.283  # E|z| of a standard normal beyond ±3
_FAR = 5.0
_FEWEST = 5


@dataclass(frozen=True)
class Separation:
    """Moves with the season taken out, told apart.

    Attributes
    ----------
    products : π/2 times each move's cut product with the one before, an estimate of its variance
    diffusion_annual : variance of a year without jumps
    total_annual : variance of a year
    """

    products: FloatArray
    diffusion_annual: float
    total_annual: float
    jumps: Jumps

    @property
    def share(self) -> float:
        """The jumps' part of the variance."""
        return 1 - self.diffusion_annual / self.total_annual


def separate(moves: Moves, seasons: Seasons) -> Separation:
    """Tell jumps from diffusion; moves of too few large ones are found to have no jumps."""
    level = np.sqrt(season_of(seasons, moves.hours))
    plain = moves.returns / level
    deviation = local_deviation(plain, _WINDOW)
    size = np.abs(plain)
    cut = np.where(size > _CUT * deviation, _BEYOND * deviation, size)
    products = BIPOWER * np.concatenate([cut[:1] ** 2, cut[1:] * cut[:-1]])
    diffusion = HOURS_PER_YEAR * float(products.mean())
    total = HOURS_PER_YEAR * float(np.mean(moves.returns**2))
    far = size > _FAR * deviation
    rest = total - diffusion
    if rest <= 0 or far.sum() < _FEWEST:
        return Separation(products, total, total, Jumps(0.0, 0.0))
    spread = jump_deviation(np.abs(moves.returns[far]), (deviation * level)[far])
    jumps = Jumps(min(rest / spread**2, float(HOURS_PER_YEAR)), spread)
    return Separation(products, diffusion, total, jumps)


def jump_deviation(sizes: FloatArray, deviations: FloatArray) -> float:
    """Deviation of the jumps behind moves that are beyond 5 deviations of the diffusion."""
    candidates = np.geomspace(float(deviations.min()) / 2, 2 * float(sizes.max()), 200)
    heights = []
    for candidate in candidates.tolist():
        whole = np.sqrt(candidate**2 + deviations**2)
        beyond = [math.erfc(ratio) for ratio in (_FAR * deviations / whole / math.sqrt(2)).tolist()]
        height = -np.log(whole) - 0.5 * (sizes / whole) ** 2 - np.log(np.maximum(beyond, 1e-300))
        heights.append(float(height.sum()))
    return float(candidates[int(np.argmax(heights))])
