"""Tail risk by filtered historical simulation: past moves at today's volatility.

Each return is divided by the volatility forecast before it and multiplied by the forecast for the
next step: r*[i] = r[i]·s[T]/s[i] (Hull and White 1998; Gurrola-Perez and Murphy 2015, Bank of
England working paper 525). Returns are logs, so that no scaled move takes the price below zero.

What is left is still not independent in crypto, so moves over several steps are drawn in blocks, by
the stationary bootstrap; today's volatility holds along a drawn path. Over one step every scaled
return counts once and nothing is drawn. Coins move together: a block is of the same steps for all.

The interval beside an estimate is of the estimate itself: the scaled history is redrawn whole, in
blocks, and estimated again. It tells what another history of the same law would have said, not
what a change of law would do, and is narrow for a shortfall that the history never saw.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from obverse.errors import DataError
from obverse.marks.values import FloatArray
from obverse.risk.tail.book_paths import BookLine, gains_usd
from obverse.risk.tail.bootstrap import automatic_block_steps, stationary_indices
from obverse.risk.tail.estimates import CoinTail, TailEstimate, TailRisk, tail_estimate
from obverse.risk.tail.estimates import with_intervals as beside
from obverse.risk.tail.historical import coin_tails, joint_returns, over_steps
from obverse.risk.tail.levels import checked_count, checked_level, enough
from obverse.risk.tail.volatility import DECAY, SEED_STEPS, ewma_volatilities


@dataclass(frozen=True)
class Filter:
    """The volatility that returns are divided by: an exponential average and its seed."""

    decay: float = DECAY
    seed_steps: int = SEED_STEPS


@dataclass(frozen=True)
class Resampling:
    """How blocks are drawn.

    Attributes
    ----------
    seed : of the random draws; the same seed gives the same numbers
    paths : drawn over a horizon of several steps
    block_steps : mean block length; none for the automatic one, of the scaled returns or of their
        magnitudes, whichever is longer
    replicas : histories redrawn for the intervals; zero for none
    confidence : of the intervals
    """

    seed: int
    paths: int = 10_000
    block_steps: float | None = None
    replicas: int = 200
    confidence: float = 0.9


def filtered_tail_risk(
    lines: Mapping[str, BookLine],
    price_histories_usd: Mapping[str, ArrayLike],
    resampling: Resampling,
    *,
    level: float = 0.99,
    horizon_steps: int = 1,
    filtering: Filter | None = None,
) -> TailRisk:
    """Value at risk and expected shortfall of a book by filtered historical simulation.

    Parameters
    ----------
    lines : the book, coin by coin (see `book_lines`)
    price_histories_usd : for each coin its prices, oldest first; all of the same steps
    resampling : seed, blocks and intervals
    level, horizon_steps : as in `historical_tail_risk`
    filtering : the volatility's average; RiskMetrics' daily one unless given
    """
    names, returns = joint_returns(lines, price_histories_usd)
    confidence, horizon = checked_level(level), checked_count(horizon_steps, "horizon_steps")
    checked_count(resampling.replicas, "replicas", least=0)
    checked_level(resampling.confidence, "confidence")
    scaled = scaled_returns(returns, filtering or Filter())
    enough(len(scaled) - horizon + 1, confidence, f"moves over {horizon} steps after the seed")
    block = resampling.block_steps
    if block is None:
        block = _block_steps(scaled)
    generator = np.random.default_rng(checked_count(resampling.seed, "seed", least=0))
    sample = scaled if horizon == 1 else _drawn(scaled, horizon, block, resampling, generator)
    coins, book_usd = _tails(lines, names, sample, confidence)
    replicas = [
        _tails(lines, names, over_steps(_redrawn(scaled, block, generator), horizon), confidence)
        for _ in range(resampling.replicas)
    ]
    if replicas:
        coins, book_usd = _with_intervals(coins, book_usd, replicas, resampling.confidence)
    return TailRisk(
        method="filtered historical simulation",
        level=confidence,
        horizon_steps=horizon,
        observations=len(sample),
        coins=coins,
        book_usd=book_usd,
        remarks=_remarks(block, resampling),
    )


def scaled_returns(returns: FloatArray, filtering: Filter) -> FloatArray:
    """Returns after the seed at the volatility of the next step, steps by coins."""
    seed = filtering.seed_steps
    volatilities = np.column_stack(
        [ewma_volatilities(r, decay=filtering.decay, seed_steps=seed) for r in returns.T]
    )
    with np.errstate(over="ignore"):
        found: FloatArray = returns[seed:] / volatilities[:-1] * volatilities[-1]
        moves = np.expm1(found)
    if not (np.isfinite(moves) & (moves > -1)).all():
        raise DataError("returns: scaled to today's volatility a move is beyond all bounds.")
    return found


def _block_steps(scaled: FloatArray) -> float:
    series = [*scaled.T, *np.abs(scaled).T]
    return max(automatic_block_steps(item) for item in series)


def _drawn(
    scaled: FloatArray,
    horizon: int,
    block: float,
    resampling: Resampling,
    generator: np.random.Generator,
) -> FloatArray:
    places = stationary_indices(
        len(scaled),
        paths=resampling.paths,
        steps=horizon,
        block_steps=block,
        generator=generator,
    )
    found: FloatArray = scaled[places].sum(axis=1)
    return found


def _redrawn(scaled: FloatArray, block: float, generator: np.random.Generator) -> FloatArray:
    count = len(scaled)
    places = stationary_indices(count, paths=1, steps=count, block_steps=block, generator=generator)
    found: FloatArray = scaled[places[0]]
    return found


def _tails(
    lines: Mapping[str, BookLine], names: tuple[str, ...], sample: FloatArray, level: float
) -> tuple[tuple[CoinTail, ...], TailEstimate]:
    moves = dict(zip(names, np.expm1(sample).T, strict=True))
    return coin_tails(lines, moves, level), tail_estimate(gains_usd(lines, moves), level)


def _with_intervals(
    coins: tuple[CoinTail, ...],
    book_usd: TailEstimate,
    replicas: list[tuple[tuple[CoinTail, ...], TailEstimate]],
    confidence: float,
) -> tuple[tuple[CoinTail, ...], TailEstimate]:
    found = []
    for place, item in enumerate(coins):
        alike = [tails[place] for tails, _ in replicas]
        in_coin = beside(item.in_coin, [other.in_coin for other in alike], confidence)
        in_usd = beside(item.in_usd, [other.in_usd for other in alike], confidence)
        found.append(CoinTail(item.coin, in_coin, in_usd))
    return tuple(found), beside(book_usd, [book for _, book in replicas], confidence)


def _remarks(block: float, resampling: Resampling) -> tuple[str, ...]:
    how = "automatic" if resampling.block_steps is None else "given"
    blocks = f"Blocks of {block:.1f} steps on average ({how}), seed {resampling.seed}."
    if not resampling.replicas:
        return (blocks,)
    return (
        blocks,
        f"Intervals hold {resampling.confidence:.6g} of {resampling.replicas} redrawn histories.",
    )
