"""`obverse funding`: what a perpetual accrues and what it paid, by its venue's rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from obverse.app.commands.opening import DEFAULT_VENUE, SIMULATED, default_store, latest
from obverse.app.commands.sheet import Faces, Sheet, put
from obverse.app.console import remark
from obverse.app.report.section import Section
from obverse.contracts import instant, iso
from obverse.errors import DataError, MarketDataError, RuleError
from obverse.market import history, read
from obverse.market.series.kinds import FUNDING
from obverse.market.store import is_store, open_store
from obverse.marks.explain import rule_words
from obverse.marks.funding_sheets import (
    accruing_table,
    funding_lines,
    now_table,
    paid_table,
    windows_table,
)
from obverse.marks.funding_windows import FundingWindow, accrual, windows
from obverse.marks.recorded import recorded_funding
from obverse.marks.runs import FundingRun
from obverse.marks.sheets import lines_table, rules_table
from obverse.marks.simulated import simulated_funding

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DEFAULT_RANGE = timedelta(days=7)


@dataclass(frozen=True)
class Request:
    """What was asked for on the command line."""

    market: str | None
    at: str | None
    start: str | None
    until: str | None
    venue: str | None
    underlying: str
    instrument: str | None
    seed: int
    explain: bool
    paid: bool = False


@dataclass(frozen=True)
class Range:
    """The instants asked for; at one instant alone there is no start."""

    start: datetime | None
    until: datetime | None
    alone: bool


def run(asked: Request, json: bool, csv: bool, html: Path | None, png: Path | None = None) -> None:
    """Run the venue's rules over a history, and print."""
    faces = Faces(json, csv, html, png)
    if asked.paid:
        _paid(asked, faces)
        return
    _mention_payments(asked)
    place = asked.market or SIMULATED
    over = _range(asked, place)
    made = _run(asked, place, over)
    start = _start(made, over)
    now = accrual(made)
    found = windows(made, start)
    if over.alone:
        found = windows(made)[-1:]
    flat = windows_table(made, found)
    sections = [
        Section("now", made.underlying, now_table(made, now)),
        Section("accruing", made.underlying, accruing_table(made, now)),
        Section("paid", made.underlying, paid_table(made, found)),
        Section("windows", made.underlying, flat),
        *(_explained(made) if asked.explain else ()),
    ]
    asked_until = over.until or made.last
    put(
        Sheet(
            title=f"Funding of {made.symbol} at {made.venue}, {_span(start, asked_until)}",
            as_of=asked_until,
            venue=made.venue,
            source=made.source,
            simulated=made.simulated,
            sections=tuple(sections),
            flat=accruing_table(made, now) if over.alone else flat,
            charts=lambda: _charts(made, found, start),
        ),
        faces,
    )


def _paid(asked: Request, faces: Faces) -> None:
    """Recorded payments of a store, instead of the rules run over a market."""
    from obverse.app.commands import funding_paid

    if asked.at is not None:
        raise DataError("--paid: a span is told with --from and --until, not with --at.")
    store = asked.market or default_store()
    request = funding_paid.Request(store, asked.venue, asked.instrument, asked.start, asked.until)
    funding_paid.run(request, faces)


def _mention_payments(asked: Request) -> None:
    """Say that a store has payments of the venue, where the rules run on the simulated market."""
    if asked.market is not None or asked.venue is None or not is_store(store := default_store()):
        return
    if any(open_store(store).entries(venue=asked.venue, kind=FUNDING.name)):
        remark(f"The rules run on the simulated market; --paid has what the store {store} knows.")


def _range(asked: Request, place: str) -> Range:
    if asked.at is not None and (asked.start or asked.until):
        raise DataError("--at is one instant, --from and --until a range: choose one.")
    if asked.at is not None:
        return Range(None, instant(asked.at), alone=True)
    start = None if asked.start is None else instant(asked.start)
    until = None if asked.until is None else instant(asked.until)
    if until is None and place == SIMULATED:
        until = latest(asked.venue or DEFAULT_VENUE)
    if start is not None and until is not None and start >= until:
        raise DataError(f"--from {iso(start)} is not before --until {iso(until)}.")
    return Range(start, until, alone=False)


def _run(asked: Request, place: str, over: Range) -> FundingRun:
    if place != SIMULATED:
        return _recorded(asked, place, over)
    assert over.until is not None
    return simulated_funding(
        asked.seed,
        asked.underlying.strip().upper(),
        asked.venue or DEFAULT_VENUE,
        over.until,
        asked.instrument,
    )


def _recorded(asked: Request, place: str, over: Range) -> FundingRun:
    """Find the perpetual in a file or store, and run its venue's rules over every instant of it."""
    symbol = asked.instrument
    if symbol is None:
        market = read(place, at=over.until, venue=asked.venue)
        perpetuals = market[asked.underlying.strip().upper()].perpetuals
        if len(perpetuals) != 1:
            known = ", ".join(quote.symbol for quote in perpetuals) or "none"
            raise MarketDataError(
                f"{Path(place).name} has these perpetuals on {asked.underlying}: {known}; "
                "--instrument chooses one."
            )
        symbol = perpetuals[0].symbol
    return recorded_funding(history(place, symbol, venue=asked.venue), over.until)


def _start(made: FundingRun, over: Range) -> datetime | None:
    """Where the range begins; one before the data is refused."""
    if over.alone:
        return None
    if over.start is None:
        return max(made.first, made.last - DEFAULT_RANGE) if made.simulated else made.first
    if over.start < made.first or over.start >= made.last:
        raise RuleError(
            f"--from {iso(over.start)}: {made.symbol} in {made.source} runs from "
            f"{iso(made.first)} to {iso(made.last)}."
        )
    return over.start


def _span(start: datetime | None, until: datetime) -> str:
    return f"{iso(start)} to {iso(until)}" if start else iso(until)


def _explained(made: FundingRun) -> Iterator[Section]:
    words = [rule for rule in rule_words(made.rules, made.file) if rule.kind in ("mark", "funding")]
    title = f"{made.symbol} by the rules of {made.file.name}"
    yield Section("rules", made.underlying, rules_table(title, words))
    lines = funding_lines(made, accrual(made))
    title = f"{made.symbol}: from the numbers to the rate"
    yield Section("lines", made.underlying, lines_table(title, lines))


def _charts(
    made: FundingRun, found: Sequence[FundingWindow], start: datetime | None
) -> list[Figure]:
    from obverse.marks.plots import plot_funding, plot_marks

    begins = start or max(made.first, made.last - DEFAULT_RANGE)
    shown = found if start else windows(made, begins)
    drawn = (plot_marks(made, begins), plot_funding(made, shown, begins))
    return [panels[0].get_figure() for panels in drawn]
