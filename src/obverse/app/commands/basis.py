"""`obverse basis`: the basis at constant tenors through time, and how it converges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from obverse.app.commands.opening import SIMULATED, calibration_at, latest, market_place
from obverse.app.commands.sheet import Faces, Sheet, put
from obverse.app.report.section import Section, untold
from obverse.contracts import instant, iso
from obverse.curves.convergence import convergence, speed_of_convergence
from obverse.curves.histories import CurveHistory, curve_history, from_tickers
from obverse.curves.tenors import ConstantTenors, constant_tenors
from obverse.errors import DataError
from obverse.market import simulated
from obverse.market.calibration import Calibration
from obverse.market.store import is_store, open_store
from obverse.tables import Table, text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN = 15
SIMULATED_DAYS = 60
DEFAULT_VENUE = "deribit"


@dataclass(frozen=True)
class Request:
    """What was asked for."""

    market: str | None
    at: str | None
    start: str | None
    venue: str | None
    underlyings: Sequence[str] | None
    convention: Literal["continuous", "simple"]
    synthetic: bool
    seed: int


def run(asked: Request, json: bool, csv: bool, html: Path | None, png: Path | None = None) -> None:
    """Read the curves of a span, and print their basis and its convergence."""
    faces = Faces(json, csv, html, png)
    place = market_place(asked.market, asked.at, asked.venue)
    histories = _histories(asked, place)
    found = [
        constant_tenors(history, convention=asked.convention, listed_only=not asked.synthetic)
        for history in histories
    ]
    whole = json or csv
    sections = [section for each in found for section in _sections(asked, each, whole=whole)]
    last = max(history.moment(len(history) - 1) for history in histories)
    put(
        Sheet(
            title=f"Basis at {histories[0].venue} as of {iso(last)}",
            as_of=last,
            venue=histories[0].venue,
            source=histories[0].source,
            simulated=_is_simulated(place),
            sections=tuple(sections),
            flat=_stacked(found),
            charts=lambda: [_figure(each) for each in found],
        ),
        faces,
    )


def _is_simulated(place: str) -> bool:
    return place == SIMULATED or calibration_at(place) is not None


def _histories(asked: Request, place: str) -> list[CurveHistory]:
    coins = [coin.strip().upper() for coin in asked.underlyings or ("BTC", "ETH") if coin.strip()]
    until = None if asked.at is None else instant(asked.at)
    since = None if asked.start is None else instant(asked.start)
    if _is_simulated(place):
        venue = asked.venue or DEFAULT_VENUE
        end = until or latest(venue)
        begin = since or end - timedelta(days=SIMULATED_DAYS)
        calibration = calibration_at(place)
        return [_simulated(asked.seed, venue, coin, begin, end, calibration) for coin in coins]
    if not is_store(place):
        raise DataError(f"--market {place}: the basis through time is read from a store.")
    if asked.venue is None:
        raise DataError("--venue: say which venue of the store.")
    store = open_store(place)
    return [curve_history(store, asked.venue, coin, since=since, until=until) for coin in coins]


def _simulated(
    seed: int,
    venue: str,
    coin: str,
    begin: datetime,
    end: datetime,
    calibration: Calibration | None,
) -> CurveHistory:
    """A curve each eight hours of the simulated market."""
    import polars as pl

    rows = []
    at = begin
    while at <= end:
        snapshot = simulated(seed=seed, at=at, venue=venue, calibration=calibration)[coin]
        rows += [
            {
                "instrument": quote.symbol,
                "time": at,
                "snapshot_time": at,
                "contract": quote.kind.value,
                "expiry": quote.expiry,
                "listed": quote.listed,
                "mark": float(quote.mark),
                "index": float(snapshot.index),
            }
            for quote in snapshot.quotes
        ]
        at += timedelta(hours=8)
    frame = pl.DataFrame(rows, infer_schema_length=None)
    return from_tickers(frame, venue, coin, f"simulated market, seed {seed}")


def _sections(asked: Request, found: ConstantTenors, *, whole: bool) -> list[Section]:
    coin = found.history.underlying
    table = found.table()
    if not whole and len(table.rows) > SHOWN:
        notes = (*table.notes, f"The last {SHOWN} of {len(table.rows):,} snapshots; --csv has all.")
        table = Table(table.title, table.columns, table.rows[-SHOWN:], notes)
    sections = [Section("basis", coin, table)]
    try:
        gaps = convergence(found.history, convention=asked.convention)
        sections.append(Section("convergence", coin, gaps.table()))
        sections.append(Section("speed", coin, speed_of_convergence(gaps).table()))
    except DataError as error:
        sections.append(untold("convergence", coin, str(error)))
    return sections


def _stacked(found: Sequence[ConstantTenors]) -> Table:
    tables = [each.table() for each in found]
    rows = tuple(
        (each.history.underlying, *row)
        for each, table in zip(found, tables, strict=True)
        for row in table.rows
    )
    return Table("", (text("underlying", "Coin"), *tables[0].columns), rows)


def _figure(found: ConstantTenors) -> Figure:
    figure = found.plot().figure
    assert figure is not None
    return figure  # type: ignore[return-value]
