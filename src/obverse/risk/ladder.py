"""What a move of one coin's price does to a book, in coin and in dollars.

All prices of the coin, index and futures alike, move by the same per cent; other coins stay.
Each rung is revalued exactly, position by position.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from obverse.contracts.units import plain
from obverse.errors import DataError
from obverse.market import Market
from obverse.risk.exposure import BookExposure, coin_price
from obverse.risk.sheets import ladder_table
from obverse.tables import Table, Tabular

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STEPS = tuple(Decimal(step) / 100 for step in range(-50, 51, 10))
"""−50 % to +50 % in steps of ten."""

FINE_STEPS = tuple(Decimal(step) / 1000 for step in range(-500, 501, 25))
"""The same span in steps of 2.5 %, for drawing."""


@dataclass(frozen=True)
class Rung:
    """The book at one price of the coin.

    `equity_coin` is what is held of the coin plus gains settled in it; `equity_usd` that in
    dollars; `book_usd` the whole book in dollars, other coins and dollars included.
    """

    move: Decimal
    price_usd: Decimal
    equity_coin: Decimal
    equity_usd: Decimal
    book_usd: Decimal


@dataclass(frozen=True, repr=False)
class Ladder(Tabular):
    """A coin's price ladder, down to up; prints as a table, and plots.

    `simulated` is the market's, and in every title.
    """

    coin: str
    rungs: tuple[Rung, ...]
    simulated: bool

    def table(self) -> Table:
        """One row a rung."""
        return ladder_table(self)

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw equity in coin and in dollars against price (Matplotlib)."""
        from obverse.risk.plots import plot_ladder

        return plot_ladder(self, axes)


def ladder(
    exposure: BookExposure, market: Market, coin: str, moves: Sequence[Decimal] = STEPS
) -> Ladder:
    """Revalue a book at each move of a coin's price; a move of −100 % or below is refused."""
    rungs = tuple(_rung(exposure, market, coin, move) for move in sorted(moves))
    return Ladder(coin, rungs, market.simulated)


def _rung(exposure: BookExposure, market: Market, coin: str, move: Decimal) -> Rung:
    if move <= -1:
        raise DataError(f"ladder: a move of {move:%} leaves no price.")
    price = plain(coin_price(market, coin) * (1 + move))
    equity = _equity(exposure, coin, coin, move)
    others = [item for item in exposure.coins if item.coin != coin]
    apart = sum(
        (_equity(exposure, item.coin, coin, move) * item.index_usd for item in others), Decimal(0)
    )
    dollars = exposure.dollars + _dollar_gains(exposure, coin, move)
    return Rung(move, price, equity, equity * price, equity * price + apart + dollars)


def _equity(exposure: BookExposure, currency: str, moved: str, move: Decimal) -> Decimal:
    """Coins of a currency after the move: what is held, plus gains settled in it."""
    gains = [
        item.position.pnl(price=_shifted(item.mark.price, item.underlying == moved, move)).coins
        for item in exposure.positions
        if item.pnl.currency.code == currency
    ]
    return exposure.book.held(currency) + sum(gains, Decimal(0))


def _dollar_gains(exposure: BookExposure, moved: str, move: Decimal) -> Decimal:
    """Change of the gains that are settled in dollars."""
    coins = {item.coin for item in exposure.coins}
    changes = [
        item.position.pnl(price=_shifted(item.mark.price, True, move)).coins - item.pnl.coins
        for item in exposure.positions
        if item.pnl.currency.code not in coins and item.underlying == moved
    ]
    return sum(changes, Decimal(0))


def _shifted(price: Decimal, moves: bool, move: Decimal) -> Decimal:
    return price * (1 + move) if moves else price
