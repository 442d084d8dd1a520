"""What is compared by hour and weekday: moves, turnover, funding, spreads, each in its bar."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from obverse.analysis.activity.bar_values import Bars, stored_bar_values
from obverse.analysis.funding.histories import FundingHistory
from obverse.analysis.provenance import Provenance
from obverse.analysis.stored_rows import (
    NS_PER_HOUR,
    FloatArray,
    IntArray,
    check_numbers,
    check_times,
    stored_bars,
)
from obverse.contracts.instants import Instant
from obverse.errors import MarketDataError
from obverse.market.store import Store

if TYPE_CHECKING:
    from obverse.analysis.liquidity.tapes import Quotes

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, eq=False)
class Observations:
    """A quantity over time.

    Attributes
    ----------
    starts_ns : (n,) beginning of the time that each is of
    values : (n,) in `unit`
    """

    provenance: Provenance
    name: str
    unit: str
    starts_ns: IntArray
    values: FloatArray
    warnings: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        """Refuse values that are none, and times out of order."""
        check_times(self.starts_ns, self.name)
        check_numbers(self.values, self.name)


def season_bars(
    store: Store,
    venue: str,
    instrument: str,
    *,
    since: Instant | None = None,
    until: Instant | None = None,
) -> Bars:
    """Hours where they are stored, or made of finer bars, else the finest bars there are.

    Raises `MarketDataError` where no bars are stored.
    """
    kinds = stored_bars(store, venue, instrument)
    if not kinds:
        raise MarketDataError(f"{instrument} at {venue}: no bars in {store.name}.")
    hourly = [kind for kind in kinds if kind.interval == _HOUR]
    kind = hourly[0] if hourly else kinds[0]
    bars = stored_bar_values(store, kind.name, venue, instrument, since=since, until=until)
    return bars.hourly() if bars.interval < _HOUR else bars


def absolute_moves(bars: Bars) -> Observations:
    """|ln(close / close before)| of bars that follow one another, in basis points."""
    step = int(bars.interval.total_seconds()) * 10**9
    follows = np.diff(bars.starts_ns) == step
    moves = 1e4 * np.abs(np.diff(np.log(bars.close)))[follows]
    starts = bars.starts_ns[1:][follows]
    return Observations(bars.provenance, "Absolute move", "bp", starts, moves, bars.warnings)


def turnovers(bars: Bars) -> Observations:
    """Dollars traded in each bar, in millions."""
    known = np.isfinite(bars.usd)
    if not known.any():
        raise MarketDataError(f"{bars.provenance.name}: no volume is stored with its bars.")
    values = bars.usd[known] / 1e6
    return Observations(
        bars.provenance, "Turnover", "m USD", bars.starts_ns[known], values, bars.warnings
    )


def funding_observations(history: FundingHistory) -> Observations:
    """Funding by the beginning of its interval, in basis points per 8 hours."""
    return Observations(
        history.provenance,
        "Funding",
        "bp/8h",
        history.starts_ns,
        1e4 * history.rates_8h,
        history.warnings,
    )


def quoted_spreads(quotes: Quotes) -> Observations:
    """The quoted spread of each hour that has quotes, in basis points, weighed by time."""
    width = np.diff(quotes.times_ns).astype(np.float64)
    spread = quotes.spread_bp[:-1]
    hours = quotes.times_ns[:-1] // NS_PER_HOUR
    labels, place = np.unique(hours, return_inverse=True)
    lengths = np.bincount(place, weights=width)
    means = np.bincount(place, weights=width * spread) / np.where(lengths > 0, lengths, 1)
    known = lengths > 0
    return Observations(
        quotes.provenance, "Quoted spread", "bp", labels[known] * NS_PER_HOUR, means[known],
        quotes.warnings,
    )  # fmt: skip
