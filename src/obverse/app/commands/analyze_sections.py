"""The sections of `obverse analyze`: each is told, or says why it is not."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

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
from obverse.analysis.stored_rows import moment_of, stored_bars, times_ns
from obverse.app.commands.analyze_findings import Findings, Result
from obverse.contracts import Instrument, iso
from obverse.curves.histories import curve_history
from obverse.errors import MarketDataError, ObverseError
from obverse.market.floats import decimal_of_float
from obverse.market.store import scan
from obverse.risk.margin import margin_terms
from obverse.rulebooks import rulebook

if TYPE_CHECKING:
    pass

RECENT = timedelta(days=30)
"""Positions opened earlier are not in the profile of liquidations."""
BOOK_SPAN = timedelta(days=1)
"""Trades and quotes are looked at over the last day that has any."""


def add_funding(made: Findings, most: int | None) -> None:
    """Distribution and persistence of funding, its sums by month, and beside the basis."""
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


def bars_of(made: Findings) -> Bars | str:
    """Hours or other bars, or why there are none."""
    try:
        return season_bars(made.store, made.venue, made.symbol, **made.span)
    except ObverseError as error:
        return str(error)


def _of(bars: Bars | str) -> Bars:
    if isinstance(bars, str):
        raise MarketDataError(bars)
    return bars


def add_seasons(made: Findings, bars: Bars | str) -> None:
    """Moves, turnover, funding and spreads by hour, the first two by weekday too."""

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


def add_activity(
    made: Findings, bars: Bars | str, reserves_coin: float | None, most: int | None
) -> None:
    """Turnover, open interest, and where positions would be liquidated."""
    made.add("turnover", "Turnover", lambda: turnover(_of(bars)), most=most)
    interest = made.add(
        "open_interest",
        "Open interest",
        lambda: open_interest_history(
            made.store, made.venue, made.symbol, reserves_coin=reserves_coin, **made.span
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


def add_liquidity(made: Findings, bars: Bars | str) -> None:
    """Spreads, impact and order flow of the last recorded day; Amihud's measure of all."""

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


def add_efficiency(made: Findings, sizes_usd: tuple[Decimal, ...]) -> None:
    """Margin for a dollar of exposure and of range, at each size."""

    def efficiency() -> Result:
        mark = _last_price(made)
        found = daily_range(made.store, made.venue, made.symbol, until=made.at)
        book = rulebook(made.venue, as_of=made.at)
        width, origin = found if found is not None else (None, "")
        held = Held(book, _listed(made), mark, width, origin)
        return capital_efficiency([held], sizes_usd, made.at, source=made.store.name)

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
