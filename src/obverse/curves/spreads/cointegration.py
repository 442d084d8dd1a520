"""Cointegration: whether a combination of prices that wander stays near a level.

- *Engle-Granger*: a first price on a constant and the others by ordinary least squares, then a unit
  root test of what is left, with MacKinnon's critical values; none is that there is no such
  combination.
- *Johansen*: trace and greatest-eigenvalue tests of the number of combinations, one after another.

Hedge ratios are the weights of the others against one of the first. Source: Engle and Granger,
Econometrica 55 (1987); Johansen, Econometrica 59 (1991); tests by statsmodels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from obverse.curves.spreads.scores import check_series
from obverse.errors import DataError, MarketDataError
from obverse.tables import Table, Tabular, number, text

if TYPE_CHECKING:
    from numpy.typing import NDArray

FloatArray: TypeAlias = "NDArray[np.float64]"
LEAST = 50
LEVELS = ("10 %", "5 %", "1 %")


@dataclass(frozen=True, repr=False)
class EngleGranger(Tabular):
    """The two-step test.

    Attributes
    ----------
    hedge_ratios : of the other series, by least squares; level is the constant
    statistic, p_value : of no cointegration; a small p-value refuses it
    critical_1, critical_5, critical_10 : the statistic lies below them where it is refused
    """

    names: tuple[str, ...]
    hedge_ratios: tuple[float, ...]
    level: float
    statistic: float
    p_value: float
    critical_1: float
    critical_5: float
    critical_10: float
    observations: int
    warnings: tuple[str, ...] = ()

    def left(self, prices: FloatArray) -> FloatArray:
        """(n,) what is left of (n, series) prices: first less level and hedged others."""
        rest: FloatArray = prices[:, 0] - self.level - prices[:, 1:] @ np.array(self.hedge_ratios)
        return rest

    def table(self) -> Table:
        """The test in one row."""
        ratios = tuple(number(f"hedge_{n}", f"Of {x}", decimals=5)
                       for n, x in enumerate(self.names[1:], 1))  # fmt: skip
        columns = (
            *ratios,
            number("statistic", "Statistic", decimals=3),
            number("p_value", "p-value", decimals=4),
            number("critical_5", "5 % below", decimals=3),
        )
        row = (*self.hedge_ratios, self.statistic, self.p_value, self.critical_5)
        notes = (f"{self.observations:,} values; no cointegration is refused below 5 %.",)
        title = f"Engle-Granger: {self.names[0]} on {', '.join(self.names[1:])}"
        return Table(title, columns, (row,), (*notes, *self.warnings))


@dataclass(frozen=True, repr=False)
class Johansen(Tabular):
    """The tests of each number of combinations.

    Attributes
    ----------
    trace, greatest : (series,) statistics of at most 0, 1, ... combinations
    trace_critical, greatest_critical : (series, 3) at 10, 5 and 1 %
    vectors : combinations, strongest first, each with one of the first series
    """

    names: tuple[str, ...]
    trace: tuple[float, ...]
    trace_critical: tuple[tuple[float, ...], ...]
    greatest: tuple[float, ...]
    greatest_critical: tuple[tuple[float, ...], ...]
    vectors: tuple[tuple[float, ...], ...]
    lags: int
    observations: int
    warnings: tuple[str, ...] = ()

    def rank(self, level: str = "5 %") -> int:
        """Combinations by the trace test: the first number that is not refused."""
        if level not in LEVELS:
            raise DataError(f"level {level!r}: there are {', '.join(LEVELS)}.")
        place = LEVELS.index(level)
        for count, statistic in enumerate(self.trace):
            if statistic <= self.trace_critical[count][place]:
                return count
        return len(self.names)

    def table(self) -> Table:
        """One row a number of combinations."""
        columns = (
            text("at_most", "Combinations"),
            number("trace", "Trace"),
            number("trace_5", "5 % above"),
            number("greatest", "Greatest"),
            number("greatest_5", "5 % above"),
        )
        rows = tuple(
            (f"at most {n}", self.trace[n], self.trace_critical[n][1], self.greatest[n],
             self.greatest_critical[n][1])
            for n in range(len(self.names))
        )  # fmt: skip
        vector = ", ".join(
            f"{weight:+.5f} {name}"
            for name, weight in zip(self.names, self.vectors[0], strict=True)
        )
        notes = (
            f"{self.rank()} by the trace test at 5 %; strongest: {vector}.",
            f"{self.observations:,} values, {self.lags} lagged differences, a constant.",
        )
        return Table(f"Johansen: {', '.join(self.names)}", columns, rows, (*notes, *self.warnings))


def engle_granger(names: Sequence[str], prices: FloatArray) -> EngleGranger:
    """Test the first of (n, series) prices against the others.

    Raises `MarketDataError` for under 50 values or series that are multiples of each other, and
    `DataError` where statsmodels is missing.
    """
    _check(names, prices)
    tools = statsmodels("tsa.stattools")
    left, others = prices[:, 0], np.column_stack([np.ones(len(prices)), prices[:, 1:]])
    weights = np.linalg.lstsq(others, left, rcond=None)[0]
    rest = left - others @ weights
    if float(rest.std()) <= 1e-9 * float(left.std()):
        raise MarketDataError(
            f"Engle-Granger: {names[0]} is a combination of the others exactly; nothing to test."
        )
    statistic, chance, critical = tools.coint(left, prices[:, 1:], trend="c", autolag="aic")
    one, five, ten = (float(each) for each in critical)
    return EngleGranger(
        names=tuple(names),
        hedge_ratios=tuple(weights[1:].tolist()),
        level=float(weights[0]),
        statistic=float(statistic),
        p_value=float(chance),
        critical_1=one,
        critical_5=five,
        critical_10=ten,
        observations=len(prices),
    )


def johansen(names: Sequence[str], prices: FloatArray, *, lags: int = 1) -> Johansen:
    """Test the number of combinations of (n, series) prices, with so many lagged differences.

    Raises as `engle_granger` does.
    """
    _check(names, prices)
    if not 0 <= lags < len(prices) // 5:
        raise DataError(f"lags {lags} of {len(prices)} values; expected 0 to a fifth of them.")
    found = statsmodels("tsa.vector_ar.vecm").coint_johansen(prices, det_order=0, k_ar_diff=lags)
    vectors = found.evec / found.evec[0]
    return Johansen(
        tuple(names),
        tuple(found.trace_stat.tolist()),
        tuple(tuple(row) for row in found.trace_stat_crit_vals.tolist()),
        tuple(found.max_eig_stat.tolist()),
        tuple(tuple(row) for row in found.max_eig_stat_crit_vals.tolist()),
        tuple(tuple(row) for row in vectors.T.tolist()),
        lags,
        len(prices),
    )


def statsmodels(module: str) -> Any:
    """A module of statsmodels, or a `DataError` that says how to get it."""
    from importlib import import_module

    try:
        return import_module(f"statsmodels.{module}")
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] != "statsmodels":
            raise
        raise DataError(
            "This statistic needs statsmodels, which is not installed: "
            'pip install "obverse[statistics]".'
        ) from error


def _check(names: Sequence[str], prices: FloatArray) -> None:
    if prices.ndim != 2 or prices.shape[1] != len(names) or len(names) < 2:
        raise DataError(f"{prices.shape} prices of {len(names)} names; expected (n, names), 2 up.")
    for name, column in zip(names, prices.T, strict=True):
        check_series(column, f"cointegration of {name}", LEAST)
        if float(column.std()) == 0:
            raise MarketDataError(f"cointegration: {name} never varies.")
    if np.linalg.matrix_rank(np.diff(prices, axis=0)) < len(names):
        raise MarketDataError(
            f"cointegration: the changes of {', '.join(names)} are multiples of each other."
        )
