"""The term structure of one underlying: what each delivery date costs against the index.

Conventions, named on every output: time is act/365; `basis` is mark less index; *simple* is
(F/S − 1)/T, *continuous* is ln(F/S)/T; the forward rate between two expiries is
ln(F₂/F₁)/(T₂ − T₁). Prices cross from exact decimals to floats in `curve`, and only there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from itertools import pairwise
from typing import TYPE_CHECKING

from obverse.contracts.instants import DAYS_PER_YEAR, iso, years_between
from obverse.errors import MarketDataError
from obverse.market import Market, Quote, Snapshot
from obverse.tables import Column, Table, Tabular, machine, number, percent, text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MIN_YEARS = 1 / (24 * DAYS_PER_YEAR)
"""Below one hour to delivery a yearly rate says nothing and is left out."""
NOISY_INDEX_BP = 10
"""An index that moved further than this while a snapshot was taken is said so beside the curve."""
HOURS_PER_YEAR = 24 * DAYS_PER_YEAR


class Shape(Enum):
    """Which way the curve runs from the index outwards."""

    CONTANGO = "contango"
    BACKWARDATION = "backwardation"
    MIXED = "mixed"
    EMPTY = "no expiries"


@dataclass(frozen=True)
class CurveNode:
    """One expiry on the curve. Rates are per year; `forward_rate` runs from the node before."""

    symbol: str
    expiry: datetime
    listed: bool
    years: float
    mark_usd: float
    basis_usd: float
    basis_rate: float
    simple_rate: float | None
    continuous_rate: float | None
    forward_rate: float | None

    @property
    def days(self) -> float:
        """Days to delivery."""
        return self.years * DAYS_PER_YEAR


@dataclass(frozen=True)
class PerpetualNode:
    """A perpetual beside the index.

    `implied_funding_*` is the premium read as an 8-hour rate and scaled linearly, before any clamp,
    dampener or cap of the venue; `accruing_rate_8h` is the venue's own running rate where known.
    """

    symbol: str
    mark_usd: float
    premium_usd: float
    premium_rate: float
    accruing_rate_8h: float | None

    @property
    def implied_funding_1h(self) -> float:
        """Premium per hour."""
        return self.premium_rate / 8

    @property
    def implied_funding_8h(self) -> float:
        """Premium per eight hours."""
        return self.premium_rate

    @property
    def implied_funding_24h(self) -> float:
        """Premium per day."""
        return self.premium_rate * 3

    @property
    def implied_funding_1y(self) -> float:
        """Premium per year of 365 days, simple."""
        return self.premium_rate / 8 * HOURS_PER_YEAR


@dataclass(frozen=True, repr=False)
class Curve(Tabular):
    """The futures curve of one underlying at one instant; prints, plots, and turns into a frame."""

    underlying: str
    venue: str
    at: datetime
    index_usd: float
    nodes: tuple[CurveNode, ...]
    perpetuals: tuple[PerpetualNode, ...]
    source: str
    simulated: bool
    index_range_bp: float | None = None

    @property
    def shape(self) -> Shape:
        """Contango when every price from the index outwards is higher, and so on.

        Judged on the listed expiries; on all of them where none is listed.
        """
        judged = [node for node in self.nodes if node.listed] or self.nodes
        prices = [self.index_usd, *(node.mark_usd for node in judged)]
        if len(prices) < 2:
            return Shape.EMPTY
        steps = [later - nearer for nearer, later in pairwise(prices)]
        if all(step > 0 for step in steps):
            return Shape.CONTANGO
        return Shape.BACKWARDATION if all(step < 0 for step in steps) else Shape.MIXED

    @property
    def front(self) -> CurveNode | None:
        """The nearest listed expiry."""
        return next((node for node in self.nodes if node.listed), None)

    @property
    def back(self) -> CurveNode | None:
        """The farthest listed expiry."""
        return next((node for node in reversed(self.nodes) if node.listed), None)

    def price_at(self, expiry: datetime) -> float:
        """Price for a delivery instant: the yearly rate linear between nodes, flat outside them."""
        return price_at(self, years_between(self.at, expiry))

    def table(self) -> Table:
        """The curve as a table, one row an expiry."""
        return _table(self)

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw annualised basis against days to delivery (Matplotlib)."""
        from obverse.curves.plots import plot_basis

        return plot_basis(self, axes)


def curve(market: Market | Snapshot, underlying: str | None = None) -> Curve:
    """Build the curve of an underlying from a market, or from one of its snapshots.

    With several underlyings in the market, `underlying` says which.
    """
    snapshot = _choose(market, underlying)
    index = float(snapshot.index)
    width = snapshot.index_range_bp
    return Curve(
        underlying=snapshot.underlying,
        venue=snapshot.venue,
        at=snapshot.at,
        index_usd=index,
        nodes=_nodes(index, snapshot.at, snapshot.nodes),
        perpetuals=tuple(_perpetual(index, quote) for quote in snapshot.perpetuals),
        source=snapshot.source,
        simulated=snapshot.simulated,
        index_range_bp=None if width is None else float(width),
    )


def price_at(term: Curve, years: float) -> float:
    """Price on the curve: continuous rate linear in time between nodes, flat outside them."""
    nodes = [node for node in term.nodes if node.continuous_rate is not None]
    if years <= 0 or not nodes:
        return term.index_usd
    rate = _interpolate(years, [(node.years, node.continuous_rate or 0.0) for node in nodes])
    return term.index_usd * math.exp(rate * years)


def _interpolate(at: float, points: Sequence[tuple[float, float]]) -> float:
    before = [point for point in points if point[0] <= at]
    after = [point for point in points if point[0] > at]
    if not before or not after:
        return (after or before)[0 if after else -1][1]
    (low, low_rate), (high, high_rate) = before[-1], after[0]
    return low_rate + (high_rate - low_rate) * (at - low) / (high - low)


def _choose(market: Market | Snapshot, underlying: str | None) -> Snapshot:
    if isinstance(market, Snapshot):
        if underlying not in (None, market.underlying):
            raise MarketDataError(f"underlying: the snapshot is of {market.underlying}.")
        return market
    if underlying is not None:
        return market[underlying]
    if len(market.underlyings) != 1:
        raise MarketDataError(
            f"underlying: the market has {', '.join(market.underlyings)}; name one."
        )
    return market[market.underlyings[0]]


def _nodes(index: float, at: datetime, quotes: Sequence[Quote]) -> tuple[CurveNode, ...]:
    nodes: list[CurveNode] = []
    before_years, before_price = 0.0, index
    for quote in quotes:
        assert quote.expiry is not None
        years = years_between(at, quote.expiry)
        price = float(quote.mark)
        annual = years >= MIN_YEARS
        gap = years - before_years
        forward = math.log(price / before_price) / gap if gap >= MIN_YEARS else None
        nodes.append(
            CurveNode(
                symbol=quote.symbol,
                expiry=quote.expiry,
                listed=quote.listed,
                years=years,
                mark_usd=price,
                basis_usd=float(quote.mark) - index,
                basis_rate=price / index - 1,
                simple_rate=(price / index - 1) / years if annual else None,
                continuous_rate=math.log(price / index) / years if annual else None,
                forward_rate=forward,
            )
        )
        before_years, before_price = years, price
    return tuple(nodes)


def _perpetual(index: float, quote: Quote) -> PerpetualNode:
    price = float(quote.mark)
    accruing = None if quote.funding_rate_8h is None else float(quote.funding_rate_8h)
    return PerpetualNode(quote.symbol, price, price - index, price / index - 1, accruing)


def _table(term: Curve) -> Table:
    columns = (
        text("symbol", "Expiry"),
        Column("note", "", for_files=False),
        machine("expiry"),
        machine("listed"),
        number("days", "Days", decimals=1),
        number("mark_usd", "Mark", "USD"),
        number("basis_usd", "Basis", "USD", signed=True),
        percent("basis_rate", "Basis", 3),
        percent("simple_rate", "Simple", unit="%/y"),
        percent("continuous_rate", "Contin.", unit="%/y"),
        percent("forward_rate", "Forward", unit="%/y"),
    )
    rows = tuple(
        (
            node.symbol,
            "" if node.listed else "*",
            node.expiry,
            node.listed,
            node.days,
            node.mark_usd,
            node.basis_usd,
            node.basis_rate,
            node.simple_rate,
            node.continuous_rate,
            node.forward_rate,
        )
        for node in term.nodes
    )
    label = " (simulated)" if term.simulated else ""
    title = f"{term.underlying} curve at {term.venue}{label}: {term.shape.value}"
    notes = [
        f"{iso(term.at)}, index {term.index_usd:,.2f} USD. Yearly rates act/365; forward from the "
        "expiry before, continuous."
    ]
    if not all(node.listed for node in term.nodes):
        notes.append("* no listed future; a forward implied by options.")
    if (term.index_range_bp or 0) > NOISY_INDEX_BP:
        notes.append(
            f"The index moved {term.index_range_bp:.1f} bp while this was taken: yearly rates of "
            "near expiries are noise."
        )
    return Table(title, columns, rows, tuple(notes))
