"""Covariance and lead-lag of prices that tick at times of their own (Hayashi-Yoshida).

    U(θ) = Σ_i Σ_j Δx_i Δy_j 1{(s_{i−1}, s_i] meets (t_{j−1} − θ, t_j − θ]},   Δ of log prices
    r(θ) = U(θ) / √(Σ Δx² Σ Δy²),   lead = the θ at which |r| is greatest

θ above zero: the second follows the first by θ. Nothing is resampled, so that a series with few
ticks does not seem to lag for that. The lead-lag ratio is Σ_{θ>0} r² / Σ_{θ<0} r² over lags on
both sides: above one, the first leads.

Sources: Hayashi and Yoshida, Bernoulli 11 (2005); Hoffmann, Rosenbaum and Yoshida, Bernoulli 19
(2013); ratio: Huth and Abergel, Journal of Empirical Finance 26 (2014).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from obverse.curves.spreads.series import PriceSeries
from obverse.errors import DataError, MarketDataError
from obverse.tables import Table, Tabular, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

FloatArray: TypeAlias = "NDArray[np.float64]"
IntArray: TypeAlias = "NDArray[np.int64]"
NS_PER_MS = 10**6
PARTS = 8
LEAST = 3


@dataclass(frozen=True)
class Covariation:
    """Covariance of two log prices over their shared span, not per year, and the correlation."""

    covariance: float
    correlation: float
    ticks: tuple[int, int]


@dataclass(frozen=True, repr=False, eq=False)
class LeadLag(Tabular):
    """The contrast of two series over lags.

    Attributes
    ----------
    lags_ms, correlations : (lags,) θ and r(θ)
    lead_ms : lag of greatest |r|; above zero, the first leads by so much
    ratio : lead-lag ratio; none where no lag is below zero, or nothing is correlated there
    part_leads_ms : lead of each of eight consecutive parts of the span: how sure it is
    """

    names: tuple[str, str]
    source: str
    ticks: tuple[int, int]
    first_ns: int
    last_ns: int
    lags_ms: FloatArray
    correlations: FloatArray
    lead_ms: float
    ratio: float | None
    part_leads_ms: tuple[float, ...]
    warnings: tuple[str, ...] = ()

    @property
    def correlation(self) -> float:
        """r at the lead."""
        return float(self.correlations[int(np.argmax(np.abs(self.correlations)))])

    def table(self) -> Table:
        """One row a lag."""
        columns = (
            number("lag_ms", "Lag", "ms", 3, signed=True),
            number("correlation", "Correlation", decimals=4, signed=True),
        )
        rows = tuple(zip(self.lags_ms.tolist(), self.correlations.tolist(), strict=True))
        first, second = self.names
        span = " to ".join(_words(ns) for ns in (self.first_ns, self.last_ns))
        ahead, behind = (first, second) if self.lead_ms >= 0 else (second, first)
        parts = ", ".join(f"{each:+g}" for each in self.part_leads_ms)
        notes = [
            f"{ahead} leads {behind} by {abs(self.lead_ms):g} ms (correlation "
            f"{self.correlation:+.4f}).",
            *([f"Leads of {len(self.part_leads_ms)} parts, ms: {parts}."] if parts else []),
            *([f"Lead-lag ratio {self.ratio:.3f}; above one, {first} leads."]
              if self.ratio is not None else []),
            f"{self.ticks[0]:,} and {self.ticks[1]:,} ticks, {span}; Hayashi-Yoshida.",
            f"Source: {self.source}.",
        ]  # fmt: skip
        return Table(f"Lead-lag of {first} and {second}", columns, rows, (*notes, *self.warnings))

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw the contrast over lags, its greatest value marked (Matplotlib)."""
        from obverse.analysis.price_discovery.plots import plot_lead_lag

        return plot_lead_lag(self, axes)


def hayashi_yoshida(first: PriceSeries, second: PriceSeries) -> Covariation:
    """Covariance and correlation of two log prices, ticks as they are.

    Raises `MarketDataError` where the spans do not meet or a series has under 3 ticks in it.
    """
    x, y = _shared(first, second)
    total = float(_contrast(x, y, np.zeros(1, dtype=np.int64))[0])
    return Covariation(total, total / _norm(x, y), (len(x.instants_ns), len(y.instants_ns)))


def lead_lag(
    first: PriceSeries,
    second: PriceSeries,
    lags_ms: Sequence[float] | FloatArray,
    *,
    source: str = "series given",
) -> LeadLag:
    """The contrast of two series at each lag, and which leads.

    Parameters
    ----------
    lags_ms : increasing and distinct to the nanosecond; below zero, the second leads

    Raises `MarketDataError` for series that share too little, `DataError` for such lags.
    """
    lags = np.round(np.asarray(lags_ms, dtype=float) * NS_PER_MS)
    if not len(lags) or not np.isfinite(lags).all() or (np.diff(lags) <= 0).any():
        raise DataError("lags_ms: expected one or more increasing finite numbers.")
    thetas = lags.astype(np.int64)
    x, y = _shared(first, second)
    correlations = _contrast(x, y, thetas) / _norm(x, y)
    lead = float(lags[int(np.argmax(np.abs(correlations)))]) / NS_PER_MS
    at_edge = len(lags) > 2 and lead * NS_PER_MS in (lags[0], lags[-1])
    told = (f"The greatest contrast is at an end of the lags, {lead:g} ms: widen them.",)
    start, end = _span(x, y)
    return LeadLag(
        names=(first.name, second.name),
        source=source,
        ticks=(len(x.instants_ns), len(y.instants_ns)),
        first_ns=start,
        last_ns=end,
        lags_ms=lags / NS_PER_MS,
        correlations=correlations,
        lead_ms=lead,
        ratio=_ratio(lags, correlations),
        part_leads_ms=_part_leads(x, y, thetas),
        warnings=told if at_edge else (),
    )


def _contrast(x: PriceSeries, y: PriceSeries, thetas: IntArray) -> FloatArray:
    from obverse.analysis.price_discovery._overlap_kernel import overlap_kernel

    logs = (np.log(each.prices_usd) for each in (x, y))
    own, other = logs
    found: FloatArray = overlap_kernel(x.instants_ns, own, y.instants_ns, other, thetas)
    return found


def _norm(x: PriceSeries, y: PriceSeries) -> float:
    """√(Σ Δx² Σ Δy²); refuses a series that never moves."""
    sums = []
    for each in (x, y):
        squares = float((np.diff(np.log(each.prices_usd)) ** 2).sum())
        if squares <= 0:
            raise MarketDataError(f"{each.name}: the price never moves; take a longer span.")
        sums.append(squares)
    return math.sqrt(sums[0] * sums[1])


def _span(x: PriceSeries, y: PriceSeries) -> tuple[int, int]:
    begin = max(int(x.instants_ns[0]), int(y.instants_ns[0]))
    return begin, min(int(x.instants_ns[-1]), int(y.instants_ns[-1]))


def _shared(first: PriceSeries, second: PriceSeries) -> tuple[PriceSeries, PriceSeries]:
    if not (len(first.instants_ns) and len(second.instants_ns)):
        raise MarketDataError(f"{first.name}, {second.name}: a series has no ticks.")
    begin, end = _span(first, second)
    x, y = _within(first, begin, end), _within(second, begin, end)
    for each in (x, y):
        if len(each.instants_ns) < LEAST:
            raise MarketDataError(
                f"{each.name}: {len(each.instants_ns)} ticks in the span that both have; expected "
                f"{LEAST} or more."
            )
    return x, y


def _within(series: PriceSeries, begin: int, end: int) -> PriceSeries:
    rows = (series.instants_ns >= begin) & (series.instants_ns <= end)
    return PriceSeries(series.name, series.instants_ns[rows], series.prices_usd[rows])


def _ratio(lags: FloatArray, correlations: FloatArray) -> float | None:
    """Squares of the lags above zero over those of their mirrors below."""
    mirrored = lags[(lags > 0) & np.isin(-lags, lags)]
    above = float((correlations[np.isin(lags, mirrored)] ** 2).sum())
    below = float((correlations[np.isin(lags, -mirrored)] ** 2).sum())
    return above / below if below > 0 else None


def _part_leads(x: PriceSeries, y: PriceSeries, thetas: IntArray) -> tuple[float, ...]:
    """The lead of each part that has ticks of both that move; none for a single lag."""
    begin, end = _span(x, y)
    edges = np.linspace(begin, end, PARTS + 1).astype(np.int64)
    leads = []
    for low, high in pairwise(edges.tolist()):
        own, other = _within(x, low, high), _within(y, low, high)
        if min(len(own.instants_ns), len(other.instants_ns)) < LEAST or len(thetas) < 2:
            continue
        heights = np.abs(_contrast(own, other, thetas))
        if heights.max() > 0:
            leads.append(float(thetas[int(np.argmax(heights))]) / NS_PER_MS)
    return tuple(leads)


def _words(ns: int) -> str:
    return f"{np.datetime_as_string(np.datetime64(ns, 'ns'), unit='s')}Z"
