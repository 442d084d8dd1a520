"""What a contract is worth: cost of carry, and the trades that hold the market to it."""

from obverse.pricing.carry import (
    Carry,
    FairPrice,
    Payment,
    compare_with_market,
    fair_price,
    implied_coin_yield,
)
from obverse.pricing.carry_trades import (
    CarryTrade,
    TradeFees,
    cash_and_carry,
    reverse_cash_and_carry,
)
from obverse.pricing.rates import RateCurve, as_curve, from_annual, from_simple

__all__ = [
    "Carry",
    "CarryTrade",
    "FairPrice",
    "Payment",
    "RateCurve",
    "TradeFees",
    "as_curve",
    "cash_and_carry",
    "compare_with_market",
    "fair_price",
    "from_annual",
    "from_simple",
    "implied_coin_yield",
    "reverse_cash_and_carry",
]
