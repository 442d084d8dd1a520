"""A curve beside what it was: yesterday's, last week's, last month's.

A ghost is compared at the same delivery instants, by its own yearly rate there (linear between its
nodes, flat outside them), and told where the instant lies beyond its last expiry.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from obverse.contracts.instants import DAYS_PER_YEAR, iso, years_between
from obverse.curves.term_structure import MIN_YEARS, Curve, CurveNode
from obverse.errors import DataError
from obverse.tables import (
    Cell,
    Column,
    Face,
    Look,
    Table,
    Tabular,
    machine,
    number,
    percent,
    text,
    usd,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Convention = Literal["continuous", "simple"]
MOST_DIGITS = 5
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True)
class Ghost:
    """A curve of a while before; `label` is how long, as `7d`."""

    label: str
    curve: Curve


@dataclass(frozen=True, repr=False)
class ComparedCurve(Tabular):
    """A curve and its ghosts.

    Attributes
    ----------
    convention : of the yearly rates, act/365
    face : prices and basis in dollars, in coin (what one dollar of the contract is worth), or both
    warnings : ghosts that could not be had
    """

    curve: Curve
    ghosts: tuple[Ghost, ...]
    convention: Convention = "continuous"
    face: Face = "usd"
    warnings: tuple[str, ...] = field(default=())

    @property
    def source(self) -> str:
        """Where the curve came from."""
        return self.curve.source

    def table(self) -> Table:
        """One row an expiry: price, basis, yearly rate, and how the rate has moved."""
        columns = (
            text("symbol", "Expiry"),
            Column("note", "", for_files=False),
            machine("expiry"),
            machine("listed"),
            number("days", "Days", decimals=1),
            Column("mark_usd", "Mark", "USD", Look.NUMBER, 2, False, "usd"),
            usd("basis_usd", "Basis", 2),
            Column("value_coin", "10k USD", self.curve.underlying, Look.NUMBER, 8, False, "coin"),
            Column("basis_coin", "10k basis", self.curve.underlying, Look.NUMBER, 8, True, "coin"),
            percent("basis_rate", "Basis", 3),
            percent("rate", "Yearly", unit="%/y"),
            *(
                number(f"change_{ghost.label}_bp", f"{ghost.label} change", "bp", 0, signed=True)
                for ghost in self.ghosts
            ),
        )
        rows = tuple(self._row(node) for node in self.curve.nodes)
        label = " (simulated)" if self.curve.simulated else ""
        title = f"{self.curve.underlying} curve at {self.curve.venue}{label}"
        whole = Table(f"{title}: {self.curve.shape.value}", columns, rows, self._notes())
        return whole.facing(self.face)

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw the basis of the curve and of its ghosts against days to delivery (Matplotlib)."""
        from obverse.curves.ghost_plots import plot_ghosts

        return plot_ghosts(self, axes)

    def rate(self, term: Curve, years: float) -> float | None:
        """Yearly rate of a curve for a time ahead; None below an hour or without nodes."""
        if years < MIN_YEARS or not any(n.continuous_rate is not None for n in term.nodes):
            return None
        price = term.price_at(term.at + timedelta(days=years * DAYS_PER_YEAR))
        return _yearly(price / term.index_usd, years, self.convention)

    def _row(self, node: CurveNode) -> tuple[Cell, ...]:
        index = self.curve.index_usd
        own = _yearly(node.mark_usd / index, node.years, self.convention)
        return (
            node.symbol,
            "" if node.listed else "*",
            node.expiry,
            node.listed,
            node.days,
            node.mark_usd,
            node.basis_usd,
            10_000 / node.mark_usd,
            10_000 / node.mark_usd - 10_000 / index,
            node.basis_rate,
            own,
            *(self._change(ghost, node, own) for ghost in self.ghosts),
        )

    def _change(self, ghost: Ghost, node: CurveNode, own: float | None) -> float | None:
        """Basis points that the rate to this expiry has moved since the ghost."""
        last = ghost.curve.nodes[-1].expiry if ghost.curve.nodes else None
        if own is None or last is None or node.expiry > last:
            return None
        before = self.rate(ghost.curve, years_between(ghost.curve.at, node.expiry))
        return None if before is None else (own - before) * 1e4

    def _notes(self) -> tuple[str, ...]:
        kind = "ln(F/S)/T" if self.convention == "continuous" else "(F/S - 1)/T"
        notes = [
            f"{iso(self.curve.at)}, index {self.curve.index_usd:,.2f} USD. Yearly: "
            f"{self.convention}, {kind}, act/365. Source: {self.curve.source}."
        ]
        notes += [
            f"{ghost.label} change: since {iso(ghost.curve.at)}, when the index was "
            f"{ghost.curve.index_usd:,.2f} USD, the rate to the same delivery."
            for ghost in self.ghosts
        ]
        if not all(node.listed for node in self.curve.nodes):
            notes.append("* no listed future; a forward implied by options.")
        return (*notes, *self.warnings)


def ages(words: str) -> dict[str, timedelta]:
    """Read `1d,7d,30d` as ages by their label. Raises `DataError` for what is none."""
    found = {}
    for part in (each.strip().lower() for each in words.split(",")):
        count, unit = part[:-1], part[-1:]
        if unit not in _UNITS or not count.isdecimal() or int(count) == 0:
            raise DataError(f"{part!r} is no age; expected such as 12h, 1d, 7d or 4w.")
        if len(count) > MOST_DIGITS:
            raise DataError(f"{part!r} is longer ago than any record; expected such as 7d.")
        found[part] = timedelta(**{_UNITS[unit]: int(count)})
    return found


def compared(
    curve: Curve,
    ghosts: Sequence[Ghost],
    *,
    convention: Convention = "continuous",
    face: Face = "usd",
    warnings: Sequence[str] = (),
) -> ComparedCurve:
    """Put a curve beside its ghosts. Raises `DataError` for a ghost that is not older."""
    for ghost in ghosts:
        if ghost.curve.at >= curve.at:
            raise DataError(f"the curve of {iso(ghost.curve.at)} is not before {iso(curve.at)}.")
    return ComparedCurve(curve, tuple(ghosts), convention, face, tuple(warnings))


def _yearly(ratio: float, years: float, convention: Convention) -> float | None:
    if years < MIN_YEARS:
        return None
    return math.log(ratio) / years if convention == "continuous" else (ratio - 1) / years
