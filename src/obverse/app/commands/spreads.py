"""`obverse spreads`: calendar and perpetual spreads of a curve, their legs, and their past."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING

from obverse.app.commands.curve_spans import CurveSpan, histories_at, is_simulated
from obverse.app.commands.opening import market_place
from obverse.app.commands.sheet import Faces, Sheet, put
from obverse.app.report.section import Section
from obverse.contracts import iso
from obverse.contracts.instruments import Instrument
from obverse.curves.histories import CurveHistory
from obverse.curves.spreads import PERPETUAL, SpreadBoard, spread_board
from obverse.errors import DataError
from obverse.rulebooks import Rulebook, rulebook
from obverse.tables import Table, text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CHARTED = 3


@dataclass(frozen=True)
class Request:
    """What was asked for.

    Attributes
    ----------
    size : dollars of each leg
    window : snapshots of the z-score; none for all known by then
    """

    market: str | None
    at: str | None
    start: str | None
    venue: str | None
    underlyings: Sequence[str] | None
    size: str
    window: int | None
    seed: int


def run(asked: Request, json: bool, csv: bool, html: Path | None, png: Path | None = None) -> None:
    """Read the curves of a span, and print the spreads of the last with their past."""
    faces = Faces(json, csv, html, png)
    size = _size(asked.size)
    place = market_place(asked.market, asked.at, asked.venue)
    span = CurveSpan(asked.venue, asked.underlyings, asked.start, asked.at, asked.seed)
    histories = histories_at(place, span)
    boards = [_board(history, size, asked.window) for history in histories]
    last = max(history.moment(len(history) - 1) for history in histories)
    put(
        Sheet(
            title=f"Spreads at {histories[0].venue} as of {iso(last)}",
            as_of=last,
            venue=histories[0].venue,
            source=histories[0].source,
            simulated=is_simulated(place),
            sections=tuple(section for board in boards for section in _sections(board)),
            flat=_stacked(boards),
            charts=lambda: [figure for board in boards for figure in _figures(board)],
        ),
        faces,
    )


def _size(words: str) -> Decimal:
    try:
        return Decimal(words.replace("_", "").replace(",", ""))
    except InvalidOperation:
        raise DataError(f"--size {words}: expected dollars, such as 1000000.") from None


def _board(history: CurveHistory, size: Decimal, window: int | None) -> SpreadBoard:
    at: datetime = history.moment(len(history) - 1)
    book = rulebook(history.venue, as_of=at)

    def instrument_of(name: str) -> Instrument:
        return _instrument(book, history.underlying, name)

    return spread_board(history, instrument_of, usd_amount=size, window=window)


def _instrument(book: Rulebook, coin: str, name: str) -> Instrument:
    """The venue's contract; its perpetual is known by its unified name."""
    return book.instrument(f"{coin}/USD:{coin}" if name == PERPETUAL else name)


def _sections(board: SpreadBoard) -> list[Section]:
    return [
        Section("spreads", board.underlying, board.table()),
        Section("legs", board.underlying, board.legs_table()),
    ]


def _figures(board: SpreadBoard) -> list[Figure]:
    """The board, then the spreads that lie farthest from what was usual."""
    scored = [row for row in board.rows if row.z_score is not None]
    scored.sort(key=lambda row: -abs(row.z_score or 0.0))
    axes = [board.plot(), *(row.series.plot(annualised=True) for row in scored[:CHARTED])]
    return [each.figure for each in axes]  # type: ignore[misc]


def _stacked(boards: Sequence[SpreadBoard]) -> Table:
    tables = [board.table() for board in boards]
    rows = tuple(
        (board.underlying, board.at, *row)
        for board, table in zip(boards, tables, strict=True)
        for row in table.rows
    )
    columns = (text("underlying", "Coin"), text("at", "Snapshot (UTC)"), *tables[0].columns)
    return Table("", columns, rows)
