"""What can be lost: exposure, ladders, hedges, and margin accounts up to where they end."""

from obverse.risk.account_ladder import AccountLadder, account_ladders
from obverse.risk.accounts import BookAccount, book_accounts, margin_ratios
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
from obverse.risk.margin import MarginSetting, Order
from obverse.risk.marking import Mark, mark_of
from obverse.risk.returns import PositionReturn, return_on_equity

__all__ = [
    "FINE_STEPS",
    "AccountLadder",
    "AccountSetting",
    "Book",
    "BookAccount",
    "BookExposure",
    "CoinExposure",
    "Constituent",
    "Hedge",
    "HedgedHolding",
    "Holding",
    "Ladder",
    "MarginSetting",
    "Mark",
    "Order",
    "PositionExposure",
    "PositionReturn",
    "QuantoHedge",
    "Rung",
    "account_ladders",
    "book_accounts",
    "exposure",
    "hedged_holding",
    "hedges",
    "ladder",
    "margin_ratios",
    "mark_of",
    "quanto_hedge",
    "return_on_equity",
]
