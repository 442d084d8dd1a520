"""`obverse marks`: index, mark by the venue's rule, premium, limits and delivery at one instant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from obverse.app.commands.marks_index import (
    Sources,
    compositions,
    index_sections,
    known_sources,
    simulated_here,
    stacked,
)
from obverse.app.commands.marks_sources import (
    SourcesRequest,
    composition_charts,
    run_instant,
    run_range,
)
from obverse.app.commands.opening import SIMULATED, market_place, open_market
from obverse.app.commands.sheet import Faces, Sheet, put
from obverse.app.report.section import Section
from obverse.contracts import iso
from obverse.contracts.instruments import Kind
from obverse.errors import DataError, RuleError, SymbolError
from obverse.market import Market, Snapshot
from obverse.marks.composition import Composition
from obverse.marks.explain import rule_words
from obverse.marks.readings import KnownRate, Reading, readings
from obverse.marks.rebuilt import needs_rate
from obverse.marks.sheets import (
    delivery_table,
    limits_table,
    lines_table,
    mark_table,
    readings_table,
    rules_table,
)
from obverse.rulebooks import Rulebook, rulebook

if TYPE_CHECKING:
    from matplotlib.figure import Figure


INDEX_KEYS = ("index", "outage_index", "outage", "consequences")


@dataclass(frozen=True)
class Request:
    """What was asked for on the command line."""

    market: str | None
    at: str | None
    venue: str | None
    underlyings: list[str] | None
    instrument: str | None
    seed: int
    explain: bool
    sources: Path | None = None
    without: tuple[str, ...] = ()
    start: str | None = None
    until: str | None = None


def run(asked: Request, json: bool, csv: bool, html: Path | None) -> None:
    """Read a market by its venue's rules, and print; or the sources of an index alone."""
    faces = Faces(json, csv, html)
    ranged = asked.start is not None or asked.until is not None
    if ranged or (asked.market is None and asked.sources is not None):
        _run_sources(asked, faces, ranged)
        return
    place = market_place(asked.market, asked.at, asked.venue)
    market = open_market(place, asked.at, asked.venue, asked.seed)
    book = rulebook(market.venue, as_of=market.asked)
    chosen = _chosen(market, book, asked)
    made = _compositions(market, book, asked, chosen)
    sections = [
        section
        for found in chosen
        for section in _sections(market, book, found, asked, made.get(_coin(market, found)))
    ]
    instruments = [("instrument", _coin(market, found), readings_table(found)) for found in chosen]
    sources = [
        (each.key, each.underlying, each.table) for each in sections if each.key in INDEX_KEYS
    ]
    sheet = Sheet(
        title=f"Marks at {market.venue} as of {iso(market.asked)}",
        as_of=market.asked,
        venue=market.venue,
        source=market.source,
        simulated=market.simulated,
        sections=tuple(sections),
        flat=stacked([*instruments, *sources]),
        charts=lambda: [*_charts(market, chosen), *composition_charts(made.values())],
    )
    put(sheet, faces)


def _run_sources(asked: Request, faces: Faces, ranged: bool) -> None:
    """Show source prices alone, without a market."""
    if ranged and asked.sources is None and asked.market not in (None, SIMULATED):
        raise DataError(
            "--from/--until: a range is one of source prices; give --sources FILE "
            "(docs/market-files.md)."
        )
    if asked.instrument is not None:
        raise DataError("--instrument: source prices alone have no instruments; leave it out.")
    request = SourcesRequest(
        sources=Sources(asked.sources, asked.without),
        at=asked.at,
        start=asked.start,
        until=asked.until,
        venue=asked.venue,
        underlyings=asked.underlyings,
        seed=asked.seed,
        explain=asked.explain,
    )
    if ranged:
        run_range(request, faces)
    else:
        run_instant(request, faces)


def _compositions(
    market: Market, book: Rulebook, asked: Request, chosen: Sequence[Sequence[Reading]]
) -> dict[str, Composition]:
    """Who makes the index of each coin shown, where that is known."""
    snapshots = [market[_coin(market, found)] for found in chosen]
    about = Sources(asked.sources, asked.without)
    found = known_sources(market, snapshots, book, about, asked.seed)
    return compositions(found, book, about)


def _chosen(market: Market, book: Rulebook, asked: Request) -> list[list[Reading]]:
    """Readings, coin by coin, of the instruments that were asked for."""
    coins = [code.strip().upper() for code in asked.underlyings or market.underlyings]
    snapshots = [market[code] for code in dict.fromkeys(coins)]
    symbol = None if asked.instrument is None else _native(asked.instrument, snapshots, book)
    found = []
    for snapshot in snapshots:
        if symbol is not None and symbol not in snapshot:
            continue
        made = readings(snapshot, book, _rates(snapshot, market, book, asked.seed))
        found.append([one for one in made if symbol in (None, one.symbol)])
    return found


def _native(name: str, snapshots: Sequence[Snapshot], book: Rulebook) -> str:
    """The native name of an instrument that was seen; a unified name will do."""
    seen = [quote.symbol for snapshot in snapshots for quote in snapshot.quotes]
    if name in seen:
        return name
    try:
        symbol = book.instrument(name).symbol
    except SymbolError:
        symbol = name
    if symbol not in seen:
        raise SymbolError(name, f"in this market of {book.venue}", seen)
    return symbol


def _rates(snapshot: Snapshot, market: Market, book: Rulebook, seed: int) -> dict[str, KnownRate]:
    """Rates in force of a simulated venue's perpetuals, from their history by its rules."""
    if not simulated_here(market, seed):
        return {}
    from obverse.marks.funding_windows import accrual, per_hours
    from obverse.marks.simulated import simulated_funding

    rates = {}
    for quote in snapshot.perpetuals:
        rules = book.rules_of(book.instrument(quote.symbol))
        if not needs_rate(rules):
            continue
        try:
            run = simulated_funding(
                seed, snapshot.underlying, market.venue, snapshot.at, quote.symbol
            )
        except RuleError:
            continue
        hours = run.parts[-1].funding.rate_hours
        rate = per_hours(accrual(run).in_force_8h, hours)
        rates[quote.symbol] = KnownRate(rate, "the venue's rules run over the simulated hours")
    return rates


def _sections(
    market: Market,
    book: Rulebook,
    found: Sequence[Reading],
    asked: Request,
    whole: Composition | None,
) -> Iterator[Section]:
    coin = _coin(market, found)
    title = f"{coin} at {market.venue}, {iso(found[0].at)}"
    table = mark_table(title, found)
    said = (*map(str, market[coin].findings), *map(str, market.findings))
    yield Section("marks", coin, replace(table, notes=(*table.notes, *said)))
    if any(reading.band for reading in found):
        yield Section("limits", coin, limits_table(f"{coin} price bands", found))
    if any(reading.delivering for reading in found):
        yield Section("delivery", coin, delivery_table(f"{coin} futures near delivery", found))
    if whole is not None:
        snapshot = market[coin]
        rates = _rates(snapshot, market, book, asked.seed) if asked.without else {}
        about = Sources(asked.sources, asked.without)
        yield from index_sections(whole, book, about, snapshot, rates)
    if asked.explain:
        yield from _explained(coin, book, found)


def _coin(market: Market, found: Sequence[Reading]) -> str:
    """The coin whose snapshot holds an instrument."""
    return next(code for code in market if found[0].symbol in market[code])


def _charts(market: Market, chosen: Sequence[Sequence[Reading]]) -> list[Figure]:
    from obverse.marks.plots import plot_readings

    drawn = []
    for found in chosen:
        coin = _coin(market, found)
        label = " (simulated)" if market.simulated else ""
        figure = plot_readings(found, f"{coin} marks at {market.venue}{label}").get_figure(
            root=True
        )
        assert figure is not None
        drawn.append(figure)
    return drawn


def _explained(coin: str, book: Rulebook, found: Sequence[Reading]) -> Iterator[Section]:
    """Rules once a product, then the numbers of each of its instruments."""
    products: dict[str, list[Reading]] = {}
    for reading in found:
        if reading.rules is not None:
            products.setdefault(reading.rules.product.id, []).append(reading)
    for of_product in products.values():
        rules = of_product[0].rules
        assert rules is not None
        kind = "Perpetual" if of_product[0].kind is Kind.PERPETUAL else "Futures"
        named = ", ".join(reading.symbol for reading in of_product)
        title = f"{kind} by the rules of {book.name}: {named}"
        yield Section("rules", coin, rules_table(title, rule_words(rules, book.file)))
        for reading in of_product:
            lines = lines_table(f"{reading.symbol}: from the numbers to the mark", reading.lines)
            yield Section("lines", coin, lines)
