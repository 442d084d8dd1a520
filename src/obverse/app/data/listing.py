"""`obverse data list`: what is in the store."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from obverse.app.data.faces import put_tables, size_text
from obverse.market.store import Entry, Store, open_store, span
from obverse.tables import Table, machine, number, text

_FEW = 30


@dataclass(frozen=True)
class Request:
    """What was asked for."""

    store: str
    venue: str | None
    instrument: str | None
    kind: str | None
    every: bool


def run(asked: Request, json: bool, csv: bool) -> None:
    """Print the series of a store; instruments one by one where they are few or asked for."""
    store = open_store(asked.store)
    entries = list(store.entries(asked.venue, asked.instrument, asked.kind))
    series = _grouped(entries, lambda each: (each.venue, each.kind, each.instrument))
    every = asked.every or json or csv or len(series) <= _FEW
    groups = series if every else _grouped(entries, lambda each: (each.venue, each.kind))
    rows = tuple(_row(own, every) for _, own in sorted(groups.items()))
    columns = (
        text("venue", "Venue"),
        text("kind", "Kind"),
        text("instrument", "Instrument"),
        text("from", "From (UTC)"),
        text("to", "To (UTC)"),
        number("rows", "Rows", decimals=0),
        machine("files"),
        machine("bytes"),
        text("size", "Size"),
    )
    table = Table(_title(store, entries), columns, rows, _notes(every, len(series)))
    put_tables({"series": table}, json=json, csv=csv, extra={"store": store.name})


def _title(store: Store, entries: list[Entry]) -> str:
    rows, size = sum(each.rows for each in entries), sum(each.bytes for each in entries)
    return f"{store.name}: {rows:,} rows, {size_text(size)}, {len(store.commits):,} commits"


def _notes(every: bool, count: int) -> tuple[str, ...]:
    if not count:
        return ("Nothing is stored under these names; obverse data import FILE... brings it in.",)
    return () if every else (f"{count:,} series; --all has a row each.",)


def _grouped(
    entries: Iterable[Entry], key: Callable[[Entry], tuple[str, ...]]
) -> dict[tuple[str, ...], list[Entry]]:
    groups: dict[tuple[str, ...], list[Entry]] = {}
    for entry in entries:
        groups.setdefault(key(entry), []).append(entry)
    return groups


def _row(entries: list[Entry], every: bool) -> tuple[str | int, ...]:
    found = span(entries)
    assert found is not None
    names = list(dict.fromkeys(entry.instrument for entry in entries))
    one = every or len(names) == 1
    return (
        entries[0].venue,
        entries[0].kind,
        names[0] if one else f"{len(names):,} instruments",
        *(f"{moment:%Y-%m-%d %H:%M}" for moment in found),
        sum(entry.rows for entry in entries),
        len(entries),
        sum(entry.bytes for entry in entries),
        size_text(sum(entry.bytes for entry in entries)),
    )
