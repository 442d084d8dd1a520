"""Charts: accruing and paid in axes of their own, units on the axes, the simulated label."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from obverse.charts import to_svg
from obverse.contracts import instant
from obverse.market import simulated
from obverse.marks.funding_windows import steps, windows
from obverse.marks.plots import plot_funding, plot_marks, plot_readings
from obverse.marks.readings import readings
from obverse.marks.runs import FundingRun
from obverse.marks.simulated import simulated_funding
from obverse.rulebooks import rulebook

UNTIL = instant("2026-03-20T12:00:00Z")
START = UNTIL - timedelta(days=7)


@pytest.fixture(scope="module")
def run() -> FundingRun:
    return simulated_funding(7, "BTC", "okx", UNTIL)


def _tips(axes: Any) -> list[str]:
    gids = [str(line.get_gid() or "") for line in axes.lines]
    return [gid.removeprefix("tip|") for gid in gids if gid.startswith("tip|")]


def test_marks_and_premium_have_a_panel_each(run: FundingRun) -> None:
    upper, lower = plot_marks(run, START, UNTIL)
    assert (upper.get_ylabel(), lower.get_ylabel()) == ("USD", "premium, %")
    assert lower.get_xlabel() == "UTC"
    assert "(simulated)" in upper.get_title(loc="left")
    mark, index = upper.lines
    assert len(mark.get_xdata()) == 7 * 24 + 1
    assert list(mark.get_ydata()) == steps(run).mark_usd[-169:].tolist()
    assert list(index.get_ydata()) == steps(run).index_usd[-169:].tolist()


def test_accruing_and_paid_are_never_in_one_series(run: FundingRun) -> None:
    found = windows(run, START, UNTIL)
    upper, lower = plot_funding(run, found, START, UNTIL)
    assert upper is not lower
    assert (upper.get_ylabel(), lower.get_ylabel()) == ("accruing, % per 8 h", "paid, % of value")
    assert not _tips(upper)
    assert len(_tips(lower)) == len(found) == 21
    (bars,) = lower.collections
    assert len(bars.get_segments()) == len(found)
    assert _tips(lower)[0].startswith(f"paid {found[0].stamp:%Y-%m-%d %H:%M}: ")


def test_the_accruing_rate_is_told_by_the_year_too(run: FundingRun) -> None:
    upper, _ = plot_funding(run, windows(run, START, UNTIL), START, UNTIL)
    (yearly,) = upper.child_axes
    upper.figure.canvas.draw()
    assert yearly.get_ylabel() == "% a year"
    assert yearly.get_ylim() == pytest.approx([3 * 365 * rate for rate in upper.get_ylim()])


def test_many_stamps_have_no_points(run: FundingRun) -> None:
    found = windows(run, UNTIL - timedelta(days=60), UNTIL)
    _, lower = plot_funding(run, found, UNTIL - timedelta(days=60), UNTIL)
    assert not _tips(lower)
    assert len(lower.collections[0].get_segments()) == len(found)


def test_a_range_without_a_stamp_draws_what_accrues(run: FundingRun) -> None:
    _, lower = plot_funding(run, (), UNTIL - timedelta(hours=2), UNTIL)
    assert not lower.collections


def test_readings_have_a_point_an_instrument() -> None:
    snapshot = simulated(at=UNTIL, venue="okx", underlyings=("BTC",))["BTC"]
    found = readings(snapshot, rulebook("okx", as_of=UNTIL))
    axes = plot_readings(found, "title")
    assert len(_tips(axes)) == len(found)
    assert axes.get_ylabel() == "mark less index, USD"
    figure = axes.get_figure(root=True)
    assert figure is not None
    assert "var(--accent)" in to_svg(figure)
