"""Dated futures of one coin side by side: what a roll is decided and priced on.

Row i is what was known at `instants_ns[i]`, and nothing later; a contract that was not recorded
then, or had expired, is NaN. Columns run near to far.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from obverse.contracts.instants import Instant, instant, iso
from obverse.errors import MarketDataError
from obverse.marks.schedule import from_ns, to_ns
from obverse.tables import Table, Tabular, number, text

if TYPE_CHECKING:
    from numpy.typing import NDArray

FloatArray: TypeAlias = "NDArray[np.float64]"
IntArray: TypeAlias = "NDArray[np.int64]"

MEASURES = ("prices_usd", "bids_usd", "asks_usd", "volumes", "open_interests")


@dataclass(frozen=True, repr=False, eq=False)
class ContractPanel(Tabular):
    """Recorded futures of one coin at one venue.

    Attributes
    ----------
    instants_ns : (n,) increasing
    symbols, expiries_ns : (k,) contracts, by increasing expiry
    prices_usd : (n, k) marks or closes
    bids_usd, asks_usd : (n, k) best prices, where they were recorded
    volumes, open_interests : (n, k), each in one unit for all contracts
    index_usd : (n,) index, where it was recorded
    """

    underlying: str
    venue: str
    source: str
    instants_ns: IntArray
    symbols: tuple[str, ...]
    expiries_ns: IntArray
    prices_usd: FloatArray
    bids_usd: FloatArray
    asks_usd: FloatArray
    volumes: FloatArray
    open_interests: FloatArray
    index_usd: FloatArray
    warnings: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        """Refuse times or expiries out of order, shapes that differ, and prices that are none."""
        _check(self)

    def __len__(self) -> int:
        """Number of instants."""
        return len(self.instants_ns)

    def moment(self, row: int) -> datetime:
        """Instant of a row, to the microsecond."""
        return from_ns(int(self.instants_ns[row]))

    def expiry(self, column: int) -> datetime:
        """Expiry of a contract."""
        return from_ns(int(self.expiries_ns[column]))

    def column(self, symbol: str) -> int:
        """Column of a contract. Raises `MarketDataError` for one that is not there."""
        if symbol not in self.symbols:
            raise MarketDataError(
                f"{symbol} is not among the futures of {self.underlying} at {self.venue}: "
                f"{', '.join(self.symbols)}."
            )
        return self.symbols.index(symbol)

    def until(self, at: Instant) -> ContractPanel:
        """What was known at an instant: its rows, and the contracts seen in them."""
        rows = self.instants_ns <= to_ns(instant(at))
        if not rows.any():
            raise MarketDataError(
                f"futures of {self.underlying} at {self.venue}: nothing at or before "
                f"{iso(instant(at))}; they begin at {iso(self.moment(0))}."
            )
        seen = np.logical_not(np.isnan(self.prices_usd[rows]).all(axis=0))
        return self._part(rows, seen)

    def only(self, symbols: Iterable[str]) -> ContractPanel:
        """Some of the contracts, such as those of one cycle."""
        kept = np.zeros(len(self.symbols), dtype=np.bool_)
        kept[[self.column(symbol) for symbol in symbols]] = True
        return self._part(np.ones(len(self), dtype=np.bool_), kept)

    def _part(self, rows: NDArray[np.bool_], kept: NDArray[np.bool_]) -> ContractPanel:
        measures = {name: getattr(self, name)[rows][:, kept] for name in MEASURES}
        return ContractPanel(
            underlying=self.underlying,
            venue=self.venue,
            source=self.source,
            instants_ns=self.instants_ns[rows],
            symbols=tuple(name for name, keep in zip(self.symbols, kept, strict=True) if keep),
            expiries_ns=self.expiries_ns[kept],
            index_usd=self.index_usd[rows],
            warnings=self.warnings,
            **measures,
        )

    def table(self) -> Table:
        """One row a contract: expiry, first and last time it was recorded, last price."""
        columns = (
            text("symbol", "Future"),
            text("expiry", "Expiry (UTC)"),
            text("first", "First"),
            text("last", "Last"),
            number("count", "Recorded", decimals=0),
            number("price_usd", "Last price", "USD"),
        )
        rows = tuple(self._row(column) for column in range(len(self.symbols)))
        title = f"{self.underlying} futures at {self.venue}: {len(self):,} instants"
        return Table(title, columns, rows, (f"Source: {self.source}.", *self.warnings))

    def _row(self, column: int) -> tuple[str | datetime | int | float | None, ...]:
        known = np.flatnonzero(~np.isnan(self.prices_usd[:, column]))
        if not len(known):
            return self.symbols[column], self.expiry(column), None, None, 0, None
        first, last = int(known[0]), int(known[-1])
        price = float(self.prices_usd[last, column])
        return (
            self.symbols[column],
            self.expiry(column),
            self.moment(first),
            self.moment(last),
            len(known),
            price,
        )


def _check(panel: ContractPanel) -> None:
    where = f"futures of {panel.underlying} at {panel.venue}"
    shape = (len(panel.instants_ns), len(panel.symbols))
    if not all(shape):
        raise MarketDataError(f"{where}: {shape[0]} instants of {shape[1]} contracts; need both.")
    if (np.diff(panel.instants_ns) <= 0).any():
        row = int(np.argmax(np.diff(panel.instants_ns) <= 0)) + 1
        raise MarketDataError(f"{where}: row {row} of {iso(panel.moment(row))} is late or twice.")
    if (np.diff(panel.expiries_ns) <= 0).any():
        column = int(np.argmax(np.diff(panel.expiries_ns) <= 0)) + 1
        raise MarketDataError(
            f"{where}: {panel.symbols[column]} does not expire after {panel.symbols[column - 1]}; "
            "give one contract an expiry, near to far."
        )
    for name in MEASURES:
        values = getattr(panel, name)
        if values.shape != shape:
            raise MarketDataError(f"{where}: {name} is {values.shape}, expected {shape}.")
        low = values < 0 if name in ("volumes", "open_interests") else values <= 0
        bad = low | np.isinf(values)
        if bad.any():
            row, column = (int(each[0]) for each in np.nonzero(bad))
            raise MarketDataError(
                f"{where}: {name} of {panel.symbols[column]} at {iso(panel.moment(row))} is "
                f"{values[row, column]}; leave it out (NaN) or put it right."
            )
    late = ~np.isnan(panel.prices_usd) & (panel.instants_ns[:, None] >= panel.expiries_ns[None, :])
    if late.any():
        row, column = (int(each[0]) for each in np.nonzero(late))
        raise MarketDataError(
            f"{where}: {panel.symbols[column]} has a price at {iso(panel.moment(row))}, "
            f"after its expiry of {iso(panel.expiry(column))}."
        )
