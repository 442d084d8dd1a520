"""The plain twin of the compiled sums: each pair of changes, as the definition says."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def overlap(
    s: NDArray[np.int64],
    x: NDArray[np.float64],
    t: NDArray[np.int64],
    y: NDArray[np.float64],
    theta: int,
) -> float:
    """Sum of products of changes over (s[i-1], s[i]] and (t[j-1] - theta, t[j] - theta] that meet.

    Takes time in proportion to the product of the lengths.
    """
    total = 0.0
    for i in range(1, len(s)):
        for j in range(1, len(t)):
            if t[j - 1] - theta < s[i] and t[j] - theta > s[i - 1]:
                total += float((x[i] - x[i - 1]) * (y[j] - y[j - 1]))
    return total
