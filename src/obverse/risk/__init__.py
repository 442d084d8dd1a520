"""What can be lost: a book's exposure, its price ladder, and the hedge that stills it."""

from obverse.risk.book import AccountSetting, Book, Constituent, Holding
from obverse.risk.exposure import BookExposure, CoinExposure, PositionExposure, exposure
from obverse.risk.hedge import (
    Hedge,
    HedgedHolding,
    QuantoHedge,
    hedged_holding,
    hedges,
    quanto_hedge,
)
from obverse.risk.ladder import FINE_STEPS, Ladder, Rung, ladder
from obverse.risk.marking import Mark, mark_of
from obverse.risk.returns import PositionReturn, return_on_equity

__all__ = [
    "FINE_STEPS",
    "AccountSetting",
    "Book",
    "BookExposure",
    "CoinExposure",
    "Constituent",
    "Hedge",
    "HedgedHolding",
    "Holding",
    "Ladder",
    "Mark",
    "PositionExposure",
    "PositionReturn",
    "QuantoHedge",
    "Rung",
    "exposure",
    "hedged_holding",
    "hedges",
    "ladder",
    "mark_of",
    "quanto_hedge",
    "return_on_equity",
]
