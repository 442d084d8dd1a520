"""Expiration cycles and rolls: when to leave one future for the next, what that joins and costs."""

from obverse.curves.rolling.bar_panels import bar_panel
from obverse.curves.rolling.coin_exact import RolledPosition, marks_of, rolled_position
from obverse.curves.rolling.coin_legs import RolledLeg, RolledMark
from obverse.curves.rolling.continuous import ContinuousSeries, continuous_series
from obverse.curves.rolling.crossovers import crossover_schedule
from obverse.curves.rolling.executions import Execution, executions
from obverse.curves.rolling.optimal import cheapest_schedule, gap_dynamics, rate_gap
from obverse.curves.rolling.panel_sources import (
    contract_panel,
    panel_of_history,
    panel_of_tickers,
)
from obverse.curves.rolling.panels import ContractPanel
from obverse.curves.rolling.roll_costs import RollCost, RollCosts, instruments_of, roll_costs
from obverse.curves.rolling.schedules import (
    DatedContract,
    Roll,
    RollSchedule,
    cycle_contracts,
    days_before_schedule,
)
from obverse.curves.rolling.stopping import RollCostModel, StoppingRule, stopping_rule

__all__ = [
    "ContinuousSeries",
    "ContractPanel",
    "DatedContract",
    "Execution",
    "Roll",
    "RollCost",
    "RollCostModel",
    "RollCosts",
    "RollSchedule",
    "RolledLeg",
    "RolledMark",
    "RolledPosition",
    "StoppingRule",
    "bar_panel",
    "cheapest_schedule",
    "continuous_series",
    "contract_panel",
    "crossover_schedule",
    "cycle_contracts",
    "days_before_schedule",
    "executions",
    "gap_dynamics",
    "instruments_of",
    "marks_of",
    "panel_of_history",
    "panel_of_tickers",
    "rate_gap",
    "roll_costs",
    "rolled_position",
    "stopping_rule",
]
