"""What a store knows beside a snapshot: funding histories, and depth."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from obverse.analysis.arbitrage.depths import stored_depth
from obverse.analysis.arbitrage.legs import Outlooks
from obverse.analysis.arbitrage.outlooks import LEAST, FundingOutlook, funding_outlook
from obverse.market.series.kinds import BOOK_LEVELS, BOOK_TOPS, FUNDING
from obverse.market.store import Store, scan
from obverse.rulebooks import Rulebook

if TYPE_CHECKING:
    import polars as pl

HISTORY = timedelta(days=90)
FRESH = timedelta(days=1)


def stored_outlooks(store: Store, book: Rulebook, at: datetime, size_usd: Decimal) -> Outlooks:
    """Read what was known at an instant.

    A funding history counts if it has 30 periods of 8 hours in the 90 days before and ends less
    than a day before. Depth is as `obverse.analysis.arbitrage.depths` has it.
    """
    return Outlooks(
        funding={
            symbol: outlook
            for symbol in _instruments(store, book, FUNDING.name)
            if (outlook := _funding(store, book.venue, symbol, at)) is not None
        },
        depths={
            symbol: depth
            for symbol in _instruments(store, book, BOOK_LEVELS.name, BOOK_TOPS.name)
            if (depth := stored_depth(store, book, symbol, at, size_usd)) is not None
        },
    )


def _instruments(store: Store, book: Rulebook, *kinds: str) -> list[str]:
    entries = store.entries(venue=book.venue)
    return list(dict.fromkeys(entry.instrument for entry in entries if entry.kind in kinds))


def _funding(store: Store, venue: str, symbol: str, at: datetime) -> FundingOutlook | None:
    rows = scan(
        store,
        FUNDING.name,
        venue=venue,
        instrument=symbol,
        since=at - HISTORY,
        until=at,
        columns=["time", "rate", "interval_hours"],
    ).collect()
    if rows.is_empty() or rows["time"][-1] < at - FRESH:
        return None
    rates = eight_hourly(rows)
    return funding_outlook(rates) if len(rates) >= LEAST else None


def eight_hourly(rows: pl.DataFrame) -> list[float]:
    """Rates per 8 hours, one a period of 8 hours that has any: the mean of those paid in it."""
    import polars as pl

    of_8_hours = (pl.col("rate") * 8 / pl.col("interval_hours")).alias("rate_8h")
    period = pl.col("time").dt.offset_by("-1ns").dt.truncate("8h").alias("period")
    grouped = rows.select(period, of_8_hours).group_by("period", maintain_order=True)
    return grouped.agg(pl.col("rate_8h").mean())["rate_8h"].to_list()
