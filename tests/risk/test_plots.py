"""The payoff chart: equity in coin and in dollars against the price."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from books import MARKET, PERPETUAL, as_simulated, book, held

from obverse.charts import ACCENT, GRID, SECOND, new_axes
from obverse.risk import FINE_STEPS, Ladder, exposure, ladder
from obverse.risk.plots import plot_ladder

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D


@pytest.fixture(scope="module")
def steps() -> Ladder:
    found = exposure(book({"BTC": "2"}, held(PERPETUAL, 10_000, "80000")), MARKET)
    return ladder(found, MARKET, "BTC", FINE_STEPS)


def line(axes: Axes, color: str) -> Line2D:
    """The line of one color."""
    (found,) = (one for one in axes.lines if one.get_color() == color)
    return found


def other(axes: Axes) -> Axes:
    """The axes of dollars behind those of coins."""
    (found,) = (each for each in axes.figure.axes if each is not axes)
    return found


def test_every_rung_is_on_both_lines(steps: Ladder) -> None:
    axes = plot_ladder(steps)
    prices = [float(rung.price_usd) for rung in steps.rungs]
    coin, dollars = line(axes, ACCENT), line(other(axes), SECOND)
    assert len(prices) == 41
    assert list(coin.get_xdata()) == list(dollars.get_xdata()) == prices
    assert list(coin.get_ydata()) == [float(rung.equity_coin) for rung in steps.rungs]
    assert list(dollars.get_ydata()) == [float(rung.equity_usd) for rung in steps.rungs]


def test_both_sides_and_the_legend_name_their_unit(steps: Ladder) -> None:
    axes = plot_ladder(steps)
    assert axes.get_xlabel() == "BTC price (USD)"
    assert axes.get_ylabel() == "equity (BTC)"
    assert other(axes).get_ylabel() == "equity (USD)"
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["in BTC", "in dollars"]
    assert axes.get_title(loc="left") == "Equity against the BTC price"


def test_the_title_says_when_the_market_is_simulated() -> None:
    market = as_simulated(MARKET)
    axes = plot_ladder(ladder(exposure(book({"BTC": "1"}), market), market, "BTC"))
    assert axes.get_title(loc="left") == "Equity against the BTC price (simulated)"


def test_todays_price_is_marked_where_the_ladder_has_it(steps: Ladder) -> None:
    assert list(line(plot_ladder(steps), GRID).get_xdata()) == [77_334.5, 77_334.5]
    without = Ladder("BTC", tuple(rung for rung in steps.rungs if rung.move), False)
    assert [one.get_color() for one in plot_ladder(without).lines] == [ACCENT]


def test_a_synthetic_dollar_is_drawn_flat_and_not_as_noise_around_itself() -> None:
    found = exposure(book({"BTC": "1.25"}, held(PERPETUAL, -10_000, "80000")), MARKET)
    axes = plot_ladder(ladder(found, MARKET, "BTC"))
    low, high = other(axes).get_ylim()
    assert high - low == pytest.approx(0.2 * 99_930, rel=0.01)
    assert (low + high) / 2 == pytest.approx(99_930, rel=0.01)


def test_an_empty_book_is_drawn_at_zero() -> None:
    found = exposure(book({"BTC": "0"}), MARKET)
    axes = plot_ladder(ladder(found, MARKET, "BTC"))
    low, high = axes.get_ylim()
    assert low < 0 < high


def test_a_ladder_plots_itself_also_on_axes_of_ones_own(steps: Ladder) -> None:
    mine = new_axes("mine", "x", "y")
    assert steps.plot(mine) is mine
    assert mine.get_title(loc="left") == "mine"
    assert len(line(steps.plot(), ACCENT).get_xdata()) == len(steps.rungs)


def test_one_rung_alone_can_be_drawn() -> None:
    found = exposure(book({"BTC": "1"}), MARKET)
    axes = plot_ladder(ladder(found, MARKET, "BTC", (Decimal(0),)))
    assert list(line(axes, ACCENT).get_ydata()) == [1]
