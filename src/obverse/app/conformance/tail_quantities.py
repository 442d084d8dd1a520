"""The quantity of the liquidation threshold, computed by the room `risk`."""

from __future__ import annotations

from collections.abc import Callable

from obverse.app.conformance.case import Case
from obverse.app.conformance.results import Result
from obverse.risk.tail.thresholds import liquidation_threshold_return


def threshold_return(case: Case) -> Result:
    """Return from entry that liquidates a margined hedge."""
    found = liquidation_threshold_return(
        case.text("payoff"),
        case.text("side"),
        margin=case.number("margin"),
        hedge_ratio=case.number("hedge_ratio"),
        maintenance_rate=case.number("maintenance_rate"),
    )
    return {"threshold_return": found}


TAIL_QUANTITIES: dict[str, Callable[[Case], Result]] = {
    "liquidation_threshold_return": threshold_return,
}
"""From a quantity's word to the function that computes it."""
