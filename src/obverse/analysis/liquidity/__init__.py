"""What trading costs and moves: spreads, impact, depth, order flow."""

from obverse.analysis.liquidity.amihud import Amihud, amihud
from obverse.analysis.liquidity.order_flow import OrderFlow, imbalances, order_flow
from obverse.analysis.liquidity.spreads import Horizon, Mean, Spreads, spreads
from obverse.analysis.liquidity.tapes import Quotes, Trades, stored_quotes, stored_trades

__all__ = [
    "Amihud",
    "Horizon",
    "Mean",
    "OrderFlow",
    "Quotes",
    "Spreads",
    "Trades",
    "amihud",
    "imbalances",
    "order_flow",
    "spreads",
    "stored_quotes",
    "stored_trades",
]
