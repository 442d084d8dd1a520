"""The report's charts, drawn by the rooms whose results they show."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from obverse.app.report.report import Report


def charts(report: Report) -> list[tuple[str, Figure]]:
    """Curve and basis a coin, and the payoff of the book a coin."""
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
    return found


def _figure(axes: Axes) -> Figure:
    figure = axes.get_figure(root=True)
    assert figure is not None
    return figure
