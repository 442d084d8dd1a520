"""The compiled sums of a book on one underlying. Symbols: n contracts, c cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numba
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@numba.njit(cache=True, nogil=True)
def sums_kernel(
    n: NDArray[np.int64], c: NDArray[np.int64]
) -> tuple[tuple[int, int], tuple[int, int], bool]:
    """Exact sums in one pass, in halves that cannot overflow: x = high · 2**32 + low.

    The third result says whether a cost is not on the side of its contracts.
    """
    n_high, n_low, c_high, c_low = 0, 0, 0, 0
    wrong = np.int64(0)
    for k in range(len(n)):
        a, b = n[k], c[k]
        n_high += a >> 32
        n_low += a & 0xFFFFFFFF
        c_high += b >> 32
        c_low += b & 0xFFFFFFFF
        # Wrong where b is something and a is zero or of the other sign.
        wrong |= (b != 0) & ((a == 0) | ((a ^ b) < 0))
    return (n_high, n_low), (c_high, c_low), wrong != 0
