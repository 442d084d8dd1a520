"""The basis at constant tenors, drawn over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from obverse.charts import ACCENT, GRID, SECOND, TEXT, legend_above, new_panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from obverse.curves.tenors import ConstantTenors

_STYLES = ((SECOND, ":"), (SECOND, "-"), (TEXT, ":"), (ACCENT, "--"), (ACCENT, "-"))


def plot_tenors(found: ConstantTenors, axes: Axes | None = None) -> Axes:
    """Draw each tenor's yearly basis; gaps where the curve does not reach."""
    history = found.history
    title = f"{history.underlying} basis at constant tenors, {history.venue}"
    label = f"% a year, {found.convention}"
    panel: Axes = axes if axes is not None else new_panels(title, "UTC", (label,), (8.0, 3.6))[0]
    panel.axhline(0, color=GRID, linewidth=1)
    times = history.instants_ns.astype("datetime64[ns]").astype("datetime64[us]")
    for place, days in enumerate(found.tenor_days):
        colour, style = _STYLES[place % len(_STYLES)]
        values = 100 * np.asarray(found.basis[:, place])
        panel.plot(times, values, color=colour, linestyle=style, linewidth=1.2, label=f"{days:g} d")
    legend_above(panel)
    return panel
