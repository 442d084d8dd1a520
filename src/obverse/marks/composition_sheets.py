"""Tables of who makes an index, and of an outage of its sources: at one instant, and over a range.

Distances are in basis points to the median of the sources used; a share is of the weight.
"""

from __future__ import annotations

from collections.abc import Sequence

from obverse.marks.composition import Composition, IndexOutage, has_index
from obverse.marks.consequences import Consequence, sample_rate_8h
from obverse.marks.index import Contribution, IndexValue
from obverse.marks.readings import Reading
from obverse.marks.sheets import decimals_of
from obverse.tables import Cell, Column, Look, Table, number, percent, text


def composition_table(title: str, whole: Composition, notes: Sequence[str] = ()) -> Table:
    """Price, distance, weight, used price, share and contribution of each source, and its fate."""
    places = _places(whole)
    columns = (
        text("source", "Source"),
        number("price_usd", "Price", "USD", places),
        number("median_gap_bp", "To median", "bp", 2, signed=True),
        number("weight", "Weight", "", 4),
        number("used_usd", "Used", "USD", places),
        _share("share", "Share"),
        number("contribution_usd", "Contribution", "USD", places),
        text("outcome", "What became"),
        Column("age_seconds", "age_seconds", "s", for_people=False),
    )
    rows = tuple(
        (*_source_row(part, source.weight, whole.value), source.age_seconds)
        for part, source in zip(whole.value.contributions, whole.sources, strict=True)
    )
    said = (state_words(whole), *notes, *whole.remarks, *map(str, whole.found.findings))
    return Table(title, columns, rows, said)


def state_words(whole: Composition) -> str:
    """Say what the index is, or that there is none and why."""
    value, needed = whole.value, max(1, whole.entry.minimum_sources)
    if value.price_usd is None:
        return (
            f"No index: {value.state.value}. {whole.used} of {len(whole.sources)} have a price "
            f"that the rule takes; it needs {needed}."
        )
    places = _places(whole)
    return (
        f"Index by the rule: {value.price_usd:,.{places}f} USD, of {whole.used} of "
        f"{len(whole.sources)} sources; the rule needs {needed}."
    )


def _source_row(part: Contribution, weight: float, value: IndexValue) -> tuple[Cell, ...]:
    return (
        part.name,
        part.price,
        _gap_bp(part.price, value.median_usd),
        weight,
        part.used_price,
        part.share,
        part.contribution_usd,
        part.use.value,
    )


def _gap_bp(price: float | None, middle: float | None) -> float | None:
    if price is None or middle is None or price <= 0:
        return None
    return (price / middle - 1) * 10_000


def outage_table(title: str, played: IndexOutage) -> Table:
    """Share, used price and contribution of each source, before the outage and in it."""
    places = _places(played.before)
    columns = (
        text("source", "Source"),
        number("price_usd", "Price", "USD", places),
        _share("share", "Share"),
        _share("share_without", "In outage"),
        number("contribution_usd", "Contribution", "USD", places),
        number("contribution_without_usd", "In outage", "USD", places),
        text("outcome_without", "What becomes"),
    )
    said = state_words(played.after)
    parts = zip(played.before.value.contributions, played.after.value.contributions, strict=True)
    rows = tuple(
        (
            one.name,
            one.price,
            one.share,
            other.share,
            one.contribution_usd,
            other.contribution_usd,
            "taken out" if one.name in played.names else other.use.value,
        )
        for one, other in parts
    )
    return Table(title, columns, rows, (f"In the outage: {said[0].lower()}{said[1:]}",))


def outage_index_table(title: str, played: IndexOutage) -> Table:
    """The index before the outage and in it, and the difference."""
    places = _places(played.before)
    columns = (
        text("without", "Without"),
        number("index_usd", "Index", "USD", places),
        number("index_without_usd", "In outage", "USD", places),
        number("index_change_usd", "Change", "USD", places, signed=True),
        number("index_change_bp", "Change", "bp", 3, signed=True),
        number("sources_left", "Sources left", "", 0),
        text("state", "State"),
    )
    row = (
        ", ".join(played.names),
        played.before.value.price_usd,
        played.after.value.price_usd,
        played.change_usd,
        played.change_bp,
        played.after.used,
        played.after.value.state.value,
    )
    return Table(title, columns, (row,))


def consequences_table(title: str, found: Sequence[Consequence], played: IndexOutage) -> Table:
    """Index, mark, premium and funding rate of each perpetual, before the outage and in it."""
    places = _places(played.before)
    columns = (
        text("symbol", "Instrument"),
        text("when", "When"),
        number("index_usd", "Index", "USD", places),
        number("mark_usd", "Mark by rule", "USD", places),
        number("mark_change_usd", "Change", "USD", places, signed=True),
        number("mark_change_bp", "Change", "bp", 3, signed=True),
        percent("premium_rate", "Premium", 4),
        percent("sample_rate_8h", "Rate 8h", 5),
    )
    rows = tuple(row for one in found for row in _consequence_rows(one))
    return Table(title, columns, rows, _consequence_notes(found))


def _consequence_rows(one: Consequence) -> list[tuple[Cell, ...]]:
    said: list[tuple[str, Reading | None]] = [("before", one.before)]
    said += [("at once", one.at_once)] if one.averages and one.at_once else []
    said += [("once averaged" if one.averages and one.at_once else "in the outage", one.averaged)]
    return [(one.symbol, when, *_mark_cells(one.before, reading)) for when, reading in said]


def _mark_cells(before: Reading, reading: Reading | None) -> tuple[Cell, ...]:
    if reading is None:
        return (None,) * 6
    mark, base = reading.mark_usd, before.mark_usd
    change = None if mark is None or base is None or reading is before else mark - base
    return (
        float(reading.index_usd),
        mark,
        change,
        None if change is None or base is None else change / base * 10_000,
        reading.premium_rate,
        sample_rate_8h(reading),
    )


def _consequence_notes(found: Sequence[Consequence]) -> tuple[str, ...]:
    notes = [
        "The book stays as it is; only the index moves, as a fraction of the one shown. Rate 8h: "
        "what this premium alone would make by the funding rule; a window has many samples."
    ]
    if any(one.averages and one.at_once for one in found):
        notes.append(
            "At once: with the average of the basis as it was. Once averaged: when the average "
            "has taken in the new basis."
        )
    if any(one.averaged is None for one in found):
        notes.append("Without an index the rule makes no mark, no premium and no rate.")
    notes += [
        f"Not computed in full, for want of {', '.join(one.before.missing)} ({one.symbol})."
        for one in found
        if one.before.missing
    ]
    return tuple(notes)


def _share(key: str, header: str) -> Column:
    return Column(key, header, "%", Look.PERCENT, 2)


def _places(whole: Composition) -> int:
    prices = [source.price for source in whole.sources if source.price is not None]
    known = whole.value.price_usd if has_index(whole.value) else max(prices, default=None)
    return 2 if known is None else decimals_of(known)
