"""What a move of the index alone does to a perpetual's mark, premium and funding rate.

The perpetual's book stays as it is; only the index moves, by as much as an outage of sources moved
it. Where a mark averages the basis it moves with the index at once, and comes back to the book as
the average takes in the new basis: both are told. A rate is what the premium of this instant alone
would make by the venue's rule: a window's rate is made of many such samples.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from obverse.market.floats import decimal_of_float
from obverse.market.snapshots import Snapshot
from obverse.marks.policies import capped_rate
from obverse.marks.readings import KnownRate, Reading, readings
from obverse.rulebooks import Rulebook


@dataclass(frozen=True)
class Consequence:
    """A perpetual before and after a move of the index; none after where there is no index.

    Attributes
    ----------
    at_once : with the average of the basis as it was
    averaged : once the average has taken in the new basis; the same where the rule has no average
    """

    before: Reading
    at_once: Reading | None
    averaged: Reading | None

    @property
    def symbol(self) -> str:
        """Which perpetual."""
        return self.before.symbol

    @property
    def averages(self) -> bool:
        """Whether the mark averages the basis."""
        rules = self.before.rules
        return rules is not None and rules.mark is not None and rules.mark.average is not None


def consequences(
    snapshot: Snapshot,
    book: Rulebook,
    ratio: float | None,
    rates: Mapping[str, KnownRate] | None = None,
) -> tuple[Consequence, ...]:
    """Read a snapshot's perpetuals with the index as it is, and times a ratio.

    `ratio` is none where there is no index; `rates` are those of `readings`.
    """
    if not snapshot.perpetuals:
        return ()
    perpetuals = replace(snapshot, futures=())
    before = readings(perpetuals, book, rates)
    if ratio is None:
        return tuple(Consequence(one, None, None) for one in before)
    index = decimal_of_float(float(snapshot.index) * ratio)
    moved = replace(perpetuals, index=index, index_range=None)
    held = {one.symbol: basis for one in before if (basis := _basis(one)) is not None}
    at_once, averaged = readings(moved, book, rates, held), readings(moved, book, rates)
    return tuple(map(Consequence, before, at_once, averaged))


def sample_rate_8h(reading: Reading) -> float | None:
    """The funding rate per 8 hours that the premium of this instant alone would make."""
    rule = reading.rules.funding if reading.rules else None
    if rule is None or reading.premium_rate is None:
        return None
    return float(capped_rate(rule, reading.premium_rate)) * 8 / rule.rate_hours


def _basis(reading: Reading) -> float | None:
    return next((line.value for line in reading.lines if line.name == "basis"), None)
