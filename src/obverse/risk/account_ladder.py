"""What a move of one coin's price does to each margin account: equity, margin ratio, its state.

Each rung is the book's accounts worked out anew at a shocked market, so that requirements, brackets
and scenario margins are those of the rung. Positions are held through: the first rung past a
liquidation price says `liquidation`, and from there on nothing would be left to fall further.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from obverse.errors import DataError
from obverse.market import Market
from obverse.risk.account_ends import moved_by
from obverse.risk.account_ladder_sheets import account_ladder_table
from obverse.risk.accounts import BookAccount, book_accounts
from obverse.risk.book import Book
from obverse.risk.exposure import coin_price
from obverse.risk.ladder import STEPS
from obverse.risk.margin import AccountState
from obverse.risk.scenarios.shocked import shocked_market
from obverse.risk.scenarios.shocks import Scenario
from obverse.tables import Table, Tabular

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class AccountRung:
    """An account after a move: `price_usd` of the coin that moves, `coin_usd` of the account's."""

    move: Decimal
    price_usd: Decimal
    coin_usd: Decimal
    state: AccountState

    @property
    def equity_usd(self) -> Decimal:
        """Equity of the account in dollars."""
        return self.state.margin_balance.coins * self.coin_usd


@dataclass(frozen=True, repr=False)
class AccountLadder(Tabular):
    """One account along the price of one coin, down to up; prints as a table, and plots.

    Attributes
    ----------
    name : of the account
    underlying : the coin that moves
    now : the account at the market as it is
    """

    name: str
    underlying: str
    now: BookAccount
    rungs: tuple[AccountRung, ...]
    simulated: bool

    def table(self) -> Table:
        """One row a rung."""
        return account_ladder_table(self)

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw equity in coin and in dollars against price, with the liquidation points."""
        from obverse.risk.account_plots import plot_account

        return plot_account(self, axes)


def account_ladders(
    book: Book, market: Market, underlying: str, moves: Sequence[Decimal] = STEPS
) -> tuple[AccountLadder, ...]:
    """The ladders of every account that a coin moves; a move of −100 % or below is refused."""
    return _ladders(book, market, underlying, moves, book_accounts(book, market))


def account_ladder(
    book: Book, market: Market, account: BookAccount, underlying: str, moves: Sequence[Decimal]
) -> AccountLadder:
    """The ladder of one account of a book."""
    (found,) = _ladders(book, market, underlying, moves, (account,))
    return found


def _ladders(
    book: Book,
    market: Market,
    underlying: str,
    moves: Sequence[Decimal],
    accounts: Sequence[BookAccount],
) -> tuple[AccountLadder, ...]:
    rungs: dict[str, list[AccountRung]] = {
        item.name: [] for item in accounts if underlying in moved_by(item)
    }
    price = coin_price(market, underlying)
    for move in sorted(moves):
        if move <= -1:
            raise DataError(f"ladder: a move of {move:%} leaves no price.")
        shocked = shocked_market(market, Scenario(f"{move:+%}", moves={underlying: move}))
        for item in book_accounts(book, shocked):
            if item.name in rungs:
                state = item.state
                rung = AccountRung(move, price * (1 + move), state.account.index_price, state)
                rungs[item.name].append(rung)
    return tuple(
        AccountLadder(item.name, underlying, item, tuple(rungs[item.name]), market.simulated)
        for item in accounts
        if item.name in rungs
    )
