"""One price through many futures: three ways to join contracts at their rolls.

At a roll the price steps from that of the contract left, P, to that of the one entered, Q. Each
way takes the step out of another space, and leaves changes in that space exact for whoever held
through:

- *difference*: adds P − Q. Changes of the series are the dollars that a linear contract gains.
- *ratio*: multiplies by P/Q. Ratios of the series are the returns of the price held.
- *inverse*: adds 1/P − 1/Q to one over the price. The coins that a long inverse contract of N
  dollars gains on each leg, N·(1/entry − 1/exit), add up to N·(1/first − 1/last) of the series.

One over the price is to an inverse contract what the price is to a linear one and its log to a
return: what adds up. A ratio or a difference mixes the level of one contract into the coin gain of
another. `anchor` says whose prices stay as they were: the last contract's (levels move with each
later roll) or the first's (levels, once there, stay).

To the last unit of coin, with the venue's rounding: `obverse.curves.rolling.coin_exact`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from obverse.contracts.instants import Instant
from obverse.curves.rolling.executions import Execution, executions, held_columns, late_notes
from obverse.curves.rolling.panels import ContractPanel
from obverse.curves.rolling.schedules import RollSchedule
from obverse.errors import MarketDataError
from obverse.marks.schedule import from_ns
from obverse.tables import Table, Tabular, number, text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

FloatArray: TypeAlias = "NDArray[np.float64]"
IntArray: TypeAlias = "NDArray[np.int64]"
Method = Literal["ratio", "difference", "inverse"]
Anchor = Literal["first", "last"]


@dataclass(frozen=True, repr=False, eq=False)
class ContinuousSeries(Tabular):
    """One adjusted price through the contracts of a schedule.

    Attributes
    ----------
    instants_ns : (n,) those at which the contract held has a price
    prices_usd : (n,) price of the contract held from then on, as recorded
    adjusted_usd : (n,) joined; NaN where an inverse or difference adjustment leaves no price
    symbols : (n,) contract held from then on
    """

    underlying: str
    venue: str
    source: str
    method: Method
    anchor: Anchor
    rule: str
    instants_ns: IntArray
    prices_usd: FloatArray
    adjusted_usd: FloatArray
    symbols: tuple[str, ...]
    rolls: int
    warnings: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        """Number of instants."""
        return len(self.instants_ns)

    def coin_pnl(self, usd_amount: float) -> FloatArray:
        """Coins that a long of so many dollars, inverse and rolled, has gained since the first row.

        Unrounded and before costs. Only of a series that was joined by the inverse way.
        """
        if self.method != "inverse":
            raise MarketDataError(
                f"coin PnL of a series joined by {self.method}: join it by inverse, which is "
                "exact in coins."
            )
        inverse = 1 / self.adjusted_usd
        gained: FloatArray = usd_amount * (inverse[0] - inverse)
        return gained

    def table(self) -> Table:
        """One row an instant."""
        columns = (
            text("at", "At (UTC)"),
            text("symbol", "Held"),
            number("price_usd", "Price", "USD"),
            number("adjusted_usd", "Adjusted", "USD"),
        )
        numbers = zip(self.prices_usd.tolist(), self.adjusted_usd.tolist(), strict=True)
        rows = tuple(
            (from_ns(int(at)), symbol, price, None if np.isnan(adjusted) else adjusted)
            for at, symbol, (price, adjusted) in zip(
                self.instants_ns, self.symbols, numbers, strict=True
            )
        )
        title = f"{self.underlying} futures at {self.venue}, joined by {self.method}"
        notes = (
            f"{self.rolls} rolls by {self.rule}; the {self.anchor} contract's prices are its own. "
            f"Source: {self.source}.",
            *self.warnings,
        )
        return Table(title, columns, rows, notes)

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw recorded and joined prices (Matplotlib)."""
        from obverse.curves.rolling.plots import plot_continuous

        return plot_continuous(self, axes)


def continuous_series(
    panel: ContractPanel,
    schedule: RollSchedule,
    *,
    method: Method = "ratio",
    anchor: Anchor = "last",
    until: Instant | None = None,
) -> ContinuousSeries:
    """Join the contracts of a schedule into one price.

    Each roll is carried out at the first instant at or after it at which both contracts have a
    price. A difference or inverse adjustment larger than the price itself leaves none, and is told.

    Raises
    ------
    MarketDataError : a contract that the panel lacks, a roll that cannot be priced, or a method or
        anchor that is none
    """
    if method not in ("ratio", "difference", "inverse") or anchor not in ("first", "last"):
        raise MarketDataError(
            f"method {method!r}, anchor {anchor!r}: there are ratio, difference and inverse, and "
            "first and last."
        )
    seen = panel if until is None else panel.until(until)
    carried_out = executions(seen, schedule)
    columns = np.array(held_columns(seen, schedule, carried_out), dtype=np.int64)
    prices = seen.prices_usd[np.arange(len(seen)), columns]
    known = ~np.isnan(prices)
    if not known.any():
        raise MarketDataError(f"{schedule.first} has no price in {seen.source}.")
    adjusted = _adjusted(seen, carried_out, prices, method, anchor)[known]
    none = int(np.isnan(adjusted).sum())
    told = f"{none} adjusted prices would not be above zero and are left out; join by ratio."
    return ContinuousSeries(
        seen.underlying,
        seen.venue,
        seen.source,
        method,
        anchor,
        schedule.rule,
        seen.instants_ns[known],
        prices[known],
        adjusted,
        tuple(seen.symbols[column] for column in columns[known]),
        len(carried_out),
        (*seen.warnings, *late_notes(seen, carried_out), *((told,) if none else ())),
    )


def _adjusted(
    panel: ContractPanel,
    carried_out: tuple[Execution, ...],
    prices: FloatArray,
    method: Method,
    anchor: Anchor,
) -> FloatArray:
    """Add up the steps at rolls in the method's own space: logs, dollars, or one over the price."""
    shift = np.zeros(len(panel))
    for each in carried_out:
        left, entered = panel.prices_usd[each.row, [each.leaving, each.entering]]
        shift[each.row :] += {
            "ratio": np.log(left / entered),
            "difference": left - entered,
            "inverse": 1 / left - 1 / entered,
        }[method]
    if anchor == "last":
        shift -= shift[-1]
    if method == "ratio":
        return prices * np.exp(shift)
    moved = prices + shift if method == "difference" else 1 / prices + shift
    positive = np.where(moved > 0, moved, np.nan)
    return positive if method == "difference" else 1 / positive
