"""A hand-made market and what Hypothesis draws books from, shared by the tests of risk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from obverse.contracts import Instrument, Kind, Position, fill
from obverse.market import Market, Quote, Snapshot
from obverse.market.validation import validate
from obverse.risk import Book, Holding
from obverse.rulebooks import rulebook

AT = datetime(2026, 2, 1, tzinfo=UTC)
MARCH = datetime(2026, 3, 27, 8, tzinfo=UTC)
APRIL = datetime(2026, 4, 24, 8, tzinfo=UTC)
JUNE = datetime(2026, 6, 26, 8, tzinfo=UTC)


def future(symbol: str, mark: str, expiry: datetime, **more: Any) -> Quote:
    """A future's quote at `AT`."""
    return Quote(symbol, Kind.FUTURE, expiry, Decimal(mark), AT, **more)


def perpetual(symbol: str, mark: str) -> Quote:
    """A perpetual's quote at `AT`."""
    return Quote(symbol, Kind.PERPETUAL, None, Decimal(mark), AT)


def snapshot(underlying: str, index: str, quotes: Iterable[Quote]) -> Snapshot:
    """A Deribit snapshot at `AT`."""
    return validate(
        quotes,
        underlying=underlying,
        venue="deribit",
        at=AT,
        index=Decimal(index),
        source="by hand",
    )


def market_of(*snapshots: Snapshot) -> Market:
    """A market of snapshots."""
    return Market(AT, "deribit", "by hand", {each.underlying: each for each in snapshots})


def as_simulated(market: Market) -> Market:
    """The same market, called simulated."""
    return replace(market, simulated=True)


def flat_market(price: str) -> Market:
    """One coin whose index, perpetual and March future all have one price."""
    quotes = [perpetual("BTC-PERPETUAL", price), future("BTC-27MAR26", price, MARCH)]
    return market_of(snapshot("BTC", price, quotes))


MARKET = market_of(
    snapshot(
        "BTC",
        "77334.50",
        [
            perpetual("BTC-PERPETUAL", "77388"),
            future("BTC-27MAR26", "77723.48", MARCH),
            future("SYN.BTC-24APR26", "77994.55", APRIL, listed=False),
            future("BTC-26JUN26", "78604.47", JUNE),
        ],
    ),
    snapshot(
        "ETH",
        "2389.81",
        [perpetual("ETH-PERPETUAL", "2388"), future("ETH-27MAR26", "2394.08", MARCH)],
    ),
)
"""Recorded prices of 2026-01-31, marks off the index, one synthetic expiry."""

DERIBIT = rulebook("deribit", as_of=AT)
PERPETUAL, MARCH_FUTURE, JUNE_FUTURE, ETHER = (
    DERIBIT.instrument(name)
    for name in ("BTC-PERPETUAL", "BTC-27MAR26", "BTC-26JUN26", "ETH-PERPETUAL")
)
QUANTO = rulebook("bitmex", as_of="2018-09-15").instrument("ETHUSD")
LINEAR = replace(
    Instrument.generic("linear", "0.001", "USDC"), underlying="BTC", symbol="BTC_USDC-PERPETUAL"
)
INVERSE = (PERPETUAL, MARCH_FUTURE, JUNE_FUTURE, ETHER)


def held(instrument: Instrument, contracts: int, price: str | Decimal) -> Position:
    """A position of signed contracts from one fill."""
    return fill(Position.flat(instrument), Decimal(contracts), price)


def book(holdings: Mapping[str, str], *positions: Position) -> Book:
    """A book of holdings by currency, and positions."""
    kept = tuple(Holding(currency, Decimal(amount)) for currency, amount in holdings.items())
    return Book("by hand", kept, positions)


_prices = {
    "BTC": st.decimals("20000", "200000", places=1),
    "ETH": st.decimals("500", "9000", places=2),
}


@st.composite
def _positions(draw: st.DrawFn, instruments: tuple[Instrument, ...]) -> Position:
    instrument = draw(st.sampled_from(instruments)).without_rounding()
    contracts = draw(st.integers(-100_000, 100_000).filter(bool))
    return held(instrument, contracts, draw(_prices[instrument.underlying]))


@st.composite
def _books(draw: st.DrawFn, instruments: tuple[Instrument, ...]) -> Book:
    amounts = st.decimals("-50", "500", places=3)
    dollars = st.decimals("-1e6", "1e6", places=2)
    holdings = (
        Holding("BTC", draw(amounts), "here"),
        Holding("ETH", draw(amounts)),
        Holding("BTC", draw(amounts), "there"),
        Holding("USD", draw(dollars)),
    )
    positions = tuple(draw(st.lists(_positions(instruments), max_size=4)))
    return Book("drawn", holdings, positions)


inverse_books = _books(INVERSE)
"""Books of coins, dollars and unrounded inverse positions, opened off today's marks."""

mixed_books = _books((*INVERSE, QUANTO, LINEAR))
"""The same with quanto and linear positions among them."""
