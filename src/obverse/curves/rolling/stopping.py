"""When to stop holding the near contract: the solved problem behind the cheapest roll.

The objective, in basis points of notional and to be minimised in expectation:

    cost of both trades at the roll  +  Σ over the time held (r_near − r_far) / 365 · days

With r the simple yearly basis, a long that stays in the near contract gives up r_near a year
against the index instead of r_far; a short earns it. The gap x = r_near − r_far follows a
mean-reverting walk, x' = m + φ(x − m) + s·ε a day. Dynamic programming from the window's end
backwards gives the expected cost of holding on at each day and gap; the roll is when trading now
costs no more.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from obverse.contracts.instants import DAYS_PER_YEAR
from obverse.errors import MarketDataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

FloatArray: TypeAlias = "NDArray[np.float64]"
Side = Literal["long", "short"]

BP = 1e4
NODES = 15
GRID = 401


@dataclass(frozen=True)
class RollCostModel:
    """What a roll is expected to cost, by days before expiry, and how the rate gap moves.

    Attributes
    ----------
    spreads_bp : pairs of days before expiry, increasing, and expected half-spreads of both trades
        together; linear between, flat outside. Quotes, where a row has them, are used instead
    fees_bp : fees of both trades together
    mean_gap, persistence, deviation : m as a yearly rate, φ a day (0 to 1), s a day
    """

    spreads_bp: tuple[tuple[float, float], ...]
    fees_bp: float = 0.0
    mean_gap: float = 0.0
    persistence: float = 1.0
    deviation: float = 0.0

    def __post_init__(self) -> None:
        """Refuse numbers that are none."""
        days = [day for day, _ in self.spreads_bp]
        numbers = [*days, *(bp for _, bp in self.spreads_bp), self.fees_bp, self.mean_gap]
        if not days or sorted(set(days)) != days or not all(map(math.isfinite, numbers)):
            raise MarketDataError(
                f"roll costs {self.spreads_bp}: expected pairs of increasing days and bp."
            )
        if not (0 <= self.persistence <= 1 and 0 <= self.deviation < math.inf):
            raise MarketDataError(
                f"rate gap: persistence {self.persistence} and deviation {self.deviation} a day; "
                "expected 0 to 1, and none below zero."
            )

    def cost_bp(self, days_left: float) -> float:
        """Expected cost of both trades so many days before expiry."""
        days, costs = zip(*self.spreads_bp, strict=True)
        return float(np.interp(days_left, days, costs)) + self.fees_bp

    def step(self, days: float) -> tuple[float, float]:
        """Persistence and deviation of the gap over a step of some days."""
        kept = self.persistence**days
        if self.persistence == 1:
            return kept, self.deviation * math.sqrt(days)
        ratio = (1 - kept**2) / (1 - self.persistence**2)
        return kept, self.deviation * math.sqrt(ratio)


@dataclass(frozen=True, eq=False)
class StoppingRule:
    """Expected cost of holding on, by days left and gap: the solved problem.

    Row k is `last_days + k · step_days` days before expiry; row 0, the window's end, rolls.
    """

    model: RollCostModel
    side: Side
    first_days: float
    last_days: float
    step_days: float
    gaps: FloatArray
    holding_bp: FloatArray

    @cached_property
    def steps(self) -> int:
        """Steps from the window's begin to its end."""
        return len(self.holding_bp) - 1

    def holding_cost_bp(self, days_left: float, gap: float) -> float:
        """Expected cost of holding on for a step and rolling best after; infinite at the end."""
        step = self._step(days_left)
        return math.inf if step == 0 else float(np.interp(gap, self.gaps, self.holding_bp[step]))

    def expected_bp(self, days_left: float, gap: float) -> float:
        """Expected cost of rolling as this rule says, from a day and gap on."""
        now = self.model.cost_bp(self.last_days + self._step(days_left) * self.step_days)
        return min(now, self.holding_cost_bp(days_left, gap))

    def rolls(self, days_left: float, gap: float, cost_bp: float | None = None) -> bool:
        """Whether to roll now; `cost_bp` is what the trades cost now, where that is known."""
        now = self.model.cost_bp(days_left) if cost_bp is None else cost_bp
        return now <= self.holding_cost_bp(days_left, gap)

    def ends(self, days_left: float) -> bool:
        """Whether the window is over, to the nearest step."""
        return self._step(days_left) == 0

    def _step(self, days_left: float) -> int:
        return min(self.steps, max(0, round((days_left - self.last_days) / self.step_days)))


def stopping_rule(
    model: RollCostModel,
    *,
    first_days: float,
    last_days: float,
    side: Side = "long",
    step_days: float = 0.25,
) -> StoppingRule:
    """Solve for when to roll inside a window of `first_days` to `last_days` before expiry.

    Raises `MarketDataError` for a window or step that is none.
    """
    if not 0 <= last_days < first_days < math.inf or not 0 < step_days <= first_days - last_days:
        raise MarketDataError(
            f"roll window: {first_days:g} to {last_days:g} days in steps of {step_days:g}; "
            "expected first > last >= 0 and a step that fits between."
        )
    if side not in ("long", "short"):
        raise MarketDataError(f"side {side!r}: there are long and short.")
    steps = round((first_days - last_days) / step_days)
    sign = 1.0 if side == "long" else -1.0
    kept, deviation = model.step(step_days)
    reach = max(6 * model.deviation * math.sqrt(first_days - last_days), 1.0)
    gaps = model.mean_gap + np.linspace(-reach, reach, GRID)
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    weights = weights / weights.sum()
    following = model.mean_gap + kept * (gaps - model.mean_gap)
    reached = following[:, None] + deviation * nodes
    carry = sign * gaps * step_days / DAYS_PER_YEAR * BP
    holding = np.full((steps + 1, GRID), np.inf)
    value = np.full(GRID, model.cost_bp(last_days))
    for step in range(1, steps + 1):
        later = np.interp(reached, gaps, value) @ weights
        holding[step] = carry + later
        value = np.minimum(model.cost_bp(last_days + step * step_days), holding[step])
    return StoppingRule(model, side, first_days, last_days, step_days, gaps, holding)
