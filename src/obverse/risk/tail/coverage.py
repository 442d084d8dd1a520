"""Whether losses exceed value at risk as often as they should, and apart from one another.

Likelihood ratios on a row of violations, with 0·log 0 = 0. Of n steps x were violations, expected
with probability p = 1 − level; n[ij] steps went from state i to state j, 1 a violation.

- Unconditional (Kupiec 1995): −2·log[(1−p)^(n−x)·p^x / ((1−x/n)^(n−x)·(x/n)^x)], one degree.
- Independence (Christoffersen 1998): the same of one chance of a violation against one after a calm
  step and another after a violation, over the n − 1 transitions, one degree.
- Conditional: the sum, two degrees.

Decided: without any violation, or with violations alone, the transitions say nothing of dependence
and that ratio is zero; the unconditional one is −2·n·log(1−p), or −2·n·log p. No violation in a
long row is a failure too: the forecasts are too wide.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from obverse.errors import DataError
from obverse.risk.tail.levels import checked_count, checked_level
from obverse.tables import Table, Tabular, number, text


@dataclass(frozen=True)
class LikelihoodRatio:
    """A ratio, and the chance of one as large where the forecasts are right."""

    ratio: float
    p_value: float


@dataclass(frozen=True)
class Transitions:
    """Counts of steps by what went before: `calm_to_hit` are violations after a calm step."""

    calm_to_calm: int
    calm_to_hit: int
    hit_to_calm: int
    hit_to_hit: int


@dataclass(frozen=True, repr=False)
class Coverage(Tabular):
    """The three tests of a row of violations; prints as a table."""

    level: float
    steps: int
    violations: int
    transitions: Transitions
    unconditional: LikelihoodRatio
    independence: LikelihoodRatio
    conditional: LikelihoodRatio

    @property
    def expected(self) -> float:
        """Violations that right forecasts have on average."""
        return self.steps * (1 - self.level)

    def table(self) -> Table:
        """One row a test."""
        tests = (
            ("how often (Kupiec)", self.unconditional),
            ("apart (Christoffersen)", self.independence),
            ("both", self.conditional),
        )
        columns = (text("test", "Test"), number("ratio", "LR", decimals=3),
                   number("p_value", "p-value", decimals=4))  # fmt: skip
        rows = tuple((name, found.ratio, found.p_value) for name, found in tests)
        title = (
            f"Coverage at {self.level:.6g}: {self.violations} violations in {self.steps:,} steps, "
            f"{self.expected:.1f} expected"
        )
        return Table(title, columns, rows)


def kupiec(violations: int, steps: int, level: float) -> LikelihoodRatio:
    """The proportion-of-failures test: whether violations are as many as the level says."""
    count, hits = checked_count(steps, "steps"), checked_count(violations, "violations", least=0)
    if hits > count:
        raise DataError(f"violations: {hits} of them in {count} steps, expected no more.")
    chance = 1 - checked_level(level)
    return _one_degree(_binomial(hits, count, hits / count) - _binomial(hits, count, chance))


def christoffersen(violations: ArrayLike) -> LikelihoodRatio:
    """The independence test: whether a violation makes the next more or less likely."""
    return _independence(_transitions(checked_violations(violations)))


def coverage(violations: ArrayLike, level: float) -> Coverage:
    """All three tests of a row of violations, oldest first."""
    hits = checked_violations(violations)
    count, steps = int(hits.sum()), len(hits)
    moves = _transitions(hits)
    unconditional, independence = kupiec(count, steps, level), _independence(moves)
    both = unconditional.ratio + independence.ratio
    return Coverage(
        level=checked_level(level),
        steps=steps,
        violations=count,
        transitions=moves,
        unconditional=unconditional,
        independence=independence,
        conditional=LikelihoodRatio(both, math.exp(-both / 2)),
    )


def checked_violations(violations: ArrayLike) -> NDArray[np.bool_]:
    """A row of yes and no, two or more; anything else than true, false, 1 and 0 is refused."""
    found = np.asarray(violations)
    if found.ndim != 1 or len(found) < 2:
        raise DataError(f"violations: found shape {found.shape}, expected a row of 2 or more.")
    if found.dtype != np.bool_ and not np.isin(found, (0, 1)).all():
        raise DataError("violations: found other values than true and false, or 1 and 0.")
    return found.astype(np.bool_)


def _transitions(hits: NDArray[np.bool_]) -> Transitions:
    before, after = hits[:-1], hits[1:]
    pairs = np.bincount(2 * before + after, minlength=4)
    return Transitions(*(int(count) for count in pairs))


def _independence(moves: Transitions) -> LikelihoodRatio:
    calm = moves.calm_to_calm + moves.calm_to_hit
    hit = moves.hit_to_calm + moves.hit_to_hit
    if calm == 0 or hit == 0:
        return LikelihoodRatio(0.0, 1.0)
    hits, steps = moves.calm_to_hit + moves.hit_to_hit, calm + hit
    apart = _binomial(moves.calm_to_hit, calm, moves.calm_to_hit / calm)
    apart += _binomial(moves.hit_to_hit, hit, moves.hit_to_hit / hit)
    return _one_degree(apart - _binomial(hits, steps, hits / steps))


def _binomial(hits: int, steps: int, chance: float) -> float:
    """Log likelihood of so many hits, without the binomial coefficient."""
    found = hits * math.log(chance) if hits else 0.0
    return found + ((steps - hits) * math.log1p(-chance) if hits < steps else 0.0)


def _one_degree(gain: float) -> LikelihoodRatio:
    """Twice a gain in log likelihood, against the chi-square law of one degree."""
    ratio = max(2 * gain, 0.0)
    return LikelihoodRatio(ratio, math.erfc(math.sqrt(ratio / 2)))
