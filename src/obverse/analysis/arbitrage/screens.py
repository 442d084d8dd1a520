"""The screen that people read: arbitrages best first, each with why it cannot be executed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from obverse.analysis.arbitrage.assumptions import Assumptions
from obverse.analysis.arbitrage.bounds import Bound, bounds
from obverse.analysis.arbitrage.legs import Leg
from obverse.analysis.arbitrage.pairs import Pair
from obverse.analysis.arbitrage.rows import Rows, rows
from obverse.contracts.instants import DAYS_PER_YEAR, iso
from obverse.errors import DataError
from obverse.tables import Cell, Table, Tabular, machine, number, percent, text

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, repr=False, eq=False)
class ArbitrageScreen(Tabular):
    """Arbitrages between instruments at one instant and size.

    Attributes
    ----------
    order : places of the rows, those that can be executed first, best return first
    reasons : why each row cannot be executed at the size; empty where it can
    bounds : the prices between which each contract pays no arbitrage
    warnings : what a reader must know before trusting a number
    """

    at: datetime
    size_usd: Decimal
    assumed: Assumptions
    source: str
    simulated: bool
    legs: tuple[Leg, ...]
    rows: Rows
    order: tuple[int, ...]
    reasons: tuple[str, ...]
    bounds: tuple[Bound, ...]
    warnings: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.order)

    def table(self, most: int | None = None) -> Table:
        """The rows in order, all or the first so many."""
        columns = (
            text("sort", "Kind"),
            text("sell", "Sell"),
            text("buy", "Buy"),
            number("days", "Days", decimals=1),
            number("gross_bp", "Gross", "bp", 1, signed=True),
            number("net_bp", "Net", "bp", 1, signed=True),
            number("uncertain_bp", "±", "bp", 1),
            percent("return_on_margin", "On margin", unit="%/y"),
            *(machine(name, "fraction") for name in (*_PARTS, "funding_deviation")),
            machine("margin_rate", "fraction"),
            machine("depth_usd", "USD"),
            machine("venues"),
            text("reason", "Why not"),
        )
        shown = self.order if most is None else self.order[:most]
        table_rows = tuple(self._row(place) for place in shown)
        return Table(self._title(), columns, table_rows, self._notes(len(shown)))

    def bounds_table(self, most: int | None = None) -> Table:
        """Each contract between its bounds; of more than `most`, only those outside theirs."""
        columns = (
            text("symbol", "Contract"),
            text("venue", "Venue"),
            number("days", "Days", decimals=1),
            number("mark_usd", "Mark", "USD"),
            number("lower_usd", "Lower", "USD"),
            number("fair_usd", "Fair", "USD"),
            number("upper_usd", "Upper", "USD"),
            text("verdict", "Verdict"),
        )
        few = most is None or len(self.bounds) <= most
        shown = [each for each in self.bounds if few or each.verdict != "within"]
        cells = tuple(
            (
                each.symbol, each.venue,
                None if each.years is None else each.years * DAYS_PER_YEAR,
                each.mark_usd, each.lower_usd, each.fair_usd, each.upper_usd, each.verdict,
            )
            for each in shown
        )  # fmt: skip
        notes = ["Between the bounds no arbitrage against spot pays its costs."]
        if any(each.years is None for each in self.bounds):
            notes.append(
                "A perpetual's hold for funding that follows its price for good; a row above is "
                "for the horizon, with funding as it is expected: the two can differ."
            )
        if len(shown) < len(self.bounds):
            notes.append(f"{len(self.bounds) - len(shown):,} more are within theirs.")
        return Table("No-arbitrage bounds around fair value", columns, cells, tuple(notes))

    def plot(self, axes: Axes | None = None, underlying: str | None = None) -> Axes:
        """Draw marks between their bounds, of one coin or all, in per cent of fair value."""
        from obverse.analysis.arbitrage.plots import plot_bounds

        return plot_bounds(self, axes, underlying)

    def _title(self) -> str:
        label = " SIMULATED" if self.simulated else ""
        able = sum(not reason for reason in self.reasons)
        return (
            f"Arbitrage for {self.size_usd:,.0f} USD at {iso(self.at)}{label}: {able:,} of "
            f"{len(self):,} can be executed as far as is known"
        )

    def _notes(self, shown: int) -> tuple[str, ...]:
        notes = [
            f"Source: {self.source}. Net of half-spreads (of the whole size "
            "where an order book was recorded), taker and delivery fees, expected "
            "funding, money and coin loans, a settlement's miss and coins on their way. On margin: "
            "per year of 365 days, simple, on the initial margin of both legs. ±: one standard "
            "deviation of the expected funding, where a history of it is known."
        ]
        if shown < len(self):
            notes.append(f"{len(self) - shown:,} rows more: --json and --csv have all.")
        return (*notes, *self.warnings)

    def _row(self, place: int) -> tuple[Cell, ...]:
        own = self.rows
        pair = own.pairs[place]
        first, others = self.legs[pair.one], _other(self.legs, pair)
        sold, bought = (first.symbol, others) if own.sells_first[place] else (others, first.symbol)
        depth = float(own.depth_usd[place])
        funding = [leg.funding for leg in _legs(self.legs, pair) if leg.contract == "perpetual"]
        is_paid_known = None not in funding
        is_sure = all(each is not None and each.observations for each in funding)
        deviation = float(own.funding_deviation[place]) if is_sure else None
        net, gain = (float(each[place]) for each in (own.net, own.return_on_margin))
        return (
            pair.sort,
            sold,
            bought,
            float(own.years[place]) * DAYS_PER_YEAR,
            float(own.gross[place]) * 1e4,
            net * 1e4 if is_paid_known else None,
            None if deviation is None else deviation * 1e4,
            gain if is_paid_known else None,
            *(float(getattr(own, name)[place]) for name in _PARTS),
            deviation,
            float(own.capital[place]),
            depth if np.isfinite(depth) else None,
            "/".join(dict.fromkeys(leg.venue for leg in _legs(self.legs, pair))),
            self.reasons[place],
        )


_PARTS = (
    "spread", "fees", "funding", "money", "basis", "delay",
)  # fmt: skip


def screen(
    legs: Sequence[Leg],
    at: datetime,
    size_usd: Decimal,
    assumed: Assumptions,
    *,
    source: str,
    simulated: bool = False,
    dead_band_8h: float = 0.0,
) -> ArbitrageScreen:
    """Screen legs for arbitrages of a size.

    Raises `DataError` for a size that is not above zero, and where no two legs make an arbitrage.
    """
    if not (size_usd.is_finite() and size_usd > 0):
        raise DataError(f"size: {size_usd} USD is not above zero.")
    found = rows(legs, at, assumed)
    own = tuple(legs)
    faults = [_fault(leg, size_usd) for leg in own]
    reasons = tuple(_reason(own, faults, found, place) for place in range(len(found.pairs)))
    gain = found.return_on_margin
    order = sorted(
        range(len(reasons)),
        key=lambda n: (bool(reasons[n]), _is_without_funding(own, found.pairs[n]), -float(gain[n])),
    )
    return ArbitrageScreen(
        at=at,
        size_usd=size_usd,
        assumed=assumed,
        source=source,
        simulated=simulated,
        legs=own,
        rows=found,
        order=tuple(order),
        reasons=reasons,
        bounds=bounds(own, at, assumed, dead_band_8h=dead_band_8h),
        warnings=_warnings(own),
    )


def _fault(leg: Leg, size_usd: Decimal) -> str:
    """Why one leg cannot be traded at a size."""
    if leg.refusal:
        return leg.refusal
    if leg.contract == "perpetual" and leg.funding is None:
        return f"no funding rate recorded: {leg.symbol}"
    if leg.depth_usd is not None and leg.depth_usd < size_usd:
        return f"{leg.symbol} has {leg.depth_usd:,.0f} USD {leg.depth_of}"
    if leg.bid_usd is None or leg.ask_usd is None:
        return f"no bid and ask recorded: {leg.symbol}"
    return ""


def _reason(legs: Sequence[Leg], faults: Sequence[str], found: Rows, place: int) -> str:
    pair = found.pairs[place]
    own = [faults[n] for n in (pair.one, pair.two, pair.three) if n >= 0 and faults[n]]
    if own:
        return own[0]
    return "" if found.net[place] > 0 else "costs more than it brings"


def _warnings(legs: Sequence[Leg]) -> tuple[str, ...]:
    found = []
    if any(leg.depth_usd is None for leg in legs):
        found.append("Depth is not recorded for all legs: whether the size is there is not known.")
    if any(leg.contract == "perpetual" and leg.funding is None for leg in legs):
        found.append("Some perpetuals have no recorded funding rate: what they bring is not known.")
    steady = [leg for leg in legs if leg.funding is not None and not leg.funding.observations]
    if steady:
        found.append(
            "Funding without a history is taken to stay as it is, with an unknown uncertainty."
        )
    return tuple(found)


def _legs(legs: Sequence[Leg], pair: Pair) -> list[Leg]:
    return [legs[n] for n in (pair.one, pair.two, pair.three) if n >= 0]


def _is_without_funding(legs: Sequence[Leg], pair: Pair) -> bool:
    return any(leg.contract == "perpetual" and leg.funding is None for leg in _legs(legs, pair))


def _other(legs: Sequence[Leg], pair: Pair) -> str:
    if pair.three < 0:
        return legs[pair.two].symbol
    near, far = pair.near_weight, 1 - pair.near_weight
    return f"{near:.0%} {legs[pair.two].symbol} + {far:.0%} {legs[pair.three].symbol}"
