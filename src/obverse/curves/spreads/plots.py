"""Charts of spreads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from obverse.charts import ACCENT, GRID, SECOND, add_tips, legend_above, new_axes, new_panels
from obverse.curves.spreads.scores import ZScores, z_scores

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from obverse.curves.spreads.board import SpreadBoard
    from obverse.curves.spreads.series import SpreadSeries

BAND = 2.0
YEARLY = "% a year, continuous, act/365"


def plot_spread(
    found: SpreadSeries,
    scores: ZScores | None = None,
    axes: Axes | None = None,
    *,
    annualised: bool = False,
) -> Axes:
    """Draw a spread in bp, or in per cent a year, with its centre and band as known by then.

    `scores` must be of what is drawn, `level_bp` or `annualised`; by default all since the first.
    """
    yearly = found.annualised if annualised else None
    values = found.level_bp if yearly is None else yearly
    scores = scores or z_scores(values)
    scale, unit = (1.0, f"bp of {found.reference}") if yearly is None else (100.0, YEARLY)
    title = f"{found.label} at {found.venue}"
    axes = axes or new_panels(title, "", (unit,), size=(8.0, 3.6))[0]
    at = found.instants_ns.astype("datetime64[ns]")
    low, high = (scale * (scores.centre + side * BAND * scores.scale) for side in (-1, 1))
    axes.fill_between(at, low, high, color=SECOND, alpha=0.15, linewidth=0)
    label = f"centre ±{BAND:g}, {scores.words}"
    axes.plot(at, scale * scores.centre, color=SECOND, linewidth=1.2, label=label)
    axes.plot(at, scale * values, color=ACCENT, linewidth=1.2, label="spread")
    legend_above(axes)
    return axes


def plot_board(found: SpreadBoard, axes: Axes | None = None) -> Axes:
    """Draw a row a spread: its rate a year among those of its past, from 5 % to 95 % of them."""
    count = len(found.rows)
    size = (8.0, 1.4 + 0.24 * count)
    title = f"{found.underlying} spreads at {found.venue}, {found.at}"
    axes = axes or new_axes(title, YEARLY, "", size=size)
    axes.axvline(0, color=GRID, linewidth=1)
    for place, row in enumerate(found.rows):
        rates = row.series.annualised
        assert rates is not None
        low, high = np.percentile(100 * rates, [5, 95])
        label = "its past, 5 to 95 %" if place == 0 else None
        axes.plot(
            [low, high], [place, place], color=SECOND, alpha=0.35, linewidth=7, label=label,
            solid_capstyle="butt",
        )  # fmt: skip
    now = [100 * row.annualised for row in found.rows]
    tips = [
        f"{row.series.label}: {rate:+.2f} %/y"
        + ("" if row.z_score is None else f", z {row.z_score:+.2f}")
        for row, rate in zip(found.rows, now, strict=True)
    ]
    add_tips(axes, now, list(range(count)), tips, ACCENT)
    axes.set_yticks(range(count), [row.series.label for row in found.rows], fontsize=8)
    axes.set_ylim(count - 0.4, -0.6)
    legend_above(axes)
    return axes
