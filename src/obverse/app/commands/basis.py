"""`obverse basis`: the basis at constant tenors through time, and how it converges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from obverse.app.commands.curve_spans import CurveSpan, histories_at, is_simulated
from obverse.app.commands.opening import market_place
from obverse.app.commands.sheet import Faces, Sheet, put
from obverse.app.report.section import Section, untold
from obverse.contracts import iso
from obverse.curves.constant_maturity import ConstantMaturity, constant_maturity
from obverse.curves.convergence import convergence, speed_of_convergence
from obverse.curves.factors import CurveFactors, curve_factors
from obverse.curves.histories import CurveHistory
from obverse.curves.interpolation import Interpolation
from obverse.curves.regimes import Regimes, regimes
from obverse.errors import DataError
from obverse.tables import Table, text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN = 15
FACTOR_DAYS = (30.0, 60.0, 90.0, 180.0)
"""Without the nearest tenor, whose rates magnify small moves of the basis."""


@dataclass(frozen=True)
class Request:
    """What was asked for."""

    market: str | None
    at: str | None
    start: str | None
    venue: str | None
    underlyings: Sequence[str] | None
    method: Interpolation
    synthetic: bool
    seed: int

    @property
    def span(self) -> CurveSpan:
        """Which curves are read."""
        return CurveSpan(self.venue, self.underlyings, self.start, self.at, self.seed)


def run(asked: Request, json: bool, csv: bool, html: Path | None, png: Path | None = None) -> None:
    """Read the curves of a span, and print their basis and its convergence."""
    faces = Faces(json, csv, html, png)
    place = market_place(asked.market, asked.at, asked.venue)
    histories = histories_at(place, asked.span)
    used = [each if asked.synthetic else each.listed_only() for each in histories]
    found = [_Found.of(history, asked.method) for history in used]
    whole = json or csv
    sections = [section for each in found for section in _sections(each, whole=whole)]
    last = max(history.moment(len(history) - 1) for history in histories)
    put(
        Sheet(
            title=f"Basis at {histories[0].venue} as of {iso(last)}",
            as_of=last,
            venue=histories[0].venue,
            source=histories[0].source,
            simulated=is_simulated(place),
            sections=tuple(sections),
            flat=_stacked(found),
            charts=lambda: [figure for each in found for figure in each.figures()],
        ),
        faces,
    )


@dataclass(frozen=True)
class _Found:
    """What a history of curves gives; parts that it is too short for say why."""

    history: CurveHistory
    basis: ConstantMaturity
    factors: CurveFactors | str
    regimes: Regimes

    @classmethod
    def of(cls, history: CurveHistory, method: Interpolation) -> _Found:
        basis = constant_maturity(history, method=method)
        factors: CurveFactors | str
        try:
            factors = curve_factors(basis, days=FACTOR_DAYS)
        except DataError as error:
            factors = str(error)
        return cls(history, basis, factors, regimes(history))

    def figures(self) -> list[Figure]:
        drawn = [self.basis.plot(), self.regimes.plot()]
        if not isinstance(self.factors, str):
            drawn.insert(1, self.factors.plot())
        return [axes.figure for axes in drawn]  # type: ignore[misc]


def _sections(found: _Found, *, whole: bool) -> list[Section]:
    coin = found.history.underlying
    factors = found.factors
    sections = [
        Section("basis", coin, _last(found.basis.table(), whole=whole)),
        untold("factors", f"{coin} factors", factors, coin)
        if isinstance(factors, str)
        else Section("factors", coin, factors.table()),
        Section("regimes", coin, _last(found.regimes.table(), whole=whole)),
    ]
    try:
        gaps = convergence(found.history, convention="continuous")
        sections.append(Section("convergence", coin, gaps.table()))
        sections.append(Section("speed", coin, speed_of_convergence(gaps).table()))
    except DataError as error:
        sections.append(untold("convergence", f"{coin} convergence", str(error), coin))
    return sections


def _last(table: Table, *, whole: bool) -> Table:
    """The last rows, for people."""
    if whole or len(table.rows) <= SHOWN:
        return table
    notes = (*table.notes, f"The last {SHOWN} of {len(table.rows):,} rows; --json has all.")
    return Table(table.title, table.columns, table.rows[-SHOWN:], notes)


def _stacked(found: Sequence[_Found]) -> Table:
    tables = [each.basis.table() for each in found]
    rows = tuple(
        (each.history.underlying, *row)
        for each, table in zip(found, tables, strict=True)
        for row in table.rows
    )
    return Table("", (text("underlying", "Coin"), *tables[0].columns), rows)
