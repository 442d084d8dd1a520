"""The curves of a span that a command asks for: of the simulated market, or of a store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from obverse.app.commands.opening import DEFAULT_VENUE, SIMULATED, calibration_at, latest
from obverse.contracts import instant
from obverse.curves.histories import CurveHistory, curve_history, from_tickers
from obverse.errors import DataError
from obverse.market import simulated
from obverse.market.calibration import Calibration
from obverse.market.store import is_store, open_store

SIMULATED_DAYS = 60
STEP = timedelta(hours=8)


@dataclass(frozen=True)
class CurveSpan:
    """Which curves: a venue's, of some coins, from a start to an end."""

    venue: str | None
    underlyings: Sequence[str] | None
    start: str | None
    until: str | None
    seed: int


def is_simulated(place: str) -> bool:
    """Whether a place is the simulated market, calibrated or not."""
    return place == SIMULATED or calibration_at(place) is not None


def histories_at(place: str, asked: CurveSpan) -> list[CurveHistory]:
    """Read the curves of each coin.

    Raises `DataError` for a place that is neither, and for a store without a venue named.
    """
    coins = [coin.strip().upper() for coin in asked.underlyings or ("BTC", "ETH") if coin.strip()]
    until = None if asked.until is None else instant(asked.until)
    since = None if asked.start is None else instant(asked.start)
    if is_simulated(place):
        venue = asked.venue or DEFAULT_VENUE
        end = until or latest(venue)
        begin = since or end - timedelta(days=SIMULATED_DAYS)
        calibration = calibration_at(place)
        return [_simulated(asked.seed, venue, coin, begin, end, calibration) for coin in coins]
    if not is_store(place):
        raise DataError(f"--market {place}: curves through time are read from a store.")
    if asked.venue is None:
        raise DataError("--venue: say which venue of the store.")
    store = open_store(place)
    return [curve_history(store, asked.venue, coin, since=since, until=until) for coin in coins]


def _simulated(
    seed: int,
    venue: str,
    coin: str,
    begin: datetime,
    end: datetime,
    calibration: Calibration | None,
) -> CurveHistory:
    """A curve each eight hours of the simulated market."""
    import polars as pl

    rows = []
    at = begin
    while at <= end:
        snapshot = simulated(seed=seed, at=at, venue=venue, calibration=calibration)[coin]
        rows += [
            {
                "instrument": quote.symbol,
                "time": at,
                "snapshot_time": at,
                "contract": quote.kind.value,
                "expiry": quote.expiry,
                "listed": quote.listed,
                "mark": float(quote.mark),
                "index": float(snapshot.index),
            }
            for quote in snapshot.quotes
        ]
        at += STEP
    frame = pl.DataFrame(rows, infer_schema_length=None)
    return from_tickers(frame, venue, coin, f"simulated market, seed {seed}")
