"""The chart of an account: its equity on both scales, where it stands and where it ends."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import matplotlib.pyplot as plt
import pytest
from books import MARKET, PERPETUAL, as_simulated, held
from matplotlib.axes import Axes

from obverse.charts import ACCENT, SECOND
from obverse.contracts import Position
from obverse.risk import Book, Holding
from obverse.risk.account_ends import drawing_moves
from obverse.risk.account_ladder import AccountLadder, account_ladder
from obverse.risk.accounts import book_accounts
from obverse.risk.margin import MarginSetting

LONG, SHORT = held(PERPETUAL, 10_000, "80000"), held(PERPETUAL, -10_000, "76000")


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    plt.close("all")


def ladder(
    coins: str, *positions: Position, simulated: bool = False, **more: object
) -> AccountLadder:
    """The fine ladder of an account of so many bitcoins."""
    holdings = (Holding("BTC", Decimal(coins), "deribit"),)
    book = Book("by hand", holdings, positions, **more)  # type: ignore[arg-type]
    market = as_simulated(MARKET) if simulated else MARKET
    (item,) = book_accounts(book, market)
    return account_ladder(book, market, item, "BTC", drawing_moves(item, "BTC"))


def dollars_of(axes: Axes) -> Axes:
    """The axes of dollars behind those of coins."""
    (found,) = (each for each in axes.figure.axes if each is not axes)
    return found


def words_on(axes: Axes) -> list[str]:
    """What is written along its lines."""
    return [text.get_text() for text in axes.texts]


def test_equity_is_drawn_in_coin_and_in_dollars() -> None:
    drawn = ladder("0.5", LONG)
    axes = drawn.plot()
    coins, needed = [line for line in axes.lines if line.get_color() == ACCENT]
    (dollars,) = dollars_of(axes).lines
    prices = [float(rung.price_usd) for rung in drawn.rungs]
    assert list(coins.get_xdata()) == list(dollars.get_xdata()) == prices
    states = [rung.state for rung in drawn.rungs]
    assert list(coins.get_ydata()) == [float(state.margin_balance.coins) for state in states]
    assert list(needed.get_ydata()) == [float(state.needed.coins) for state in states]
    assert list(dollars.get_ydata()) == [float(rung.equity_usd) for rung in drawn.rungs]


def test_both_scales_name_their_unit_and_are_in_the_legend() -> None:
    axes = ladder("0.5", LONG).plot()
    assert axes.get_xlabel() == "BTC price (USD)"
    assert axes.get_ylabel() == "equity (BTC)"
    assert dollars_of(axes).get_ylabel() == "equity (USD)"
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == [
        "in BTC",
        "maintenance",
        "in dollars",
    ]


@pytest.mark.parametrize(("coins", "position"), [("0.5", LONG), ("0.5", SHORT), ("20", LONG)])
def test_the_zeros_of_both_scales_are_level(coins: str, position: Position) -> None:
    axes = ladder(coins, position).plot()
    heights = []
    for each in (axes, dollars_of(axes)):
        low, high = each.get_ylim()
        assert low <= 0 < high
        heights.append(-low / (high - low))
    assert heights[0] == pytest.approx(heights[1], abs=1e-9)


@pytest.mark.parametrize("position", [LONG, SHORT], ids=["long", "short"])
def test_the_liquidation_price_is_marked_and_said(position: Position) -> None:
    drawn = ladder("0.5", position)
    (joint,) = drawn.now.state.joint
    end = joint.below if position.contracts > 0 else joint.above
    assert end is not None
    axes = drawn.plot()
    (marked,) = [line for line in axes.lines if line.get_color() == SECOND]
    assert float(marked.get_xdata()[0]) == pytest.approx(float(end), rel=1e-9)
    assert f"liquidation {float(end):,.0f}" in words_on(axes)
    assert "now 77,334" in words_on(axes)


def test_an_isolated_end_is_named_after_its_position() -> None:
    setting = MarginSetting(mode="isolated", leverage=Decimal(10))
    drawn = ladder("0.5", LONG, settings=(setting,))
    end = drawn.now.state.positions[0].liquidation_price
    assert end is not None
    assert f"liquidation of BTC-PERPETUAL {float(end):,.0f}" in words_on(drawn.plot())


def test_an_account_that_nothing_ends_has_no_mark() -> None:
    axes = ladder("5", SHORT).plot()
    assert not [line for line in axes.lines if line.get_color() == SECOND]
    assert not [words for words in words_on(axes) if "liquidation" in words]


def test_a_simulated_market_says_so_in_the_title() -> None:
    def title(*, simulated: bool) -> str:
        axes = ladder("0.5", LONG, simulated=simulated).plot()
        return axes.get_title() + axes.get_title(loc="left")

    assert title(simulated=True) == "deribit BTC: equity (simulated)"
    assert title(simulated=False) == "deribit BTC: equity"
