"""Liquidation as functions on a state: what a venue does when maintenance is not covered."""

from obverse.risk.engines.depth import Depth, Level, Trade, one_price
from obverse.risk.engines.liquidation import Liquidation, liquidate, liquidate_account
from obverse.risk.engines.state import AtRisk, at_risk
from obverse.risk.engines.steps import Step

__all__ = [
    "AtRisk",
    "Depth",
    "Level",
    "Liquidation",
    "Step",
    "Trade",
    "at_risk",
    "liquidate",
    "liquidate_account",
    "one_price",
]
