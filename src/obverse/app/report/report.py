"""The report: what a market and a book are worth and risk, as sections of tables and charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from obverse.app.book_file import Assumptions, read_book_file
from obverse.app.report.margin_sections import margin_sections
from obverse.app.report.market_sections import (
    Terms,
    fair_table,
    market_table,
    perpetual_table,
    trades_table,
)
from obverse.app.report.section import Section, untold
from obverse.app.report.terms import terms_of
from obverse.contracts import iso
from obverse.curves import Curve, curve
from obverse.errors import DataError, RuleError
from obverse.market import Market
from obverse.risk import Book, BookExposure, Ladder, exposure, hedges, ladder, sheets
from obverse.risk.accounts import BookAccount, book_accounts
from obverse.rulebooks import Rulebook, rulebook
from obverse.tables import Face, Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Report:
    """A market, and a book if there is one, valued. Prints, and saves as HTML, JSON or CSV."""

    market: Market
    rules: Rulebook
    terms: Mapping[str, Terms]
    curves: tuple[Curve, ...]
    exposure: BookExposure | None
    accounts: tuple[BookAccount, ...]
    ladders: tuple[Ladder, ...]
    sections: tuple[Section, ...]
    face: Face = field(default="both")

    def facing(self, face: Face) -> Report:
        """The same report with amounts in coin, in dollars, or both."""
        sections = tuple(replace(s, table=s.table.facing(face)) for s in self.sections)
        return replace(self, sections=sections, face=face)

    def section(self, key: str, underlying: str = "") -> Table:
        """One table by its key, and its coin where there are several."""
        for item in self.sections:
            if item.key == key and underlying in ("", item.underlying):
                return item.table
        known = ", ".join(dict.fromkeys(item.key for item in self.sections))
        raise DataError(f"report: no section {key!r} {underlying}; there are {known}.")

    def charts(self) -> list[tuple[str, Figure]]:
        """Curve, basis and payoff charts, each with the coin it is about."""
        from obverse.app.report.charts import charts

        return charts(self)

    def to_json(self) -> dict[str, Any]:
        """The report as one plain object: raw numbers, units beside them."""
        from obverse.app.report.machine import to_json

        return to_json(self)

    def to_csv(self) -> str:
        """The report as one tidy table: section, underlying, row, field, unit, value."""
        from obverse.app.report.machine import to_csv

        return to_csv(self)

    @overload
    def to_html(self, path: None = None) -> str: ...
    @overload
    def to_html(self, path: str | Path) -> Path: ...
    def to_html(self, path: str | Path | None = None) -> str | Path:
        """The report as one self-contained page, or the path it was written to."""
        from obverse.app.report.page import page

        html = page(self)
        if path is None:
            return html
        Path(path).write_text(html, encoding="utf-8")
        return Path(path)

    def __str__(self) -> str:
        """Every table as text."""
        return "\n\n".join(str(item.table) for item in self.sections)

    def __repr__(self) -> str:
        """Every table as text."""
        return str(self)

    def _repr_html_(self) -> str:
        """The page's body for notebooks."""
        from obverse.app.report.page import body

        return body(self)


def report(
    market: Market,
    book: Book | str | Path | None = None,
    *,
    underlyings: Sequence[str] | None = None,
    dollar_rate: float | None = None,
    face: Face = "both",
) -> Report:
    """Value a market and a book.

    Parameters
    ----------
    market : from `obverse.market.simulated` or `obverse.market.read`
    book : a `Book`, or the path of a book file
    underlyings : coins to report on; all of the market's if not given
    dollar_rate : continuously compounded per year; else the book file's, else an assumed 4 %
    face : amounts in `coin`, in `usd`, or `both`
    """
    assumptions = Assumptions()
    if isinstance(book, str | Path):
        book, assumptions = read_book_file(Path(book), market.asked, market.underlyings)
    rules = _rules(market)
    coins = _coins(market, underlyings)
    terms = {code: terms_of(assumptions, code, dollar_rate) for code in coins}
    curves = tuple(curve(market, code) for code in coins)
    valued = exposure(book, market) if book is not None else None
    ladders = _ladders(valued, market, coins)
    sections = [*_market_sections(market, rules, terms, curves)]
    accounts: tuple[BookAccount, ...] = ()
    if valued is not None:
        accounts, margins = _accounts(valued.book, market)
        sections += _book_sections(valued, market, rules, ladders, margins)
    if market.simulated:
        sections = [replace(item, table=_labelled(item.table)) for item in sections]
    made = Report(market, rules, terms, curves, valued, accounts, ladders, tuple(sections))
    return made.facing(face)


def _labelled(table: Table) -> Table:
    """Say on every table of a simulated market that it is one."""
    told = "simulated" in table.title.lower()
    return table if told else replace(table, title=f"{table.title} (simulated)")


def _rules(market: Market) -> Rulebook:
    try:
        return rulebook(market.venue, as_of=market.asked)
    except RuleError as error:
        raise DataError(
            f"market of venue {market.venue!r} at {iso(market.asked)}: {error}"
        ) from None


def _coins(market: Market, underlyings: Sequence[str] | None) -> list[str]:
    named = [code.strip().upper() for code in underlyings or ()]
    asked = [code for code in named if code] or market.underlyings
    return [market[code].underlying for code in dict.fromkeys(asked)]


def _ladders(
    valued: BookExposure | None, market: Market, coins: Sequence[str]
) -> tuple[Ladder, ...]:
    if valued is None:
        return ()
    return tuple(ladder(valued, market, item.coin) for item in valued.coins if item.coin in coins)


def _market_sections(
    market: Market, rules: Rulebook, terms: Mapping[str, Terms], curves: tuple[Curve, ...]
) -> list[Section]:
    sections = [Section("market", "", market_table(market, curves))]
    for term in curves:
        code = term.underlying
        sections += [
            Section("perpetual", code, perpetual_table(term)),
            Section("curve", code, term.table()),
            Section("fair", code, fair_table(term, terms[code])),
            Section("trades", code, trades_table(term, terms[code], rules)),
        ]
    return sections


_EXPOSURES = (("exposure", sheets.exposure_table), ("sensitivity", sheets.sensitivity_table))


def _accounts(book: Book, market: Market) -> tuple[tuple[BookAccount, ...], list[Section]]:
    """The margin accounts of a book; a venue that has no rules for them is said, not fatal."""
    try:
        found = book_accounts(book, market)
    except RuleError as error:
        return (), [untold("accounts", "Margin accounts", str(error))]
    return found, list(margin_sections(found, {}, simulated=market.simulated))


def _book_sections(
    valued: BookExposure,
    market: Market,
    rules: Rulebook,
    ladders: tuple[Ladder, ...],
    margins: Sequence[Section],
) -> list[Section]:
    sections = [Section("holdings", "", sheets.holdings_table(valued))]
    sections += [Section("positions", "", table) for table in sheets.positions_tables(valued)]
    sections += margins
    for item in valued.coins:
        if any(position.underlying == item.coin for position in valued.positions):
            for key, table_of in _EXPOSURES:
                sections.append(Section(key, item.coin, table_of(valued, item.coin)))
    sections.append(Section("coins", "", sheets.coins_table(valued)))
    for item in valued.coins:
        if item.coin in valued.book.index_composition:
            table = sheets.composition_table(valued, item.coin)
            sections.append(Section("composition", item.coin, table))
    sections += [Section("ladder", steps.coin, sheets.ladder_table(steps)) for steps in ladders]
    shown = [steps.coin for steps in ladders]
    for item in valued.coins:
        if item.coin in shown and item.coin in rules.underlyings:
            quoted = market[item.coin]
            listed = [one for one in rules.listed(item.coin, market.asked) if one.symbol in quoted]
            table = sheets.hedge_table(item.coin, hedges(item, market, listed))
            sections.append(Section("hedge", item.coin, table))
    return sections
