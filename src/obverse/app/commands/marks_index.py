"""Who makes the index, and an outage of its sources: the part of `obverse marks` about sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from obverse.app.commands.opening import SIMULATED
from obverse.app.report.section import Section
from obverse.contracts import iso
from obverse.errors import DataError, MarketDataError
from obverse.market import Constituents, Market, Snapshot, read_constituents
from obverse.market.constituent_files import unknown_underlying
from obverse.marks.composition import (
    Composition,
    composition,
    index_outage,
    index_product,
    source_names,
)
from obverse.marks.composition_sheets import (
    composition_table,
    consequences_table,
    outage_index_table,
    outage_table,
)
from obverse.marks.consequences import consequences
from obverse.marks.explain import rule_words
from obverse.marks.readings import KnownRate
from obverse.marks.sheets import decimals_of
from obverse.marks.simulated_index import simulated_constituents
from obverse.rulebooks import ProductRules, Rulebook
from obverse.tables import Cell, Column, Table, text


@dataclass(frozen=True)
class Sources:
    """What was asked for about sources: a file of their prices, and which to take out."""

    file: Path | None
    without: tuple[str, ...]


def known_sources(
    market: Market, snapshots: Sequence[Snapshot], book: Rulebook, asked: Sources, seed: int
) -> dict[str, Constituents]:
    """The sources of each coin's index, where they are known: from a file, or simulated."""
    if asked.file is not None:
        found = read_constituents(asked.file, at=market.asked, venue=market.venue)
        coins = [snapshot.underlying for snapshot in snapshots]
        if not any(coin in found for coin in coins):
            raise MarketDataError(unknown_underlying(coins[0], asked.file.name, [*found]))
        return {coin: found[coin] for coin in coins if coin in found}
    if not simulated_here(market, seed):
        return {}
    return {
        each.underlying: simulated_constituents(seed, each.underlying, each.index, each.at, book)
        for each in snapshots
    }


def simulated_here(market: Market, seed: int) -> bool:
    """Whether a market is the simulated one of a seed, not a recording of one."""
    return market.source == f"{SIMULATED} market, seed {seed}"


def compositions(
    found: Mapping[str, Constituents], book: Rulebook, asked: Sources
) -> dict[str, Composition]:
    """Combine each coin's sources; a source to be taken out that no coin has is refused."""
    made = {}
    for coin, sources in found.items():
        entry = index_product(book, coin).index
        assert entry is not None
        made[coin] = composition(entry, sources)
    if asked.without and not made:
        raise DataError(
            "--without: who makes this market's index is not known; give --sources FILE "
            "(docs/market-files.md)."
        )
    source_names(asked.without, [name for each in made.values() for name in each.names])
    return made


def index_sections(
    whole: Composition,
    book: Rulebook,
    asked: Sources,
    snapshot: Snapshot | None = None,
    rates: Mapping[str, KnownRate] | None = None,
) -> Iterator[Section]:
    """Who makes an index, and what an outage does to it and to the coin's perpetual."""
    coin = whole.found.underlying
    label = " (simulated)" if whole.found.simulated else ""
    title = f"{coin} index: who makes it, {book.name}, {iso(whole.found.at)}{label}"
    notes = [*_index_notes(whole, snapshot), rule_line(index_product(book, coin), book)]
    yield Section("index", coin, composition_table(title, whole, notes))
    away = [name for name in asked.without if _is_source(name, whole)]
    if not away:
        return
    played = index_outage(whole, away)
    named = f"{coin} index without {', '.join(played.names)}{label}"
    yield Section("outage_index", coin, outage_index_table(named, played))
    yield Section("outage", coin, outage_table(f"{named}: source by source", played))
    if snapshot is not None and snapshot.perpetuals:
        found = consequences(snapshot, book, played.ratio, rates)
        table = consequences_table(f"{coin} perpetual in the outage{label}", found, played)
        yield Section("consequences", coin, table)


def rule_line(rules: ProductRules, book: Rulebook) -> str:
    """The index rule in words, with its day and doubt."""
    (words,) = [each for each in rule_words(rules, book.file) if each.kind == "index"]
    doubt = f" Uncertain: {words.uncertain}" if words.uncertain else ""
    return f"Rule in force from {iso(words.begins)}: {words.words}.{doubt}"


def stacked(parts: Sequence[tuple[str, str, Table]]) -> Table:
    """Tables under one another for machines, each row with its table's key and coin."""
    columns: dict[str, Column] = {}
    for _, _, table in parts:
        columns |= {each.key: each for each in table.columns if each.key not in columns}
    rows: list[tuple[Cell, ...]] = [
        (key, coin, *(record.get(name) for name in columns))
        for key, coin, table in parts
        for record in table.records()
    ]
    heads = (text("row", "Row"), text("underlying", "Coin"))
    return Table("", (*heads, *columns.values()), tuple(rows))


def _index_notes(whole: Composition, snapshot: Snapshot | None) -> list[str]:
    notes = []
    price = whole.value.price_usd
    if snapshot is not None and price is not None:
        shown = float(snapshot.index)
        notes.append(
            f"The market shows {shown:,.{decimals_of(shown)}f} USD: the sources stand "
            f"{(price / shown - 1) * 10_000:+.2f} bp from it."
        )
    if snapshot is not None and snapshot.at != whole.found.at:
        notes.append(f"Source prices of {iso(whole.found.at)}, the market's of {iso(snapshot.at)}.")
    if whole.found.simulated and not whole.entry.constituents:
        notes.append("The rulebook names no sources: these are simulated stand-ins.")
    return notes


def _is_source(name: str, whole: Composition) -> bool:
    return name.casefold() in {each.casefold() for each in whole.names}
