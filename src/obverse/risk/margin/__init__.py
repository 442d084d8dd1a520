"""What a venue asks to be held: margins, and the prices at which they no longer suffice."""

from obverse.risk.margin.account import (
    Collateral,
    Held,
    MarginAccount,
    MarginSetting,
    ScenarioMargin,
)
from obverse.risk.margin.assess import AccountState, assess
from obverse.risk.margin.isolated import capped_pnl, leverage_of, margin_posted, settled_position
from obverse.risk.margin.joint import JointLiquidation
from obverse.risk.margin.orders import (
    Available,
    Order,
    OrderCost,
    available_balance,
    order_cost,
    order_margin,
    reserved_by_orders,
)
from obverse.risk.margin.position_state import Needs, PositionState
from obverse.risk.margin.prices import (
    Backing,
    bankruptcy_value,
    break_even_value,
    liquidation_value,
    posted,
    price_against_trader,
    price_of_value,
)
from obverse.risk.margin.requirements import (
    PostedMargin,
    closing_fee_reserve,
    initial_margin,
    liquidation_fee,
    maintenance_margin,
    margin_ratio,
    position_margin,
    requirement,
)
from obverse.risk.margin.schedule import (
    FlatRate,
    LinearInSize,
    Piece,
    Schedule,
    Tier,
    Tiered,
    WholePositionStep,
)
from obverse.risk.margin.terms import MarginTerms, Mode, margin_terms, schedule_of

__all__ = [
    "AccountState",
    "Available",
    "Backing",
    "Collateral",
    "FlatRate",
    "Held",
    "JointLiquidation",
    "LinearInSize",
    "MarginAccount",
    "MarginSetting",
    "MarginTerms",
    "Mode",
    "Needs",
    "Order",
    "OrderCost",
    "Piece",
    "PositionState",
    "PostedMargin",
    "ScenarioMargin",
    "Schedule",
    "Tier",
    "Tiered",
    "WholePositionStep",
    "assess",
    "available_balance",
    "bankruptcy_value",
    "break_even_value",
    "capped_pnl",
    "closing_fee_reserve",
    "initial_margin",
    "leverage_of",
    "liquidation_fee",
    "liquidation_value",
    "maintenance_margin",
    "margin_posted",
    "margin_ratio",
    "margin_terms",
    "order_cost",
    "order_margin",
    "position_margin",
    "posted",
    "price_against_trader",
    "price_of_value",
    "requirement",
    "reserved_by_orders",
    "schedule_of",
    "settled_position",
]
