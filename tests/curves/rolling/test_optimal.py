"""Rolling at the least expected cost: closed cases, simulated gaps, recorded futures."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import pytest

from obverse.curves.rolling import (
    ContractPanel,
    DatedContract,
    RollCostModel,
    cheapest_schedule,
    gap_dynamics,
    rate_gap,
    stopping_rule,
)
from obverse.errors import MarketDataError

MakePanel = Callable[..., ContractPanel]
SPREADS = ((0.0, 9.0), (2.0, 4.0), (5.0, 2.0), (10.0, 3.0))


@pytest.mark.parametrize("gap", [-0.30, -0.05, 0.0, 0.02, 0.10, 0.50])
@pytest.mark.parametrize("side", ["long", "short"])
def test_with_a_gap_that_stays_the_best_day_is_that_of_a_plain_search(
    gap: float, side: str
) -> None:
    model = RollCostModel(SPREADS, fees_bp=5, mean_gap=gap)
    rule = stopping_rule(model, first_days=10, last_days=1, side=side, step_days=0.5)  # type: ignore[arg-type]
    days = np.arange(10, 0.5, -0.5)
    sign = 1 if side == "long" else -1
    spread = np.interp(days, *zip(*SPREADS, strict=True))
    totals = spread + 5 + sign * gap * 1e4 * (10 - days) / 365
    assert rule.expected_bp(10, gap) == pytest.approx(totals.min(), abs=1e-6)
    rolled = next(day for day in days if rule.ends(day) or rule.rolls(day, gap))
    assert rolled == days[np.argmin(np.round(totals, 9))]


def simulate(model: RollCostModel, start: float, paths: int) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    """Gaps from 10 days to 1 day before expiry in steps of half a day, and those days."""
    random = np.random.default_rng(8)
    kept = model.persistence**0.5
    noise = model.deviation * math.sqrt((1 - kept**2) / (1 - model.persistence**2))
    gaps = np.empty((paths, 19))
    gaps[:, 0] = start
    for step in range(1, 19):
        away = gaps[:, step - 1] - model.mean_gap
        gaps[:, step] = model.mean_gap + kept * away + noise * random.normal(size=paths)
    return gaps, np.linspace(10, 1, 19)


def test_on_simulated_gaps_the_rule_costs_what_it_expects_and_less_than_any_fixed_day() -> None:
    model = RollCostModel(SPREADS, fees_bp=5, mean_gap=0.0, persistence=0.9, deviation=0.08)
    rule = stopping_rule(model, first_days=10, last_days=1, step_days=0.5)
    gaps, days = simulate(model, 0.0, 4000)
    costs = np.array([model.cost_bp(day) for day in days])
    carry = np.cumsum(gaps * 0.5 / 365 * 1e4, axis=1)
    totals = costs + np.column_stack([np.zeros(len(gaps)), carry[:, :-1]])
    rolled = np.array(
        [[rule.ends(day) or rule.rolls(day, gap) for day, gap in zip(days, row, strict=True)]
         for row in gaps]
    )  # fmt: skip
    chosen = totals[np.arange(len(gaps)), rolled.argmax(axis=1)]
    error = chosen.std() / math.sqrt(len(chosen))
    assert chosen.mean() == pytest.approx(rule.expected_bp(10, 0.0), abs=4 * error)
    assert chosen.mean() + 4 * error < totals.mean(axis=0).min(), "waiting and seeing is worth it"


def test_a_short_is_a_long_with_the_gap_turned() -> None:
    model = RollCostModel(SPREADS, persistence=0.8, deviation=0.05)
    about = {"first_days": 10, "last_days": 1}
    long, short = (stopping_rule(model, side=side, **about) for side in ("long", "short"))  # type: ignore[arg-type]
    for gap in (-0.2, 0.0, 0.07):
        assert long.expected_bp(7, gap) == pytest.approx(short.expected_bp(7, -gap))


def test_quotes_of_the_moment_are_used_where_there_are_any(make_panel: MakePanel) -> None:
    model = RollCostModel(((0.0, 4.0),))
    bids = [[99.99, 99.99] if row == 3 else [99.0, 99.0] for row in range(9)]
    asks = [[100.01, 100.01] if row == 3 else [101.0, 101.0] for row in range(9)]
    panel = make_panel([[100.0, 100.0]] * 9, (9.5, 40), bids_usd=bids, asks_usd=asks)
    (roll,) = cheapest_schedule(panel, model, first_days=9, last_days=1).rolls
    assert roll.at == panel.moment(3)
    assert "2.0 bp now" in roll.reason


def test_recorded_futures_are_rolled_without_looking_ahead(
    recorded: ContractPanel, monthly: tuple[DatedContract, ...]
) -> None:
    own = recorded.only([each.symbol for each in monthly])
    at = datetime(2026, 3, 1, tzinfo=UTC)
    mean, persistence, deviation = gap_dynamics(own, until=at)
    model = RollCostModel(SPREADS, 10, mean, persistence, deviation)
    whole = cheapest_schedule(own, model, first_days=10)
    assert [roll.leaving for roll in whole.rolls] == [each.symbol for each in monthly[:-1]]
    assert all(0.7 < roll.days_before <= 10 for roll in whole.rolls)
    early = cheapest_schedule(own, model, first_days=10, until=at)
    assert early.rolls == cheapest_schedule(own.until(at), model, first_days=10).rolls
    assert early.rolls == whole.until(at).rolls
    assert gap_dynamics(own.until(at)) == (mean, persistence, deviation)
    row = 60
    days = (own.expiries_ns[:2] - own.instants_ns[row]) / 86_400e9
    rates = (own.prices_usd[row, :2] / own.index_usd[row] - 1) * 365 / days
    assert rate_gap(own, row, 0, 1) == pytest.approx(rates[0] - rates[1])


def test_known_gap_dynamics_come_back(make_panel: MakePanel) -> None:
    random = np.random.default_rng(5)
    gap = np.empty(600)
    gap[0] = 0.05
    for n in range(1, 600):
        gap[n] = 0.05 + 0.9 * (gap[n - 1] - 0.05) + 0.01 * random.normal()
    years = (np.array([700.0, 1000.0]) - np.arange(600)[:, None]) / 365
    rates = np.column_stack([0.1 + gap, np.full(600, 0.1)])
    panel = make_panel((100 * (1 + rates * years)).tolist(), (700, 1000))
    mean, persistence, deviation = gap_dynamics(panel)
    assert mean == pytest.approx(0.05, abs=3 * 0.01 / 0.1 / math.sqrt(600))
    assert persistence == pytest.approx(0.9, abs=3 * math.sqrt((1 - 0.9**2) / 600))
    assert deviation == pytest.approx(0.01, rel=0.1)


def test_bad_input_is_named(make_panel: MakePanel) -> None:
    model = RollCostModel(SPREADS)
    for window in ((1, 10, 0.25), (10, -1, 0.25), (10, 1, 0), (10, 1, 20)):
        with pytest.raises(MarketDataError, match="roll window"):
            stopping_rule(model, first_days=window[0], last_days=window[1], step_days=window[2])
    with pytest.raises(MarketDataError, match="long and short"):
        stopping_rule(model, first_days=9, last_days=1, side="flat")  # type: ignore[arg-type]
    for spreads in ((), ((2.0, 1.0), (1.0, 1.0)), ((1.0, math.nan),)):
        with pytest.raises(MarketDataError, match="increasing days"):
            RollCostModel(spreads)
    with pytest.raises(MarketDataError, match=r"persistence 1\.5"):
        RollCostModel(SPREADS, persistence=1.5)
    nothing = make_panel([[1.0, 2.0]] * 3, (9, 40), index_usd=np.full(3, np.nan))
    with pytest.raises(MarketDataError, match="no index is recorded"):
        cheapest_schedule(nothing, model, first_days=5)
    with pytest.raises(MarketDataError, match="gap dynamics: 0 steps"):
        gap_dynamics(nothing)
