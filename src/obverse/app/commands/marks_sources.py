"""`obverse marks` of source prices alone: who made an index at one instant, or over a range."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from obverse.app.commands.marks_index import (
    Sources,
    compositions,
    index_sections,
    rule_line,
    stacked,
)
from obverse.app.commands.opening import DEFAULT_VENUE, latest
from obverse.app.commands.sheet import Faces, Sheet, put
from obverse.app.report.section import Section
from obverse.contracts import instant, iso
from obverse.errors import DataError, MarketDataError
from obverse.market import (
    ConstituentHistory,
    Constituents,
    constituent_history,
    read_constituents,
)
from obverse.market.constituent_files import unknown_underlying
from obverse.marks.composition import Composition, index_product, source_names
from obverse.marks.composition_history import CompositionHistory, composition_history
from obverse.marks.composition_history_sheets import (
    moments_table,
    outage_steps_table,
    sources_table,
    steps_table,
)
from obverse.marks.explain import rule_words
from obverse.marks.sheets import rules_table
from obverse.marks.simulated_index import simulated_constituent_history
from obverse.rulebooks import Rulebook, rulebook

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DEFAULT_RANGE = timedelta(days=7)
SIMULATED_COINS = ("BTC", "ETH")


@dataclass(frozen=True)
class SourcesRequest:
    """What was asked for: one instant of a file, or a range of a file or of the simulation."""

    sources: Sources
    at: str | None
    start: str | None
    until: str | None
    venue: str | None
    underlyings: Sequence[str] | None
    seed: int
    explain: bool


def run_instant(asked: SourcesRequest, faces: Faces) -> None:
    """Combine a file's sources at one instant by the venue's rule, and print."""
    assert asked.sources.file is not None
    found = read_constituents(asked.sources.file, at=asked.at, venue=asked.venue)
    found = {coin: found[coin] for coin in _coins(asked, list(found))}
    last = max(each.at for each in found.values())
    book = rulebook(_venue(asked, list(found.values())), as_of=asked.at or last)
    made = compositions(found, book, asked.sources)
    sections = [
        section
        for whole in made.values()
        for section in (
            *index_sections(whole, book, asked.sources),
            *(_explained(book, whole.found.underlying) if asked.explain else ()),
        )
    ]
    put(
        Sheet(
            title=f"Index sources at {book.venue} as of {iso(book.as_of)}",
            as_of=book.as_of,
            venue=book.venue,
            source=asked.sources.file.name,
            simulated=any(each.simulated for each in found.values()),
            sections=tuple(sections),
            flat=stacked([(each.key, each.underlying, each.table) for each in sections]),
            charts=lambda: composition_charts(made.values()),
        ),
        faces,
    )


def run_range(asked: SourcesRequest, faces: Faces) -> None:
    """Combine sources over a range by the venue's rules, with and without some, and print."""
    if asked.at is not None:
        raise DataError("--at and --from/--until: choose one instant or a range.")
    histories, venue = _histories(asked)
    known = [name for each in histories for one in each.instants for name in one.names]
    away = source_names(asked.sources.without, list(dict.fromkeys(known)))
    last = max(each.instants[-1].at for each in histories)
    first = min(each.instants[0].at for each in histories)
    book = rulebook(venue, as_of=last)
    made = [_made(each, book, away) for each in histories]
    sections = [section for each in made for section in _range_sections(each, book, asked.explain)]
    put(
        Sheet(
            title=f"Index sources at {book.venue}, {iso(first)} to {iso(last)}",
            as_of=last,
            venue=book.venue,
            source=histories[0].source,
            simulated=any(each.simulated for each in made),
            sections=tuple(sections),
            flat=stacked([("step", each.underlying, steps_table(each)) for each in made]),
            charts=lambda: [_range_chart(each) for each in made],
        ),
        faces,
    )


def composition_charts(made: Iterable[Composition]) -> list[Figure]:
    """A chart of each coin's sources."""
    from obverse.marks.composition_plots import plot_composition

    figures = []
    for whole in made:
        label = " (simulated)" if whole.found.simulated else ""
        title = f"{whole.found.underlying} index: who makes it{label}"
        figure = plot_composition(whole, title).get_figure(root=True)
        assert figure is not None
        figures.append(figure)
    return figures


def _range_chart(made: CompositionHistory) -> Figure:
    from obverse.marks.composition_plots import plot_outage

    figure: Figure = plot_outage(made)[0].figure
    return figure


def _histories(asked: SourcesRequest) -> tuple[list[ConstituentHistory], str]:
    """What the sources said over the range, coin by coin, and whose index it is."""
    start = None if asked.start is None else instant(asked.start)
    until = None if asked.until is None else instant(asked.until)
    if start is not None and until is not None and start > until:
        raise DataError(f"--from {iso(start)} is after --until {iso(until)}.")
    if asked.sources.file is None:
        return _simulated_histories(asked, start, until)
    path = asked.sources.file
    coins = _coins(asked, list(read_constituents(path, venue=asked.venue)))
    found = [constituent_history(path, coin, start, until, asked.venue) for coin in coins]
    return found, _venue(asked, [each.instants[0] for each in found])


def _simulated_histories(
    asked: SourcesRequest, start: datetime | None, until: datetime | None
) -> tuple[list[ConstituentHistory], str]:
    venue = asked.venue or DEFAULT_VENUE
    if until is None:
        until = latest(venue) if start is None else start + DEFAULT_RANGE
    begins = until - DEFAULT_RANGE if start is None else start
    found = [
        simulated_constituent_history(asked.seed, coin, venue, begins, until)
        for coin in _coins(asked, SIMULATED_COINS)
    ]
    return found, venue


def _coins(asked: SourcesRequest, known: Sequence[str]) -> list[str]:
    coins = [code.strip().upper() for code in asked.underlyings or known]
    for coin in coins:
        if coin not in known:
            name = asked.sources.file.name if asked.sources.file else "The simulated market"
            raise MarketDataError(unknown_underlying(coin, name, known))
    return list(dict.fromkeys(coins))


def _venue(asked: SourcesRequest, found: Sequence[Constituents]) -> str:
    venue = asked.venue or next((each.venue for each in found if each.venue), None)
    if venue is None:
        raise DataError(
            f"{found[0].source} does not say whose index it is; give --venue, whose rule is meant."
        )
    return venue


def _made(history: ConstituentHistory, book: Rulebook, away: Sequence[str]) -> CompositionHistory:
    known = {name for each in history.instants for name in each.names}
    own = [name for name in away if name in known]
    rules = index_product(book, history.underlying)
    return composition_history(history, rules, book.file, own)


def _range_sections(made: CompositionHistory, book: Rulebook, explain: bool) -> Iterator[Section]:
    coin, label = made.underlying, " (simulated)" if made.simulated else ""
    table = sources_table(f"{coin} index: who made it, {book.name}{label}", made)
    line = rule_line(index_product(book, coin), book)
    more = f" The rule changed {len(made.parts) - 1} times before." if len(made.parts) > 1 else ""
    yield Section("index", coin, replace(table, notes=(*table.notes, line + more)))
    if made.away:
        named = f"{coin} index without {', '.join(made.away)}{label}"
        yield Section("outage", coin, moments_table(named, made))
        yield Section("outage_steps", coin, outage_steps_table(f"{named}: steps", made))
    if explain:
        yield from _explained(book, coin)


def _explained(book: Rulebook, coin: str) -> Iterator[Section]:
    words = [
        each for each in rule_words(index_product(book, coin), book.file) if each.kind == "index"
    ]
    yield Section("rules", coin, rules_table(f"{coin} index by the rules of {book.name}", words))
