"""The documented simple forms of market data: which columns a row of each has.

One row of `MARKET` is one instrument at one instant, one row of `CONSTITUENTS` what one source of
an index said at one instant. `docs/market-files.md` says the same to people.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from obverse.errors import DataError, Fault, LocatedError, nearest
from obverse.market.columns import Column, kind, moment, number, text, yes_no


@dataclass(frozen=True)
class Form:
    """A simple form.

    Attributes
    ----------
    row : what one row is, for messages
    order : its columns, in the order they are written
    never_empty : columns of which no cell may be empty
    may_lack : needed columns that an object of JSON may leave out although a table has them
    series : the columns, where they are there, that tell one series of instants from another
    """

    row: str
    order: tuple[Column, ...]
    never_empty: tuple[str, ...]
    may_lack: tuple[str, ...]
    series: tuple[str, ...]

    @cached_property
    def columns(self) -> dict[str, Column]:
        """Every column by its name."""
        return {column.name: column for column in self.order}

    @cached_property
    def instants(self) -> tuple[str, ...]:
        """Columns of instants."""
        return tuple(column.name for column in self.order if column.read is moment)

    @cached_property
    def numbers(self) -> tuple[str, ...]:
        """Columns of numbers."""
        return tuple(column.name for column in self.order if column.read is number)

    @cached_property
    def flags(self) -> tuple[str, ...]:
        """Columns of `true` and `false`."""
        return tuple(column.name for column in self.order if column.read is yes_no)


MARKET = Form(
    row="an instrument and instant",
    order=(
        Column("at", moment, required=True),
        Column("underlying", text, required=True),
        Column("venue", text, required=True),
        Column("symbol", text, required=True),
        Column("kind", kind, required=True),
        Column("expiry", moment, required=True),
        Column("index", number, required=True),
        Column("mark", number, required=True),
        Column("bid", number),
        Column("ask", number),
        Column("last", number),
        Column("open_interest_usd", number),
        Column("volume_24h_usd", number),
        Column("funding_rate_8h", number),
        Column("observed_at", moment),
        Column("quote", text),
        Column("index_low", number),
        Column("index_high", number),
        Column("listed", yes_no),
        Column("simulated", yes_no),
        Column("source", text),
    ),
    never_empty=("at", "underlying", "venue", "symbol", "kind"),
    may_lack=("expiry",),
    series=("underlying", "venue"),
)

CONSTITUENTS = Form(
    row="a source and instant",
    order=(
        Column("at", moment, required=True),
        Column("underlying", text, required=True),
        Column("source", text, required=True),
        Column("price", number, required=True),
        Column("weight", number),
        Column("age_seconds", number),
        Column("observed_at", moment),
        Column("venue", text),
        Column("simulated", yes_no),
    ),
    never_empty=("at", "underlying", "source"),
    may_lack=("price",),
    series=("underlying", "venue"),
)


@dataclass(frozen=True)
class Row:
    """One row as its format gives it: where it stands, and its cells that are not empty."""

    path: str
    line: int | None
    label: str
    cells: Mapping[str, object]

    @property
    def place(self) -> str:
        """File and row, for messages."""
        return f"{self.path}:{self.line}" if self.line else f"{self.path} {self.label}"

    def fault(self, column: str, reason: str) -> Fault:
        """One fault in a cell."""
        field = column if self.line else f"{self.label}: {column}"
        return Fault(self.path, self.line, field, reason)


def check_header(form: Form, path: str, names: Iterable[str]) -> None:
    """Refuse columns that the form does not have, repeated ones, and missing ones."""
    found = list(names)
    faults = []
    for name in dict.fromkeys(found):
        if name not in form.columns:
            close = nearest(name, form.columns)
            hint = f"did you mean {' or '.join(close)}?" if close else "see docs/market-files.md"
            faults.append(Fault(path, None, name, f"no such column; {hint}"))
        elif found.count(name) > 1:
            faults.append(Fault(path, None, name, "this column is there twice"))
    faults += [
        Fault(path, None, column.name, "this column is missing; every file must have it")
        for column in form.order
        if column.required and column.name not in found
    ]
    if faults:
        raise LocatedError(faults)


def read_cells(
    form: Form, row: Row, names: Iterable[str], faults: list[Fault]
) -> dict[str, object]:
    """Read the named cells of a row that are not empty; what cannot be read becomes a fault."""
    values: dict[str, object] = {}
    for name in names:
        if name not in row.cells:
            if name in form.never_empty:
                faults.append(row.fault(name, "empty; every row must have it"))
            continue
        try:
            values[name] = form.columns[name].read(row.cells[name])
        except DataError as error:
            faults.append(row.fault(name, str(error)))
    return values


def raise_faults(faults: list[Fault]) -> None:
    """Raise the first faults of a file, if there are any."""
    if faults:
        raise LocatedError(faults[:_MOST_FAULTS])


_MOST_FAULTS = 20
