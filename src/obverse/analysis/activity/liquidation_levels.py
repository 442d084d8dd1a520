"""Prices at which positions opened lately would be liquidated: a profile of levels and sides.

**Assumed**: every contract traded in a bar opened a long and a short at the bar's average price, on
isolated margin, at the given leverages in the given shares, each position of the given size; none
was closed since but by liquidation, which took those whose price the market has crossed. What is
left can be scaled to an open interest that is known. Nobody publishes what positions are held: it
is a map of where forced trades may lie, not a count.

The liquidation price of each entry is the venue's own, with its tiers and fees
(`obverse.risk.margin`): for an inverse contract a long's is nearer than a short's is far.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from obverse.analysis.activity.bar_values import Bars
from obverse.analysis.provenance import Provenance
from obverse.analysis.stored_rows import FloatArray
from obverse.contracts import Instrument, Position, fill
from obverse.errors import DataError
from obverse.market.floats import decimal_of_float
from obverse.risk.margin import MarginTerms
from obverse.risk.pretrade.leverage import isolated_liquidation_price
from obverse.tables import Table, Tabular, coin, number, percent, text, usd

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEVERAGES = {Decimal(5): 0.25, Decimal(10): 0.25, Decimal(25): 0.25, Decimal(50): 0.25}
SIZE_USD = Decimal(10_000)
ENTRIES = 80
LEVELS = 60


@dataclass(frozen=True, repr=False, eq=False)
class LiquidationProfile(Tabular):
    """Dollars of positions that would be liquidated, level by level.

    Attributes
    ----------
    edges_usd : (levels + 1,) borders of the levels, increasing
    longs_usd, shorts_usd : (levels,) dollars of contracts liquidated there
    price_usd : last close
    leverages : with their shares
    """

    provenance: Provenance
    price_usd: float
    edges_usd: FloatArray
    longs_usd: FloatArray
    shorts_usd: FloatArray
    leverages: Mapping[Decimal, float]
    size_usd: Decimal
    scaled: bool
    warnings: tuple[str, ...] = field(default=())

    @property
    def levels_usd(self) -> FloatArray:
        """(levels,) middle of each level."""
        found: FloatArray = (self.edges_usd[1:] + self.edges_usd[:-1]) / 2
        return found

    def within(self, move: float) -> float:
        """Dollars liquidated on the way to a move of the price, such as -0.1 for a fall of 10 %."""
        bound = self.price_usd * (1 + move)
        if move < 0:
            return float(self.longs_usd[self.levels_usd >= bound].sum())
        return float(self.shorts_usd[self.levels_usd <= bound].sum())

    def table(self) -> Table:
        """One row a level that has any, from the highest price down."""
        columns = (
            number("level_usd", "Price", "USD"),
            percent("move", "From last", 1),
            text("side", "Side"),
            usd("usd", "Liquidated", signed=False),
            coin("coin", "Liquidated", self.provenance.underlying or "coin", 2, signed=False),
        )
        rows = []
        levels = self.levels_usd
        for place in range(len(levels))[::-1]:
            for side, amounts in (("short", self.shorts_usd), ("long", self.longs_usd)):
                amount, level = float(amounts[place]), float(levels[place])
                if amount > 0:
                    rows.append((level, level / self.price_usd - 1, side, amount, amount / level))
        title = f"Where positions in {self.provenance.name} would be liquidated"
        return Table(title, columns, tuple(rows), (*self._notes(), *self.warnings))

    def _notes(self) -> tuple[str, ...]:
        shares = ", ".join(f"{share:.0%} at {lev:f}x" for lev, share in self.leverages.items())
        scale = "scaled to the open interest" if self.scaled else "not scaled to open interest"
        return (
            f"Assumed: all that was traded opened a long and a short at its bar's average price, "
            f"isolated, {shares}, in positions of {self.size_usd:,f} USD; none was closed but by "
            f"liquidation; {scale}. A map of where forced trades may lie, not a count.",
            f"{self.provenance.note} Last price {self.price_usd:,.2f} USD.",
        )

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw dollars against price, longs and shorts apart (Matplotlib)."""
        from obverse.charts import ACCENT, GRID, SECOND, legend_above, new_axes

        title = f"Where positions in {self.provenance.name} would be liquidated"
        axes = axes or new_axes(title, "price (USD)", "m USD")
        width = np.diff(self.edges_usd)
        for name, amounts, colour in (("longs", self.longs_usd, ACCENT),
                                      ("shorts", self.shorts_usd, SECOND)):  # fmt: skip
            axes.bar(self.levels_usd, amounts / 1e6, width=width, color=colour, label=name)
        axes.axvline(self.price_usd, color=GRID, linewidth=1.2, linestyle="--")
        axes.xaxis.set_major_formatter("{x:,.0f}")
        legend_above(axes)
        return axes


def liquidation_profile(
    bars: Bars,
    instrument: Instrument,
    terms: MarginTerms,
    *,
    leverages: Mapping[Decimal, float] = LEVERAGES,
    size_usd: Decimal = SIZE_USD,
    open_interest_usd: float | None = None,
) -> LiquidationProfile:
    """Profile the liquidation prices of what was traded in bars.

    Raises `DataError` for shares that do not add up to 1, a size under a contract, a contract that
    is not inverse, or bars that say no volume.
    """
    _check(bars, instrument, leverages)
    known = np.isfinite(bars.usd)
    entries = np.geomspace(bars.price.min() * (1 - 1e-9), bars.price.max() * (1 + 1e-9), ENTRIES)
    nearest = np.clip(np.searchsorted(entries, bars.price), 1, ENTRIES - 1)
    nearest -= bars.price - entries[nearest - 1] < entries[nearest] - bars.price
    lows = np.append(np.minimum.accumulate(bars.low[::-1])[::-1][1:], np.inf)
    highs = np.append(np.maximum.accumulate(bars.high[::-1])[::-1][1:], -np.inf)
    prices, sizes = {}, {}
    for sign, side in ((1, "long"), (-1, "short")):
        found, left = [], []
        for leverage, share in leverages.items():
            ratio = _ratios(entries, instrument, terms, leverage, sign * size_usd)[nearest]
            at = bars.price * ratio
            alive = known & np.isfinite(at) & ((at < lows) if sign > 0 else (at > highs))
            found.append(at[alive])
            left.append(share * bars.usd[alive])
        prices[side], sizes[side] = np.concatenate(found), np.concatenate(left)
        if open_interest_usd is not None and sizes[side].sum() > 0:
            sizes[side] *= open_interest_usd / sizes[side].sum()
    every = np.concatenate([*prices.values(), bars.close[-1:]])
    edges = np.geomspace(every.min() * (1 - 1e-9), every.max() * (1 + 1e-9), LEVELS + 1)
    longs, shorts = (
        np.histogram(prices[side], edges, weights=sizes[side])[0] for side in ("long", "short")
    )
    return LiquidationProfile(
        bars.provenance, float(bars.close[-1]), edges, longs, shorts, dict(leverages), size_usd,
        open_interest_usd is not None, bars.warnings,
    )  # fmt: skip


def _check(bars: Bars, instrument: Instrument, leverages: Mapping[Decimal, float]) -> None:
    if instrument.payoff.name != "inverse":
        raise DataError(f"{instrument.symbol} is {instrument.payoff.name}: expected an inverse.")
    total = sum(leverages.values())
    if not abs(total - 1) < 1e-9 or min(leverages.values()) < 0:
        raise DataError(f"leverages: shares add up to {total:g}; expected 1, none below zero.")
    if not np.nansum(bars.usd) > 0:
        raise DataError(f"{bars.provenance.name}: no bar says what was traded in it.")


def _ratios(
    entries: FloatArray,
    instrument: Instrument,
    terms: MarginTerms,
    leverage: Decimal,
    signed_usd: Decimal,
) -> FloatArray:
    """Liquidation price over entry at each entry price; NaN where no price liquidates."""
    lots = abs(signed_usd) // (instrument.multiplier * instrument.lot)
    if not lots:
        raise DataError(f"size: {abs(signed_usd)} USD is less than a lot of {instrument.symbol}.")
    contracts = lots * instrument.lot * (1 if signed_usd > 0 else -1)
    ratios = np.full(len(entries), np.nan)
    for place, entry in enumerate(entries):
        price = decimal_of_float(float(f"{entry:.10g}"))
        opened = fill(Position.flat(instrument), contracts, price)
        found = isolated_liquidation_price(opened, terms, leverage, mark_price=price)
        if found is not None:
            ratios[place] = float(found) / float(price)
    return ratios
