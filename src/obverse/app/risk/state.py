"""Everything that a risk sheet is made from: the book at a market, and what was asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from obverse.app.risk.histories import Histories
from obverse.market import Market
from obverse.risk import Book
from obverse.risk.account_ends import drawing_moves, moved_by
from obverse.risk.account_ladder import AccountLadder, account_ladder
from obverse.risk.accounts import BookAccount


@dataclass(frozen=True)
class State:
    """A book's accounts at a market, with the histories behind them.

    `volatilities_daily` are of a day's log return, by coin.
    """

    book: Book
    market: Market
    accounts: tuple[BookAccount, ...]
    histories: Histories
    volatilities_daily: Mapping[str, float]

    @property
    def simulated(self) -> bool:
        """Whether the market is simulated."""
        return self.market.simulated

    def drawn_ladders(self) -> list[AccountLadder]:
        """Fine ladders of every account and coin that moves it, for drawing."""
        return [
            account_ladder(self.book, self.market, item, coin, drawing_moves(item, coin))
            for item in self.accounts
            for coin in moved_by(item)
        ]
