"""The compiled revaluation: every position at its own price in every scenario.

Symbols: v value today (linear: of one dollar's worth), c cost, t tenor, f floor of the gain, g move
factor of a scenario, s shift a year, w price over today's price.

A sum has one order, whatever the number of threads: positions in order within a block, blocks in
order after the loop. Scenarios are side by side in a vector, so that no order has to be changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numba
from numba import prange

if TYPE_CHECKING:
    from obverse.marks.values import FloatArray

_TILE = 1024
"""Scenarios at a time: their running sums stay in the nearest cache."""


@numba.njit(cache=True, parallel=True, nogil=True)
def moves_kernel(
    v: FloatArray,
    c: FloatArray,
    t: FloatArray,
    f: FloatArray,
    g: FloatArray,
    s: FloatArray,
    divide: bool,
    sums: FloatArray,
) -> None:
    """sums[block, j] = Σ max(c − v / w, f), or v · w where not `divide`; w = g[j] + t · s[j]."""
    n, m = len(v), len(g)
    blocks = len(sums)
    size = (n + blocks - 1) // blocks
    tiles = (m + _TILE - 1) // _TILE
    for part in prange(blocks * tiles):
        block, tile = part // tiles, part % tiles
        j0, j1 = tile * _TILE, min(m, (tile + 1) * _TILE)
        total, gj, sj = sums[block, j0:j1], g[j0:j1], s[j0:j1]
        total[:] = 0.0
        for i in range(block * size, min(n, (block + 1) * size)):
            vi, ci, ti, fi = v[i], c[i], t[i], f[i]
            if divide:
                for j in range(j1 - j0):
                    gain = ci - vi / (gj[j] + ti * sj[j])
                    total[j] += gain if gain > fi else fi
            else:
                for j in range(j1 - j0):
                    gain = ci - vi * (gj[j] + ti * sj[j])
                    total[j] += gain if gain > fi else fi


@numba.njit(cache=True, parallel=True, nogil=True)
def prices_kernel(
    q: FloatArray, c: FloatArray, f: FloatArray, p: FloatArray, divide: bool, sums: FloatArray
) -> bool:
    """sums[block, j] = Σ max(c − q / p[i, j], f), or q · p; false if a price is not one."""
    n, m = p.shape
    blocks = len(sums)
    size = (n + blocks - 1) // blocks
    wrong = 0
    for block in prange(blocks):
        total = sums[block]
        total[:] = 0.0
        bad = 0
        for i in range(block * size, min(n, (block + 1) * size)):
            qi, ci, fi, row = q[i], c[i], f[i], p[i]
            for j in range(m):
                x = row[j]
                bad |= not ((x > 0.0) & (x < 1e300))
                gain = ci - (qi / x if divide else qi * x)
                total[j] += gain if gain > fi else fi
        wrong += bad
    return wrong == 0
