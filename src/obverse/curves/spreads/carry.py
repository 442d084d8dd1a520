"""What a spread earns if nothing moves: roll-down of its dated legs, and funding of perpetual ones.

The curve at an instant is ln(F/S) against time to expiry, straight between the index at zero and
the listed futures (log-linear: forward rates are constant between them). Were it to stay, a future
of T years would in h years stand where one of T − h stands now:

    roll-down = Σ weight · (S e^{y(T − h)} − S e^{y(T)}),   funding = −Σ weight · P · rate · h / 8 h

A long perpetual pays the rate. A perpetual's gap to the index stays.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from obverse.contracts.instants import iso
from obverse.curves.histories import NS_PER_YEAR, CurveHistory
from obverse.curves.spreads.kinds import PERPETUAL
from obverse.errors import MarketDataError, SymbolError
from obverse.tables import Table, Tabular, number, percent, text

HOURS_PER_YEAR = 365 * 24


@dataclass(frozen=True, repr=False)
class SpreadCarry(Tabular):
    """Carry of a held spread over a horizon, in dollars per unit of the spread.

    Attributes
    ----------
    roll_down_usd : of the dated legs, if the curve keeps its shape
    funding_usd : received on perpetual legs at the given rate
    gross_usd : sum of |weight| · price: what `annualised` is of
    """

    legs: tuple[str, ...]
    at: str
    horizon_days: float
    roll_down_usd: float
    funding_usd: float
    gross_usd: float
    index_usd: float
    funding_rate_8h: float | None
    source: str
    warnings: tuple[str, ...] = ()

    @property
    def total_usd(self) -> float:
        """Roll-down and funding."""
        return self.roll_down_usd + self.funding_usd

    @property
    def annualised(self) -> float:
        """Total of the legs' gross value, simple, per year of 365 days."""
        return self.total_usd / self.gross_usd * 365 / self.horizon_days

    def table(self) -> Table:
        """Each part in dollars, bp of the index and a year."""
        parts = (
            ("roll-down", self.roll_down_usd),
            ("funding", self.funding_usd),
            ("total", self.total_usd),
        )
        columns = (
            text("part", "Carry"),
            number("carry_usd", "Of one spread", "USD", 4, signed=True),
            number("carry_bp", "Of the index", "bp", 3, signed=True),
            percent("annualised", "Of both legs", unit="%/y"),
        )
        yearly = 365 / self.horizon_days / self.gross_usd
        rows = tuple((name, v, 1e4 * v / self.index_usd, v * yearly) for name, v in parts)
        title = f"Carry of {', '.join(self.legs)} over {self.horizon_days:g} days from {self.at}"
        notes = (
            "If the curve and funding stay; simple, act/365, log-linear between expiries.",
            f"Source: {self.source}.",
        )
        return Table(title, columns, rows, (*notes, *self.warnings))


def spread_carry(
    history: CurveHistory,
    weights: Mapping[str, float],
    *,
    horizon_days: float = 1.0,
    funding_rate_8h: float | None = None,
    place: int = -1,
) -> SpreadCarry:
    """Carry of so many of each leg, by symbol or `perpetual`, from one snapshot of a history.

    `place` is the snapshot, by default the last. Raises `MarketDataError` where the horizon
    reaches beyond an expiry, a price is missing, or a perpetual leg has no funding rate.
    """
    at = range(len(history))[place]
    if not 0 < horizon_days < math.inf:
        raise MarketDataError(f"horizon_days {horizon_days}: expected above zero.")
    index = float(history.index_usd[at])
    horizon = horizon_days * 24 / HOURS_PER_YEAR
    roll, funding, gross = 0.0, 0.0, 0.0
    for name, weight in weights.items():
        if name == PERPETUAL:
            price = float(history.perpetual_usd[at])
            if funding_rate_8h is None or not math.isfinite(funding_rate_8h + price):
                raise MarketDataError(
                    f"carry of a perpetual leg at {price}: it needs its price and funding_rate_8h "
                    f"(given: {funding_rate_8h})."
                )
            funding -= weight * price * funding_rate_8h * horizon_days * 3
        else:
            price, later = _rolled(history, at, name, horizon)
            roll += weight * (later - price)
        gross += abs(weight) * price
    return SpreadCarry(
        tuple(weights), iso(history.moment(at).replace(microsecond=0)), horizon_days, roll, funding,
        gross, index, funding_rate_8h, history.source, history.warnings,
    )  # fmt: skip


def _rolled(history: CurveHistory, at: int, name: str, horizon: float) -> tuple[float, float]:
    """A future's price, and that of the point of the curve where it stands a horizon later."""
    own = history.nodes(at)
    symbols = history.symbols[own]
    if name not in symbols:
        raise SymbolError(name, f"in the curve of {iso(history.moment(at))}", symbols)
    place = symbols.index(name)
    years = (history.expiries_ns[own] - history.instants_ns[at]) / NS_PER_YEAR
    index = float(history.index_usd[at])
    if years[place] < horizon:
        raise MarketDataError(
            f"{name} expires in {365 * years[place]:.2f} days, within the horizon of "
            f"{365 * horizon:.2f}; take a shorter one."
        )
    price = float(history.marks_usd[own][place])
    used = history.listed[own] | (np.arange(len(years)) == place)
    logs = np.log(history.marks_usd[own][used] / index)
    nodes = np.concatenate([[0.0], years[used]])
    later = float(np.interp(years[place] - horizon, nodes, np.concatenate([[0.0], logs])))
    return price, index * math.exp(later)
