"""What a book gains over moves of its coins' prices, in coin and in dollars, by algebra.

Of one coin an inverse book is exactly C − B/S coins and C·S − B dollars, C the coins held plus the
constant parts of the positions and B the dollars agreed. From S to S(1 + r):

    in coin      (B/S)·r/(1 + r)     concave in r where B > 0: a long loses faster than it gains
    in dollars   C·S·r               a straight line; zero where the book is fully hedged

What is settled in dollars adds to the second line alone. All prices of a coin, index and futures
alike, move by the same fraction, as in the price ladder.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from obverse.contracts import Inverse, Linear
from obverse.errors import BookError, DataError
from obverse.marks.values import FloatArray
from obverse.risk.book import is_dollar
from obverse.risk.exposure import BookExposure, CoinExposure, PositionExposure


@dataclass(frozen=True)
class BookLine:
    """A book's part on one coin: `coins` − `dollars`/S coins, and `linear_coins`·S dollars.

    Attributes
    ----------
    coins : coins held plus the constant parts of the inverse positions (C)
    dollars : dollars agreed at the index, long positive (B)
    price_usd : today's price of the coin
    linear_coins : coins of exposure of positions settled in dollars, long positive
    """

    coins: float
    dollars: float
    price_usd: float
    linear_coins: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what is not finite, and a price that is none."""
        for name in ("coins", "dollars", "price_usd", "linear_coins"):
            if not math.isfinite(getattr(self, name)):
                raise DataError(f"book line: {name} is {getattr(self, name)}, expected a number.")
        if self.price_usd <= 0:
            raise DataError(f"book line: a price of {self.price_usd} is not above zero.")

    def gain_coin(self, moves: ArrayLike) -> FloatArray:
        """Coins gained over fractional moves of the price, element by element."""
        found = checked_moves(moves)
        return self.dollars / self.price_usd * (found / (1 + found))

    def gain_usd(self, moves: ArrayLike) -> FloatArray:
        """Dollars gained over fractional moves of the price, each coin at its new price."""
        return (self.coins + self.linear_coins) * self.price_usd * checked_moves(moves)


def gains_usd(lines: Mapping[str, BookLine], moves: Mapping[str, ArrayLike]) -> FloatArray:
    """Dollars that a book on several coins gains over joint moves, one array a coin."""
    names = same_coins(lines, moves)
    arrays = [lines[name].gain_usd(moves[name]) for name in names]
    if len({array.shape for array in arrays}) > 1:
        raise DataError("moves: every coin must have as many; they happen together.")
    total: FloatArray = np.sum(arrays, axis=0)
    return total


def book_lines(exposure: BookExposure) -> dict[str, BookLine]:
    """The lines of a valued book, coin by coin.

    A position settled in another coin than moves it (a quanto) has no such line and is refused.
    """
    for item in exposure.positions:
        _fits(item)
    return {item.coin: _line(item, exposure) for item in exposure.coins}


def _fits(item: PositionExposure) -> None:
    settlement, payoff = item.pnl.currency.code, item.position.instrument.payoff
    inverse = isinstance(payoff, Inverse) and settlement == item.underlying
    if not inverse and not (isinstance(payoff, Linear) and is_dollar(settlement)):
        raise BookError(
            f"{item.position.instrument.symbol} is moved by {item.underlying} and settled in "
            f"{settlement}: tail risk takes inverse positions and those settled in dollars. "
            "Take it out of the book."
        )


def _line(coin: CoinExposure, exposure: BookExposure) -> BookLine:
    own = [item for item in exposure.positions if item.underlying == coin.coin]
    inverse = sum(item.coin_delta for item in own if not is_dollar(item.pnl.currency.code))
    price_usd = float(coin.index_usd)
    return BookLine(
        coins=float(coin.equity) + inverse,
        dollars=inverse * price_usd,
        price_usd=price_usd,
        linear_coins=coin.coin_delta - inverse,
    )


def checked_moves(moves: ArrayLike) -> FloatArray:
    """Fractional moves at the door: finite, and above −100 %."""
    found = np.asarray(moves, dtype=np.float64)
    wrong = ~(np.isfinite(found) & (found > -1))
    if wrong.any():
        raise DataError(f"moves: found {found[wrong].flat[0]}, expected finite and above -1.")
    return found


def same_coins(lines: Mapping[str, BookLine], histories: Mapping[str, object]) -> tuple[str, ...]:
    """Names of the book's coins, each of which must have a history; others are left alone."""
    missing = [name for name in lines if name not in histories]
    if not lines or missing:
        found = ", ".join(histories) or "none"
        wanted = ", ".join(missing) or "the lines of at least one coin"
        raise DataError(f"book: expected a history of {wanted}; found {found}.")
    return tuple(lines)
