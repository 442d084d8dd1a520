"""The arbitrage screen: what two or three instruments pay against each other, on their margin."""

from obverse.analysis.arbitrage.assumptions import Assumptions
from obverse.analysis.arbitrage.bounds import Bound, bounds
from obverse.analysis.arbitrage.legs import Leg, Outlooks, SpotTerms, legs_of
from obverse.analysis.arbitrage.outlooks import FundingOutlook, funding_outlook, steady
from obverse.analysis.arbitrage.pairs import Pair, pairs
from obverse.analysis.arbitrage.rows import Rows, rows
from obverse.analysis.arbitrage.screens import ArbitrageScreen, screen

__all__ = [
    "ArbitrageScreen",
    "Assumptions",
    "Bound",
    "FundingOutlook",
    "Leg",
    "Outlooks",
    "Pair",
    "Rows",
    "SpotTerms",
    "bounds",
    "funding_outlook",
    "legs_of",
    "pairs",
    "rows",
    "screen",
    "steady",
]
