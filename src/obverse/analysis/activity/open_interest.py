"""Open interest in contracts, dollars and coin, and its ratios to what is traded and held.

================== ===========================================================================
turnover ratio     dollars traded in 24 hours / dollars of open interest
days of turnover   its inverse: days in which the open interest is traded once
estimated leverage coins of open interest / coins that exchanges hold (reserves, if given)
================== ===========================================================================
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from obverse.analysis.provenance import Provenance
from obverse.analysis.stored_rows import (
    FloatArray,
    IntArray,
    floats,
    listed_instrument,
    moment_of,
    provenance_of,
    stored_rows,
    times_ns,
)
from obverse.contracts.instants import Instant
from obverse.errors import DataError, MarketDataError
from obverse.market.series.kinds import TICKERS
from obverse.market.store import Store
from obverse.tables import Table, Tabular, coin, number, text, usd

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, repr=False, eq=False)
class OpenInterest(Tabular):
    """Open interest over time; NaN where a row does not say.

    Attributes
    ----------
    price_usd : (n,) mark, else index, else last price of the row
    volume_24h_usd : (n,) dollars traded in the 24 hours before
    reserves_coin : coins that exchanges hold, where that is given
    """

    provenance: Provenance
    times_ns: IntArray
    contracts: FloatArray
    usd: FloatArray
    coin: FloatArray
    price_usd: FloatArray
    volume_24h_usd: FloatArray
    reserves_coin: float | None = None
    warnings: tuple[str, ...] = field(default=())

    @property
    def turnover_ratio(self) -> FloatArray:
        """(n,) dollars of 24 hours over dollars of open interest."""
        found: FloatArray = self.volume_24h_usd / self.usd
        return found

    @property
    def estimated_leverage(self) -> FloatArray:
        """(n,) coins of open interest over reserves; NaN without reserves."""
        found: FloatArray = self.coin / (self.reserves_coin or np.nan)
        return found

    def table(self) -> Table:
        """One row an instant."""
        columns = (
            text("at", "At (UTC)"),
            number("contracts", "Contracts", decimals=0),
            usd("usd", "Open interest", signed=False),
            coin("coin", "Open interest", self.provenance.underlying or "coin", 2, signed=False),
            number("turnover_ratio", "24 h turnover", "x open interest", 3),
            number("days_of_turnover", "Traded once in", "days", 3),
            number("estimated_leverage", "Est. leverage", "x reserves", 3),
        )
        ratio = self.turnover_ratio
        days = 1 / np.where(ratio > 0, ratio, np.nan)
        leverage = self.estimated_leverage
        numbers = (self.contracts, self.usd, self.coin, ratio, days, leverage)
        rows = tuple(
            (f"{moment_of(int(at)):%Y-%m-%d %H:%M}", *(_known(each[n]) for each in numbers))
            for n, at in enumerate(self.times_ns)
        )
        title = f"Open interest of {self.provenance.name}"
        return Table(title, columns, rows, (self.provenance.note, *self.warnings))

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw dollars over time (Matplotlib)."""
        from obverse.charts import ACCENT, new_axes

        axes = axes or new_axes(f"Open interest of {self.provenance.name}", "", "m USD")
        times = [moment_of(int(at)) for at in self.times_ns]
        axes.plot(times, self.usd / 1e6, "o-", color=ACCENT, markersize=3)  # type: ignore[arg-type]
        return axes


def open_interest_history(
    store: Store,
    venue: str,
    instrument: str,
    *,
    since: Instant | None = None,
    until: Instant | None = None,
    reserves_coin: float | None = None,
) -> OpenInterest:
    """Read stored open interest, as known at `until`.

    Raises `MarketDataError` where no ticker says it, `DataError` for reserves not above zero.
    """
    if reserves_coin is not None and not reserves_coin > 0:
        raise DataError(f"reserves: {reserves_coin} coins; expected a number above zero.")
    rows = stored_rows(store, TICKERS.name, venue, instrument, since=since, until=until)
    rows = rows.unique("time", keep="last", maintain_order=True)
    place = provenance_of(rows, store, venue, instrument)
    contracts, dollars = (
        floats(rows, name) for name in ("open_interest_contracts", "open_interest_usd")
    )
    price = _first(*(floats(rows, name) for name in ("mark", "index", "last")))
    listed = listed_instrument(venue, instrument, place.last)
    warnings: tuple[str, ...] = ()
    if listed is not None and listed.payoff.name == "inverse":
        own = contracts * float(listed.multiplier)
        off = np.isfinite(own) & np.isfinite(dollars) & (np.abs(own / dollars - 1) > 1e-6)
        if off.any():
            warnings = ("Dollars that the venue shows are not contracts times multiplier.",)
        dollars = _first(dollars, own)
    known = np.isfinite(dollars) & (dollars > 0)
    if not known.any():
        raise MarketDataError(f"{place.name}: no stored ticker says its open interest.")
    if np.isnan(price[known]).any():
        warnings += ("Without a price beside it, open interest in coin is not known.",)
    return OpenInterest(
        place,
        times_ns(rows)[known],
        contracts[known],
        dollars[known],
        (dollars / price)[known],
        price[known],
        floats(rows, "volume_24h_usd")[known],
        reserves_coin,
        warnings,
    )


def _first(*columns: FloatArray) -> FloatArray:
    """Of each row, the first column that is known."""
    found = columns[0]
    for each in columns[1:]:
        found = np.where(np.isfinite(found), found, each)
    return found


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
