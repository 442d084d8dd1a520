"""The index over a history, from the same definition as `index.index_value`, every step at once.

Decided: NaN, zero, a negative number and infinity say that a source had no price at that step; it
is left out there, as `index_value` leaves it out, and what it said before is not used again (give
the last price and its age where a venue keeps it until it is too old). A step with too few sources
is masked in every array of prices and has its state in `states`. No NaN comes out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from obverse.errors import MarketDataError
from obverse.marks.index import IndexRule, IndexState, SourcePrice, Use
from obverse.marks.values import FloatArray

Flags: TypeAlias = NDArray[np.bool_]
Codes: TypeAlias = NDArray[np.int8]
Masked: TypeAlias = np.ma.MaskedArray[Any, np.dtype[np.float64]]
"""Prices of which some are missing; arithmetic keeps them missing."""

STATES = tuple(IndexState)
USES = tuple(Use)
"""What the codes in `IndexHistory` stand for: their places here."""

_VALID, _TOO_FEW = (STATES.index(state) for state in (IndexState.VALID, IndexState.TOO_FEW_SOURCES))


@dataclass(frozen=True)
class SourceHistory:
    """What N sources said over T steps.

    Attributes
    ----------
    names : N names, each once
    times_ns : T instants, UTC nanoseconds, increasing
    prices : T x N, quote currency per coin; no price is NaN
    weights : N weights, or T x N where they change, none below zero
    ages : T x N seconds since each source last changed, or none where nobody counts them
    """

    names: tuple[str, ...]
    times_ns: NDArray[np.int64]
    prices: FloatArray
    weights: FloatArray
    ages: FloatArray | None = None

    def __post_init__(self) -> None:
        """Refuse what does not fit together."""
        if len(set(self.names)) < len(self.names):
            raise MarketDataError("index: a source is there twice; give each its one price.")
        shape = (len(self.times_ns), len(self.names))
        for what, array in (("prices", self.prices), ("ages", self.ages)):
            if array is not None and array.shape != shape:
                raise MarketDataError(f"index: {what} of shape {array.shape}, expected {shape}.")
        late = np.diff(self.times_ns) <= 0
        if late.any():
            raise MarketDataError(f"index: step {int(np.argmax(late)) + 1} is late or there twice.")
        good = np.isfinite(self.weights) & (self.weights >= 0)
        if self.weights.shape not in (shape, shape[1:]) or not good.all():
            raise MarketDataError(f"index: expected {shape[1]} weights of zero or more.")
        if self.ages is not None and not (self.ages >= 0).all():
            raise MarketDataError("index: an age is below zero or none.")

    def instant(self, step: int) -> Sequence[SourcePrice]:
        """What the sources said at one step, as `index_value` takes it."""
        ages = np.zeros(len(self.names)) if self.ages is None else self.ages[step]
        weights = np.broadcast_to(self.weights, self.prices.shape)[step]
        rows = zip(self.names, self.prices[step], weights, ages, strict=True)
        return [
            SourcePrice(name, None if np.isnan(price) else float(price), float(weight), float(age))
            for name, price, weight, age in rows
        ]


@dataclass(frozen=True)
class IndexHistory:
    """An index at T steps, and what it was made of.

    Attributes
    ----------
    states : T codes, places in `STATES`
    price_usd, median_usd : T, masked where there were too few sources
    uses : T x N codes, places in `USES`: what became of each source
    shares : T x N shares of the weight, 0 where a source was left out
    given_usd : T x N prices as they were given, masked where there was none
    used_usd : T x N prices as they were used, masked where a source was left out
    """

    names: tuple[str, ...]
    times_ns: NDArray[np.int64]
    states: Codes
    price_usd: Masked
    median_usd: Masked
    uses: Codes
    shares: FloatArray
    given_usd: Masked
    used_usd: Masked

    @property
    def contributions_usd(self) -> FloatArray:
        """Dollars of the index that come from each source; 0 from one that was left out."""
        return self.shares * self.used_usd.filled(0.0)

    @property
    def valid(self) -> Flags:
        """Where there is an index."""
        found: Flags = self.states == _VALID
        return found


def index_history(rule: IndexRule, sources: SourceHistory) -> IndexHistory:
    """Combine the sources at every step."""
    prices, uses = _at_the_door(rule, sources)
    priced = uses != USES.index(Use.NO_PRICE)
    usable = uses == USES.index(Use.USED)
    if rule.outliers == "drop_extremes":
        extreme = _extremes(prices, usable, sources.names)
        uses[extreme] = USES.index(Use.EXTREME)
        usable &= ~extreme
    valid = usable.sum(axis=1) >= max(1, rule.minimum_sources)
    uses[usable & ~valid[:, None]] = USES.index(Use.NO_INDEX)
    usable &= valid[:, None]
    middle = _medians(prices, usable)
    used = prices
    if rule.outliers == "clamp_to_median":
        low, high = middle * (1 - rule.band_rate), middle * (1 + rule.band_rate)
        used = np.minimum(np.maximum(prices, low[:, None]), high[:, None])
        uses[usable & (used != prices)] = USES.index(Use.CLAMPED)
    shares = _shares(rule, sources.weights, usable)
    mean = np.where(usable, shares * used, 0.0).sum(axis=1)
    lowest = np.where(usable, used, np.inf).min(axis=1, initial=np.inf)
    highest = np.where(usable, used, 0.0).max(axis=1, initial=0.0)
    price = np.minimum(np.maximum(mean, lowest), highest)  # not outside by a last bit
    return IndexHistory(
        names=sources.names,
        times_ns=sources.times_ns,
        states=np.where(valid, _VALID, _TOO_FEW).astype(np.int8),
        price_usd=_masked(price, valid),
        median_usd=_masked(middle, valid),
        uses=uses,
        shares=shares,
        given_usd=_masked(prices, priced),
        used_usd=_masked(used, usable),
    )


def _at_the_door(rule: IndexRule, sources: SourceHistory) -> tuple[FloatArray, Codes]:
    """Prices with 1 where there is none, and what has become of each source so far."""
    given = np.asarray(sources.prices, dtype=np.float64)
    priced = np.isfinite(given) & (given > 0)
    uses = np.full(given.shape, USES.index(Use.USED), dtype=np.int8)
    if rule.silent_seconds is not None and sources.ages is not None:
        uses[sources.ages > rule.silent_seconds] = USES.index(Use.SILENT)
    uses[~priced] = USES.index(Use.NO_PRICE)
    return np.where(priced, given, 1.0), uses


def _extremes(prices: FloatArray, usable: Flags, names: tuple[str, ...]) -> Flags:
    """The lowest and the highest of more than two sources; equal prices go by name."""
    found = np.zeros(usable.shape, dtype=np.bool_)
    count = usable.sum(axis=1)
    rows = np.flatnonzero(count > 2)
    by_name = np.argsort(np.array(names), kind="stable")
    ranked = np.where(usable, prices, np.inf)[:, by_name]
    order = by_name[np.argsort(ranked, axis=1, kind="stable")]
    found[rows, order[rows, 0]] = True
    found[rows, order[rows, count[rows] - 1]] = True
    return found


def _medians(prices: FloatArray, usable: Flags) -> FloatArray:
    """Median of the usable prices of each step, 0 where there are none."""
    count = usable.sum(axis=1)
    found = np.zeros(len(prices))
    rows = np.flatnonzero(count)
    ranked = np.sort(np.where(usable, prices, np.inf)[rows], axis=1)
    each, many = np.arange(len(rows)), count[rows]
    low, high = ranked[each, (many - 1) // 2], ranked[each, many // 2]
    found[rows] = np.where(many % 2 == 1, low, (low + high) / 2)
    return found


def _shares(rule: IndexRule, weights: FloatArray, usable: Flags) -> FloatArray:
    """Shares of the weight: equal where the rule, few sources or weights of zero ask for it."""
    given = np.where(usable, weights, 0.0)
    equal = (usable.sum(axis=1) <= rule.few_equal) | (given.sum(axis=1) == 0)
    if rule.combination == "equal":
        equal[:] = True
    given = np.where(equal[:, None], usable, given)
    total = given.sum(axis=1)
    found: FloatArray = given / np.where(total > 0, total, 1.0)[:, None]
    return found


def _masked(values: FloatArray, valid: Flags) -> Masked:
    """Values where they are valid; beneath the mask lies 0."""
    found: Masked = np.ma.MaskedArray(np.where(valid, values, 0.0), mask=~valid)
    return found
