"""Every calendar and perpetual spread of a curve at its last snapshot, judged by its own past.

Z-score and half-life are of the annualised rate between the legs (ln of their ratio a year,
continuous, act/365), over all snapshots known by then that have both legs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from obverse.contracts.instants import iso
from obverse.contracts.instruments import Instrument
from obverse.contracts.units import ExactNumber, exact_price
from obverse.curves.histories import CurveHistory
from obverse.curves.spreads.kinds import calendar_spread, perpetual_spread
from obverse.curves.spreads.legs import SpreadPosition, equal_dollar_position, neutralised
from obverse.curves.spreads.reversion import HalfLife, half_life
from obverse.curves.spreads.scores import LEAST, z_scores
from obverse.curves.spreads.series import SpreadSeries
from obverse.errors import AmountError, MarketDataError, RuleError, SymbolError
from obverse.market.floats import decimal_of_float
from obverse.tables import Cell, Table, Tabular, coin, machine, number, percent, text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

InstrumentOf = Callable[[str], Instrument]


@dataclass(frozen=True, eq=False)
class BoardRow:
    """One spread at the last snapshot.

    Attributes
    ----------
    series : its past, up to and with the snapshot
    held, neutral : a bought spread of equal dollars; and with its second leg sized in whole lots
        to leave no coin delta, none where no lot does
    z_score, robust_z_score, half_life : of the annualised rate; none where the past is too short
    """

    series: SpreadSeries
    held: SpreadPosition
    neutral: SpreadPosition | None
    z_score: float | None
    robust_z_score: float | None
    half_life: HalfLife | None

    @property
    def annualised(self) -> float:
        """ln of the ratio of the legs a year."""
        assert self.series.annualised is not None
        return float(self.series.annualised[-1])


@dataclass(frozen=True, repr=False, eq=False)
class SpreadBoard(Tabular):
    """Every spread of a curve's listed expiries, calendar spreads first."""

    underlying: str
    venue: str
    source: str
    at: str
    usd_amount: ExactNumber
    rows: tuple[BoardRow, ...]
    warnings: tuple[str, ...] = ()

    def __getitem__(self, label: str) -> BoardRow:
        """One spread by its label, `FAR − NEAR`."""
        for row in self.rows:
            if row.series.label == label:
                return row
        raise KeyError(label)

    def table(self) -> Table:
        """One row a spread: level, annualised, coins left open, z-score, half-life."""
        columns = (
            text("spread", "Spread"),
            number("level_usd", "Level", "USD", signed=True),
            number("level_bp", "Of index", "bp", 1, signed=True),
            percent("annualised", "A year", unit="%/y"),
            coin("coin_delta", "Left open", self.underlying, 5),
            number("z_score", "z", decimals=2, signed=True),
            number("half_life_days", "Half-life", "days"),
            number("observations", "Seen", decimals=0),
            machine("kind"),
            machine("robust_z_score"),
            machine("half_life_days_low", "days"),
            machine("half_life_days_high", "days"),
        )
        notes = (
            f"Left open: coins of equal-dollar legs of {self.usd_amount:,} USD, first bought, "
            "second sold, to a move of all prices by the same share.",
            "A year: ln of the ratio between deliveries, continuous, act/365; z and half-life are "
            "of it, over the snapshots seen by then (half-life less its small-sample bias).",
            f"Source: {self.source}.",
        )
        title = f"{self.underlying} spreads at {self.venue}, {self.at}"
        return Table(title, columns, tuple(map(_cells, self.rows)), (*notes, *self.warnings))

    def legs_table(self) -> Table:
        """One row a spread: contracts of equal dollars, and of a second leg without coin delta."""
        columns = (
            text("spread", "Spread"),
            number("first", "Bought", "contracts", 0),
            number("second", "Sold", "contracts", 0),
            coin("coin_delta", "Left open", self.underlying, 6),
            number("neutral_second", "Neutral", "contracts", 0),
            coin("neutral_coin_delta", "Left over", self.underlying, 6),
        )
        title = f"{self.underlying} legs of {self.usd_amount:,} USD at {self.venue}, {self.at}"
        notes = ("Neutral: contracts sold in place of the equal dollars; whole lots leave a rest.",)
        return Table(title, columns, tuple(map(_leg_cells, self.rows)), notes)

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw each spread's yearly rate with its z-score (Matplotlib)."""
        from obverse.curves.spreads.plots import plot_board

        return plot_board(self, axes)


def spread_board(
    history: CurveHistory,
    instrument_of: InstrumentOf,
    *,
    usd_amount: ExactNumber,
    window: int | None = None,
) -> SpreadBoard:
    """List the spreads of a history's last snapshot.

    Parameters
    ----------
    instrument_of : the contract behind a symbol, or behind `perpetual`
    usd_amount : dollars of each leg
    window : snapshots of the z-score; by default all

    Raises `MarketDataError` for a history without snapshots, or whose last has no two legs.
    """
    exact_price(usd_amount, "usd_amount")
    if not len(history):
        raise MarketDataError(f"spreads: no snapshots of {history.underlying}; take another span.")
    at = iso(history.moment(len(history) - 1).replace(microsecond=0))
    rows, told = [], list(history.warnings)
    for series in _spreads(history):
        try:
            rows.append(_row(series, history, instrument_of, usd_amount, window))
        except (AmountError, RuleError, SymbolError) as error:
            told.append(f"{series.label} is left out: {error}")
    if not rows:
        raise MarketDataError(
            f"spreads: the snapshot of {at} has no spread of {history.underlying} at "
            f"{history.venue}; it takes two listed futures, or one and the perpetual. "
            + " ".join(told)
        )
    if np.isnan(history.perpetual_usd[-1]):
        told.append("The last snapshot has no perpetual: its spreads are not shown.")
    return SpreadBoard(
        history.underlying, history.venue, history.source, at, usd_amount, tuple(rows), tuple(told)
    )


def _spreads(history: CurveHistory) -> Iterator[SpreadSeries]:
    """Spreads of the last snapshot's listed futures, each over all snapshots that have both."""
    own = history.nodes(len(history) - 1)
    listed = history.listed[own].tolist()
    names = [name for name, real in zip(history.symbols[own], listed, strict=True) if real]
    for near, far in combinations(names, 2):
        yield calendar_spread(history, near, far)
    if not np.isnan(history.perpetual_usd[-1]):
        for name in names:
            yield perpetual_spread(history, name)


def _row(
    series: SpreadSeries,
    history: CurveHistory,
    instrument_of: InstrumentOf,
    usd_amount: ExactNumber,
    window: int | None,
) -> BoardRow:
    prices = [decimal_of_float(price) for price in series.prices_usd[-1].tolist()]
    legs = [
        (instrument_of(name), int(weight), price)
        for name, weight, price in zip(series.legs, series.weights, prices, strict=True)
    ]
    index = decimal_of_float(float(history.index_usd[-1]))
    held = equal_dollar_position(legs, usd_amount=usd_amount, index_usd=index)
    neutral: SpreadPosition | None
    try:
        neutral = neutralised(held)
    except AmountError:
        neutral = None
    rates = series.annualised
    assert rates is not None
    scores = [z_scores(rates, window=window, robust=robust).scores[-1] for robust in (False, True)]
    plain, robust = (float(score) if np.isfinite(score) else None for score in scores)
    return BoardRow(series, held, neutral, plain, robust, _half_life(series))


def _half_life(series: SpreadSeries) -> HalfLife | None:
    rates = series.annualised
    if rates is None or len(rates) < LEAST:
        return None
    try:
        return half_life(rates, series.instants_ns)
    except MarketDataError:
        return None


def _cells(row: BoardRow) -> tuple[Cell, ...]:
    series, found = row.series, row.half_life
    low, high = (None, None) if found is None else found.interval
    return (
        series.label,
        float(series.level_usd[-1]),
        float(series.level_bp[-1]),
        row.annualised,
        float(row.held.coin_delta),
        row.z_score,
        _days(None if found is None else found.hours),
        len(series),
        series.kind,
        row.robust_z_score,
        _days(low),
        _days(high),
    )


def _leg_cells(row: BoardRow) -> tuple[Cell, ...]:
    first, second = row.held.legs
    neutral = row.neutral
    return (
        row.series.label,
        first.contracts,
        -second.contracts,
        float(row.held.coin_delta),
        None if neutral is None else -neutral.legs[1].contracts,
        None if neutral is None else float(neutral.coin_delta),
    )


def _days(hours: float | None) -> float | None:
    return None if hours is None else hours / 24
