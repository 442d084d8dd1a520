"""What a bad day costs: value at risk, shortfall, the chance of liquidation, and their tests."""

from obverse.risk.tail.backtest import Backtest, Forecasts, var_backtest
from obverse.risk.tail.book_paths import BookLine, book_lines, gains_usd
from obverse.risk.tail.bootstrap import automatic_block_steps, stationary_indices
from obverse.risk.tail.coverage import (
    Coverage,
    LikelihoodRatio,
    Transitions,
    christoffersen,
    coverage,
    kupiec,
)
from obverse.risk.tail.estimates import CoinTail, TailEstimate, TailRisk, tail_estimate
from obverse.risk.tail.extreme_values import ExtremeValueLaw, fit_extreme_values
from obverse.risk.tail.extremes import (
    AdverseTail,
    adverse_moves,
    adverse_tail,
    leverage_for_probability,
    liquidation_probability,
)
from obverse.risk.tail.filtered import Filter, Resampling, filtered_tail_risk
from obverse.risk.tail.historical import historical_tail_risk
from obverse.risk.tail.thresholds import liquidation_threshold_return
from obverse.risk.tail.volatility import (
    daily_deviations,
    ewma_volatilities,
    ewma_volatility,
    log_returns,
    realised_daily_volatility,
)

__all__ = [
    "AdverseTail",
    "Backtest",
    "BookLine",
    "CoinTail",
    "Coverage",
    "ExtremeValueLaw",
    "Filter",
    "Forecasts",
    "LikelihoodRatio",
    "Resampling",
    "TailEstimate",
    "TailRisk",
    "Transitions",
    "adverse_moves",
    "adverse_tail",
    "automatic_block_steps",
    "book_lines",
    "christoffersen",
    "coverage",
    "daily_deviations",
    "ewma_volatilities",
    "ewma_volatility",
    "filtered_tail_risk",
    "fit_extreme_values",
    "gains_usd",
    "historical_tail_risk",
    "kupiec",
    "leverage_for_probability",
    "liquidation_probability",
    "liquidation_threshold_return",
    "log_returns",
    "realised_daily_volatility",
    "stationary_indices",
    "tail_estimate",
    "var_backtest",
]
