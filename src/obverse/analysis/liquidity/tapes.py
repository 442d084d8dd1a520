"""Trades and best quotes as arrays, and the quote that stood before an instant.

The quote before a trade is the last of a strictly earlier exchange time: one of the same
millisecond may be what the trade left behind.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from obverse.analysis.provenance import Provenance
from obverse.analysis.stored_rows import (
    FloatArray,
    IntArray,
    check_numbers,
    check_times,
    floats,
    listed_instrument,
    provenance_of,
    stored_rows,
    times_ns,
)
from obverse.contracts.instants import Instant
from obverse.errors import MarketDataError
from obverse.market.series.kinds import BOOK_TOPS, TRADES
from obverse.market.store import Store

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, eq=False)
class Quotes:
    """Best prices and sizes at each change, uncrossed, in the order of the venue.

    Attributes
    ----------
    sizes are in contracts, or coins at a spot venue; `multiplier` is dollars of one, NaN where a
    size is not worth the same dollars at all prices
    """

    provenance: Provenance
    times_ns: IntArray
    bid: FloatArray
    bid_size: FloatArray
    ask: FloatArray
    ask_size: FloatArray
    multiplier: float = float("nan")
    warnings: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        """Refuse quotes out of order, crossed, or without a price."""
        name = f"quotes of {self.provenance.name}"
        check_times(self.times_ns, name, strictly=False)
        for each in (self.bid, self.ask):
            check_numbers(each, name, above_zero=True, least=2)
        for each in (self.bid_size, self.ask_size):
            check_numbers(each, f"{name}: sizes", least=2)
        if (self.ask <= self.bid).any():
            place = int(np.argmax(self.ask <= self.bid))
            raise MarketDataError(
                f"{name}: row {place} is crossed, bid {self.bid[place]:g} and ask "
                f"{self.ask[place]:g}."
            )

    def __len__(self) -> int:
        """Number of quotes."""
        return len(self.bid)

    @property
    def mid(self) -> FloatArray:
        """(n,) middle of the best prices."""
        found: FloatArray = (self.bid + self.ask) / 2
        return found

    @property
    def spread_bp(self) -> FloatArray:
        """(n,) quoted spread over the mid, in basis points."""
        found: FloatArray = 1e4 * (self.ask - self.bid) / self.mid
        return found

    def dollars(self, sizes: FloatArray) -> FloatArray:
        """Sizes in dollars, at each quote's mid where they are coins."""
        found: FloatArray = sizes * (self.mid if np.isnan(self.multiplier) else self.multiplier)
        return found

    def before(self, instants_ns: IntArray) -> IntArray:
        """Place of the last quote strictly before each instant; -1 where there is none."""
        return np.searchsorted(self.times_ns, instants_ns, side="left").astype(np.int64) - 1

    def at(self, instants_ns: IntArray) -> IntArray:
        """Place of the last quote not after each instant; -1 where there is none."""
        return np.searchsorted(self.times_ns, instants_ns, side="right").astype(np.int64) - 1


@dataclass(frozen=True, eq=False)
class Trades:
    """Trades with their taker's sign: +1 bought, -1 sold."""

    provenance: Provenance
    times_ns: IntArray
    sign: FloatArray
    price: FloatArray
    size: FloatArray
    warnings: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        """Refuse trades out of order, without a sign, a price or a size."""
        name = f"trades of {self.provenance.name}"
        check_times(self.times_ns, name, strictly=False)
        check_numbers(self.price, name, above_zero=True)
        check_numbers(self.size, f"{name}: sizes")
        if not np.isin(self.sign, (-1.0, 1.0)).all():
            raise MarketDataError(f"{name}: a sign is neither +1 nor -1.")

    def __len__(self) -> int:
        """Number of trades."""
        return len(self.price)


def stored_quotes(
    store: Store,
    venue: str,
    instrument: str,
    *,
    since: Instant | None = None,
    until: Instant | None = None,
) -> Quotes:
    """Read best quotes known at `until`; those without both sides, or crossed, are left out."""
    import polars as pl

    rows = stored_rows(store, BOOK_TOPS.name, venue, instrument, since=since, until=until)
    needed = ("bid", "bid_size", "ask", "ask_size")
    two = rows.drop_nulls(needed)
    good = two.filter(pl.col("ask") > pl.col("bid"))
    warnings = _told(len(rows) - len(two), "quotes lack a side or a size")
    warnings += _told(len(two) - len(good), "quotes are crossed")
    good, late = _in_order(good)
    warnings += _told(late, "quotes came late")
    if len(good) < 2:
        raise MarketDataError(f"{instrument} at {venue}: fewer than two usable quotes are stored.")
    place = provenance_of(good, store, venue, instrument)
    listed = listed_instrument(venue, instrument, place.last)
    inverse = listed is not None and listed.payoff.name == "inverse"
    each = float(listed.multiplier) if listed is not None and inverse else float("nan")
    return Quotes(
        provenance=place,
        times_ns=times_ns(good),
        bid=floats(good, "bid"),
        bid_size=floats(good, "bid_size"),
        ask=floats(good, "ask"),
        ask_size=floats(good, "ask_size"),
        multiplier=each,
        warnings=warnings,
    )


def stored_trades(
    store: Store,
    venue: str,
    instrument: str,
    *,
    since: Instant | None = None,
    until: Instant | None = None,
) -> Trades:
    """Read trades known at `until`; those without a taker's side are left out."""
    import polars as pl

    rows = stored_rows(store, TRADES.name, venue, instrument, since=since, until=until)
    good = rows.filter(pl.col("side").is_in(["buy", "sell"]), pl.col("size") > 0)
    if good.is_empty():
        raise MarketDataError(f"{instrument} at {venue}: no trade says its taker's side.")
    place = provenance_of(good, store, venue, instrument)
    sign = np.where((good["side"] == "buy").to_numpy(), 1.0, -1.0)
    warnings = _told(len(rows) - len(good), "trades say no side or size")
    return Trades(
        place, times_ns(good), sign, floats(good, "price"), floats(good, "size"), warnings
    )


def _in_order(rows: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    times = times_ns(rows)
    kept = times >= np.maximum.accumulate(times) if len(times) else times > 0
    return rows.filter(kept), int((~kept).sum())


def _told(count: int, what: str) -> tuple[str, ...]:
    return (f"{count:,} {what}; they are left out.",) if count else ()
