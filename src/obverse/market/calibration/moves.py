"""Hourly moves of a price, and their local scale, out of stored bars."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from obverse.contracts.instants import iso
from obverse.errors import MarketDataError

if TYPE_CHECKING:
    import polars as pl

FloatArray = NDArray[np.float64]

HOUR_NS = 3_600_000_000_000
MINIMUM_DAYS = 60
BIPOWER = np.pi / 2
"""E|z|⁻² of a standard normal z: what the product of two absolute moves is scaled by."""
NORMAL_QUARTILE = 0.6745
"""Median of the absolute value of a standard normal."""
_MINUTES = 60
_LARGEST = float(np.log(2))
_MINIMUM_SHARE = 0.5
_KEPT = 0.9052  # what is left of such a product's mean m if each is cut to 3 m; 4e7 normal draws


@dataclass(frozen=True)
class Moves:
    """Log-returns over whole hours; hours without one are left out.

    Attributes
    ----------
    hours : hours since 1970 at which each move begins
    returns : the log-returns
    last_usd : the last price
    """

    hours: NDArray[np.int64]
    returns: FloatArray
    last_usd: float

    @property
    def years(self) -> float:
        """How many years of moves there are, hours without one left out."""
        return len(self.returns) / (24 * 365)


def hourly_moves(bars: pl.DataFrame, name: str) -> Moves:
    """Take moves between closes at whole hours from bars of an hour or less.

    An hour counts if a bar closes on it; so bars of any length that divides an hour do. Raises
    `MarketDataError` for longer bars, bad prices, too few moves or too many holes.
    """
    import polars as pl

    needs(bars, ("time", "open_time", "close"), name)
    one_of(bars, "instrument", name)
    rows = bars.filter(pl.col("close").is_not_null()).sort("time").unique("time", keep="first")
    rows = rows.sort("time")
    if rows.is_empty():
        raise MarketDataError(f"{name}: no bars.")
    minutes = (rows["time"] - rows["open_time"]).dt.total_minutes().to_numpy().max()
    if minutes > _MINUTES:
        raise MarketDataError(
            f"{name}: bars of {minutes} minutes; bars of an hour or less are needed."
        )
    closes = rows["close"].to_numpy()
    if not (np.isfinite(closes).all() and (closes > 0).all()):
        raise MarketDataError(f"{name}: a close is not a finite price above zero.")
    stamps = rows["time"].dt.epoch("ns").to_numpy()
    whole = stamps % HOUR_NS == 0
    hours, logs = stamps[whole] // HOUR_NS, np.log(closes[whole])
    together = np.diff(hours) == 1
    moves = Moves(hours[:-1][together], np.diff(logs)[together], float(closes[-1]))
    _check_enough(moves, name)
    _check_size(moves, name)
    return moves


def needs(frame: pl.DataFrame, columns: tuple[str, ...], name: str) -> None:
    """Refuse a frame that lacks columns of its kind, or that mixes venues."""
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise MarketDataError(f"{name}: no column {', '.join(missing)}; it is no such series.")
    one_of(frame, "venue", name)


def one_of(frame: pl.DataFrame, column: str, name: str) -> None:
    """Refuse a frame with rows of several venues or instruments, where it tells them."""
    found = frame[column].unique().sort().to_list() if column in frame.columns else []
    if len(found) > 1:
        raise MarketDataError(
            f"{name}: rows of {len(found)} {column}s, {', '.join(map(str, found[:3]))}; choose one."
        )


def _check_enough(moves: Moves, name: str) -> None:
    count, needed = len(moves.returns), MINIMUM_DAYS * 24
    if count < needed:
        raise MarketDataError(
            f"{name}: {count:,} hourly moves; {needed:,} are needed at least, that is "
            f"{MINIMUM_DAYS} days."
        )
    span = int(moves.hours[-1] - moves.hours[0]) + 1
    if count < _MINIMUM_SHARE * span:
        raise MarketDataError(
            f"{name}: {count:,} moves of {span:,} hours; half of the hours are needed at least."
        )
    if not moves.returns.any():
        raise MarketDataError(f"{name}: the price never moves.")


def _check_size(moves: Moves, name: str) -> None:
    far = np.flatnonzero(np.abs(moves.returns) > _LARGEST)
    if len(far):
        hour = datetime.fromtimestamp(int(moves.hours[far[0]]) * 3600, UTC)
        raise MarketDataError(
            f"{name}: the price moves by {np.expm1(moves.returns[far[0]]):+.0%} in the hour from "
            f"{iso(hour)} ({len(far)} such hours); more than a factor of 2 is taken for an error "
            "of the data: correct it or leave it out."
        )


def rolling_mean(values: FloatArray, width: int) -> FloatArray:
    """Means over windows centred on each value, cut at the ends."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    places = np.arange(len(values))
    first = np.clip(places - width // 2, 0, None)
    last = np.clip(places + (width + 1) // 2, None, len(values))
    found: FloatArray = (sums[last] - sums[first]) / (last - first)
    return found


def local_deviation(returns: FloatArray, width: int) -> FloatArray:
    """The local scale of moves by bipower variation, which a single jump hardly raises.

    A product that is far above the window's is cut to three times its mean, as a jump beside a
    large move would else stay in it.
    """
    products = np.empty_like(returns)
    products[1:] = np.abs(returns[1:] * returns[:-1])
    products[0] = products[1]
    first = rolling_mean(products, width)
    cut = np.minimum(products, 3 * first)
    found = rolling_mean(cut, width)
    return np.sqrt(np.maximum(BIPOWER * found / _KEPT, 1e-300))
