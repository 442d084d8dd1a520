"""Rolling where the expected cost is least, by the rule of `obverse.curves.rolling.stopping`."""

from __future__ import annotations

import math

import numpy as np

from obverse.contracts.instants import DAYS_PER_YEAR, Instant
from obverse.curves.rolling.crossovers import DAY_NS, front, missed, next_column, roll_at
from obverse.curves.rolling.panels import ContractPanel
from obverse.curves.rolling.schedules import Roll, RollSchedule
from obverse.curves.rolling.stopping import BP, RollCostModel, Side, StoppingRule, stopping_rule
from obverse.errors import MarketDataError


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
