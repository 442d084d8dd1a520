"""Joined series: what each way keeps exact, and what it does not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.curves.rolling import (
    ContractPanel,
    DatedContract,
    RollSchedule,
    continuous_series,
    days_before_schedule,
)
from obverse.errors import MarketDataError

MakePanel = Callable[..., ContractPanel]
NAN = float("nan")


def schedule_of(panel: ContractPanel, days_before: int = 2) -> RollSchedule:
    """Rolls through all contracts of a panel."""
    contracts = [DatedContract(s, panel.expiry(n)) for n, s in enumerate(panel.symbols)]
    return days_before_schedule(
        contracts, days_before=days_before, venue="deribit", underlying="BTC"
    )


def legs(panel: ContractPanel) -> list[tuple[float, float]]:
    """Entry and exit of each leg of three contracts left on rows 3 and 6."""
    p = panel.prices_usd
    return [(p[0, 0], p[3, 0]), (p[3, 1], p[6, 1]), (p[6, 2], p[-1, 2])]


@pytest.fixture
def panel(make_panel: MakePanel) -> ContractPanel:
    """Three contracts, rolled on rows 3 and 6."""
    near = [100, 105, 98, 102, NAN, NAN, NAN, NAN, NAN]
    middle = [103, 108, 101, 106, 111, 90, 95, NAN, NAN]
    far = [107, 112, 104, 111, 118, 97, 101, 105, 88]
    return make_panel([list(row) for row in zip(near, middle, far, strict=True)], (5, 8, 60))


def test_ratios_of_a_ratio_series_are_the_returns_of_the_legs(panel: ContractPanel) -> None:
    found = continuous_series(panel, schedule_of(panel), method="ratio")
    expected = np.prod([out / into for into, out in legs(panel)])
    assert found.adjusted_usd[-1] / found.adjusted_usd[0] == pytest.approx(expected)
    assert found.adjusted_usd[-1] == 88
    assert found.symbols == ("A",) * 3 + ("B",) * 3 + ("C",) * 3
    assert found.prices_usd.tolist() == [100, 105, 98, 106, 111, 90, 101, 105, 88]


def test_changes_of_a_difference_series_are_the_dollars_of_the_legs(panel: ContractPanel) -> None:
    found = continuous_series(panel, schedule_of(panel), method="difference", anchor="first")
    expected = sum(out - into for into, out in legs(panel))
    assert found.adjusted_usd[-1] - found.adjusted_usd[0] == pytest.approx(expected)
    assert found.adjusted_usd[0] == 100


def test_changes_of_one_over_an_inverse_series_are_the_coins_of_the_legs(
    panel: ContractPanel,
) -> None:
    expected = sum(1000 * (1 / into - 1 / out) for into, out in legs(panel))
    for anchor in ("first", "last"):
        found = continuous_series(panel, schedule_of(panel), method="inverse", anchor=anchor)  # type: ignore[arg-type]
        gained = 1000 * (1 / found.adjusted_usd[0] - 1 / found.adjusted_usd[-1])
        assert gained == pytest.approx(expected, rel=1e-12)
        assert found.coin_pnl(1000)[-1] == pytest.approx(expected, rel=1e-12)
    for method in ("ratio", "difference"):
        other = continuous_series(panel, schedule_of(panel), method=method)  # type: ignore[arg-type]
        gained = 1000 * (1 / other.adjusted_usd[0] - 1 / other.adjusted_usd[-1])
        assert abs(gained - expected) > 1e-2 * abs(expected), "only the inverse way is exact"
        with pytest.raises(MarketDataError, match="join it by inverse"):
            other.coin_pnl(1000)


@given(
    steps=st.lists(st.floats(0.8, 1.25), min_size=9, max_size=9),
    carry=st.floats(-0.3, 0.3),
    days_before=st.integers(0, 2),
)
def test_a_linear_series_in_one_over_the_price_is_the_inverse_one(
    make_panel: MakePanel, steps: list[float], carry: float, days_before: int
) -> None:
    spot = 100 * np.cumprod(steps)[:, None]
    years = (np.array([4.5, 60.0]) - np.arange(9)[:, None]) / 365
    prices = np.where(years > 0, spot * np.exp(carry * years), np.nan)
    plain = make_panel(prices.tolist(), (4.5, 60))
    turned = make_panel((1 / prices).tolist(), (4.5, 60))
    rolls = schedule_of(plain, days_before)
    if days_before == 0:
        with pytest.raises(MarketDataError, match="no price at one instant"):
            continuous_series(plain, rolls)
        return
    ours = continuous_series(plain, rolls, method="inverse")
    theirs = continuous_series(turned, rolls, method="difference")
    assert ours.adjusted_usd == pytest.approx(1 / theirs.adjusted_usd, rel=1e-9)


@pytest.mark.parametrize("method", ["ratio", "difference", "inverse"])
def test_a_series_as_of_an_instant_is_that_of_data_cut_there(
    method: str, recorded: ContractPanel, monthly_rolls: RollSchedule
) -> None:
    at = datetime(2026, 3, 10, tzinfo=UTC)
    for anchor in ("first", "last"):
        about = {"method": method, "anchor": anchor}
        early = continuous_series(recorded, monthly_rolls, until=at, **about)  # type: ignore[arg-type]
        cut = continuous_series(recorded.until(at), monthly_rolls.until(at), **about)  # type: ignore[arg-type]
        assert np.array_equal(early.adjusted_usd, cut.adjusted_usd)
        assert early.rolls == 2
    first = continuous_series(recorded, monthly_rolls, method=method, anchor="first")  # type: ignore[arg-type]
    early = continuous_series(recorded, monthly_rolls, method=method, anchor="first", until=at)  # type: ignore[arg-type]
    assert np.array_equal(first.adjusted_usd[: len(early)], early.adjusted_usd)


def test_recorded_bitcoin_futures_joined(
    recorded: ContractPanel, monthly_rolls: RollSchedule
) -> None:
    found = continuous_series(recorded, monthly_rolls, method="inverse")
    marks = recorded.prices_usd
    total, entered = 0.0, 0
    for roll in monthly_rolls.rolls:
        own = recorded.column(roll.leaving)
        left = next(n for n in range(len(recorded)) if recorded.moment(n) >= roll.at)
        total += 1 / marks[entered, own] - 1 / marks[left, own]
        entered = left
    own = recorded.column("BTC-29MAY26")
    total += 1 / marks[entered, own] - 1 / marks[-1, own]
    assert found.coin_pnl(100_000)[-1] == pytest.approx(100_000 * total, rel=1e-9)
    assert found.to_frame().height == 481
    assert found.plot().get_title(loc="left").endswith("joined by inverse")
    assert "4 rolls by 3 days before expiry" in found.table().notes[0]


def test_an_adjustment_beyond_the_price_leaves_none_and_is_told(make_panel: MakePanel) -> None:
    steep = make_panel([[10.0, 100.0], [11.0, 100.0], [12.0, 100.0], [NAN, 1.0]], (4, 60))
    found = continuous_series(steep, schedule_of(steep), method="difference", anchor="first")
    assert np.isnan(found.adjusted_usd[-1])
    assert "1 adjusted prices would not be above zero" in found.warnings[0]
    assert found.to_frame()["adjusted_usd"].null_count() == 1


def test_a_roll_that_waited_long_is_told(make_panel: MakePanel) -> None:
    late = make_panel([[10.0, NAN], [11.0, NAN], [12.0, NAN], [12.0, 13.0]], (4, 60))
    found = continuous_series(late, schedule_of(late, 3))
    assert "waited until 2026-01-04" in found.warnings[0]
    assert late.moment(3) - late.moment(1) == timedelta(days=2)


def test_bad_input_is_named(panel: ContractPanel) -> None:
    rolls = schedule_of(panel)
    with pytest.raises(MarketDataError, match="ratio, difference and inverse"):
        continuous_series(panel, rolls, method="log")  # type: ignore[arg-type]
    with pytest.raises(MarketDataError, match="first and last"):
        continuous_series(panel, rolls, anchor="middle")  # type: ignore[arg-type]
    with pytest.raises(MarketDataError, match="A is not among"):
        continuous_series(panel.only(["B", "C"]), rolls)
