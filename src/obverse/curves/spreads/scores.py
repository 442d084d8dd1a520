"""Z-scores: how far a value lies from what was usual, of values known by then alone.

The window of a value ends with it. *Mean*: less the mean, over the standard deviation (n − 1).
*Robust*: less the median, over 1.4826 times the median absolute deviation, which equals the
standard deviation of a normal series and which a few outliers do not move.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from obverse.errors import MarketDataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

FloatArray: TypeAlias = "NDArray[np.float64]"
NORMAL_MAD = 1.482602218505602
LEAST = 20


@dataclass(frozen=True, eq=False)
class ZScores:
    """Z-scores of a series, with the centre and scale they are of.

    Attributes
    ----------
    centre, scale, scores : (n,) NaN before there are `least` values, or where nothing varied
    window : how many values, none for all since the first
    """

    centre: FloatArray
    scale: FloatArray
    scores: FloatArray
    window: int | None
    robust: bool

    @property
    def words(self) -> str:
        """The convention, for headers."""
        span = "all by then" if self.window is None else f"last {self.window}"
        return f"{'robust ' if self.robust else ''}z-score of {span}"


def z_scores(
    values: FloatArray, *, window: int | None = None, robust: bool = False, least: int = LEAST
) -> ZScores:
    """Score each value against those up to it: a rolling window, or all since the first.

    Raises `MarketDataError` for values that are not finite, or a window under `least`, under 3.
    """
    check_series(values, "z-score", 1)
    if least < 3 or (window is not None and window < least):
        raise MarketDataError(f"window {window}, least {least}: expected window ≥ least ≥ 3.")
    if robust:
        centre, scale = _robust(values, window, least)
    elif window is None:
        centre, scale = _expanding(values)
    else:
        centre, scale = _rolling(values, window)
    early = np.arange(1, len(values) + 1) < least
    centre, scale = np.where(early, np.nan, centre), np.where(early, np.nan, scale)
    rounding = 1e-12 * np.maximum(np.abs(centre), np.abs(values))
    flat = ~(scale > rounding)
    scores = (values - centre) / np.where(flat, np.nan, scale)
    return ZScores(centre, scale, scores, window, robust)


def check_series(values: FloatArray, what: str, least: int) -> None:
    """Refuse too few values, or one that is not finite."""
    if values.ndim != 1 or len(values) < least:
        raise MarketDataError(
            f"{what}: {values.shape} values; expected a row of {least} or more. Take a longer span."
        )
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        raise MarketDataError(
            f"{what}: value {bad[0]} is {values[bad[0]]}; expected finite ones. Leave it out."
        )


def _expanding(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    # Centred on the first value, so that no sum depends on what comes later.
    own = values - values[0]
    count = np.arange(1, len(values) + 1)
    mean = np.cumsum(own) / count
    before = np.concatenate([[0.0], mean[:-1]])
    squares = np.cumsum((own - before) * (own - mean))
    scale = np.sqrt(squares / np.maximum(count - 1, 1))
    return values[0] + mean, scale


def _rolling(values: FloatArray, window: int) -> tuple[FloatArray, FloatArray]:
    centre, scale = _expanding(values[: window - 1])
    if len(values) < window:
        return _expanding(values)
    windows = np.lib.stride_tricks.sliding_window_view(values, window)
    return (
        np.concatenate([centre, windows.mean(axis=1)]),
        np.concatenate([scale, windows.std(axis=1, ddof=1)]),
    )


def _robust(values: FloatArray, window: int | None, least: int) -> tuple[FloatArray, FloatArray]:
    centre, scale = np.full((2, len(values)), np.nan)
    for end in range(least, len(values) + 1):
        own = values[0 if window is None else max(0, end - window) : end]
        middle = np.median(own)
        centre[end - 1] = middle
        scale[end - 1] = NORMAL_MAD * np.median(np.abs(own - middle))
    return centre, scale
