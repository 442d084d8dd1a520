"""`obverse curve`: the futures curve of a market beside what it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from obverse.app.commands.opening import market_place, open_market
from obverse.app.commands.sheet import Faces, Sheet, put
from obverse.app.report.section import Section
from obverse.contracts import iso
from obverse.curves import Curve, curve
from obverse.curves.ghosts import ComparedCurve, Convention, Ghost, ages, compared
from obverse.errors import DataError, MarketDataError
from obverse.market import Market
from obverse.tables import Face, Table, text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OLDER = 1.5
"""A ghost that is this many times as old as was asked for is not shown as one."""


@dataclass(frozen=True)
class Request:
    """What was asked for."""

    market: str | None
    at: str | None
    venue: str | None
    underlyings: Sequence[str] | None
    compare: str | None
    convention: Convention
    face: Face
    seed: int


def run(asked: Request, json: bool, csv: bool, html: Path | None, png: Path | None = None) -> None:
    """Read the curve and its ghosts, and print."""
    faces = Faces(json, csv, html, png)
    place = market_place(asked.market, asked.at, asked.venue)
    market = open_market(place, asked.at, asked.venue, asked.seed)
    found = [_compared(asked, place, market, coin) for coin in _coins(asked, market)]
    tables = [each.table() for each in found]
    put(
        Sheet(
            title=f"Curve at {market.venue} as of {iso(market.asked)}",
            as_of=market.asked,
            venue=market.venue,
            source=market.source,
            simulated=market.simulated,
            sections=tuple(
                Section("curve", each.curve.underlying, table)
                for each, table in zip(found, tables, strict=True)
            ),
            flat=_stacked(found, tables),
            charts=lambda: [_figure(each) for each in found],
        ),
        faces,
    )


def _coins(asked: Request, market: Market) -> list[str]:
    named = [coin.strip().upper() for coin in asked.underlyings or () if coin.strip()]
    return named or list(market)


def _compared(asked: Request, place: str, market: Market, coin: str) -> ComparedCurve:
    now = curve(market, coin)
    ghosts, warnings = [], []
    for label, age in (ages(asked.compare) if asked.compare else {}).items():
        try:
            ghosts.append(Ghost(label, _before(asked, place, now.at, age, market.venue, coin)))
        except (DataError, MarketDataError) as error:
            warnings.append(f"{label} before: {error}")
    return compared(now, ghosts, convention=asked.convention, face=asked.face, warnings=warnings)


def _before(
    asked: Request, place: str, at: datetime, age: timedelta, venue: str, coin: str
) -> Curve:
    """The last curve not after some time before, unless it is much older still."""
    market = open_market(place, iso(at - age), venue, asked.seed)
    term = curve(market, coin)
    if at - term.at > age * OLDER + timedelta(hours=12):
        raise MarketDataError(f"the last curve not after {iso(at - age)} is of {iso(term.at)}.")
    return term


def _stacked(found: Sequence[ComparedCurve], tables: Sequence[Table]) -> Table:
    rows = tuple(
        (each.curve.underlying, iso(each.curve.at), *row)
        for each, table in zip(found, tables, strict=True)
        for row in table.rows
    )
    columns = (text("underlying", "Coin"), text("at", "Snapshot"), *tables[0].columns)
    return Table("", columns, rows)


def _figure(found: ComparedCurve) -> Figure:
    figure = found.plot().figure
    assert figure is not None
    return figure  # type: ignore[return-value]
