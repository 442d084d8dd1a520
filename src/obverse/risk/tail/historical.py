"""Tail risk by historical simulation: today's book over every move that its coins have made.

Moves over several steps overlap: a history of n returns has n − h + 1 of h steps. They are not
independent, so a longer horizon knows less than the count of its observations says.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from obverse.errors import DataError
from obverse.marks.values import FloatArray
from obverse.risk.tail.book_paths import BookLine, gains_usd, same_coins
from obverse.risk.tail.estimates import CoinTail, TailRisk, tail_estimate
from obverse.risk.tail.levels import checked_count, checked_level, enough
from obverse.risk.tail.volatility import log_returns


def historical_tail_risk(
    lines: Mapping[str, BookLine],
    price_histories_usd: Mapping[str, ArrayLike],
    *,
    level: float = 0.99,
    horizon_steps: int = 1,
) -> TailRisk:
    """Value at risk and expected shortfall of a book by historical simulation.

    Parameters
    ----------
    lines : the book, coin by coin (see `book_lines`)
    price_histories_usd : for each coin its prices, oldest first; all of the same steps
    level : of value at risk; the worst fraction 1 − level makes the expected shortfall
    horizon_steps : steps that the book is held for, unchanged
    """
    names, returns = joint_returns(lines, price_histories_usd)
    horizon, confidence = checked_count(horizon_steps, "horizon_steps"), checked_level(level)
    moves = dict(zip(names, np.expm1(over_steps(returns, horizon)).T, strict=True))
    count = len(moves[names[0]])
    enough(count, confidence, f"moves over {horizon} steps")
    return TailRisk(
        method="historical simulation",
        level=confidence,
        horizon_steps=horizon,
        observations=count,
        coins=coin_tails(lines, moves, confidence),
        book_usd=tail_estimate(gains_usd(lines, moves), confidence),
        remarks=("Moves over several steps overlap.",) if horizon > 1 else (),
    )


def joint_returns(
    lines: Mapping[str, BookLine], price_histories_usd: Mapping[str, ArrayLike]
) -> tuple[tuple[str, ...], FloatArray]:
    """The book's coins and their log returns, steps by coins."""
    names = same_coins(lines, price_histories_usd)
    columns = [log_returns(price_histories_usd[name]) for name in names]
    if len({len(column) for column in columns}) > 1:
        found = ", ".join(f"{name} {len(c) + 1}" for name, c in zip(names, columns, strict=True))
        raise DataError(f"price histories: found {found} prices, expected as many of each coin.")
    return names, np.column_stack(columns)


def over_steps(returns: FloatArray, horizon_steps: int) -> FloatArray:
    """Overlapping sums of log returns over a horizon, steps first; none where too short."""
    if horizon_steps == 1:
        return returns
    if len(returns) < horizon_steps:
        return returns[:0]
    zero = np.zeros((1, *returns.shape[1:]))
    levels = np.concatenate([zero, np.cumsum(returns, axis=0)])
    found: FloatArray = levels[horizon_steps:] - levels[:-horizon_steps]
    return found


def coin_tails(
    lines: Mapping[str, BookLine], moves: Mapping[str, FloatArray], level: float
) -> tuple[CoinTail, ...]:
    """Each coin's tail on its own moves."""
    return tuple(
        CoinTail(
            name,
            tail_estimate(line.gain_coin(moves[name]), level),
            tail_estimate(line.gain_usd(moves[name]), level),
        )
        for name, line in lines.items()
    )
