"""How every chart looks, and how it becomes an SVG that follows the page's light or dark theme.

Charts are Matplotlib figures (restyle them as you like); `to_svg` swaps three stand-in colours for
the page's CSS variables and gives marked points a tooltip, so that one drawing serves notebooks,
files and reports.
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TEXT, GRID, ACCENT, SECOND = "#5b6470", "#8a93a0", "#2f7ed8", "#d98324"
_VARIABLES = {
    TEXT: "var(--text-soft)",
    GRID: "var(--grid)",
    ACCENT: "var(--accent)",
    SECOND: "var(--second)",
}
_METADATA = ("Date", "Creator", "Format", "Type")
_TIP = re.compile(r'<g id="tip\|([^"]*)">')


def new_axes(
    title: str, x_label: str, y_label: str, size: tuple[float, float] = (8.0, 3.6)
) -> Axes:
    """Make a chart in the house style; it belongs to no window."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_title(title, loc="left", fontsize=11, color=TEXT)
    style_axes(axes, x_label, y_label)
    return axes


def new_panels(
    title: str, x_label: str, y_labels: tuple[str, ...], size: tuple[float, float] = (8.0, 4.6)
) -> tuple[Any, ...]:
    """Make a chart of panels that share their instants, one above the other, in the house style."""
    from matplotlib import dates
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    panels = tuple(figure.subplots(len(y_labels), sharex=True, squeeze=False)[:, 0])
    panels[0].set_title(title, loc="left", fontsize=11, color=TEXT)
    for panel, label in zip(panels, y_labels, strict=True):
        style_axes(panel, "", label)
    panels[-1].set_xlabel(x_label, color=TEXT)
    untyped = cast(Any, dates)
    locator = untyped.AutoDateLocator(tz=UTC)
    panels[-1].xaxis.set_major_locator(locator)
    panels[-1].xaxis.set_major_formatter(untyped.ConciseDateFormatter(locator, tz=UTC))
    panels[-1].xaxis.get_offset_text().set_color(TEXT)
    return panels


def style_axes(axes: Any, x_label: str, y_label: str) -> None:
    """Give axes the house style."""
    axes.set_xlabel(x_label, color=TEXT)
    axes.set_ylabel(y_label, color=TEXT)
    axes.tick_params(colors=TEXT, labelsize=9)
    axes.grid(True, color=GRID, linewidth=0.5, alpha=0.5)
    axes.set_axisbelow(True)
    for name, spine in axes.spines.items():
        spine.set_visible(name == "bottom")
        spine.set_color(GRID)


def add_tips(
    axes: Any,
    xs: Sequence[float | datetime],
    ys: Sequence[float],
    tips: Sequence[str],
    color: str = ACCENT,
) -> None:
    """Mark points, each with the text that shows when the pointer rests on it."""
    for x, y, tip in zip(xs, ys, tips, strict=True):
        (point,) = axes.plot([x], [y], "o", color=color, markersize=5)
        point.set_gid(f"tip|{tip}")


def legend_above(axes: Any, **options: Any) -> None:
    """Put the legend above the drawing, where it hides nothing."""
    place = {"loc": "lower right", "bbox_to_anchor": (1.0, 1.0), "ncols": 2}
    axes.legend(frameon=False, fontsize=9, labelcolor=TEXT, borderaxespad=0.2, **place, **options)


def to_svg(figure: Figure) -> str:
    """Draw a figure as an SVG element that needs nothing else."""
    import matplotlib

    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "obverse"}):
        figure.savefig(buffer, format="svg", transparent=True, metadata=dict.fromkeys(_METADATA))
    drawing = buffer.getvalue()
    drawing = drawing[drawing.index("<svg") :]
    for stand_in, variable in _VARIABLES.items():
        drawing = drawing.replace(stand_in, variable)
    return _TIP.sub(_with_title, drawing)


def _with_title(found: re.Match[str]) -> str:
    return f'<g class="tip"><title>{html.escape(html.unescape(found[1]))}</title>'
