"""`obverse analyze`: what the recorded market of one instrument tells, as known at an instant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from obverse.analysis.activity import (
    Bars,
    liquidation_profile,
    open_interest_history,
    turnover,
)
from obverse.analysis.efficiency import Held, capital_efficiency, daily_range
from obverse.analysis.funding import (
    FundingHistory,
    carry_history,
    funding_history,
    funding_statistics,
    funding_sums,
    published_carry,
    published_sums,
)
from obverse.analysis.liquidity import (
    amihud,
    order_flow,
    spreads,
    stored_quotes,
    stored_trades,
)
from obverse.analysis.provenance import Provenance
from obverse.analysis.seasons import (
    Seasonality,
    absolute_moves,
    funding_observations,
    quoted_spreads,
    season_bars,
    seasonality,
    turnovers,
)
from obverse.analysis.stored_rows import listed_instrument, moment_of, stored_bars, times_ns
from obverse.app.commands.marks_index import stacked
from obverse.app.commands.opening import default_store
from obverse.app.commands.sheet import Faces, Sheet, put
from obverse.app.report.section import Section, untold
from obverse.contracts import Instrument, instant, iso
from obverse.curves.histories import curve_history
from obverse.errors import MarketDataError, ObverseError
from obverse.market.floats import decimal_of_float
from obverse.market.store import Store, open_store, scan
from obverse.risk.margin import margin_terms
from obverse.rulebooks import rulebook
from obverse.tables import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIZES_USD = (Decimal(10_000), Decimal(1_000_000), Decimal(20_000_000))
RECENT = timedelta(days=30)
"""Positions opened earlier are not in the profile of liquidations."""
BOOK_SPAN = timedelta(days=1)
"""Trades and quotes are looked at over the last day that has any."""
SHOWN = 24


@dataclass(frozen=True)
class Request:
    """What was asked for.

    Attributes
    ----------
    market : folder or URL of a store; none is the default store
    at : instant; none is the last row that is stored
    start : first instant looked at; none is all there is
    reserves_coin : coins that exchanges hold, for the estimated leverage
    """

    market: str | None
    venue: str
    instrument: str
    at: str | None = None
    start: str | None = None
    sizes_usd: tuple[Decimal, ...] = SIZES_USD
    reserves_coin: float | None = None


class Result(Protocol):
    """What every analysis gives: a table and a chart."""

    def table(self) -> Table:
        """The result as a table."""
        ...

    def plot(self) -> Any:
        """The result as a chart."""
        ...


@dataclass
class Findings:
    """Sections in their order, and the results that can be drawn."""

    store: Store
    venue: str
    symbol: str
    span: dict[str, Any]
    at: datetime
    listed: Instrument | None
    sections: list[Section] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)

    def add(
        self, key: str, title: str, make: Callable[[], Result], *, most: int | None = None
    ) -> Any:
        """Make a section, or say why there is none; gives the result where there is one."""
        try:
            found = make()
        except ObverseError as error:
            self.sections.append(untold(key, title, str(error), self.coin))
            return None
        shown = self._dated(found)
        if most is not None and len(shown.rows) > most:
            more = f"The last {most} of {len(shown.rows):,} rows; --json and --csv have all."
            shown = replace(shown, rows=shown.rows[-most:], notes=(more, *shown.notes))
        self.sections.append(Section(key, self.coin, shown))
        self.results.append(found)
        return found

    def _dated(self, found: Result) -> Table:
        """The table; where its data ends a day before the instant or earlier, it says so."""
        shown = found.table()
        own = getattr(found, "provenance", None)
        if own is None or self.at - own.last <= timedelta(days=1):
            return shown
        days = (self.at - own.last).days
        note = f"The last row is {days:,} days before {iso(self.at)}: nothing newer is stored."
        return replace(shown, notes=(note, *shown.notes))

    @property
    def coin(self) -> str:
        """The coin it is on, where that is known."""
        return "" if self.listed is None else self.listed.underlying


def run(asked: Request, json: bool, csv: bool, html: Path | None, png: Path | None = None) -> None:
    """Analyse one instrument of a store, and print."""
    faces = Faces(json, csv, html, png)
    store = open_store(asked.market or default_store())
    at = instant(asked.at) if asked.at is not None else _last(store, asked)
    span = {"since": None if asked.start is None else instant(asked.start), "until": at}
    listed = listed_instrument(asked.venue, asked.instrument, at)
    made = Findings(store, asked.venue, asked.instrument, span, at, listed)
    most = None if json or csv else SHOWN
    _add_funding(made, most)
    bars = _bars(made)
    _add_seasons(made, bars)
    _add_activity(made, bars, asked, most)
    _add_liquidity(made, bars)
    _add_efficiency(made, asked)
    put(
        Sheet(
            title=f"{asked.instrument} at {asked.venue} as of {iso(at)}",
            as_of=at,
            venue=asked.venue,
            source=f"store {store.name}",
            simulated=False,
            sections=tuple(made.sections),
            flat=stacked([(each.key, each.underlying, each.table) for each in made.sections]),
            charts=lambda: list(_charts(made)),
        ),
        faces,
    )


def _last(store: Store, asked: Request) -> datetime:
    entries = list(store.entries(venue=asked.venue, instrument=asked.instrument))
    if not entries:
        known = ", ".join(dict.fromkeys(e.instrument for e in store.entries(venue=asked.venue)))
        raise MarketDataError(
            f"Nothing of {asked.instrument} at {asked.venue} in {store.name}; "
            + (f"of {asked.venue} it has {known}." if known else "it has nothing of that venue.")
        )
    return moment_of(max(entry.last_ns for entry in entries)) + timedelta(microseconds=1)


def _add_funding(made: Findings, most: int | None) -> None:
    store, venue, symbol = made.store, made.venue, made.symbol
    history: list[FundingHistory] = []

    def statistics() -> Result:
        history.append(funding_history(store, venue, symbol, **made.span))
        return funding_statistics(history[0])

    made.add("funding", f"Funding of {symbol}", statistics)
    if history:
        published = published_sums(store, venue, symbol, until=made.at)
        made.add(
            "funding_sums",
            f"Funding of {symbol} by month",
            lambda: funding_sums(history[0], "month", published=published),
            most=most,
        )
    made.add("carry", f"Carry of {symbol}", lambda: _carry(made, history))


def _carry(made: Findings, history: list[FundingHistory]) -> Result:
    """Of the payments, or where they are not of the months of the curves, of published sums."""
    coin = _listed(made).underlying
    curves = curve_history(made.store, made.venue, coin, **made.span)
    published = published_sums(made.store, made.venue, made.symbol, until=made.at)
    if history:
        try:
            return carry_history(funding_sums(history[0], "month"), curves)
        except MarketDataError:
            if not published:
                raise
    first, last = curves.moment(0), curves.moment(len(curves) - 1)
    source = f"store {made.store.name}"
    place = Provenance(made.venue, made.symbol, source, first, last, coin)
    return published_carry(place, published, curves)


def _bars(made: Findings) -> Bars | str:
    """Hours or other bars, or why there are none."""
    try:
        return season_bars(made.store, made.venue, made.symbol, **made.span)
    except ObverseError as error:
        return str(error)


def _of(bars: Bars | str) -> Bars:
    if isinstance(bars, str):
        raise MarketDataError(bars)
    return bars


def _add_seasons(made: Findings, bars: Bars | str) -> None:
    def funding() -> Seasonality:
        history = funding_history(made.store, made.venue, made.symbol, **made.span)
        return seasonality(funding_observations(history))

    def quoted() -> Seasonality:
        found = stored_quotes(made.store, made.venue, made.symbol, **made.span)
        return seasonality(quoted_spreads(found))

    moves, volume = "Absolute move", "Turnover"
    made.add("season_moves", f"{moves} by hour", lambda: seasonality(absolute_moves(_of(bars))))
    made.add(
        "season_moves_weekday",
        f"{moves} by weekday",
        lambda: seasonality(absolute_moves(_of(bars)), "weekday"),
    )
    made.add("season_turnover", f"{volume} by hour", lambda: seasonality(turnovers(_of(bars))))
    made.add(
        "season_turnover_weekday",
        f"{volume} by weekday",
        lambda: seasonality(turnovers(_of(bars)), "weekday"),
    )
    made.add("season_funding", "Funding by hour", funding)
    made.add("season_spread", "Quoted spread by hour", quoted)


def _add_activity(made: Findings, bars: Bars | str, asked: Request, most: int | None) -> None:
    made.add("turnover", "Turnover", lambda: turnover(_of(bars)), most=most)
    interest = made.add(
        "open_interest",
        "Open interest",
        lambda: open_interest_history(
            made.store, made.venue, made.symbol, reserves_coin=asked.reserves_coin, **made.span
        ),
        most=most,
    )

    def levels() -> Result:
        listed = _listed(made)
        since = max(made.at - RECENT, made.span["since"] or made.at - RECENT)
        recent = season_bars(made.store, made.venue, made.symbol, since=since, until=made.at)
        terms = margin_terms(rulebook(made.venue, as_of=made.at), listed)
        held = None if interest is None else float(interest.usd[-1])
        return liquidation_profile(recent, listed, terms, open_interest_usd=held)

    made.add("liquidation_levels", "Liquidation-sensitive levels", levels, most=None)


def _listed(made: Findings) -> Instrument:
    if made.listed is None:
        raise MarketDataError(f"No rulebook of {made.venue} knows {made.symbol} at {iso(made.at)}.")
    return made.listed


def _add_liquidity(made: Findings, bars: Bars | str) -> None:
    def last_day(kind: str) -> dict[str, Any]:
        rows = scan(
            made.store, kind, venue=made.venue, instrument=made.symbol, columns=["time"],
            **made.span,
        ).collect()  # fmt: skip
        if rows.is_empty():
            raise MarketDataError(f"No {kind} of {made.symbol} until {iso(made.at)}.")
        end = moment_of(int(times_ns(rows).max()))
        begin = max(end - BOOK_SPAN, made.span["since"] or end - BOOK_SPAN)
        return {"since": begin, "until": made.at}

    def costs() -> Result:
        own = last_day("book_tops")
        quotes = stored_quotes(made.store, made.venue, made.symbol, **own)
        return spreads(stored_trades(made.store, made.venue, made.symbol, **own), quotes)

    def flow() -> Result:
        own = last_day("book_tops")
        quotes = stored_quotes(made.store, made.venue, made.symbol, **own)
        try:
            return order_flow(quotes, stored_trades(made.store, made.venue, made.symbol, **own))
        except MarketDataError:
            return order_flow(quotes)

    made.add("spreads", "What trading cost", costs)
    made.add("order_flow", "Order flow and price", flow)
    made.add("amihud", "Amihud's illiquidity", lambda: amihud(_of(bars).daily()))


def _add_efficiency(made: Findings, asked: Request) -> None:
    def efficiency() -> Result:
        mark = _last_price(made)
        found = daily_range(made.store, made.venue, made.symbol, until=made.at)
        book = rulebook(made.venue, as_of=made.at)
        width, origin = found if found is not None else (None, "")
        held = Held(book, _listed(made), mark, width, origin)
        return capital_efficiency([held], asked.sizes_usd, made.at, source=made.store.name)

    made.add("efficiency", "Capital efficiency", efficiency)


def _last_price(made: Findings) -> Decimal:
    """The newest price that is stored: a mark, the middle of a quote, or a close."""
    import polars as pl

    prices = {"tickers": pl.col("mark"), "book_tops": (pl.col("bid") + pl.col("ask")) / 2}
    prices |= {
        kind.name: pl.col("close") for kind in stored_bars(made.store, made.venue, made.symbol)
    }
    found: list[tuple[datetime, float]] = []
    for kind, price in prices.items():
        if any(made.store.entries(venue=made.venue, instrument=made.symbol, kind=kind)):
            rows = scan(made.store, kind, venue=made.venue, instrument=made.symbol, until=made.at)
            last = rows.select("time", price.alias("price")).drop_nulls().tail(1).collect()
            found += last.rows()
    if not found:
        raise MarketDataError(f"No price of {made.symbol} is stored until {iso(made.at)}.")
    return decimal_of_float(max(found, key=lambda row: row[0])[1])


def _charts(made: Findings) -> Iterator[Figure]:
    for result in made.results:
        figure = result.plot().figure
        assert figure is not None
        yield figure
