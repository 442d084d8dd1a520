"""Which legs make an arbitrage: pairs whose prices meet by a known instant, and curve triangles.

- `spot-future`: the coin against a dated future of the same venue, held to its delivery;
- `spot-perpetual`: the coin against a perpetual, held for the horizon;
- `perpetual-future`: a perpetual against a dated future of the same venue, to its delivery;
- `cross-venue`: the same contract at two venues: perpetuals for the horizon, futures of one day of
  delivery to the nearer one;
- `curve`: three neighbouring futures of one venue, the middle one against the two beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations, pairwise
from typing import Literal

from obverse.analysis.arbitrage.legs import Leg

Sort = Literal["spot-future", "spot-perpetual", "perpetual-future", "cross-venue", "curve"]


@dataclass(frozen=True)
class Pair:
    """Places of two legs; a curve triangle's second leg is two, `near_weight` on the first."""

    sort: Sort
    one: int
    two: int
    three: int = -1
    near_weight: float = 1.0


def pairs(legs: Sequence[Leg], at: datetime) -> list[Pair]:
    """Find all arbitrages among legs; contracts that have expired are passed over."""
    living = [n for n, leg in enumerate(legs) if leg.expiry is None or leg.expiry > at]
    groups: dict[tuple[str, str], list[int]] = {}
    for place in living:
        groups.setdefault((legs[place].underlying, legs[place].venue), []).append(place)
    found = [pair for own in groups.values() for pair in _within(legs, own)]
    return [*found, *_across(legs, living)]


def _within(legs: Sequence[Leg], own: Sequence[int]) -> Iterator[Pair]:
    by: dict[str, list[int]] = {"spot": [], "perpetual": [], "future": []}
    for place in own:
        by[legs[place].contract].append(place)
    for spot in by["spot"]:
        yield from (Pair("spot-future", spot, future) for future in by["future"])
        yield from (Pair("spot-perpetual", spot, other) for other in by["perpetual"])
    for perpetual in by["perpetual"]:
        yield from (Pair("perpetual-future", perpetual, future) for future in by["future"])
    yield from _triangles(legs, sorted(by["future"], key=lambda n: _expiry(legs[n])))


def _triangles(legs: Sequence[Leg], futures: Sequence[int]) -> Iterator[Pair]:
    for (near, middle), (_, far) in pairwise(pairwise(futures)):
        first, second, third = (_expiry(legs[n]) for n in (near, middle, far))
        if first < second < third:
            yield Pair("curve", middle, near, far, (third - second) / (third - first))


def _across(legs: Sequence[Leg], living: Sequence[int]) -> Iterator[Pair]:
    groups: dict[tuple[str, str, str], list[int]] = {}
    for place in living:
        leg = legs[place]
        if leg.contract != "spot":
            day = f"{leg.expiry:%Y-%m-%d}" if leg.expiry else ""
            groups.setdefault((leg.underlying, leg.contract, day), []).append(place)
    for own in groups.values():
        for one, two in combinations(own, 2):
            if legs[one].venue != legs[two].venue:
                yield Pair("cross-venue", one, two)


def _expiry(leg: Leg) -> datetime:
    assert leg.expiry is not None
    return leg.expiry
