"""The report's charts, drawn by the rooms whose results they show."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from obverse.app.report.report import Report


def charts(report: Report) -> list[tuple[str, Figure]]:
    """Curve and basis a coin, the payoff of the book a coin, and each margin account."""
    from obverse.curves.plots import plot_basis, plot_prices
    from obverse.risk import FINE_STEPS, ladder
    from obverse.risk.plots import plot_ladder

    found: list[tuple[str, Figure]] = []
    for term in report.curves:
        if term.nodes:
            found += [
                (term.underlying, _figure(plot_prices(term))),
                (term.underlying, _figure(plot_basis(term))),
            ]
    for steps in report.ladders:
        assert report.exposure is not None
        fine = ladder(report.exposure, report.market, steps.coin, FINE_STEPS)
        found.append((steps.coin, _figure(plot_ladder(fine))))
    return found + _accounts(report)


def _accounts(report: Report) -> list[tuple[str, Figure]]:
    """Each margin account against the price that moves it, with its liquidation points."""
    from obverse.risk.account_ends import drawing_moves, moved_by
    from obverse.risk.account_ladder import account_ladder
    from obverse.risk.account_plots import plot_account

    if report.exposure is None:
        return []
    book, market = report.exposure.book, report.market
    found = []
    for item in report.accounts:
        for coin in moved_by(item):
            ladder = account_ladder(book, market, item, coin, drawing_moves(item, coin))
            found.append((item.state.account.coin.code, _figure(plot_account(ladder))))
    return found


def _figure(axes: Axes) -> Figure:
    figure = axes.get_figure(root=True)
    assert figure is not None
    return figure
