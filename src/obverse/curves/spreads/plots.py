"""Charts of spreads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from obverse.charts import ACCENT, GRID, SECOND, legend_above, new_panels
from obverse.curves.spreads.scores import ZScores, z_scores

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from obverse.curves.spreads.series import SpreadSeries

BAND = 2.0


def plot_spread(
    found: SpreadSeries, scores: ZScores | None = None, axes: Axes | None = None
) -> Axes:
    """Draw a spread in bp with its centre and the band of two z-scores, known by then.

    `scores` must be of `level_bp`; by default all since the first value.
    """
    scores = scores or z_scores(found.level_bp)
    title = f"{found.underlying} {found.kind} at {found.venue}: {found.label}"
    axes = axes or new_panels(title, "", (f"bp of {found.reference}",), size=(8.0, 3.6))[0]
    at = found.instants_ns.astype("datetime64[ns]")
    low, high = (scores.centre + side * BAND * scores.scale for side in (-1, 1))
    axes.axhline(0, color=GRID, linewidth=1)
    axes.fill_between(
        at, low, high, color=SECOND, alpha=0.15, linewidth=0, label=f"±{BAND:g}, {scores.words}"
    )
    axes.plot(at, scores.centre, color=SECOND, linewidth=1.2, label="centre")
    axes.plot(at, found.level_bp, color=ACCENT, linewidth=1.2, label="spread")
    if not np.isfinite(scores.centre).any():
        axes.collections[0].set_label("too few values for a band")
    legend_above(axes)
    return axes
