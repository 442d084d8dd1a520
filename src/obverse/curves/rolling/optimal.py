"""Rolling where the expected cost is least: a stopping problem over a window before expiry.

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

from obverse.contracts.instants import DAYS_PER_YEAR, Instant
from obverse.curves.rolling.crossovers import DAY_NS, front, missed, next_column, roll_at
from obverse.curves.rolling.panels import ContractPanel
from obverse.curves.rolling.schedules import Roll, RollSchedule
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


def cheapest_schedule(
    panel: ContractPanel,
    model: RollCostModel,
    *,
    first_days: float,
    last_days: float = 1,
    side: Side = "long",
    step_days: float = 0.25,
    until: Instant | None = None,
) -> RollSchedule:
    """Roll into the next expiry where `stopping_rule` says that trading now is cheapest.

    Each row is judged on its own prices. A row without an index has no rates and is passed over,
    unless it is in the last `last_days`, where the roll is made in any case.

    Raises
    ------
    MarketDataError : no index is recorded, or a window that is none
    """
    seen = panel if until is None else panel.until(until)
    if np.isnan(seen.index_usd).all():
        raise MarketDataError(
            f"futures of {seen.underlying} at {seen.venue}: no index is recorded in "
            f"{seen.source}, so there are no yearly rates; use days before expiry or a crossover."
        )
    rule = stopping_rule(
        model, first_days=first_days, last_days=last_days, side=side, step_days=step_days
    )
    held = front(seen, 0)
    first, rolls = held, list[Roll]()
    for row in range(len(seen)):
        following = next_column(seen, row, held)
        left = float(seen.expiries_ns[held] - seen.instants_ns[row]) / DAY_NS
        if following is None or not 0 < left <= first_days:
            continue
        reason = _reason(seen, rule, row, held, following, left)
        if reason:
            rolls.append(roll_at(seen, row, held, following, reason))
            held = following
    return RollSchedule(
        seen.underlying,
        seen.venue,
        seen.source,
        f"least expected cost of a {side}, {first_days:g} to {last_days:g} days before expiry",
        seen.symbols[first],
        seen.expiry(first),
        tuple(rolls),
        (*seen.warnings, *missed(seen, held)),
    )


def rate_gap(panel: ContractPanel, row: int, near: int, far: int) -> float:
    """Simple yearly basis of one contract less another's, act/365; NaN where it is not recorded."""
    both = [near, far]
    years = (panel.expiries_ns[both] - panel.instants_ns[row]) / (DAYS_PER_YEAR * DAY_NS)
    rates = (panel.prices_usd[row, both] / panel.index_usd[row] - 1) / years
    return float(rates[0] - rates[1])


def quoted_cost_bp(panel: ContractPanel, row: int, near: int, far: int) -> float | None:
    """Half-spreads of both contracts together, in bp of their middles; none without quotes."""
    both = [near, far]
    bids, asks = panel.bids_usd[row, both], panel.asks_usd[row, both]
    cost = float(np.sum((asks - bids) / (asks + bids)) * BP)
    return None if math.isnan(cost) else cost


def gap_dynamics(
    panel: ContractPanel, *, min_days: float = 2, until: Instant | None = None
) -> tuple[float, float, float]:
    """Mean, persistence a day and deviation a day of the gap between the two nearest contracts.

    Least squares of each gap on the one before, of the same pair of contracts, over the average
    step between rows; the persistence is held between 0 and 1. Rows with the nearest contract
    less than `min_days` from expiry are passed over: its yearly rate is noise there. Raises
    `MarketDataError` with fewer than ten steps.
    """
    seen = panel if until is None else panel.until(until)
    before, after, days = [], [], []
    last: tuple[tuple[int, int], float, int] | None = None
    for row in range(len(seen)):
        known = np.flatnonzero(~np.isnan(seen.prices_usd[row]))
        if len(known) < 2 or math.isnan(seen.index_usd[row]):
            continue
        if seen.expiries_ns[known[0]] - seen.instants_ns[row] < min_days * DAY_NS:
            continue
        pair, now = (int(known[0]), int(known[1])), int(seen.instants_ns[row])
        gap = rate_gap(seen, row, *pair)
        if last is not None and last[0] == pair:
            before.append(last[1])
            after.append(gap)
            days.append((now - last[2]) / DAY_NS)
        last = pair, gap, now
    if len(before) < 10:
        raise MarketDataError(f"gap dynamics: {len(before)} steps of one pair; 10 are needed.")
    x, y, step = np.array(before), np.array(after), float(np.mean(days))
    centred = x - x.mean()
    slope = float(np.clip(centred @ (y - y.mean()) / max(float(centred @ centred), 1e-300), 0, 1))
    residuals = y - y.mean() - slope * centred
    daily = slope ** (1 / step)
    ratio = step if daily == 1 else (1 - slope**2) / (1 - daily**2)
    return float(x.mean()), daily, float(residuals.std()) / math.sqrt(ratio)


def _reason(
    panel: ContractPanel, rule: StoppingRule, row: int, held: int, following: int, left: float
) -> str:
    if rule.ends(left):
        return f"end of the window, {rule.last_days:g} days before expiry"
    gap = rate_gap(panel, row, held, following)
    if math.isnan(gap):
        return ""
    quoted = quoted_cost_bp(panel, row, held, following)
    cost = None if quoted is None else quoted + rule.model.fees_bp
    if not rule.rolls(left, gap, cost):
        return ""
    now = rule.model.cost_bp(left) if cost is None else cost
    return f"{now:.1f} bp now, {rule.holding_cost_bp(left, gap):.1f} bp expected by waiting"
