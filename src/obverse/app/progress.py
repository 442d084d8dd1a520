"""Progress of long work, on stderr and only where a person sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

Advance = Callable[[str, int], None]


@contextmanager
def progress(total: int, unit: str) -> Iterator[Advance]:
    """Show a bar of some total; advance it with what is at work now and how much was done.

    On a terminal it moves; elsewhere nothing is drawn, so that logs stay whole.
    """
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f} " + unit),
        TimeRemainingColumn(),
    )
    out = _terminal()
    with Progress(*columns, console=out, disable=not out.is_terminal, transient=True) as bar:
        task = bar.add_task("", total=total)

        def advance(what: str, done: int) -> None:
            bar.update(task, description=what, advance=done)

        yield advance


@contextmanager
def counting(unit: str) -> Iterator[Advance]:
    """Count work whose end is not known beforehand, in the same way."""
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        TextColumn("{task.completed:,.0f} " + unit),
        TimeElapsedColumn(),
    )
    out = _terminal()
    with Progress(*columns, console=out, disable=not out.is_terminal, transient=True) as bar:
        task = bar.add_task("", total=None)

        def advance(what: str, done: int) -> None:
            bar.update(task, description=what, advance=done)

        yield advance


def _terminal() -> Console:
    """The terminal as wide as it is: a bar that wraps cannot be drawn over."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)
