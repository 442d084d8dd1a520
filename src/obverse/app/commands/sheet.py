"""What a command shows of a market: sections of tables, charts, and one table for machines.

JSON sections have the shape of the report's; the CSV is one table of raw values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from obverse.app.commands.output import print_csv, print_json
from obverse.app.console import remark, show
from obverse.app.report.machine import section_json
from obverse.app.report.section import Section
from obverse.contracts import iso
from obverse.errors import DataError
from obverse.tables import Table, text

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Faces:
    """Which faces of a result were asked for: JSON, CSV, a page, a picture; else text."""

    json: bool
    csv: bool
    html: Path | None
    png: Path | None = None

    def __post_init__(self) -> None:
        """Refuse two faces for one output."""
        if self.json and self.csv:
            raise DataError("--json and --csv: choose one.")


@dataclass(frozen=True)
class Sheet:
    """A result to show.

    Attributes
    ----------
    sections : what people read, part by part
    flat : the one table of the CSV
    charts : drawn only for a page
    """

    title: str
    as_of: datetime
    venue: str
    source: str
    simulated: bool
    sections: tuple[Section, ...]
    flat: Table
    charts: Callable[[], list[Figure]] = list


def put(sheet: Sheet, faces: Faces) -> None:
    """Print or write a result in the faces that were asked for."""
    if faces.html is not None:
        faces.html.write_text(_page(sheet), encoding="utf-8")
        remark(f"Wrote {faces.html}.")
    if faces.png is not None:
        for path in save_charts(sheet.charts(), faces.png):
            remark(f"Wrote {path}.")
    if faces.json:
        print_json(_json(sheet))
    elif faces.csv:
        print_csv(_labelled(sheet))
    else:
        label = "SIMULATED market. " if sheet.simulated else ""
        typer.echo(f"{sheet.title}\n{label}Source: {sheet.source}.\n")
        show(item.table for item in sheet.sections)


def save_charts(charts: Sequence[Figure], target: Path) -> list[Path]:
    """Save charts as pictures: the first under the name given, more under numbered ones.

    Raises `DataError` where there is nothing to draw, or the name does not end in .png.
    """
    if target.suffix.lower() != ".png":
        raise DataError(f"--png {target}: expected a name that ends in .png.")
    if not charts:
        raise DataError(f"--png {target}: this result has no chart.")
    paths = [target, *(target.with_stem(f"{target.stem}-{n}") for n in range(2, len(charts) + 1))]
    for figure, path in zip(charts, paths, strict=True):
        figure.savefig(path, dpi=150)
    return paths


def _labelled(sheet: Sheet) -> Table:
    """The table for machines, each row with its venue and whether it is simulated."""
    labels = (sheet.venue, str(sheet.simulated).lower())
    columns = (*sheet.flat.columns, text("venue", "Venue"), text("simulated", "Simulated"))
    return Table("", columns, tuple((*row, *labels) for row in sheet.flat.rows))


def _json(sheet: Sheet) -> dict[str, object]:
    return {
        "as_of": iso(sheet.as_of),
        "venue": sheet.venue,
        "source": sheet.source,
        "simulated": sheet.simulated,
        "sections": [section_json(item) for item in sheet.sections],
    }


def _page(sheet: Sheet) -> str:
    from obverse.app.report.page import document, group, header
    from obverse.charts import to_svg

    parts = [header(sheet.title, sheet.source, sheet.simulated)]
    drawings = [to_svg(figure) for figure in sheet.charts()]
    coins = list(dict.fromkeys(item.underlying for item in sheet.sections))
    for place, coin in enumerate(coins):
        tables = [item.table for item in sheet.sections if item.underlying == coin]
        parts.append(group(coin, tables, drawings if place == 0 else []))
    return document(sheet.title, f"<main class='obverse-report'>{''.join(parts)}</main>")
