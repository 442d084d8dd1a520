"""Where the price is found: information shares and component shares of two or more markets.

Log prices of one thing wander together. Of the error-correction model

    Δp_t = A B'p_{t−1} + Σ Γ_k Δp_{t−k} + ε_t,   cov ε = Ω,   rank of B one under the markets

the common price moves by ψε with ψ orthogonal to A (with B' 1 = 0, up to a factor that cancels).

- *component share* (Gonzalo-Granger): ψ_j / Σψ: what a market weighs in the common price; may lie
  below zero.
- *information share* (Hasbrouck): ([ψF]_j)² / ψΩψ' with FF' = Ω triangular: a market's share of the
  variance of the common price. Markets that move together within a step share what cannot be
  told apart; the greatest and least share over all orders of the markets bound it.

Errors: the spread of ten consecutive parts, each estimated alone, as of the mean of ten; the 95 %
interval is 2.262 of them (t, 9 degrees of freedom) about the estimate of all.

Sources: Hasbrouck, Journal of Finance 50 (1995); Gonzalo and Granger, Journal of Business and
Economic Statistics 13 (1995); Baillie and others, Journal of Financial Markets 5 (2002). The model
is statsmodels' maximum likelihood.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from obverse.analysis.price_discovery.error_correction import ErrorCorrection
from obverse.curves.spreads.scores import check_series
from obverse.curves.spreads.series import NS_PER_SECOND, PriceSeries, align
from obverse.errors import DataError, MarketDataError
from obverse.tables import Cell, Table, Tabular, percent, text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

FloatArray: TypeAlias = "NDArray[np.float64]"
PARTS = 10
T_95_OF_PARTS = 2.2621571627409915
LEAST_OF_PART = 60
MOST_MARKETS = 6


@dataclass(frozen=True)
class MarketShare:
    """One market's shares, with errors over the parts; none where parts are too short.

    Attributes
    ----------
    low, high : bounds of the information share
    component : component share
    """

    name: str
    low: float
    high: float
    component: float
    low_error: float | None
    high_error: float | None
    component_error: float | None

    @property
    def middle(self) -> float:
        """Middle of the bounds of the information share."""
        return (self.low + self.high) / 2

    @property
    def component_interval(self) -> tuple[float, float] | None:
        """95 % interval of the component share."""
        if self.component_error is None:
            return None
        reach = T_95_OF_PARTS * self.component_error
        return self.component - reach, self.component + reach


@dataclass(frozen=True, repr=False)
class PriceDiscovery(Tabular):
    """Shares of each market.

    Attributes
    ----------
    adjustment : (markets, markets − 1) A of the model
    long_run : (markets, markets − 1) B, one of each market against the last
    correlation : greatest, by size, of the innovations of two markets
    """

    shares: tuple[MarketShare, ...]
    adjustment: tuple[tuple[float, ...], ...]
    long_run: tuple[tuple[float, ...], ...]
    correlation: float
    lags: int
    observations: int
    step_seconds: float | None
    source: str
    warnings: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> MarketShare:
        """One market's shares."""
        for share in self.shares:
            if share.name == name:
                return share
        raise KeyError(name)

    def table(self) -> Table:
        """One row a market."""
        columns = (
            text("market", "Market"),
            percent("information_low", "Information from", 1),
            percent("information_high", "to", 1),
            percent("information_low_error", "± error", 1),
            percent("information_high_error", "± error", 1),
            percent("component", "Component", 1),
            percent("component_error", "± error", 1),
        )
        rows: tuple[tuple[Cell, ...], ...] = tuple(
            (s.name, s.low, s.high, s.low_error, s.high_error, s.component, s.component_error)
            for s in self.shares
        )
        step = "" if self.step_seconds is None else f" {self.step_seconds:g} s apart"
        notes = (
            f"{self.observations:,} log prices{step}, {self.lags} lagged differences; innovations "
            f"correlated {self.correlation:+.3f}.",
            f"Errors over {PARTS} consecutive parts; 95 % is {T_95_OF_PARTS:.2f} of them.",
            f"Source: {self.source}.",
        )
        return Table("Price discovery", columns, rows, (*notes, *self.warnings))

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw each market's bounds and component share (Matplotlib)."""
        from obverse.analysis.price_discovery.plots import plot_shares

        return plot_shares(self, axes)


def sampled(
    series: Sequence[PriceSeries], *, step_seconds: float, max_age_seconds: float
) -> FloatArray:
    """(n, series) last prices known on a grid over the span that all share.

    Raises `MarketDataError` where a price is older than stated: the grid would have a hole.
    """
    step = round(step_seconds * NS_PER_SECOND) if math.isfinite(step_seconds) else 0
    if step <= 0:
        raise DataError(f"step_seconds {step_seconds}: expected above zero.")
    if len(series) < 2 or any(not len(each.instants_ns) for each in series):
        raise MarketDataError("price discovery: expected two or more series with ticks.")
    begin = max(int(each.instants_ns[0]) for each in series)
    end = min(int(each.instants_ns[-1]) for each in series)
    grid = np.arange(begin, end + 1, step, dtype=np.int64)
    _, prices, left_out = align(series, max_age_seconds, grid)
    if left_out:
        raise MarketDataError(
            f"price discovery: at {left_out:,} of {len(grid):,} instants a price is older than "
            f"{max_age_seconds:g} s; take a greater age, or a span without the hole."
        )
    return prices


def price_discovery(
    names: Sequence[str],
    prices_usd: FloatArray,
    *,
    lags: int = 5,
    step_seconds: float | None = None,
    source: str = "series given",
) -> PriceDiscovery:
    """Shares of each market from (n, markets) prices of one thing at even steps.

    Parameters
    ----------
    lags : lagged differences of the model
    step_seconds : between rows, to be told

    Raises `MarketDataError` for prices that are not above zero or too few, `DataError` for names
    or lags that do not fit, or without statsmodels.
    """
    _check(names, prices_usd, lags)
    logs = np.log(prices_usd)
    model = ErrorCorrection.of(logs, lags)
    parts = _parts(logs, lags, len(names))
    errors = None if parts is None else parts.std(axis=0, ddof=1) / math.sqrt(PARTS)
    whole = model.shares
    made = tuple(
        MarketShare(
            name,
            *(float(whole[kind, n]) for kind in range(3)),
            *((None,) * 3 if errors is None else (float(errors[kind, n]) for kind in range(3))),
        )
        for n, name in enumerate(names)
    )
    return PriceDiscovery(
        shares=made,
        adjustment=tuple(map(tuple, model.adjustment.tolist())),
        long_run=tuple(map(tuple, model.long_run.tolist())),
        correlation=model.correlation,
        lags=lags,
        observations=len(logs),
        step_seconds=step_seconds,
        source=source,
        warnings=_warnings(model, errors is None),
    )


def _parts(logs: FloatArray, lags: int, markets: int) -> FloatArray | None:
    """(parts, 3, markets) shares of each part alone; none where one cannot be estimated."""
    size = len(logs) // PARTS
    if size < max(LEAST_OF_PART, 5 * markets * (lags + 1)):
        return None
    found = []
    for part in range(PARTS):
        own = logs[part * size : (part + 1) * size]
        if np.linalg.matrix_rank(np.diff(own, axis=0)) < markets:
            return None
        found.append(ErrorCorrection.of(own, lags).shares)
    return np.array(found)


def _warnings(model: ErrorCorrection, without_errors: bool) -> tuple[str, ...]:
    told = []
    if np.abs(model.long_run.sum(axis=0)).max() > 0.05:
        told.append(
            "The long-run relation is not one to one (its weights do not sum to zero within "
            "0.05): the series may not be prices of one thing, or the span is short."
        )
    if without_errors:
        told.append(f"Too few prices, or moves, for errors over {PARTS} parts.")
    return tuple(told)


def _check(names: Sequence[str], prices: FloatArray, lags: int) -> None:
    count = len(names)
    if prices.ndim != 2 or prices.shape[1] != count or not 2 <= count <= MOST_MARKETS:
        raise DataError(
            f"{prices.shape} prices of {count} markets; expected (n, markets), 2 to {MOST_MARKETS}."
        )
    least = 10 * count * (lags + 1)
    if lags < 0:
        raise DataError(f"lags {lags}: expected zero or more.")
    for name, column in zip(names, prices.T, strict=True):
        check_series(column, f"price discovery of {name}", max(LEAST_OF_PART, least))
        if (column <= 0).any():
            raise MarketDataError(f"{name}: price {column.min()}; expected prices above zero.")
    if np.linalg.matrix_rank(np.diff(np.log(prices), axis=0)) < count:
        raise MarketDataError(
            f"price discovery: the moves of {', '.join(names)} are multiples of each other, or "
            "none at all."
        )
