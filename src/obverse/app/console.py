"""How tables reach a terminal: at most 100 columns, notes dim, colour never the only sign."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from obverse.tables import Look, Table

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table as RichTable

MAX_WIDTH = 100


@cache
def console(*, errors: bool = False) -> Console:
    """The terminal for results, or for messages about them."""
    from rich.console import Console

    made = Console(stderr=errors, highlight=False, soft_wrap=False)
    width = min(MAX_WIDTH, made.width) if made.is_terminal else MAX_WIDTH
    return Console(stderr=errors, highlight=False, width=width)


def show(tables: Iterable[Table]) -> None:
    """Print tables to the terminal."""
    out = console()
    for table in tables:
        out.print(_rich(table))
        for note in table.notes:
            out.print(f"  {note}", style="dim", markup=False)
        out.print()


def complain(message: str) -> None:
    """Print an error for people, to stderr."""
    console(errors=True).print(message, style="bold red", markup=False)


def remark(message: str) -> None:
    """Print a remark for people, to stderr."""
    console(errors=True).print(message, style="dim", markup=False)


def _rich(table: Table) -> RichTable:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table as RichTable
    from rich.text import Text

    drawn = RichTable(
        title=Text(table.title), title_justify="left", title_style="bold", box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0), pad_edge=False, header_style="dim",
    )  # fmt: skip
    for column in table.columns:
        words = column.look is Look.TEXT
        unit = column.title.removeprefix(column.header).strip()
        heading = Text(f"{column.header}\n{unit}" if unit else column.header)
        drawn.add_column(heading, justify="left" if words else "right", no_wrap=not words)
    for cells in table.cells():
        styled = [
            Text(cell, style=_style(cell) if column.signed else "")
            for cell, column in zip(cells, table.columns, strict=True)
        ]
        drawn.add_row(*styled)
    return drawn


def _style(cell: str) -> str:
    return {"+": "green", "-": "red"}.get(cell[:1], "")
