"""Charts of a curve: one marked point an expiry, axes with units, the simulated label."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from obverse.charts import ACCENT, SECOND, new_axes
from obverse.curves import Curve, curve
from obverse.curves.plots import SETTLED_DAYS, plot_basis, plot_prices
from obverse.market import Snapshot, simulated

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Make = Callable[..., Snapshot]


@pytest.fixture(scope="module")
def term() -> Curve:
    return curve(simulated(), "BTC")


def tips(axes: Axes) -> Iterator[tuple[str, float, float]]:
    """Marked points: what each says and where it is."""
    for line in axes.lines:
        gid = line.get_gid() or ""
        if gid.startswith("tip|"):
            (x,), (y,) = line.get_data()
            yield gid.removeprefix("tip|"), float(x), float(y)


def test_the_curve_has_a_point_an_expiry_one_for_the_index_and_one_a_perpetual(
    term: Curve,
) -> None:
    points = list(tips(plot_prices(term)))
    assert len(points) == len(term.nodes) + 1 + 1
    assert points[0] == ("index 90,658.06 USD", 0, 90_658.06)
    for node, point in zip(term.nodes, points[1:-1], strict=True):
        assert point == (f"{node.symbol}: {node.mark_usd:,.2f} USD", node.days, node.mark_usd)
    assert points[-1] == ("BTC-PERPETUAL: 90,686.28 USD", 0, 90_686.28)


def test_the_curve_is_one_line_through_index_and_marks(term: Curve) -> None:
    axes = plot_prices(term)
    (line,) = (one for one in axes.lines if len(one.get_xdata()) > 2)
    assert list(line.get_xdata()) == [0, *(node.days for node in term.nodes)]
    assert list(line.get_ydata()) == [term.index_usd, *(node.mark_usd for node in term.nodes)]


def test_the_basis_has_a_point_an_expiry_in_per_cent_a_year(term: Curve) -> None:
    points = list(tips(plot_basis(term)))
    assert len(points) == len(term.nodes)
    for node, (said, days, rate) in zip(term.nodes, points, strict=True):
        assert rate == pytest.approx(100 * (node.continuous_rate or 0))
        assert days == node.days
        assert said == f"{node.symbol}: {rate:+.2f} %/y"


def test_forward_rates_are_steps_between_the_expiries(term: Curve) -> None:
    axes = plot_basis(term)
    steps = [one for one in axes.lines if one.get_color() == SECOND]
    edges = [0.0, *(node.days for node in term.nodes)]
    assert len(steps) == len(term.nodes)
    for step, node, low, high in zip(steps, term.nodes, edges, edges[1:], strict=False):
        assert list(step.get_xdata()) == [low, high]
        assert list(step.get_ydata()) == pytest.approx([100 * (node.forward_rate or 0)] * 2)


def test_axes_say_their_units_and_the_legend_both_rates(term: Curve) -> None:
    prices, basis = plot_prices(term), plot_basis(term)
    assert (prices.get_xlabel(), prices.get_ylabel()) == ("days to delivery", "USD")
    assert basis.get_xlabel() == "days to delivery"
    assert basis.get_ylabel() == "% a year, continuous, act/365"
    legend = basis.get_legend()
    assert legend is not None
    labels = [text.get_text() for text in legend.get_texts()]
    assert labels == ["basis to the expiry", "forward between expiries"]


@pytest.mark.parametrize("plot", [plot_prices, plot_basis])
def test_the_title_says_when_the_market_is_simulated(
    make_snapshot: Make, term: Curve, plot: Callable[[Curve], Axes]
) -> None:
    assert plot(term).get_title(loc="left").endswith("at deribit (simulated)")
    recorded = curve(make_snapshot("100", {30: "101"}))
    assert plot(recorded).get_title(loc="left").endswith("at deribit")


@pytest.mark.parametrize("plot", [plot_prices, plot_basis])
def test_a_chart_can_be_drawn_on_axes_of_ones_own(
    term: Curve, plot: Callable[[Curve, Axes], Axes]
) -> None:
    mine = new_axes("mine", "x", "y")
    assert plot(term, mine) is mine
    assert mine.get_title(loc="left") == "mine"
    assert list(tips(mine))


def test_plotting_a_curve_draws_its_basis(term: Curve) -> None:
    assert list(tips(term.plot())) == list(tips(plot_basis(term)))


def test_an_expiry_within_the_hour_has_a_price_but_no_yearly_rate(make_snapshot: Make) -> None:
    term = curve(make_snapshot("100", {0.02: "100.01", 30: "101"}))
    assert [said for said, _, _ in tips(plot_basis(term))] == ["F30: +12.11 %/y"]
    assert len(list(tips(plot_prices(term)))) == 3


def test_noise_of_the_nearest_expiries_does_not_set_the_scale(make_snapshot: Make) -> None:
    """0.3 % in half a day is 219 % a year; a month at 5 % keeps the chart readable."""
    settled = {30: "100.41", 90: "101.24"}
    axes = plot_basis(curve(make_snapshot("100", {0.5: "100.3"} | settled)))
    low, high = axes.get_ylim()
    assert low < 0 < 5 < high < 10
    assert [text.get_text() for text in axes.texts] == [
        f"expiries under {SETTLED_DAYS} days lie off the scale"
    ]
    assert not plot_basis(curve(make_snapshot("100", settled))).texts


def test_a_curve_of_near_expiries_alone_shows_them(make_snapshot: Make) -> None:
    axes = plot_basis(curve(make_snapshot("100", {0.5: "100.3", 1: "100.2"})))
    low, high = axes.get_ylim()
    assert all(low < rate < high for _, _, rate in tips(axes))


@pytest.mark.parametrize("plot", [plot_prices, plot_basis])
def test_a_curve_without_expiries_still_draws(
    make_snapshot: Make, plot: Callable[[Curve], Axes]
) -> None:
    term = curve(make_snapshot("100", {}, perpetuals={"BTC-PERPETUAL": "101"}))
    axes = plot(term)
    said = [text for text, _, _ in tips(axes)]
    prices = ["index 100.00 USD", "BTC-PERPETUAL: 101.00 USD"]
    assert said == (prices if plot is plot_prices else [])
    assert {one.get_color() for one in axes.lines} >= {ACCENT}
