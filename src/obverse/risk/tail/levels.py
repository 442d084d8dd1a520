"""The door of tail risk: levels, counts and words, decided before anything is computed."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

from obverse.errors import DataError

Side: TypeAlias = Literal["long", "short"]


def checked_level(level: float, what: str = "level") -> float:
    """A probability strictly between zero and one."""
    if not 0 < level < 1:
        raise DataError(f"{what}: found {level!r}, expected a number above 0 and below 1.")
    return float(level)


def checked_count(count: int, what: str, least: int = 1) -> int:
    """A whole number of steps, draws or blocks."""
    if not count >= least or count % 1:
        raise DataError(f"{what}: found {count!r}, expected a whole number from {least} up.")
    return int(count)


def checked_side(side: str) -> Side:
    """A position's side."""
    if side == "long":
        return "long"
    if side == "short":
        return "short"
    raise DataError(f"side: found {side!r}, expected long or short.")


def needed_for(level: float) -> int:
    """The fewest observations whose worst one lies beyond a level: 100 at 99 %."""
    return math.ceil(1 / (1 - level) - 1e-9)


def enough(found: int, level: float, what: str) -> None:
    """Refuse a sample whose tail beyond the level holds not even one observation."""
    least = needed_for(level)
    if found < least:
        raise DataError(
            f"{what}: {found} observations, expected at least {least} at the level {level:g}; "
            "give a longer history or a lower level."
        )
