"""Who made an index over a range, by the venue's rule as it changed, and an outage of sources.

Decided: a source without a row at an instant has no price there; weights may change from instant
to instant; a rule of the venue holds from its own instant on, so that a range is cut where the
rule changes. What `composition.py` says of one instant holds at each of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from obverse.contracts.instants import iso
from obverse.errors import RuleError
from obverse.market.constituents import ConstituentHistory, Constituents
from obverse.marks.composition import source_names, weighed
from obverse.marks.index_history import USES, Codes, Masked, SourceHistory
from obverse.marks.outages import Outage, outage
from obverse.marks.policies import index_rule
from obverse.marks.schedule import from_ns, to_ns
from obverse.marks.values import FloatArray
from obverse.rulebooks import ProductRules
from obverse.rulebooks.records import IndexRule as IndexEntry
from obverse.rulebooks.records import VenueFile
from obverse.rulebooks.series import series

_COUNTED = [place for place, use in enumerate(USES) if use.counts]


@dataclass(frozen=True)
class CompositionHistory:
    """An index over T instants and N sources, with and without some of the sources.

    Attributes
    ----------
    names : the N sources
    away : those taken out
    parts : one for each rule, in order of time
    """

    underlying: str
    source: str
    simulated: bool
    names: tuple[str, ...]
    away: tuple[str, ...]
    parts: tuple[Outage, ...]
    remarks: tuple[str, ...] = ()

    @property
    def times_ns(self) -> NDArray[np.int64]:
        """T instants, UTC nanoseconds."""
        return np.concatenate([part.before.times_ns for part in self.parts])

    @property
    def times(self) -> list[datetime]:
        """T instants."""
        return [from_ns(time) for time in self.times_ns.tolist()]

    @property
    def before_usd(self) -> Masked:
        """T index prices, masked where there were too few sources."""
        return _joined([part.before.price_usd for part in self.parts])

    @property
    def after_usd(self) -> Masked:
        """T index prices without the sources taken out."""
        return _joined([part.after.price_usd for part in self.parts])

    @property
    def change_usd(self) -> Masked:
        """What the outage adds to the index; masked where either has none."""
        return _joined([part.change_usd for part in self.parts])

    @property
    def change_bp(self) -> Masked:
        """What the outage adds, in basis points of the index."""
        found: Masked = self.change_usd / self.before_usd * 10_000
        return found

    @property
    def used_shares(self) -> FloatArray:
        """T x N shares of the weight, with every source there."""
        return np.concatenate([part.before.shares for part in self.parts])

    @property
    def uses(self) -> Codes:
        """T x N codes, places in `USES`: what became of each source, with every source there."""
        return np.concatenate([part.before.uses for part in self.parts])

    @property
    def counted(self) -> NDArray[np.bool_]:
        """T x N: where a source had a price that the rule takes."""
        found: NDArray[np.bool_] = np.isin(self.uses, _COUNTED)
        return found

    @property
    def distances_bp(self) -> Masked:
        """T x N basis points of each source's price to the median of those used."""
        parts = []
        for part in self.parts:
            middle = part.before.median_usd[:, None]
            parts.append((part.before.given_usd / middle - 1) * 10_000)
        return _joined(parts)


def composition_history(
    history: ConstituentHistory, rules: ProductRules, file: VenueFile, away: Sequence[str] = ()
) -> CompositionHistory:
    """Combine the sources of every instant by the venue's rules, with and without some of them.

    Parameters
    ----------
    rules : of the product whose index it is
    file : the venue's whole rulebook
    away : sources to take out over the whole range; an unknown one raises `DataError`
    """
    names = tuple(dict.fromkeys(name for each in history.instants for name in each.names))
    silent = source_names(away, names)
    parts: list[Outage] = []
    remarks: list[str] = []
    for entry, instants in _pieces(history.instants, rules, file):
        said, told = _sources(entry, instants, names)
        end = instants[-1].at + timedelta(microseconds=1)
        parts.append(outage(index_rule(entry), said, silent, instants[0].at, end))
        remarks += told
    return CompositionHistory(
        underlying=history.underlying,
        source=history.source,
        simulated=history.simulated,
        names=names,
        away=silent,
        parts=tuple(parts),
        remarks=tuple(dict.fromkeys((*remarks, *map(str, history.findings)))),
    )


def _pieces(
    instants: Sequence[Constituents], rules: ProductRules, file: VenueFile
) -> list[tuple[IndexEntry, Sequence[Constituents]]]:
    """Cut instants where the venue's index rule changes."""
    entries = [entry for _, entry in series(file, "index", rules.product)]
    begins = np.array([to_ns(entry.begins) for entry in entries], dtype=np.int64)
    times = np.array([to_ns(each.at) for each in instants], dtype=np.int64)
    places = np.searchsorted(begins, times, side="right") - 1
    if places[0] < 0:
        raise RuleError(f"{rules.product.id}: no index rule at {iso(instants[0].at)}.")
    edges = [0, *(np.flatnonzero(np.diff(places)) + 1).tolist(), len(instants)]
    found = []
    for low, high in pairwise(edges):
        entry = entries[int(places[low])]
        assert isinstance(entry, IndexEntry)
        found.append((entry, instants[low:high]))
    return found


def _sources(
    entry: IndexEntry, instants: Sequence[Constituents], names: tuple[str, ...]
) -> tuple[SourceHistory, list[str]]:
    """Lay instants out as arrays; a source that is not there has no price."""
    shape = (len(instants), len(names))
    prices, weights, ages = np.full(shape, np.nan), np.zeros(shape), np.zeros(shape)
    place = {name: column for column, name in enumerate(names)}
    remarks: dict[str, None] = {}
    for row, each in enumerate(instants):
        sources, told = weighed(entry, each)
        remarks |= dict.fromkeys(told)
        for source in sources:
            column = place[source.name]
            weights[row, column], ages[row, column] = source.weight, source.age_seconds
            if source.price is not None:
                prices[row, column] = source.price
    times = np.array([to_ns(each.at) for each in instants], dtype=np.int64)
    return SourceHistory(names, times, prices, weights, ages), list(remarks)


def _joined(parts: Sequence[Masked]) -> Masked:
    found: Masked = np.ma.concatenate(parts)  # type: ignore[no-untyped-call]
    return found
