"""What a contract is worth: cost of carry, the trades that hold the market to it, and options."""

from obverse.pricing.black76 import InverseOption, black76_price, implied_future, inverse_option
from obverse.pricing.calendar_spreads import SpreadLegs, calendar_spread_option_price
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
from obverse.pricing.everlasting import everlasting_price
from obverse.pricing.gibson_schwartz import (
    GibsonSchwartz,
    expected_convenience_yield,
    two_factor_expected_spot,
    two_factor_future_price,
    two_factor_option_price,
)
from obverse.pricing.lognormal import Option
from obverse.pricing.rates import RateCurve, as_curve, from_annual, from_simple
from obverse.pricing.schwartz import expected_log_spot, one_factor_future_price
from obverse.pricing.vanilla_options import Quanto, cash_or_nothing_price, quanto_option_price

__all__ = [
    "Carry",
    "CarryTrade",
    "FairPrice",
    "GibsonSchwartz",
    "InverseOption",
    "Option",
    "Payment",
    "Quanto",
    "RateCurve",
    "SpreadLegs",
    "TradeFees",
    "as_curve",
    "black76_price",
    "calendar_spread_option_price",
    "cash_and_carry",
    "cash_or_nothing_price",
    "compare_with_market",
    "everlasting_price",
    "expected_convenience_yield",
    "expected_log_spot",
    "fair_price",
    "from_annual",
    "from_simple",
    "implied_coin_yield",
    "implied_future",
    "inverse_option",
    "one_factor_future_price",
    "quanto_option_price",
    "reverse_cash_and_carry",
    "two_factor_expected_spot",
    "two_factor_future_price",
    "two_factor_option_price",
]
