"""Charts as SVG: the page's colours, escaped tooltips, nothing from elsewhere, the same bytes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from obverse import charts
from obverse.charts import ACCENT, GRID, SECOND, TEXT, add_tips, legend_above, new_axes, to_svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAMES = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
SVG = "{http://www.w3.org/2000/svg}"
WILD = """<script>alert("x")</script> & 'so' on > 1|2"""


def chart(*tips: str) -> Figure:
    """A small chart with everything on it, and tooltips."""
    axes = new_axes("a title & more", "days", "USD")
    axes.plot([0, 1, 2], [1, 3, 2], color=ACCENT, label="one <line>")
    axes.plot([0, 2], [2, 2], color=SECOND, label="another")
    axes.axhline(1.5, color=GRID)
    add_tips(axes, [float(n) for n in range(len(tips))], [1.0] * len(tips), list(tips), SECOND)
    legend_above(axes)
    figure = axes.get_figure(root=True)
    assert figure is not None
    return figure


@pytest.fixture(scope="module")
def drawing() -> str:
    return to_svg(chart("BTC-27MAR26: 77,723.48 USD", WILD))


def test_an_svg_is_one_element_that_reads_as_xml(drawing: str) -> None:
    assert drawing.startswith("<svg ")
    assert drawing.rstrip().endswith("</svg>")
    assert ElementTree.fromstring(drawing).tag == f"{SVG}svg"


def test_colours_are_the_pages_variables_and_not_the_stand_ins(drawing: str) -> None:
    for stand_in in (TEXT, GRID, ACCENT, SECOND):
        assert stand_in not in drawing.lower()
    for variable in ("--text-soft", "--grid", "--accent", "--second"):
        assert f"var({variable})" in drawing
    assert not re.search(r"(?:fill|stroke): #[0-9a-f]{6}", drawing)


def test_it_refers_to_nothing_outside_itself(drawing: str) -> None:
    assert set(re.findall(r"[a-z]+://[^\"'<>\s]*", drawing)) == NAMES
    assert set(re.findall(r'xmlns(?::\w+)?="([^"]*)"', drawing)) == NAMES
    for link in re.findall(r'(?:href|src)="([^"]*)"|url\(([^)]*)\)', drawing):
        assert "".join(link).startswith("#")
    for word in ("<script", "<image", "<foreignObject", "@import", "@font-face"):
        assert word not in drawing


def test_each_tip_is_a_marked_point_with_its_text_as_title(drawing: str) -> None:
    root = ElementTree.fromstring(drawing)
    marked = [group for group in root.iter(f"{SVG}g") if group.get("class") == "tip"]
    titles = [group.findtext(f"{SVG}title") for group in marked]
    assert titles == ["BTC-27MAR26: 77,723.48 USD", WILD]
    assert all(group.find(f".//{SVG}use") is not None for group in marked)
    assert "tip|" not in drawing


def test_a_tip_is_escaped_where_it_is_written(drawing: str) -> None:
    assert "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp;" in drawing


def test_titles_and_labels_are_text_that_can_be_read_and_escaped(drawing: str) -> None:
    for said in ("a title &amp; more", "days", "USD", "one &lt;line&gt;"):
        assert f">{said}</text>" in drawing


def test_it_is_transparent_so_that_the_page_shows_through(drawing: str) -> None:
    root = ElementTree.fromstring(drawing)
    backgrounds = [group for group in root.iter(f"{SVG}g") if group.get("id") == "patch_1"]
    assert backgrounds
    for path in backgrounds[0].iter(f"{SVG}path"):
        assert "fill: none" in (path.get("style") or "")


def test_the_same_chart_has_the_same_bytes() -> None:
    assert to_svg(chart("one")) == to_svg(chart("one"))
    assert to_svg(chart("one")) != to_svg(chart("two"))


def test_a_figure_drawn_again_is_the_same_but_for_the_names_of_its_clips() -> None:
    """Matplotlib names a clip by a hash of its place, which a second layout moves by an ulp."""
    figure = chart("one")
    first, second = (re.sub(r"\bp[0-9a-f]{10}\b", "clip", to_svg(figure)) for _ in range(2))
    assert first == second


def test_the_day_and_the_drawing_program_leave_no_trace(drawing: str) -> None:
    assert "<metadata" not in drawing
    assert "atplotlib v" not in drawing
    assert not re.search(r"\b20\d\d-\d\d-\d\d", drawing)


def test_drawing_leaves_matplotlibs_settings_alone() -> None:
    import matplotlib

    before = dict(matplotlib.rcParams)
    to_svg(chart("one"))
    assert dict(matplotlib.rcParams) == before


def test_points_and_tips_come_in_pairs() -> None:
    with pytest.raises(ValueError, match="zip"):
        add_tips(new_axes("", "", ""), [0.0, 1.0], [1.0, 2.0], ["only one"])


def test_axes_belong_to_no_window() -> None:
    axes = new_axes("title", "days", "USD", size=(4.0, 2.0))
    figure = axes.get_figure(root=True)
    assert figure is not None
    assert figure.canvas.manager is None
    assert (figure.get_figwidth(), figure.get_figheight()) == (4, 2)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("days", "USD")
    assert [name for name, spine in axes.spines.items() if spine.get_visible()] == ["bottom"]


def test_the_stand_ins_are_four_different_colours() -> None:
    assert len({charts.TEXT, charts.GRID, charts.ACCENT, charts.SECOND}) == 4
