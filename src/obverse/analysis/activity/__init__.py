"""How much is traded and held, on what leverage, and where positions would be liquidated."""

from obverse.analysis.activity.bar_values import Bars, stored_bar_values
from obverse.analysis.activity.liquidation_levels import (
    LiquidationProfile,
    liquidation_profile,
)
from obverse.analysis.activity.open_interest import (
    OpenInterest,
    open_interest_history,
)
from obverse.analysis.activity.turnover import Turnover, turnover

__all__ = [
    "Bars",
    "LiquidationProfile",
    "OpenInterest",
    "Turnover",
    "liquidation_profile",
    "open_interest_history",
    "stored_bar_values",
    "turnover",
]
