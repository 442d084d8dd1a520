"""Settled futures against the perpetual that traded on through their settlement window."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from obverse.contracts.instants import Instant, days_between
from obverse.curves.convergence.settlement_window import settlement_window
from obverse.errors import MarketDataError, RuleError
from obverse.market.store import Store, scan
from obverse.marks.delivery import DeliveryWindow
from obverse.tables import Table, Tabular, machine, number, text

if TYPE_CHECKING:
    import polars as pl
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Settlement:
    """One settled future.

    Attributes
    ----------
    settlement_usd : at which the venue settled it
    perpetual_mean_usd : mean of the perpetual's bar closes in the settlement window
    perpetual_last_usd : the perpetual at the end of the window
    basis_rate : the venue's own last yearly rate of its mark, where it said one
    """

    symbol: str
    listed: datetime | None
    expiry: datetime
    window_minutes: float
    settlement_usd: float
    perpetual_mean_usd: float
    perpetual_last_usd: float
    bars: int
    basis_rate: float | None

    @property
    def mean_gap_bp(self) -> float:
        """Settlement less the perpetual's own mean over the window, in bp."""
        return 1e4 * (self.settlement_usd / self.perpetual_mean_usd - 1)

    @property
    def last_gap_bp(self) -> float:
        """Settlement less the perpetual at the end of the window, in bp."""
        return 1e4 * (self.settlement_usd / self.perpetual_last_usd - 1)

    @property
    def life_days(self) -> float | None:
        """Days from listing to expiry."""
        return None if self.listed is None else days_between(self.listed, self.expiry)


@dataclass(frozen=True, repr=False)
class Settlements(Tabular):
    """Settled futures of one coin at one venue, by expiry."""

    underlying: str
    venue: str
    perpetual: str
    source: str
    settled: tuple[Settlement, ...]
    warnings: tuple[str, ...] = ()

    @property
    def median_mean_gap_bp(self) -> float:
        """Median size of the gap to the perpetual's mean over the window."""
        return float(np.median([abs(each.mean_gap_bp) for each in self.settled]))

    @property
    def median_last_gap_bp(self) -> float:
        """Median size of the gap to the perpetual at the end of the window."""
        return float(np.median([abs(each.last_gap_bp) for each in self.settled]))

    def table(self) -> Table:
        """One row a settled future."""
        columns = (
            text("symbol", "Future"),
            text("expiry", "Expired (UTC)"),
            number("life_days", "Life", "days", 0),
            number("window_minutes", "Window", "min", 0),
            number("settlement_usd", "Settled", "USD"),
            number("perpetual_mean_usd", "Perp. mean", "USD"),
            number("perpetual_last_usd", "Perp. last", "USD"),
            number("mean_gap_bp", "To mean", "bp", 1, signed=True),
            number("last_gap_bp", "To last", "bp", 1, signed=True),
            machine("basis_rate", "fraction per year"),
        )
        rows = tuple(
            (
                each.symbol,
                each.expiry,
                each.life_days,
                each.window_minutes,
                each.settlement_usd,
                each.perpetual_mean_usd,
                each.perpetual_last_usd,
                each.mean_gap_bp,
                each.last_gap_bp,
                each.basis_rate,
            )
            for each in self.settled
        )
        title = f"{self.underlying} futures settled at {self.venue}, against {self.perpetual}"
        notes = (
            f"Gaps are settlement less perpetual, in bp; median sizes "
            f"{self.median_mean_gap_bp:.1f} bp to the window's mean, "
            f"{self.median_last_gap_bp:.1f} bp to its end. Source: {self.source}.",
            *self.warnings,
        )
        return Table(title, columns, rows, notes)

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw both gaps by expiry (Matplotlib)."""
        from obverse.curves.convergence.plots import plot_settlements

        return plot_settlements(self, axes)


def settlements(
    store: Store,
    venue: str,
    underlying: str,
    *,
    perpetual: str,
    bars: str = "bars_1m",
    until: Instant | None = None,
) -> Settlements:
    """Compare settled inverse dollar futures with the perpetual's mean over their window.

    The window is the rulebook's at each expiry. Futures that settled before the rulebook or the
    bars begin are left out and told.

    Raises
    ------
    MarketDataError : the store has no such settled future, or bars for none of them
    """
    rows = _settled(store, venue, underlying, until)
    if rows.is_empty():
        raise MarketDataError(f"no settled inverse {underlying} future at {venue} in {store.name}.")
    found: list[Settlement] = []
    left: list[str] = []
    for row in rows.iter_rows(named=True):
        try:
            window = settlement_window(venue, underlying, row["expiry"])
        except RuleError:
            left.append(row["symbol"])
            continue
        closes = _closes(store, venue, perpetual, bars, window)
        if len(closes):
            found.append(_settlement(row, window, closes))
        else:
            left.append(row["symbol"])
    if not found:
        raise MarketDataError(
            f"{bars} of {perpetual} at {venue} cover the settlement window of none of "
            f"{rows.height} settled futures."
        )
    told = f"Left out, without a rule or bars of their window: {', '.join(left)}."
    return Settlements(
        underlying,
        venue,
        perpetual,
        f"store {store.name}, {bars}",
        tuple(found),
        (told,) if left else (),
    )


def _settled(store: Store, venue: str, underlying: str, until: Instant | None) -> pl.DataFrame:
    import polars as pl

    rows = scan(store, "instruments", venue=venue, until=until)
    return (
        rows.filter(
            pl.col("contract") == "future",
            pl.col("payoff") == "inverse",
            pl.col("underlying") == underlying,
            pl.col("quote") == "USD",
            pl.col("settlement_price") > 0,
            pl.col("expiry") <= pl.col("time"),
        )
        .unique("symbol", keep="last", maintain_order=True)
        .sort("expiry", "symbol")
        .collect()
    )


def _closes(
    store: Store, venue: str, perpetual: str, bars: str, window: DeliveryWindow
) -> list[float]:
    import polars as pl

    rows = scan(
        store,
        bars,
        venue=venue,
        instrument=perpetual,
        since=window.start,
        until=window.end,
        columns=["time", "close"],
    )
    return rows.filter(pl.col("time") > window.start).collect()["close"].to_list()


def _settlement(row: dict[str, Any], window: DeliveryWindow, closes: list[float]) -> Settlement:
    return Settlement(
        symbol=row["symbol"],
        listed=row["listing"],
        expiry=row["expiry"],
        window_minutes=float(window.minutes),
        settlement_usd=row["settlement_price"],
        perpetual_mean_usd=float(np.mean(closes)),
        perpetual_last_usd=closes[-1],
        bars=len(closes),
        basis_rate=row["basis_rate"],
    )
