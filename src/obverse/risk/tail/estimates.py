"""Value at risk and expected shortfall of a sample of gains, and how a result reads.

Losses are positive. With n losses in order, at level c:

- value at risk is the smallest loss that at least a fraction c of the sample does not exceed, the
  order statistic ⌈n·c⌉; it is one of the sample, and below zero where even that was a gain;
- expected shortfall is the mean of the worst fraction 1 − c, the value at risk counted with the
  part of it that falls in (Acerbi and Tasche 2002): VaR + Σ max(loss − VaR, 0) / (n·(1 − c)).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from obverse.marks.values import FloatArray, finite
from obverse.risk.tail.levels import checked_level, enough
from obverse.tables import Cell, Table, Tabular, coin, text, usd

Interval = tuple[float, float]


@dataclass(frozen=True)
class TailEstimate:
    """Losses, positive, and where asked for the interval that each is known to."""

    value_at_risk: float
    expected_shortfall: float
    value_at_risk_interval: Interval | None = None
    expected_shortfall_interval: Interval | None = None


@dataclass(frozen=True)
class CoinTail:
    """One coin's part of a book: its losses in the coin, and in dollars with the coin's own."""

    coin: str
    in_coin: TailEstimate
    in_usd: TailEstimate


@dataclass(frozen=True, repr=False)
class TailRisk(Tabular):
    """Tail risk of a book, coin by coin and in dollars together; prints as a table.

    Attributes
    ----------
    method : how the sample was come by
    level : of value at risk, such as 0.99
    horizon_steps : steps of the history that the losses are over
    observations : size of the sample
    coins : each coin's part
    book_usd : the whole book in dollars, all coins moving together
    remarks : conventions and choices that the numbers rest on
    step : what a step of the history is, such as `day`
    """

    method: str
    level: float
    horizon_steps: int
    observations: int
    coins: tuple[CoinTail, ...]
    book_usd: TailEstimate
    remarks: tuple[str, ...] = ()
    step: str = "step"

    def table(self) -> Table:
        """One row a coin, and one for the book where it has several."""
        named = [(item.coin, item.in_coin, item.in_usd) for item in self.coins]
        rows = [_row(name, in_coin, in_usd) for name, in_coin, in_usd in named]
        if len(self.coins) > 1:
            rows.append(_row("book", None, self.book_usd))
        columns = [
            text("coin", "Coin"),
            coin("value_at_risk", "VaR", "coin", signed=False),
            coin("expected_shortfall", "ES", "coin", signed=False),
            usd("value_at_risk_usd", "VaR", signed=False),
            usd("expected_shortfall_usd", "ES", signed=False),
        ]
        if self.book_usd.value_at_risk_interval is not None:
            columns += [
                coin("value_at_risk_low", "VaR from", "coin", signed=False),
                coin("value_at_risk_high", "to", "coin", signed=False),
                usd("value_at_risk_low_usd", "VaR from", signed=False),
                usd("value_at_risk_high_usd", "to", signed=False),
            ]
        steps = f"{self.horizon_steps} {self.step}{'' if self.horizon_steps == 1 else 's'}"
        title = f"Tail risk at {self.level:.6g} over {steps}: {self.method}"
        notes = (f"{self.observations:,} observations; losses positive.", *self.remarks)
        return Table(title, tuple(columns), tuple(rows), notes)


def tail_estimate(gains: ArrayLike, level: float) -> TailEstimate:
    """Value at risk and expected shortfall of equally likely gains (conventions: the module)."""
    confidence = checked_level(level)
    losses: FloatArray = np.sort(0.0 - finite(gains, "gains"))  # 0 − x keeps a zero positive
    count = len(losses)
    enough(count, confidence, "gains")
    place = math.ceil(count * confidence - 1e-9)
    value = float(losses[place - 1])
    beyond = float(np.sum(losses[place:] - value))
    return TailEstimate(value, value + beyond / (count * (1 - confidence)))


def with_intervals(
    estimate: TailEstimate, replicas: list[TailEstimate], confidence: float
) -> TailEstimate:
    """Put the central interval of resampled estimates beside an estimate."""
    return replace(
        estimate,
        value_at_risk_interval=_central([item.value_at_risk for item in replicas], confidence),
        expected_shortfall_interval=_central(
            [item.expected_shortfall for item in replicas], confidence
        ),
    )


def _central(values: list[float], confidence: float) -> Interval:
    low, high = np.quantile(values, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def _row(name: str, in_coin: TailEstimate | None, in_usd: TailEstimate) -> tuple[Cell, ...]:
    coins: tuple[Cell, ...] = (None, None)
    if in_coin is not None:
        coins = (in_coin.value_at_risk, in_coin.expected_shortfall)
    dollars = (in_usd.value_at_risk, in_usd.expected_shortfall)
    if in_usd.value_at_risk_interval is None:
        return (name, *coins, *dollars)
    interval: tuple[Cell, ...] = (None, None)
    if in_coin is not None and in_coin.value_at_risk_interval is not None:
        interval = in_coin.value_at_risk_interval
    return (name, *coins, *dollars, *interval, *in_usd.value_at_risk_interval)
