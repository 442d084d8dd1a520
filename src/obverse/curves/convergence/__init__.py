"""How futures go to their settlement: basis by time left, its speed, the settlement window."""

from obverse.curves.convergence.buckets import Bucket
from obverse.curves.convergence.near_expiry import NearExpiry, NearForward, near_expiry
from obverse.curves.convergence.observed import Convergence, convergence
from obverse.curves.convergence.settlement_window import (
    WindowValue,
    delivery_rule,
    expected_average_usd,
    settlement_window,
    variance_ratio,
    variance_years,
    window_value,
)
from obverse.curves.convergence.settlements import Settlement, Settlements, settlements
from obverse.curves.convergence.speed import ConvergenceSpeed, speed_of_convergence

__all__ = [
    "Bucket",
    "Convergence",
    "ConvergenceSpeed",
    "NearExpiry",
    "NearForward",
    "Settlement",
    "Settlements",
    "WindowValue",
    "convergence",
    "delivery_rule",
    "expected_average_usd",
    "near_expiry",
    "settlement_window",
    "settlements",
    "speed_of_convergence",
    "variance_ratio",
    "variance_years",
    "window_value",
]
