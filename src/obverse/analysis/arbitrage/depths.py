"""How much an instrument had on offer, and what a size traded at: of the store's order books.

A full book recorded within a minute before is walked by the size; failing it, the size at the best
prices is known and nothing beyond them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from obverse.contracts import Instrument
from obverse.errors import ObverseError
from obverse.market.order_book import (
    UNNUMBERED,
    BookState,
    Side,
    Ticks,
    best_ask,
    best_bid,
    book_at,
    book_stream,
    impact_prices,
    walk,
)
from obverse.market.series.kinds import BOOK_LEVELS, BOOK_TOPS, TIME
from obverse.market.store import Store, scan
from obverse.rulebooks import Rulebook

if TYPE_CHECKING:
    import polars as pl

BOOK_AGE = timedelta(minutes=1)
BEST = "at its best price"
WALKED = "in its recorded order book"
SIDES: tuple[Side, ...] = ("bids", "asks")
_EVERYTHING = Decimal(10) ** 15


@dataclass(frozen=True)
class Depth:
    """What was on offer of one instrument.

    Attributes
    ----------
    usd : dollars on the thinner side
    where : of what: at the best price, or in the recorded order book
    bid_usd, ask_usd : average prices of selling and of buying the size; None where the book was
        not recorded, or is too thin for it
    """

    usd: float
    where: str = BEST
    bid_usd: float | None = None
    ask_usd: float | None = None


def stored_depth(
    store: Store, book: Rulebook, symbol: str, at: datetime, size_usd: Decimal
) -> Depth | None:
    """Read what was on offer at an instant; None where that was not recorded or has no size."""
    try:
        instrument = book.instrument(symbol)
    except ObverseError:
        return None
    if instrument.payoff.name == "quanto":
        return None
    return _walked(store, book.venue, instrument, at, size_usd) or _at_best(
        store, book.venue, instrument, at
    )


def _walked(
    store: Store, venue: str, instrument: Instrument, at: datetime, size_usd: Decimal
) -> Depth | None:
    import polars as pl

    rows = _recent(store, BOOK_LEVELS.name, venue, instrument.symbol, at)
    if rows is None:
        return None
    full = rows.filter(pl.col("snapshot"))
    full = full.filter(pl.col(TIME) == pl.col(TIME).max())
    if full.is_empty():
        return None
    state = book_at(book_stream(full, Ticks(instrument.tick), UNNUMBERED), at)
    if state is None or _is_crossed(state):
        return None
    payoff = instrument.payoff
    whole = (walk(state, side, _EVERYTHING, payoff=payoff, unit="usd") for side in SIDES)
    usd = float(min(each.taken for each in whole))
    bid, ask = impact_prices(state, size_usd, payoff=payoff, unit="usd")
    if bid is None or ask is None:
        return Depth(usd, WALKED)
    return Depth(usd, WALKED, float(bid), float(ask))


def _is_crossed(state: BookState) -> bool:
    bid, ask = best_bid(state), best_ask(state)
    return bid is not None and ask is not None and bid.price >= ask.price


def _at_best(store: Store, venue: str, instrument: Instrument, at: datetime) -> Depth | None:
    rows = _recent(store, BOOK_TOPS.name, venue, instrument.symbol, at)
    if rows is None:
        return None
    bid, bid_size, ask, ask_size = rows.select("bid", "bid_size", "ask", "ask_size").row(-1)
    if None in (bid, bid_size, ask, ask_size):
        return None
    sides = ((bid, bid_size), (ask, ask_size))
    return Depth(min(float(instrument.payoff.notional_usd(n, price, 1)) for price, n in sides))


def _recent(store: Store, kind: str, venue: str, symbol: str, at: datetime) -> pl.DataFrame | None:
    if not any(store.entries(venue=venue, instrument=symbol, kind=kind)):
        return None
    rows = scan(store, kind, venue=venue, instrument=symbol, since=at - BOOK_AGE, until=at)
    found = rows.collect()
    return None if found.is_empty() else found
