"""Runs this room's compiled loops once over a little data, so that they lie compiled on disk."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from obverse.marks.averages import exponential_average
from obverse.marks.simulated import simulated_funding

_UNTIL = datetime(2024, 1, 3, tzinfo=UTC)


def warm() -> None:
    """Run each loop once: compiled machine code is kept per kind of argument, the same for all."""
    simulated_funding(7, "BTC", "deribit", _UNTIL)
    exponential_average(np.ones(2), np.arange(2.0), 30.0)
