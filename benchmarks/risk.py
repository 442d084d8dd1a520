"""Ladders, revaluation and margins of very many positions: `benchmarks/risk.py [--json] [-n 9]`.

Medians of both sides, taken in turns in one run, as ratios: a ladder against passes of `np.sum`
over the position arrays; revaluation, each price made of a move and a tenor's shift, against
NumPy's broadcast and 2·10⁹ valuations a second on two cores; margins of isolated accounts against
100 ms a million on two cores; cost and memory from 10⁴ to 10⁷ accounts. Before it is timed, each is
compared with its exact twin on a sample.
"""

import argparse
import json
import platform
import statistics
import time
import tracemalloc
from fractions import Fraction

import numba
import numpy as np

from obverse.risk.arrays import PositionArrays, array_margins, price_line, revalue
from obverse.risk.arrays._reference import array_margins_reference, gain_reference
from obverse.risk.margin import margin_terms
from obverse.rulebooks import rulebook

POSITIONS = 1_000_000
SCENARIOS = 10_000
SAMPLE = 400
BOOK = rulebook("bybit", as_of="2026-02-01")
INSTRUMENT = BOOK.instrument("BTCUSD")
TERMS = margin_terms(BOOK, INSTRUMENT)
MARK = "50000"


def drawn(count, seed=7):
    """Positions opened around the mark, each with the margin of a leverage from 2 to 50."""
    draw = np.random.default_rng(seed)
    contracts = draw.integers(1, 2_000_000, count) * draw.choice([-1, 1], count)
    entries = 50_000 * draw.uniform(0.8, 1.2, count)
    cost = np.rint(contracts / entries * 1e8).astype(np.int64)
    margin = np.abs(cost) // draw.integers(2, 50, count)
    return PositionArrays(INSTRUMENT, contracts, cost), margin


def seconds(call):
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def in_turns(repeats, *calls):
    """Medians of calls taken in turns, after a warm-up."""
    for call in calls:
        call()
    rows = [[seconds(call) for call in calls] for _ in range(repeats)]
    return [statistics.median(column) for column in zip(*rows, strict=True)]


def row(name, measured, unit, limit, holds, detail):
    return {
        "name": name,
        "measured": round(measured, 3),
        "unit": unit,
        "limit": limit,
        "holds": bool(holds),
        "detail": detail,
    }


def part(positions, margin, count=SAMPLE):
    some = PositionArrays(INSTRUMENT, positions.contracts[:count], positions.cost_units[:count])
    return some, margin[:count]


def ladder(repeats):
    """One million positions, ten thousand scenarios: O(N + M)."""
    positions, margin = drawn(POSITIONS)
    prices = np.linspace(20_000, 120_000, SCENARIOS)
    some, _ = part(positions, margin)
    exact = gain_reference(some, [Fraction(40_000)] * SAMPLE)
    assert price_line(some).gain("40000") == exact
    ours, yardstick = in_turns(
        repeats,
        lambda: price_line(positions).gains(prices),
        lambda: (np.sum(positions.contracts), np.sum(positions.cost_units)),
    )
    passes = ours / yardstick
    detail = f"{ours * 1e3:.2f} ms, a pass {yardstick * 1e3:.2f} ms"
    return row("ladder 10^6 x 10^4", passes, "passes", 3, passes <= 3, detail)


def revaluation(repeats):
    """A price a position and scenario: 10⁹ valuations, and NumPy's broadcast on a part of them."""
    positions, margin = drawn(100_000)
    today = np.full(len(positions), 50_000.0)
    moves = np.linspace(-0.5, 0.5, SCENARIOS)
    some, _ = part(positions, margin)
    found = revalue(some, today[:SAMPLE], moves[:3])
    for place in range(3):
        price = Fraction(50_000) * (1 + Fraction(float(moves[place])))
        assert abs(found[place] - float(gain_reference(some, [price] * SAMPLE))) < 1e-6
    first = revalue(positions, today, moves)
    stable = first.tobytes() == revalue(positions, today, moves).tobytes()

    tenors, shifts = np.linspace(0, 1, len(positions)), moves / 10
    few, share = moves[:100], SCENARIOS / 100
    size, cost = positions.contracts.astype(float), positions.cost_units / 1e8

    def broadcast():
        prices = today * (1 + few[:, None] + tenors * few[:, None] / 10)
        return (cost - size / prices).sum(axis=1)

    def by_tenor():
        return revalue(positions, today, moves, tenors_years=tenors, basis_shifts=shifts)

    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    alone = by_tenor().tobytes()
    numba.set_num_threads(threads)
    stable = stable and alone == by_tenor().tobytes()
    ours, tenor, numpy = in_turns(
        repeats, lambda: revalue(positions, today, moves), by_tenor, broadcast
    )
    count = len(positions) * SCENARIOS
    rate, slower, ratio = count / ours / 1e9, count / tenor / 1e9, numpy * share / tenor
    detail = f"one move for all {rate:.2f}; NumPy {count / (numpy * share) / 1e9:.2f}, "
    detail += f"ratio {ratio:.1f}; bit-stable {stable}"
    return row("revaluation 10^9", slower, "10^9/s", 2, slower >= 2 and stable, detail)


def margins(repeats):
    """Margin, ratio and liquidation price of a million isolated accounts, marginal brackets."""
    positions, margin = drawn(POSITIONS)
    some, behind = part(positions, margin)
    found = array_margins(some, behind, TERMS, MARK)
    exact = array_margins_reference(some, behind.tolist(), TERMS, MARK)
    assert found.maintenance_units.tolist() == exact.maintenance_units.tolist()
    assert np.allclose(found.margin_ratio, exact.margin_ratio, rtol=1e-12)
    assert found.liquidation_price_usd.tolist() == exact.liquidation_price_usd.tolist()
    ours, yardstick = in_turns(
        repeats,
        lambda: array_margins(positions, margin, TERMS, MARK),
        lambda: (np.sum(positions.contracts), np.sum(positions.cost_units), np.sum(margin)),
    )
    taken = ours * 1e3
    detail = f"{ours / yardstick:.0f} passes over its inputs"
    return row("margins of 10^6 accounts", taken, "ms", 100, taken < 100, detail)


def growth(repeats):
    """Cost an account from 10⁴ to 10⁷, and memory beyond inputs and outputs."""
    costs = {}
    for exponent in (4, 5, 6, 7):
        positions, margin = drawn(10**exponent)
        taken = in_turns(
            max(3, repeats // 3),
            lambda p=positions, m=margin: array_margins(p, m, TERMS, MARK),
        )
        costs[exponent] = taken[0] / 10**exponent * 1e9
    spread = max(costs.values()) / min(costs.values())
    tracemalloc.start()  # NumPy tells it of every array
    held = array_margins(positions, margin, TERMS, MARK)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    outputs = sum(array.nbytes for array in vars(held).values())
    inside = peak <= 1.01 * outputs
    detail = ", ".join(f"10^{n}: {cost:.0f} ns" for n, cost in costs.items())
    detail += f"; peak {peak / 1e6:.0f} MB beside the inputs, outputs {outputs / 1e6:.0f} MB"
    return row("cost an account", spread, "largest/smallest", 2, spread <= 2 and inside, detail)


def main():
    parser = argparse.ArgumentParser(description="Measure risk over arrays.")
    parser.add_argument("-n", type=int, default=9, help="runs of each (default: 9)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    rows = [measure(options.n) for measure in (ladder, revaluation, margins, growth)]
    if options.json:
        print(json.dumps({"python": platform.python_version(), "n": options.n, "rows": rows}))
        return
    print(f"{'what':<26}{'measured':>10} {'unit':<18}{'limit':>6}  holds")
    for each in rows:
        holds = "yes" if each["holds"] else "NO"
        print(
            f"{each['name']:<26}{each['measured']:>10.2f} {each['unit']:<18}{each['limit']:>6}  "
            f"{holds:<5} {each['detail']}"
        )


if __name__ == "__main__":
    main()
