"""A year of minute marks and funding in one call: `benchmarks/marks.py [--json] [-n 15]`.

The yardstick is `np.sum` over every array that goes in and comes out, in the same run: a ratio of
10 means ten passes over the arrays. Nothing is judged in seconds.
"""

import argparse
import json
import platform
import statistics
import time
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np

from obverse.marks.history import perpetual_history
from obverse.marks.samples import PerpetualSamples
from obverse.marks.schedule import Schedule, Span, to_ns
from obverse.rulebooks.records import FundingRule, MarkRule

STEPS = 525_600
BEGINS = datetime(2023, 1, 1, tzinfo=UTC)
LIMIT = 10
ENTRY = {"products": ["*"], "begins": BEGINS, "source": ["venue-rules.md, sections 5 and 6"]}


def number(text):
    return Decimal(text)


RULES = {
    "bitmex": (
        MarkRule(**ENTRY, policy="funding_decay", whole_minutes=True),
        FundingRule(
            **ENTRY, premium="impact_with_basis", sample_seconds=number("60"), weights="flat",
            rule="clamp", interest_rate=number("0.0001"), dampener=number("0.0005"),
            cap=number("0.00375"), lag="next_window", accrual="discrete", interval_hours=8,
            anchor_hour=4,
        ),
    ),
    "deribit": (
        MarkRule(
            **ENTRY, policy="basis_average", basis_of="market_price", average="exponential",
            average_seconds=number("30"), bound_rate=number("0.005"),
        ),
        FundingRule(
            **ENTRY, premium="mark", sample_seconds=number("1"), weights="flat", rule="dampener",
            dampener=number("0.00025"), cap=number("0.005"), lag="same_window",
            accrual="continuous", interval_hours=1,
        ),
    ),
    "binance": (
        MarkRule(
            **ENTRY, policy="median_of_three", basis_of="mid", average="moving",
            average_seconds=number("150"), sample_seconds=number("5"),
        ),
        FundingRule(
            **ENTRY, premium="impact", sample_seconds=number("5"), weights="linear", rule="clamp",
            interest_rate=number("0.0001"), dampener=number("0.0005"), cap=number("0.003"),
            lag="same_window", accrual="discrete", interval_hours=8,
        ),
    ),
    "okx": (
        MarkRule(
            **ENTRY, policy="basis_average", basis_of="mid", average="moving",
            average_seconds=number("300"), sample_seconds=number("60"),
        ),
        FundingRule(
            **ENTRY, premium="mid", sample_seconds=number("60"), weights="rolling", rule="plain",
            cap=number("0.00375"), lag="same_window", accrual="discrete", interval_hours=8,
        ),
    ),
}  # fmt: skip


def year(seed=7):
    """A year of minutes: a wandering index, a reverting premium, 1 in 500 books with one side."""
    draw = np.random.default_rng(seed)
    index = 30_000 * np.exp(np.cumsum(draw.normal(0, 0.0006, STEPS)))
    premium = np.repeat(draw.normal(0, 0.0006, STEPS // 60), 60) + draw.normal(0, 1e-4, STEPS)
    mid = index * (1 + premium)
    half = mid * draw.uniform(0.5e-5, 2e-4, STEPS)
    bid, ask = mid - half, mid + half
    bid[draw.random(STEPS) < 0.001] = np.nan
    ask[draw.random(STEPS) < 0.001] = np.nan
    last = mid + draw.normal(0, 1, STEPS) * half
    last[draw.random(STEPS) < 0.01] = np.nan
    times = to_ns(BEGINS) + np.arange(1, STEPS + 1) * 60_000_000_000
    return PerpetualSamples(times, index, bid, ask, last)


def arrays_of(*records):
    """Every array of some records, each once."""
    found = [value for record in records for value in vars(record).values()]
    return list({id(array): array for array in found if isinstance(array, np.ndarray)}.values())


def seconds(call):
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def measure(venue, samples, repeats):
    """Medians of both, taken in turns after a warm-up."""
    mark, funding = RULES[venue]
    schedule = Schedule((Span(BEGINS, funding.interval_hours, funding.anchor_hour),))

    def run():
        return perpetual_history(samples, mark, funding, schedule)

    history = run()
    arrays = arrays_of(samples, history)

    def one_pass():
        for array in arrays:
            np.sum(array)

    one_pass()
    pairs = [(seconds(run), seconds(one_pass)) for _ in range(repeats)]
    ours, yardstick = (statistics.median(column) for column in zip(*pairs, strict=True))
    return {
        "venue": venue,
        "steps": STEPS,
        "windows": len(history.paid_rate),
        "arrays": len(arrays),
        "milliseconds": round(ours * 1e3, 2),
        "one_pass_milliseconds": round(yardstick * 1e3, 2),
        "passes": round(ours / yardstick, 2),
        "limit": LIMIT,
    }


def main():
    parser = argparse.ArgumentParser(description="Measure a year of minute marks and funding.")
    parser.add_argument("-n", type=int, default=15, help="runs of each (default: 15)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    samples = year()
    rows = [measure(venue, samples, options.n) for venue in RULES]
    if options.json:
        print(json.dumps({"python": platform.python_version(), "n": options.n, "rows": rows}))
        return
    print(f"{'venue':<10}{'windows':>8}{'ms':>8}{'pass ms':>9}{'passes':>8}{'limit':>7}")
    for row in rows:
        print(
            f"{row['venue']:<10}{row['windows']:>8}{row['milliseconds']:>8.1f}"
            f"{row['one_pass_milliseconds']:>9.2f}{row['passes']:>8.1f}{row['limit']:>7}"
        )


if __name__ == "__main__":
    main()
