"""Rolling by volume and open interest: made markets, and recorded corn futures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from obverse.curves.rolling import ContractPanel, crossover_schedule, panel_of_tickers
from obverse.errors import MarketDataError

MakePanel = Callable[..., ContractPanel]
NAN = float("nan")
FLAT = [[100.0, 101.0]] * 8


def test_a_roll_waits_for_the_next_contract_to_lead(make_panel: MakePanel) -> None:
    volumes = [[9, 1], [8, 2], [5, 6], [7, 3], [3, 8], [2, 9], [1, 9], [1, 9]]
    panel = make_panel(FLAT, (9, 40), volumes=volumes)
    once = crossover_schedule(panel)
    assert [roll.at for roll in once.rolls] == [panel.moment(2)]
    assert once.rolls[0].reason == "volume passed"
    twice = crossover_schedule(panel, confirm=2)
    assert [roll.at for roll in twice.rolls] == [panel.moment(5)]
    volumes[5] = [2, NAN]
    gap = make_panel(FLAT, (9, 40), volumes=volumes)
    assert crossover_schedule(gap, confirm=2).rolls[0].at == gap.moment(7)


def test_near_expiry_the_roll_is_made_in_any_case(make_panel: MakePanel) -> None:
    panel = make_panel(FLAT, (7.5, 40), open_interests=[[9, 1]] * 8)
    (roll,) = crossover_schedule(panel, measure="open_interest", last_days=2).rolls
    assert roll.at == panel.moment(6)
    assert roll.reason == "2 days before expiry"


def test_a_contract_without_a_successor_is_told(make_panel: MakePanel) -> None:
    prices = [[100.0, NAN]] * 3 + [[NAN, 101.0]] * 2
    found = crossover_schedule(make_panel(prices, (2.5, 40), volumes=[[1, 1]] * 5))
    assert found.rolls == ()
    assert "A expired without a roll" in found.warnings[0]


def test_recorded_corn_rolls_where_a_short_rule_says(corn: pl.DataFrame) -> None:
    panel = panel_of_tickers(corn, "cbot", "corn", "recorded corn")
    found = crossover_schedule(panel, measure="open_interest", last_days=5)
    assert len(found.rolls) >= 8, "five deliveries a year"
    by_day = {
        day: dict(zip(own["instrument"], own["open_interest_contracts"], strict=True))
        for (day,), own in corn.group_by("time", maintain_order=True)
    }
    held, expected = found.first, []
    for day, interest in by_day.items():
        later = sorted(name for name in interest if name > held)
        if not later or held not in interest:
            continue
        ours, theirs = interest[held], interest[later[0]]
        leads = None not in (ours, theirs) and theirs > ours
        left = datetime.fromisoformat(held + "T23:00:00+00:00") - day
        if leads or left <= timedelta(days=5):
            held = later[0]
            expected.append((day, held))
    assert [(roll.at, roll.entering) for roll in found.rolls] == expected
    by_volume = crossover_schedule(panel, measure="volume", last_days=5)
    mean = [np.mean([r.days_before for r in each.rolls]) for each in (found, by_volume)]
    assert all(5 < days < 60 for days in mean)


def test_a_crossover_does_not_look_ahead(corn: pl.DataFrame) -> None:
    panel = panel_of_tickers(corn, "cbot", "corn", "recorded corn")
    whole = crossover_schedule(panel, confirm=3)
    at = datetime(1999, 12, 31, tzinfo=UTC)
    early = crossover_schedule(panel, confirm=3, until=at)
    cut = panel_of_tickers(corn.filter(pl.col("time") <= at), "cbot", "corn", "recorded corn")
    assert early.rolls == crossover_schedule(cut, confirm=3).rolls == whole.until(at).rolls
    assert 0 < len(early.rolls) < len(whole.rolls)


def test_bad_input_is_named(make_panel: MakePanel) -> None:
    panel = make_panel(FLAT, (9, 40), volumes=[[1, 1]] * 8)
    with pytest.raises(MarketDataError, match="no open interest of BTC"):
        crossover_schedule(panel, measure="open_interest")
    with pytest.raises(MarketDataError, match="volume and open_interest"):
        crossover_schedule(panel, measure="trades")  # type: ignore[arg-type]
    for numbers in ({"confirm": 0}, {"last_days": -1}, {"last_days": NAN}):
        with pytest.raises(MarketDataError, match="expected 1 or more rows"):
            crossover_schedule(panel, **numbers)  # type: ignore[arg-type]
    nothing = make_panel([[NAN, NAN], [1.0, 2.0]], (9, 40), volumes=[[1, 1]] * 2)
    with pytest.raises(MarketDataError, match="no price in row 0"):
        crossover_schedule(nothing)
