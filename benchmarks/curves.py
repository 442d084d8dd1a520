"""The curve at fixed days ahead through time: `benchmarks/curves.py [--json] [-n 5]`.

4,000 snapshots of ten expiries: constant-maturity basis, forward rates, slope and carry, in process
time. Beside it, in the same run and turn about, a pandas loop takes the same of each snapshot, as a
notebook would; both are compared first.
"""

import argparse
import json
import platform
import statistics
import time

import arbitrage
import numpy as np
import pandas as pd

from obverse.curves.constant_maturity import TENOR_DAYS, constant_maturity
from obverse.curves.histories import CurveHistory
from obverse.curves.interpolation import Interpolation

SNAPSHOTS, EXPIRIES = 4_000, 10
LIMIT_SECONDS, LIMIT_RATIO = 1.0, 20
DAY_NS = 86_400 * 10**9
AHEAD = (1, 2, 9, 16, 30, 58, 86, 149, 240, 330)


def made(seed=7):
    """Snapshots six hours apart; rates wander, expiries come nearer and are listed anew."""
    draw = np.random.default_rng(seed)
    start = 1_735_689_600 * 10**9
    instants = start + np.arange(SNAPSHOTS, dtype=np.int64) * DAY_NS // 4
    days = np.array(AHEAD) + 1 - (np.arange(SNAPSHOTS)[:, None] % 4) / 4
    index = 90_000 * np.exp(np.cumsum(0.01 * draw.normal(size=SNAPSHOTS)))
    level = 0.06 + np.cumsum(0.001 * draw.normal(size=SNAPSHOTS))
    rates = level[:, None] + 0.02 * np.log(days / 30) + 0.002 * draw.normal(size=days.shape)
    return CurveHistory(
        underlying="BTC",
        venue="made",
        source="benchmark",
        instants_ns=instants,
        index_usd=index,
        perpetual_usd=np.full(SNAPSHOTS, np.nan),
        offsets=np.arange(0, SNAPSHOTS * EXPIRIES + 1, EXPIRIES, dtype=np.int64),
        expiries_ns=(instants[:, None] + days * DAY_NS).astype(np.int64).ravel(),
        marks_usd=(index[:, None] * np.exp(rates * days / 365)).ravel(),
        listed=np.ones(SNAPSHOTS * EXPIRIES, dtype=bool),
        symbols=tuple(f"F{place}" for place in range(EXPIRIES)) * SNAPSHOTS,
    )


def frame_of(history):
    owner = history.snapshot_of_node
    return pd.DataFrame(
        {
            "at": pd.to_datetime(history.instants_ns[owner], utc=True),
            "expiry": pd.to_datetime(history.expiries_ns, utc=True),
            "mark": history.marks_usd,
            "index": history.index_usd[owner],
        }
    )


def by_pandas(frame):
    """A snapshot at a time: rates, forward rates, slope, carry."""
    tenors = np.array(TENOR_DAYS) / 365
    rows = []
    for at, own in frame.groupby("at"):
        years = (own["expiry"] - at).dt.total_seconds() / (365 * 86_400)
        own, years = own[years >= 1 / 8760], years[years >= 1 / 8760]
        growth = np.log(own["mark"] / own["index"])
        reached = np.interp(tenors, np.append(0, years), np.append(0, growth), right=np.nan)
        rates = reached / tenors
        forwards = np.diff(reached) / np.diff(tenors)
        carry = (np.exp(-reached) - 1) / tenors
        rows.append([*rates, *forwards, rates[4] - rates[1], *carry])
    return pd.DataFrame(rows).to_numpy()


def ours(history, method=Interpolation.LOG_LINEAR):
    found = constant_maturity(history, method=method)
    return np.column_stack([found.rates, found.forwards, found.slope(), found.carry])


def seconds(work, *arguments):
    begun = time.process_time()
    work(*arguments)
    return time.process_time() - begun


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    history = made()
    frame = frame_of(history)
    one, two = ours(history), by_pandas(frame)
    assert np.isfinite(one).all()
    assert np.allclose(one, two, rtol=0, atol=1e-12)
    fast, slow = [], []
    for _ in range(asked.n):
        fast.append(seconds(ours, history))
        slow.append(seconds(by_pandas, frame))
    methods = {
        method.value: statistics.median(seconds(ours, history, method) for _ in range(asked.n))
        for method in Interpolation
    }
    ratio = statistics.median(b / a for a, b in zip(fast, slow, strict=True))
    took = statistics.median(fast)
    result = {
        "snapshots": SNAPSHOTS,
        "expiries": EXPIRIES,
        "process_seconds": {"median": took, "min": min(fast), "max": max(fast)},
        "process_seconds_by_method": methods,
        "pandas_loop_seconds": statistics.median(slow),
        "ratio": ratio,
        "limit_seconds": LIMIT_SECONDS,
        "limit_ratio": LIMIT_RATIO,
        "holds": took < LIMIT_SECONDS and ratio >= LIMIT_RATIO,
        "arbitrage": arbitrage.measured(asked.n),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "pandas": pd.__version__,
    }
    if asked.json:
        print(json.dumps(result, indent=2))
    else:
        print("\n".join(f"{key}: {value}" for key, value in result.items()))


if __name__ == "__main__":
    main()
