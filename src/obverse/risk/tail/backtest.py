"""Value-at-risk forecasts through a past period, and whether the losses kept to them.

Each forecast is made from the returns before its step and compared with the return of that step.

Forecasts are of the adverse log return of a side. Coin and dollar losses of an inverse position
both rise with it, and a quantile goes through a rising function unchanged, so the violations are
the same in both currencies. A book that is long in one and short in the other (coins held against a
smaller short) is tested on each side apart.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from obverse.errors import DataError
from obverse.marks.values import FloatArray
from obverse.risk.tail.coverage import Coverage, coverage
from obverse.risk.tail.filtered import Filter
from obverse.risk.tail.levels import Side, checked_count, checked_level, checked_side, enough
from obverse.risk.tail.volatility import ewma_volatilities, log_returns
from obverse.tables import Table, Tabular, number, text

Method: TypeAlias = Literal["historical", "filtered"]
METHODS: tuple[Method, ...] = ("historical", "filtered")
_ROWS = 4096
"""Windows that are copied at a time."""


@dataclass(frozen=True)
class Forecasts:
    """One method's forecasts and what came of them.

    Attributes
    ----------
    value_at_risk : adverse log return forecast for each step tested
    violations : whether the step's adverse return exceeded it
    coverage : the tests of these violations
    """

    method: Method
    value_at_risk: FloatArray
    violations: NDArray[np.bool_]
    coverage: Coverage


@dataclass(frozen=True, repr=False)
class Backtest(Tabular):
    """Methods side by side on the same steps; prints as a table.

    `first_step` is the place in the price history of the first price that was forecast.
    """

    side: Side
    level: float
    window_steps: int
    first_step: int
    adverse_returns: FloatArray
    methods: tuple[Forecasts, ...]

    def of(self, method: Method) -> Forecasts:
        """One method's forecasts."""
        found = next((item for item in self.methods if item.method == method), None)
        if found is None:
            known = ", ".join(item.method for item in self.methods)
            raise DataError(f"method {method!r}: this backtest has {known}.")
        return found

    def table(self) -> Table:
        """One row a method."""
        columns = (
            text("method", "Method"),
            number("violations", "Violations", decimals=0),
            number("expected", "Expected", decimals=1),
            number("p_often", "p often", decimals=4),
            number("p_apart", "p apart", decimals=4),
            number("p_both", "p both", decimals=4),
        )
        rows = tuple(
            (
                item.method,
                item.coverage.violations,
                item.coverage.expected,
                item.coverage.unconditional.p_value,
                item.coverage.independence.p_value,
                item.coverage.conditional.p_value,
            )
            for item in self.methods
        )
        count = len(self.adverse_returns)
        title = f"One-step value at risk of a {self.side} at {self.level:.6g} over {count:,} steps"
        note = (
            f"Each from the {self.window_steps} returns before it. p-values: Kupiec (often), "
            "Christoffersen (apart, both); a small one speaks against the forecasts."
        )
        return Table(title, columns, rows, (note,))


def var_backtest(
    price_history_usd: ArrayLike,
    *,
    side: str,
    level: float = 0.99,
    window_steps: int = 500,
    methods: Sequence[Method] = METHODS,
    filtering: Filter | None = None,
) -> Backtest:
    """Forecast one-step value at risk through a history and test the violations.

    Parameters
    ----------
    price_history_usd : oldest first
    side : `long` loses when the price falls, `short` when it rises
    level : of value at risk
    window_steps : returns that each forecast is made from
    methods : `historical` takes them as they are, `filtered` at the volatility of the step
    filtering : the volatility's average, running from the history's start
    """
    direction, confidence = checked_side(side), checked_level(level)
    window, rule = checked_count(window_steps, "window_steps"), filtering or Filter()
    enough(window, confidence, "window_steps")
    returns = log_returns(price_history_usd)
    adverse = returns if direction == "short" else -returns
    first = rule.seed_steps + window
    if len(adverse) < first + 2:
        raise DataError(
            f"price history: {len(adverse) + 1} prices, expected {first + 3} or more for a seed of "
            f"{rule.seed_steps}, a window of {window} and two steps to test."
        )
    tested = adverse[first:]
    found = tuple(
        _forecasts(method, adverse, tested, window, confidence, rule) for method in methods
    )
    return Backtest(direction, confidence, window, first + 1, tested, found)


def _forecasts(
    method: Method,
    adverse: FloatArray,
    tested: FloatArray,
    window: int,
    level: float,
    rule: Filter,
) -> Forecasts:
    if method not in METHODS:
        raise DataError(f"method {method!r}: expected one of {', '.join(METHODS)}.")
    after_seed = adverse[rule.seed_steps :]
    if method == "historical":
        value_at_risk = _rolling(after_seed, window, level)
    else:
        volatilities = ewma_volatilities(adverse, decay=rule.decay, seed_steps=rule.seed_steps)
        standard = after_seed / volatilities[:-1]
        value_at_risk = _rolling(standard, window, level) * volatilities[window:-1]
    violations = tested > value_at_risk
    return Forecasts(method, value_at_risk, violations, coverage(violations, level))


def _rolling(losses: FloatArray, window: int, level: float) -> FloatArray:
    """The order statistic ⌈window·level⌉ of the losses before each step that has a window."""
    place = math.ceil(window * level - 1e-9) - 1
    windows = np.lib.stride_tricks.sliding_window_view(losses[:-1], window)
    pieces = [windows[low : low + _ROWS] for low in range(0, len(windows), _ROWS)]
    return np.concatenate([np.partition(piece, place, axis=1)[:, place] for piece in pieces])
