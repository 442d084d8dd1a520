"""`obverse conformance`: run files of published examples and print what passed."""

from __future__ import annotations

from pathlib import Path

from obverse.app.commands.output import jsonable, print_json
from obverse.app.conformance import Conformance, Outcome, run_files
from obverse.app.console import console, show
from obverse.tables import Cell, Table, number, text

FAILED = 1


def run(files: list[Path], as_json: bool, verbose: bool) -> int:
    """Run, print, and return the exit code: 1 if any row fails."""
    result = run_files(files)
    if as_json:
        print_json(result.to_json())
    else:
        show([_tally(result, "file", "venue"), _tally(result, "quantity")])
        if verbose:
            show([_waiting(result)])
        _print_failures([item for item in result.outcomes if item.status == "fail"])
        console().print(
            f"{result.count('pass')} passed, {result.count('fail')} failed, "
            f"{result.count('unsupported')} not yet supported"
        )
    return FAILED if result.count("fail") else 0


def _tally(result: Conformance, *keys: str) -> Table:
    columns = [text(key, key.capitalize()) for key in keys]
    columns += [
        number(word, word.capitalize(), decimals=0) for word in ("pass", "fail", "unsupported")
    ]
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (*group, count["pass"], count["fail"], count["unsupported"])
        for group, count in result.tally(*keys)
    )
    return Table(f"By {' and '.join(keys)}", tuple(columns), rows)


def _waiting(result: Conformance) -> Table:
    columns = (text("id", "Row"), text("quantity", "Quantity"), text("reason", "Reason"))
    rows = tuple(
        (item.id, item.quantity, item.reason)
        for item in result.outcomes
        if item.status == "unsupported"
    )
    return Table("Not yet supported", columns, rows)


def _print_failures(failures: list[Outcome]) -> None:
    out = console()
    for item in failures:
        out.print(f"FAIL {item.file} {item.id} {item.quantity}", style="bold red", markup=False)
        out.print(f"  expected {jsonable(item.expected)}", markup=False)
        out.print(f"  got      {jsonable(item.got)}", markup=False)
        out.print(f"  {item.reason}", markup=False)
