"""What Hypothesis draws from for perpetuals: rules, schedules and histories, good and patchy."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np
from hypothesis import strategies as st

from obverse.marks.history import PerpetualHistory
from obverse.marks.samples import PerpetualSamples
from obverse.marks.schedule import Schedule, Span, to_ns
from obverse.rulebooks import venue_file, venues
from obverse.rulebooks.in_force import rules_in_force
from obverse.rulebooks.records import FundingRule, MarkRule
from obverse.rulebooks.series import series

BEGINS = datetime(2023, 1, 1, tzinfo=UTC)
MINUTE_NS = 60_000_000_000
STEP_ARRAYS = ("mark_usd", "premium", "sampled", "accruing_rate", "rate_in_force")
WINDOW_ARRAYS = ("stamps_ns", "paid_rate", "samples_per_window")
ENTRY = {"products": ["*"], "begins": BEGINS, "source": ["a test"]}


def mark_rule(**fields: Any) -> MarkRule:
    return MarkRule(**{**ENTRY, "policy": "basis_average", **fields})


def funding_rule(**fields: Any) -> FundingRule:
    plain = {
        "premium": "mid", "sample_seconds": Decimal(60), "weights": "flat", "rule": "plain",
        "lag": "same_window", "accrual": "discrete", "interval_hours": 8,
    }  # fmt: skip
    return FundingRule(**{**ENTRY, **plain, **fields})


def shipped() -> dict[str, tuple[MarkRule, FundingRule]]:
    """Every pair of mark and funding rule that a shipped venue had for a perpetual."""
    found: dict[tuple[object, ...], tuple[str, tuple[MarkRule, FundingRule]]] = {}
    for venue in venues():
        file = venue_file(venue)
        for product in (item for item in file.products if item.kind == "perpetual"):
            dated = [*series(file, "mark", product), *series(file, "funding", product)]
            for begins in sorted({entry.begins for _, entry in dated}):
                rules = rules_in_force(file, product, max(begins, product.begins))
                if rules.mark is None or rules.funding is None:
                    continue
                mark = rules.mark
                if mark.average_seconds is None:  # a length that nobody publishes
                    mark = msgspec.structs.replace(mark, average=None)
                key = (venue, *without_dates(mark), *without_dates(rules.funding))
                name = f"{venue} {product.id} {begins:%Y-%m-%d}"
                found.setdefault(key, (name, (mark, rules.funding)))
    return dict(found.values())


def without_dates(rule: MarkRule | FundingRule) -> list[object]:
    told = {"products", "begins", "until", "source", "uncertain", "note"}
    return [getattr(rule, name) for name in rule.__struct_fields__ if name not in told]


SHIPPED = shipped()
ROLLING = {
    "rolling over 8 hours": (
        mark_rule(basis_of="mid", average="moving", average_seconds=Decimal(300)),
        funding_rule(weights="rolling", cap=Decimal("0.00375")),
    ),
    "continuous by the hour": (
        mark_rule(basis_of="market_price", average="exponential", average_seconds=Decimal(30)),
        funding_rule(
            premium="mark", rule="dampener", dampener=Decimal("0.0005"), accrual="continuous",
            interval_hours=1,
        ),
    ),
}  # fmt: skip
"""Kinds of rule that are run even should no shipped venue have them."""
RULES = {**SHIPPED, **ROLLING}
rules = st.sampled_from(sorted(RULES)).map(RULES.__getitem__)

changes = st.lists(
    st.tuples(st.sampled_from([1, 2, 4, 8, 24]), st.integers(1, 60 * 30)), max_size=2
)


@st.composite
def schedules(draw: st.DrawFn, interval: int | None = None) -> Schedule:
    """Draw a schedule, its interval changing now and then, in mid-window or not."""
    first = interval or draw(st.sampled_from([1, 4, 8]))
    spans = [Span(BEGINS, first, draw(st.sampled_from([0, 2, 4])))]
    for hours, minutes in draw(changes):
        spans.append(Span(spans[-1].begins + timedelta(minutes=minutes), hours))
    return Schedule(tuple(spans))


steps = st.sampled_from([1, 1, 1, 1, 2, 7, 59, 60, 480, 1000])
"""Minutes from one sample to the next, mostly one."""


@st.composite
def histories(draw: st.DrawFn, regular: bool = False, most: int = 60) -> PerpetualSamples:
    """Draw samples: prices around an index, with books and last prices missing here and there."""
    count = draw(st.integers(1, most))
    gaps = [1] * count if regular else draw(st.lists(steps, min_size=count, max_size=count))
    offset = draw(st.sampled_from([0, 1, 300, 479, 480])) * MINUTE_NS
    odd = draw(st.sampled_from([0, 0, 1_000, 30_000_000_000]))  # off the minute
    times = to_ns(BEGINS) + offset + odd + np.cumsum([0, *gaps[1:]]) * MINUTE_NS
    return sampled(times, draw(st.integers(0, 2**32 - 1)), draw(st.sampled_from([0.0, 0.1, 0.6])))


def sampled(times: np.ndarray, seed: int, patchy: float = 0.0) -> PerpetualSamples:
    """Prices for some times; a share of the books and last prices is missing."""
    source, count = np.random.default_rng(seed), len(times)
    index = 20_000 * np.exp(np.cumsum(source.normal(0, 0.002, count)))
    mid = index * (1 + source.normal(0, source.choice([1e-4, 1e-3, 1e-2]), count))
    half = mid * source.uniform(0, 5e-4, count)
    bid, ask, last = mid - half, mid + half, mid + source.normal(0, 2, count) * half
    for side in (bid, ask, last):
        side[source.random(count) < patchy] = np.nan
    return PerpetualSamples(np.asarray(times, dtype=np.int64), index, bid, ask, last)


def assert_same(found: PerpetualHistory, expected: PerpetualHistory) -> None:
    for name in (*STEP_ARRAYS, *WINDOW_ARRAYS, "edges_ns"):
        ours, theirs = getattr(found, name), getattr(expected, name)
        assert ours.shape == theirs.shape, name
        assert ours.dtype == theirs.dtype, name
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-16, err_msg=name)
