"""An outage of sources played through: the index over a history, with them and without."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from obverse.errors import MarketDataError, nearest
from obverse.marks.index import IndexRule
from obverse.marks.index_history import IndexHistory, Masked, SourceHistory, index_history
from obverse.marks.schedule import to_ns


def without(
    sources: SourceHistory, names: str | Sequence[str], begins: datetime, until: datetime
) -> SourceHistory:
    """The same history with sources silent from an instant up to (not with) another."""
    away = (sources.times_ns >= to_ns(begins)) & (sources.times_ns < to_ns(until))
    prices = sources.prices.astype(np.float64)
    for name in _listed(names):
        if name not in sources.names:
            close = nearest(name, sources.names)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise MarketDataError(f"index: no source {name!r}.{hint}")
        prices[away, sources.names.index(name)] = np.nan
    return replace(sources, prices=prices)


@dataclass(frozen=True)
class Outage:
    """An index as it was, as it would have been without some sources, and the difference."""

    names: tuple[str, ...]
    before: IndexHistory
    after: IndexHistory

    @property
    def change_usd(self) -> Masked:
        """What the outage adds to the index; masked where either has none."""
        found: Masked = self.after.price_usd - self.before.price_usd
        return found


def outage(
    rule: IndexRule,
    sources: SourceHistory,
    names: str | Sequence[str],
    begins: datetime,
    until: datetime,
) -> Outage:
    """Play through the outage of one source, or of several at once."""
    silenced = without(sources, names, begins, until)
    return Outage(_listed(names), index_history(rule, sources), index_history(rule, silenced))


def _listed(names: str | Sequence[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)
