"""Runs this room's compiled loop once over a little data, so that it lies compiled on disk."""

from __future__ import annotations

import numpy as np

from obverse.analysis.price_discovery.lead_lag import hayashi_yoshida
from obverse.curves.spreads.series import PriceSeries


def warm() -> None:
    """Run the loop once: compiled machine code is kept per kind of argument, the same for all."""
    ticks = PriceSeries("warm", np.arange(4, dtype=np.int64), np.array([1.0, 2.0, 1.0, 3.0]))
    hayashi_yoshida(ticks, ticks)
