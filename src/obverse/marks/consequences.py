"""What a move of the index alone does to a perpetual's mark, premium and funding rate.

The book of the perpetual stays as it is; only the index moves, by as much as an outage of sources
moved it. The rate is what the premium of this instant alone would make by the venue's rule: a
window's rate is made of many such samples.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from obverse.contracts.instruments import Kind
from obverse.market.floats import decimal_of_float
from obverse.market.snapshots import Snapshot
from obverse.marks.policies import capped_rate
from obverse.marks.readings import KnownRate, Reading, readings
from obverse.rulebooks import Rulebook


@dataclass(frozen=True)
class Consequence:
    """A perpetual as it is, and with the moved index; no `after` where there is no index."""

    before: Reading
    after: Reading | None

    @property
    def symbol(self) -> str:
        """Which perpetual."""
        return self.before.symbol

    @property
    def mark_change_usd(self) -> float | None:
        """What the move adds to the mark; none where a mark could not be rebuilt."""
        if self.after is None or self.after.mark_usd is None or self.before.mark_usd is None:
            return None
        return self.after.mark_usd - self.before.mark_usd

    @property
    def mark_change_bp(self) -> float | None:
        """What the move adds to the mark, in basis points."""
        change = self.mark_change_usd
        return None if change is None else change / float(self.before.mark_usd or 0) * 10_000


def consequences(
    snapshot: Snapshot,
    book: Rulebook,
    ratio: float | None,
    rates: Mapping[str, KnownRate] | None = None,
) -> tuple[Consequence, ...]:
    """Read a snapshot's perpetuals with the index as it is, and times a ratio.

    `ratio` is none where there is no index; `rates` are those of `readings`.
    """
    perpetuals = replace(snapshot, futures=()) if snapshot.perpetuals else None
    if perpetuals is None:
        return ()
    before = readings(perpetuals, book, rates)
    after: tuple[Reading | None, ...] = (None,) * len(before)
    if ratio is not None:
        index = decimal_of_float(float(snapshot.index) * ratio)
        after = readings(replace(perpetuals, index=index, index_range=None), book, rates)
    pairs = zip(before, after, strict=True)
    return tuple(Consequence(*pair) for pair in pairs if pair[0].kind is Kind.PERPETUAL)


def sample_rate_8h(reading: Reading | None) -> float | None:
    """The funding rate per 8 hours that the premium of this instant alone would make."""
    rule = reading.rules.funding if reading is not None and reading.rules else None
    if reading is None or rule is None or reading.premium_rate is None:
        return None
    return float(capped_rate(rule, reading.premium_rate)) * 8 / rule.rate_hours
