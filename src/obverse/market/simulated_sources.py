"""How far each source of the simulated market's index stands from the others, seeded.

A source's distance changes slowly and has a deviation of 3 bp. It is the source's own: it depends
on the seed, the coin, the source's name and the hour, not on which other sources there are. How
the venue's rule makes an index of them, and their prices so that it makes the one shown, is in the
room `marks`, since this one knows no combination.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from string import ascii_uppercase

from obverse.market.simulated_paths import Stream, coin_of
from obverse.market.simulation import slow_noise

SOURCE_DEVIATION = 3e-4
STAND_IN_WEIGHTS = tuple(map(Decimal, ("0.30", "0.25", "0.20", "0.15", "0.10")))
"""Weights of the sources that stand in where a venue's rulebook names none."""


def stand_ins(count: int) -> dict[str, Decimal]:
    """Names and weights of simulated sources, five at least: `source A`, `source B` and so on."""
    more = (Decimal("0.10"),) * max(0, count - len(STAND_IN_WEIGHTS))
    return {
        f"source {letter}": weight
        for letter, weight in zip(ascii_uppercase, (*STAND_IN_WEIGHTS, *more), strict=False)
    }


def source_distances(
    seed: int, underlying: str, at: datetime, names: Sequence[str]
) -> Mapping[str, float]:
    """How far each source stands from the common price at an instant, as a fraction."""
    coin = coin_of(underlying).key
    return {
        name: SOURCE_DEVIATION
        * slow_noise(seed, at, Stream.SOURCES, coin, zlib.crc32(name.encode()))
        for name in names
    }
