"""What would happen if: shocks of prices, basis, curve and volatility, past days, cascades."""

from obverse.risk.scenarios.cascade import CascadeAccount, CascadeRules, run_cascade
from obverse.risk.scenarios.cascade_results import AccountFate, Cascade, CascadePath, Wave
from obverse.risk.scenarios.files import (
    ScenarioFile,
    built_in_scenarios,
    read_scenarios,
    scenario_named,
)
from obverse.risk.scenarios.history import (
    HistoricalDay,
    PriceHistory,
    historical_day,
    marks_of,
    price_history,
    scaled_history,
    worst_days,
)
from obverse.risk.scenarios.impact import MarketImpact
from obverse.risk.scenarios.plans import CascadePlan, venue_cascade_rules
from obverse.risk.scenarios.results import (
    CoinOutcome,
    MarginRatios,
    PositionOutcome,
    ScenarioLadder,
    ScenarioOutcome,
    ScenarioRun,
    run_scenarios,
)
from obverse.risk.scenarios.sharing import LossSharing
from obverse.risk.scenarios.shocked import shocked_market
from obverse.risk.scenarios.shocks import BasisShock, CurvePoint, CurveShock, Scenario

__all__ = [
    "AccountFate",
    "BasisShock",
    "Cascade",
    "CascadeAccount",
    "CascadePath",
    "CascadePlan",
    "CascadeRules",
    "CoinOutcome",
    "CurvePoint",
    "CurveShock",
    "HistoricalDay",
    "LossSharing",
    "MarginRatios",
    "MarketImpact",
    "PositionOutcome",
    "PriceHistory",
    "Scenario",
    "ScenarioFile",
    "ScenarioLadder",
    "ScenarioOutcome",
    "ScenarioRun",
    "Wave",
    "built_in_scenarios",
    "historical_day",
    "marks_of",
    "price_history",
    "read_scenarios",
    "run_cascade",
    "run_scenarios",
    "scaled_history",
    "scenario_named",
    "shocked_market",
    "venue_cascade_rules",
    "worst_days",
]
