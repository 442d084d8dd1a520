"""`obverse rules`: what a venue decrees, what changed last and next, and venues side by side."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time
from decimal import Decimal
from typing import Any

import msgspec

from obverse.app.commands.output import jsonable, print_csv, print_json
from obverse.app.console import remark, show
from obverse.app.rule_words import describe, values, words
from obverse.contracts import iso
from obverse.errors import DataError, RuleError
from obverse.rulebooks import Change, ProductRules, Rulebook, rulebook, venue_file, venues
from obverse.rulebooks.records import ALL_KINDS
from obverse.tables import Table, text

UNCERTAIN = "?"


def run_list(as_json: bool) -> None:
    """List the venues there are rules of."""
    columns = (
        text("venue", "Venue"),
        text("name", "Name"),
        text("begins", "Rules from"),
        text("until", "Until"),
        text("note", "Note"),
    )
    files = [venue_file(name) for name in venues()]
    rows = tuple(
        (f.venue, f.name, _day(f.begins), _day(f.until) if f.until else "open", f.note or "")
        for f in files
    )
    table = Table("Rulebooks (obverse rules VENUE)", columns, rows)
    print_json(table.records()) if as_json else show([table])


def run_venue(
    venue: str, as_of: str | None, product: str | None, as_json: bool, as_csv: bool
) -> None:
    """Print one venue's rules in force."""
    rules = rulebook(venue, as_of=as_of)
    chosen = _choose(rules, product)
    table = _in_force(rules, chosen)
    if as_json:
        print_json(_to_json(rules, table))
        return
    if as_csv:
        print_csv(table)
        return
    show([_products(rules, chosen), _for_people(table), _changes(rules)])
    show([_sources(rules, chosen)])


def run_compare(as_of: str | None, underlying: str, as_json: bool, as_csv: bool) -> None:
    """Lay the venues side by side, for the perpetual and the dated futures of a coin."""
    books: list[Rulebook] = []
    for name in venues():
        try:
            books.append(rulebook(name, as_of=as_of))
        except RuleError as error:
            remark(f"{name} left out: {error}")
    tables = [
        table
        for kind in ("perpetual", "future")
        if (table := _side_by_side(books, underlying.upper(), kind)).rows
    ]
    if not tables:
        raise DataError(f"--underlying {underlying}: no venue lists it then.")
    if as_json:
        print_json({table.title: table.records() for table in tables})
    elif as_csv:
        for table in tables:
            print_csv(table)
    else:
        show(tables)


def _choose(rules: Rulebook, product: str | None) -> list[ProductRules]:
    chosen = [
        item
        for item in rules.products.values()
        if product is None or product in (item.product.id, item.product.underlying)
    ]
    if not chosen:
        known = ", ".join([*rules.products, *rules.underlyings])
        raise DataError(f"--product {product}: {rules.name} has {known}.")
    return chosen


def _products(rules: Rulebook, chosen: Iterable[ProductRules]) -> Table:
    columns = (
        text("product", "Product"),
        text("payoff", "Payoff"),
        text("symbol", "Symbol"),
        text("settlement", "Settled in"),
        text("begins", "Listed from"),
    )
    rows = tuple(
        (
            item.product.id,
            item.product.payoff,
            item.product.symbol,
            item.product.settlement,
            _day(item.product.begins) + (UNCERTAIN if item.product.uncertain else ""),
        )
        for item in chosen
    )
    until = f"; closed on {_day(rules.file.until)}" if rules.file.until else ""
    notes = (rules.file.note,) if rules.file.note else ()
    return Table(f"{rules.name} as of {iso(rules.as_of)}{until}: products", columns, rows, notes)


def _in_force(rules: Rulebook, chosen: list[ProductRules]) -> Table:
    columns = (
        text("rule", "Rule"),
        text("products", "Products"),
        text("value", "In force"),
        text("since", "Since"),
        text("source", "Source"),
        text("uncertain", ""),
    )
    rows = []
    seen: set[int] = set()
    for kind, entry in (pair for item in chosen for pair in item.entries()):
        if id(entry) not in seen:
            seen.add(id(entry))
            ids = [item.product.id for item in chosen if any(e is entry for _, e in item.entries())]
            rows.append(
                (
                    kind,
                    ", ".join(ids),
                    describe(entry),
                    _day(entry.begins),
                    ", ".join(entry.source),
                    f"{UNCERTAIN} {entry.uncertain}" if entry.uncertain else "",
                )
            )
    rows.sort(key=lambda row: list(ALL_KINDS).index(row[0]))
    return Table("Rules in force (? uncertain, and why)", columns, tuple(rows))


def _for_people(table: Table) -> Table:
    """The same rules in three columns: what, how, since when and by whose word."""
    columns = (text("rule", "Rule"), text("value", "In force"), text("since", "Since, source"))
    rows = tuple(
        (
            f"{words(str(row['rule']))}\n{row['products']}",
            "\n".join(filter(None, (str(row["value"]), str(row["uncertain"])))),
            f"{row['since']}\n{row['source']}",
        )
        for row in table.records()
    )
    return Table(table.title, columns, rows)


def _changes(rules: Rulebook) -> Table:
    columns = (
        text("when", "When"),
        text("at", "From"),
        text("rule", "Rule"),
        text("products", "Products"),
        text("value", "Becomes"),
    )
    rows = [_change_row("changed last", change) for change in rules.last_changes()]
    rows += [_change_row("changes next", change) for change in rules.next_changes()]
    notes = () if rules.next_changes() else ("No later change is known to this file.",)
    return Table("Changes", columns, tuple(rows), notes)


def _change_row(when: str, change: Change) -> tuple[str, ...]:
    products = ", ".join(change.entry.products).replace("*", "all")
    return when, iso(change.at), words(change.kind), products, describe(change.entry)


def _sources(rules: Rulebook, chosen: list[ProductRules]) -> Table:
    used = dict.fromkeys(
        key
        for item in chosen
        for keys in (item.product.source, *(entry.source for _, entry in item.entries()))
        for key in keys
    )
    columns = (text("key", "Source"), text("address", "Where"))
    rows = tuple((key, rules.file.sources[key]) for key in used)
    return Table("Sources", columns, rows)


def _side_by_side(books: list[Rulebook], underlying: str, kind: str) -> Table:
    found = {
        book.venue: item
        for book in books
        for item in book.products.values()
        if (item.product.underlying, item.product.kind) == (underlying, kind)
        and item.product.payoff == "inverse"
    }
    facts = {venue: dict(_facts(item)) for venue, item in found.items()}
    kinds = list(ALL_KINDS)
    names = sorted(
        dict.fromkeys(name for row in facts.values() for name in row),
        key=lambda name: kinds.index(name[0]),
    )
    columns = (text("rule", "Rule"), *(text(venue, venue) for venue in found))
    rows = tuple((name[1], *(facts[venue].get(name, "") for venue in found)) for name in names)
    days = {_day(book.as_of) for book in books}
    when = days.pop() if len(days) == 1 else "each venue's newest rules"
    notes = ("? marks a rule that its source leaves uncertain.",)
    return Table(f"{underlying} {kind} side by side, {when}", columns, rows, notes)


def _facts(item: ProductRules) -> Iterable[tuple[tuple[str, str], str]]:
    """What each rule says: its kind and what people read of it, and the value."""
    yield ("specification", "symbol"), item.product.symbol
    for kind, entry in item.entries():
        cycle = getattr(entry, "cycle", None)
        mark = UNCERTAIN if entry.uncertain else ""
        for name, value in values(entry):
            if name != "cycle":
                label = name if kind == "specification" else f"{kind} {name}"
                label += f" ({cycle})" if cycle else ""
                yield (kind, words(label)), value + mark


def _to_json(rules: Rulebook, table: Table) -> dict[str, Any]:
    return {
        "venue": rules.venue,
        "name": rules.name,
        "as_of": rules.as_of,
        "closed": rules.file.until,
        "rules": table.records(),
        "last_changes": [_change_json(change) for change in rules.last_changes()],
        "next_changes": [_change_json(change) for change in rules.next_changes()],
        "sources": dict(rules.file.sources),
    }


def _change_json(change: Change) -> dict[str, Any]:
    found = msgspec.to_builtins(change.entry, builtin_types=(Decimal, datetime, time))
    return {"rule": change.kind, **jsonable(found)}


def _day(moment: datetime | None) -> str:
    if moment is None:
        return ""
    return f"{moment:%Y-%m-%d}" if moment.time() == time(0) else iso(moment)
