"""Charts of a risk sheet, drawn only for a page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from obverse.app.report.section import Section
from obverse.app.risk.state import State
from obverse.risk.side_by_side import SideBySide
from obverse.risk.through_time import MarginPath

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def charts(
    state: State, beside: Iterable[SideBySide | Section], paths: Iterable[MarginPath | Section]
) -> list[Figure]:
    """Each account against each price that moves it; positions at the venues; paths."""
    from obverse.risk.account_plots import plot_account
    from obverse.risk.side_by_side_sheets import plot_side_by_side

    axes: list[Axes] = [plot_account(ladder) for ladder in state.drawn_ladders()]
    axes += [plot_side_by_side(item) for item in beside if isinstance(item, SideBySide)]
    axes += [item.plot()[0] for item in paths if isinstance(item, MarginPath)]
    found = [one.get_figure(root=True) for one in axes]
    return [figure for figure in found if figure is not None]
