"""Tables of index, mark, premium, limits and delivery at one instant, and how each was made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from obverse.contracts.instants import iso
from obverse.marks.explain import RuleWords
from obverse.marks.readings import Reading
from obverse.marks.rebuilt import Line
from obverse.tables import Cell, Column, Look, Table, number, percent, text

_FINE_BELOW = 100
"""Prices of coins under so many dollars are shown with more decimals."""


def decimals_of(index_usd: float) -> int:
    """Decimals that prices of a coin are shown with."""
    return 2 if index_usd >= _FINE_BELOW else 5


def mark_table(title: str, found: Sequence[Reading]) -> Table:
    """Index, rebuilt and quoted mark, fair basis and premium of each instrument."""
    places = decimals_of(float(found[0].index_usd)) if found else 2
    columns = (
        text("symbol", "Instrument"),
        number("index_usd", "Index", "USD", places),
        number("mark_usd", "Mark by rule", "USD", places),
        number("quoted_usd", "Quoted", "USD", places),
        number("quoted_gap_bp", "Gap", "bp", 2, signed=True),
        number("fair_basis_usd", "Fair basis", "USD", places, signed=True),
        percent("fair_basis_rate", "Fair basis", 4),
        percent("premium_rate", "Premium", 4),
    )
    rows = tuple(_mark_row(reading) for reading in found)
    return Table(title, columns, rows, (*_notes(found), _LEGEND))


_LEGEND = (
    "Mark by rule: rebuilt from this snapshot. Gap: quoted over rebuilt. Fair basis: rebuilt mark "
    "less index. Premium: of perpetuals by the funding rule, of futures the middle of the book."
)


def _mark_row(reading: Reading) -> tuple[Cell, ...]:
    quoted, mark = float(reading.quoted_usd), reading.mark_usd
    return (
        reading.symbol,
        reading.index_usd,
        mark,
        reading.quoted_usd,
        None if mark is None else (quoted / mark - 1) * 10_000,
        reading.fair_basis_usd,
        reading.fair_basis_rate,
        reading.premium_rate,
    )


def _notes(found: Sequence[Reading]) -> list[str]:
    stands = _grouped(found, lambda reading: reading.stand_ins)
    lacks = _grouped(found, lambda reading: reading.missing)
    return [
        *(f"Stands in for what a snapshot does not show: {said} ({who})." for said, who in stands),
        *(f"Not rebuilt in full, for want of {said} ({who})." for said, who in lacks),
    ]


def _grouped(
    found: Sequence[Reading], said: Callable[[Reading], Iterable[str]]
) -> list[tuple[str, str]]:
    """What is said of instruments, and of which ones."""
    whose: dict[str, list[str]] = {}
    for reading in found:
        for one in said(reading):
            whose.setdefault(one, []).append(reading.symbol)
    return [
        (one, "all" if len(symbols) == len(found) > 1 else ", ".join(symbols))
        for one, symbols in whose.items()
    ]


def limits_table(title: str, found: Sequence[Reading]) -> Table:
    """Price bands, of the instruments whose rule is known."""
    places = decimals_of(float(found[0].index_usd)) if found else 2
    columns = (
        text("symbol", "Instrument"),
        number("min_price_usd", "Lowest", "USD", places),
        number("max_price_usd", "Highest", "USD", places),
        text("uncertain", "Doubt"),
    )
    rows = []
    for reading in found:
        if reading.band is not None:
            rule = reading.rules.price_band if reading.rules else None
            doubt = rule.uncertain if rule else None
            rows.append(
                (reading.symbol, reading.band.min_price, reading.band.max_price, doubt or "")
            )
    return Table(title, columns, tuple(rows))


def delivery_table(title: str, found: Sequence[Reading]) -> Table:
    """Windows of the futures that are near their delivery."""
    columns = (
        text("symbol", "Instrument"),
        text("window_start", "Window opens (UTC)"),
        text("window_end", "Delivery (UTC)"),
        Column("elapsed_share", "Elapsed", "%", Look.PERCENT, 1),
        Column("remaining_exposure", "Remaining exposure", "%", Look.PERCENT, 1),
    )
    rows = tuple(
        (
            reading.symbol,
            near.window.start,
            near.window.end,
            near.elapsed_share,
            near.remaining_exposure,
        )
        for reading in found
        if (near := reading.delivering) is not None
    )
    note = "Elapsed: the share of the window that no longer moves with the price."
    return Table(title, columns, rows, (note,))


def readings_table(found: Sequence[Reading]) -> Table:
    """Everything of each instrument in one row, for machines."""
    marks = mark_table("", found)
    columns: tuple[Column, ...] = (
        *marks.columns,
        text("at", "At"),
        text("kind", "Kind"),
        text("expiry", "Expiry"),
        number("min_price_usd", "Lowest", "USD"),
        number("max_price_usd", "Highest", "USD"),
        text("window_start", "Window opens"),
        percent("elapsed_share", "Elapsed"),
        percent("remaining_exposure", "Remaining exposure"),
        text("stand_ins", "Stand-ins"),
        text("missing", "Missing"),
    )
    rows = []
    for reading in found:
        near, band = reading.delivering, reading.band
        rows.append(
            (
                *_mark_row(reading),
                reading.at,
                reading.kind.value,
                reading.expiry,
                band.min_price if band else None,
                band.max_price if band else None,
                near.window.start if near else None,
                near.elapsed_share if near else None,
                near.remaining_exposure if near else None,
                "; ".join(reading.stand_ins),
                "; ".join(reading.missing),
            )
        )
    return Table("", columns, tuple(rows))


def rules_table(title: str, words: Sequence[RuleWords]) -> Table:
    """Rules in words: what each says, since when, where that is written, and what is doubtful."""
    rows: list[tuple[Cell, ...]] = []
    for rule in words:
        rows.append((rule.kind, "rule", rule.words))
        rows.append(("", "in force from", iso(rule.begins)))
        rows += [("", "source", source) for source in rule.sources]
        rows += [("", said, what) for said, what in _doubts(rule)]
    return Table(title, (text("rule", "Rule"), text("what", ""), text("words", "")), tuple(rows))


def _doubts(rule: RuleWords) -> list[tuple[str, str]]:
    found = (("uncertain", rule.uncertain), ("note", rule.note))
    return [(said, what) for said, what in found if what]


def lines_table(title: str, lines: Sequence[Line]) -> Table:
    """The numbers put in, and what came of them, line by line."""
    columns = (
        text("name", "What"),
        Column("value", "Value", decimals=8),
        text("unit", "Unit"),
        text("origin", "From"),
    )
    rows = tuple((line.name, shown(line), _unit(line), line.origin) for line in lines)
    return Table(title, columns, rows)


def _unit(line: Line) -> str:
    if line.unit == "fraction":
        return "%"
    return f"% {line.unit}" if line.unit.startswith("per ") else line.unit


def shown(line: Line) -> str:
    """A line's value as people read it, in the unit that `lines_table` shows."""
    if line.unit == "USD":
        return f"{line.value:,.{decimals_of(line.value)}f}"
    if line.unit == "fraction" or line.unit.startswith("per "):
        return f"{line.value * 100:+.6f}"
    return f"{line.value:,.6g}"
