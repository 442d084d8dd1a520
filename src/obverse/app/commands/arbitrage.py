"""`obverse arbitrage`: what instruments pay against each other at a size, net, on their margin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING

from obverse.analysis.arbitrage import (
    ArbitrageScreen,
    Assumptions,
    FundingOutlook,
    Leg,
    Outlooks,
    SpotTerms,
    funding_outlook,
    legs_of,
    screen,
)
from obverse.analysis.arbitrage.loading import stored_outlooks
from obverse.app.commands.opening import SIMULATED, latest, market_place, open_market
from obverse.app.commands.sheet import Faces, Sheet, put
from obverse.app.report.section import Section
from obverse.contracts import instant
from obverse.errors import DataError, MarketDataError
from obverse.market import DEFAULT_INSTANT, Market
from obverse.market.simulated_paths import COINS, simulated_path
from obverse.market.store import is_store, open_store
from obverse.market.store.markets import has_market
from obverse.rulebooks import rulebook, venues

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN = 25
_PERIODS = 270


@dataclass(frozen=True)
class Request:
    """What was asked for."""

    market: str | None
    at: str | None
    venue: str | None
    underlyings: Sequence[str] | None
    size: str
    seed: int
    assumed: Assumptions
    spot: SpotTerms
    most: int = SHOWN


def run(asked: Request, json: bool, csv: bool, html: Path | None, png: Path | None = None) -> None:
    """Screen every venue that is asked for, or all, and print."""
    faces = Faces(json, csv, html, png)
    size = _size(asked.size)
    markets = _markets(asked)
    legs = [leg for market, place in markets for leg in _legs(asked, market, place, size)]
    at = max(market.asked for market, _ in markets)
    found = screen(
        legs,
        at,
        size,
        asked.assumed,
        source=", ".join(dict.fromkeys(market.source for market, _ in markets)),
        simulated=any(market.simulated for market, _ in markets),
    )
    put(
        Sheet(
            title=f"Arbitrage for {size:,.0f} USD",
            as_of=at,
            venue="/".join(market.venue for market, _ in markets),
            source=found.source,
            simulated=found.simulated,
            sections=(
                Section("arbitrage", "", found.table(None if json else asked.most)),
                Section("bounds", "", found.bounds_table(None if json else asked.most)),
            ),
            flat=found.table(),
            charts=lambda: _charts(found),
        ),
        faces,
    )


MOST_USD = Decimal(10) ** 12


def _size(words: str) -> Decimal:
    try:
        size = Decimal(words.replace("_", "").replace(",", ""))
    except InvalidOperation:
        raise DataError(f"--size {words}: expected dollars, such as 1000000.") from None
    if not (size.is_finite() and 0 < size <= MOST_USD):
        raise DataError(f"--size {words}: expected dollars above zero, {MOST_USD:.0e} at most.")
    return size


def _markets(asked: Request) -> list[tuple[Market, str]]:
    """The market of each venue, with where it was read."""
    place = market_place(asked.market, asked.at, asked.venue)
    if asked.venue is not None:
        return [(open_market(place, asked.at, asked.venue, asked.seed), place)]
    if place == SIMULATED:
        at = asked.at or DEFAULT_INSTANT
        open_then = [venue for venue in venues() if latest(venue) >= instant(DEFAULT_INSTANT)]
        return [(open_market(place, at, venue, asked.seed), place) for venue in open_then]
    if not is_store(place):
        return [(open_market(place, asked.at, None, asked.seed), place)]
    return _stored(asked, place)


def _stored(asked: Request, place: str) -> list[tuple[Market, str]]:
    store = open_store(place)
    if asked.at is None:
        raise DataError("--at: say the instant at which all venues of the store are compared.")
    known = dict.fromkeys(entry.venue for entry in store.entries(kind="tickers"))
    at = instant(asked.at)
    there = [venue for venue in known if venue in venues() and has_market(store, venue, at)]
    if not there:
        raise MarketDataError(f"{place} has no venue's market at {asked.at}.")
    return [(open_market(place, asked.at, venue, asked.seed), place) for venue in there]


def _legs(asked: Request, market: Market, place: str, size: Decimal) -> list[Leg]:
    book = rulebook(market.venue, as_of=market.asked)
    coins = [c.strip().upper() for c in asked.underlyings or () if c.strip()] or list(market)
    legs = []
    for coin in coins:
        if market.simulated:
            outlooks = _simulated_outlooks(asked.seed, market, coin)
        elif is_store(place):
            outlooks = stored_outlooks(open_store(place), book, market.asked, size)
        else:
            outlooks = Outlooks()
        legs += legs_of(market[coin], book, size_usd=size, spot=asked.spot, outlooks=outlooks)
    return legs


def _simulated_outlooks(seed: int, market: Market, coin: str) -> Outlooks:
    """Funding of the simulated hours before, the same for every venue's perpetual of a coin."""
    if coin not in COINS:
        return Outlooks()
    outlook = _outlook(seed, coin, market.asked)
    return Outlooks(funding={quote.symbol: outlook for quote in market[coin].perpetuals})


def _outlook(seed: int, coin: str, at: datetime) -> FundingOutlook:
    path = simulated_path(seed, coin, at)
    return funding_outlook(path.funding_rate_8h[::-8][:_PERIODS][::-1].tolist())


def _charts(found: ArbitrageScreen) -> list[Figure]:
    coins = dict.fromkeys(leg.underlying for leg in found.legs)
    return [found.plot(underlying=coin).figure for coin in coins]  # type: ignore[misc]
