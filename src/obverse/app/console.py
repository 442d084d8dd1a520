"""How tables reach a terminal: 100 columns, notes dim, colour never the only sign."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from textwrap import fill
from typing import TYPE_CHECKING

from obverse.tables import Look, Table

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table as RichTable

WIDTH = 100
"""Columns of every table. A narrower terminal breaks lines; no cell is ever cut short for it."""


@cache
def console(*, errors: bool = False) -> Console:
    """The terminal for results, or for messages about them."""
    from rich.console import Console

    return Console(stderr=errors, highlight=False, width=WIDTH)


def show(tables: Iterable[Table]) -> None:
    """Print tables to the terminal."""
    out = console()
    for table in tables:
        out.print(table.title, style="bold", markup=False)
        with out.capture() as drawn:
            out.print(_rich(table))
        out.file.writelines(f"{line.rstrip()}\n" for line in drawn.get().splitlines())
        for note in table.notes:
            indented = fill(note, WIDTH, initial_indent="  ", subsequent_indent="  ")
            out.print(indented, style="dim", markup=False)
        out.print()


def complain(message: str) -> None:
    """Print an error for people, to stderr, its lines unbroken so that `path:line` stays whole."""
    console(errors=True).print(message, style="bold red", markup=False, soft_wrap=True)


def remark(message: str) -> None:
    """Print a remark for people, to stderr."""
    console(errors=True).print(message, style="dim", markup=False, soft_wrap=True)


def _rich(table: Table) -> RichTable:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table as RichTable
    from rich.text import Text

    drawn = RichTable(
        box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim"
    )
    for column in table.shown:
        words = column.look is Look.TEXT
        unit = column.title.removeprefix(column.header).strip()
        heading = Text(f"{column.header}\n{unit}" if unit else column.header)
        drawn.add_column(
            heading, justify="left" if words else "right", no_wrap=not words, overflow="fold"
        )
    for cells in table.cells():
        styled = [
            Text(cell, style=_style(cell) if column.signed else "")
            for cell, column in zip(cells, table.shown, strict=True)
        ]
        drawn.add_row(*styled)
    return drawn


def _style(cell: str) -> str:
    return {"+": "green", "-": "red"}.get(cell[:1], "")
