"""The index: a weighted mean of what sources say, after the venue's rule for outliers.

A source that is silent, stuck or at no price is left out before anything else; what remains is
clamped to a band around its median, or loses its extremes, by the rule. Fewer sources than the
venue's minimum is a state with a name, never a number. Rules and their sources: the venues'
rulebooks, kind `index`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from statistics import median
from typing import Literal

from obverse.errors import MarketDataError

Outliers = Literal["none", "clamp_to_median", "drop_extremes"]
Combination = Literal["weighted", "equal"]


class IndexState(Enum):
    """Whether there is an index."""

    VALID = "valid"
    TOO_FEW_SOURCES = "too few sources"


class Use(Enum):
    """What became of a source."""

    USED = "used"
    CLAMPED = "clamped"
    EXTREME = "dropped as an extreme"
    SILENT = "dropped, silent too long"
    NO_PRICE = "dropped, no price"
    NO_INDEX = "not used, too few sources"

    @property
    def counts(self) -> bool:
        """Whether the source had a price that the rule takes, enough sources or not."""
        return self in (Use.USED, Use.CLAMPED, Use.NO_INDEX)


@dataclass(frozen=True)
class IndexRule:
    """How a venue combines its sources.

    Attributes
    ----------
    band_rate : half width of the band around the median, as a fraction (0.005 is 0.5 %)
    silent_seconds : a source older than this is left out; none means never
    minimum_sources : with fewer there is no index
    few_equal : with so many sources or fewer, weights are ignored (OKX: two)
    """

    combination: Combination = "weighted"
    outliers: Outliers = "none"
    band_rate: float = 0.0
    silent_seconds: float | None = None
    minimum_sources: int = 1
    few_equal: int = 0


@dataclass(frozen=True)
class SourcePrice:
    """What one source says: its price, its weight, and how old that is."""

    name: str
    price: float | None
    weight: float = 1.0
    age_seconds: float = 0.0


@dataclass(frozen=True)
class Contribution:
    """One source's part: the price used, its share of the weight, and what became of it."""

    name: str
    price: float | None
    used_price: float | None
    share: float
    use: Use

    @property
    def contribution_usd(self) -> float:
        """Dollars of the index that come from it."""
        return 0.0 if self.used_price is None else self.share * self.used_price


@dataclass(frozen=True)
class IndexValue:
    """An index and what it is made of; no price where there are too few sources."""

    state: IndexState
    price_usd: float | None
    median_usd: float | None
    contributions: tuple[Contribution, ...]


def index_value(rule: IndexRule, sources: Sequence[SourcePrice]) -> IndexValue:
    """Combine the sources at one instant."""
    _check(sources)
    fates = [_door(rule, source) for source in sources]
    usable = [place for place, fate in enumerate(fates) if fate is Use.USED]
    if rule.outliers == "drop_extremes" and len(usable) > 2:
        for place in _extremes(sources, usable):
            fates[place] = Use.EXTREME
        usable = [place for place in usable if fates[place] is Use.USED]
    if len(usable) < max(1, rule.minimum_sources):
        parts = [_left_out(source, fate) for source, fate in zip(sources, fates, strict=True)]
        return IndexValue(IndexState.TOO_FEW_SOURCES, None, None, tuple(parts))
    return _combined(rule, sources, fates, usable)


def _combined(
    rule: IndexRule, sources: Sequence[SourcePrice], fates: list[Use], usable: list[int]
) -> IndexValue:
    middle = median(_price(sources[place]) for place in usable)
    weights = _weights(rule, sources, usable)
    total = math.fsum(weights.values())
    parts: list[Contribution] = []
    for place, (source, fate) in enumerate(zip(sources, fates, strict=True)):
        if place not in weights:
            parts.append(_left_out(source, fate))
            continue
        used = _clamped(rule, _price(source), middle)
        use = Use.USED if used == source.price else Use.CLAMPED
        share = weights[place] / total
        parts.append(Contribution(source.name, source.price, used, share, use))
    used_prices = [part.used_price for part in parts if part.used_price is not None]
    mean = math.fsum(part.contribution_usd for part in parts)
    price = min(max(mean, min(used_prices)), max(used_prices))  # not outside by a last bit
    return IndexValue(IndexState.VALID, price, middle, tuple(parts))


def _check(sources: Sequence[SourcePrice]) -> None:
    names = [source.name for source in sources]
    if len(set(names)) < len(names):
        raise MarketDataError("index: a source is there twice; give each its one price.")
    for source in sources:
        if not (math.isfinite(source.weight) and source.weight >= 0):
            raise MarketDataError(f"index: the weight {source.weight} of {source.name} is none.")
        if not source.age_seconds >= 0:
            raise MarketDataError(
                f"index: {source.name} is {source.age_seconds} s old; its price is yet to come."
            )


def _door(rule: IndexRule, source: SourcePrice) -> Use:
    if source.price is None or not math.isfinite(source.price) or source.price <= 0:
        return Use.NO_PRICE
    if rule.silent_seconds is not None and source.age_seconds > rule.silent_seconds:
        return Use.SILENT
    return Use.USED


def _extremes(sources: Sequence[SourcePrice], usable: list[int]) -> tuple[int, int]:
    ranked = sorted(usable, key=lambda place: (_price(sources[place]), sources[place].name))
    return ranked[0], ranked[-1]


def _weights(
    rule: IndexRule, sources: Sequence[SourcePrice], usable: list[int]
) -> dict[int, float]:
    weights = {place: sources[place].weight for place in usable}
    equal = rule.combination == "equal" or len(usable) <= rule.few_equal
    if equal or not any(weights.values()):
        return dict.fromkeys(usable, 1.0)
    return weights


def _clamped(rule: IndexRule, price: float, middle: float) -> float:
    if rule.outliers != "clamp_to_median":
        return price
    return min(max(price, middle * (1 - rule.band_rate)), middle * (1 + rule.band_rate))


def _left_out(source: SourcePrice, fate: Use) -> Contribution:
    use = Use.NO_INDEX if fate is Use.USED else fate
    return Contribution(source.name, source.price, None, 0.0, use)


def _price(source: SourcePrice) -> float:
    assert source.price is not None
    return source.price
