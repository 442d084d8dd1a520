"""Plain twins of the compiled kernels: slow, and obviously right."""

from __future__ import annotations

from collections.abc import Sequence

from obverse.marks.averages import exponential_step


def exponential_average_reference(
    values: Sequence[float], times: Sequence[float], time_constant: float
) -> list[float]:
    """Step an exponential average sample by sample."""
    found: list[float] = []
    for place, value in enumerate(values):
        if place == 0:
            found.append(value)
        else:
            seconds = times[place] - times[place - 1]
            found.append(exponential_step(found[-1], value, seconds, time_constant))
    return found
