"""Funding predicted from part of a window: the final rate lies within the range that was told."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from perpetual_histories import BEGINS, MINUTE_NS, RULES, funding_rule, mark_rule

from obverse.errors import MarketDataError
from obverse.marks.history import perpetual_history
from obverse.marks.prediction import predicted_funding
from obverse.marks.samples import PerpetualSamples
from obverse.marks.schedule import Schedule, Span, to_ns

KINDS = {
    "flat": funding_rule(rule="clamp", dampener=Decimal("0.0005"), interest_rate=Decimal("0.0001")),
    "linear": funding_rule(weights="linear", cap=Decimal("0.00375")),
    "rolling": funding_rule(weights="rolling"),
    "lagged": funding_rule(lag="next_window", rule="divide", coefficient=Decimal(24)),
    "continuous": funding_rule(
        accrual="continuous", rule="dampener", dampener=Decimal("0.0005"), interval_hours=1
    ),
}
EIGHT_HOURLY = Schedule((Span(BEGINS, 8),))


def run(minutes, premiums, rule, schedule=EIGHT_HOURLY):
    times = to_ns(BEGINS) + np.asarray(minutes, dtype=np.int64) * MINUTE_NS
    index = np.full(len(times), 100.0)
    middle = index * (1 + np.asarray(premiums, dtype=float))
    samples = PerpetualSamples(times, index, middle, middle, np.full(len(times), np.nan))
    samples = replace(samples, ask_usd=np.where(np.isnan(middle), 200.0, middle))
    return perpetual_history(samples, mark_rule(), rule, schedule)


@settings(deadline=None, max_examples=300)
@given(
    kind=st.sampled_from(sorted(KINDS)),
    seed=st.integers(0, 2**32 - 1),
    size=st.sampled_from([1e-5, 5e-4, 5e-3]),
    skipped=st.sampled_from([0.0, 0.3]),
    before=st.integers(0, 200),
    cut=st.integers(2, 59),
    data=st.data(),
)
def test_the_final_rate_lies_within_the_range(kind, seed, size, skipped, before, cut, data):
    source, rule = np.random.default_rng(seed), KINDS[kind]
    interval = data.draw(st.sampled_from([1, 8])) if kind != "rolling" else 8
    schedule = Schedule((Span(BEGINS, interval),))
    stamp = interval * 60 * (1 + before // (interval * 60))
    minutes = np.arange(stamp - min(before + cut, stamp), stamp + 1)
    minutes = minutes[(source.random(len(minutes)) >= skipped) | (minutes == stamp)]
    assume(len(minutes) > 2)
    premiums = source.normal(0, size) + source.normal(0, size, len(minutes))
    seen = data.draw(st.integers(1, len(minutes) - 1))
    so_far = run(minutes[:seen], premiums[:seen], rule, schedule)
    told = predicted_funding(so_far, rule, step_seconds=60)
    assume(told.samples > 0)
    bounded = np.clip(premiums, told.lowest_premium, told.highest_premium)
    after = np.r_[premiums[:seen], bounded[seen:]]
    history = run(np.r_[minutes, stamp + 1], np.r_[after, 0.0], rule, schedule)
    place = int(np.searchsorted(history.stamps_ns, to_ns(told.stamp)))
    after = int(np.searchsorted(history.times_ns, to_ns(told.stamp), side="right"))
    final = history.paid_rate[place] if kind == "continuous" else history.rate_in_force[after]
    assert told.lowest_rate - 1e-15 <= final <= told.highest_rate + 1e-15
    assert told.lowest_rate - 1e-15 <= told.rate_if_last <= told.highest_rate + 1e-15


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_premium_that_stays_gives_the_rate_that_was_told(kind):
    rule = KINDS[kind]
    schedule = Schedule((Span(BEGINS, rule.interval_hours),))
    stamp = rule.interval_hours * 60
    minutes = np.arange(1, stamp + 2)
    premiums = np.random.default_rng(5).normal(0, 2e-3, len(minutes))
    premiums[40:] = premiums[39]
    told = predicted_funding(run(minutes[:40], premiums[:40], rule, schedule), rule)
    assert told.to_come == stamp - 40
    history = run(minutes, premiums, rule, schedule)
    final = history.paid_rate[0] if kind == "continuous" else history.rate_in_force[-1]
    assert told.rate_if_last == pytest.approx(final, rel=1e-12)


@pytest.mark.parametrize("name", sorted(RULES))
def test_every_shipped_rule_can_be_predicted(name):
    mark, rule = RULES[name]
    times = to_ns(BEGINS) + np.arange(1, 31) * MINUTE_NS
    middle = 100 * (1 + np.random.default_rng(1).normal(0, 1e-3, 30))
    samples = PerpetualSamples(times, np.full(30, 100.0), middle - 0.01, middle + 0.01, middle)
    schedule = Schedule((Span(BEGINS, rule.interval_hours, rule.anchor_hour),))
    told = predicted_funding(perpetual_history(samples, mark, rule, schedule), rule)
    assert told.lowest_rate <= told.rate_if_last <= told.highest_rate
    assert told.samples == 30


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_at_the_stamp_the_figures_are_final(kind):
    rule = KINDS[kind]
    minutes = np.arange(1, rule.interval_hours * 60 + 1)
    premiums = np.random.default_rng(6).normal(0, 2e-3, len(minutes))
    history = run(minutes, premiums, rule, Schedule((Span(BEGINS, rule.interval_hours),)))
    told = predicted_funding(history, rule)
    final = history.paid_rate[-1] if kind == "continuous" else history.accruing_rate[-1]
    figures = [told.rate_so_far, told.rate_if_last, told.lowest_rate, told.highest_rate]
    assert told.to_come == 0
    assert figures == pytest.approx([final] * 4, rel=1e-12)


def test_continuous_accrual_so_far_leaves_the_windows_before_alone():
    rule = funding_rule(accrual="continuous", interval_hours=1)
    history = run([30, 90], [8e-3, 4e-3], rule, Schedule((Span(BEGINS, 1),)))
    told = predicted_funding(history, rule)
    assert told.rate_so_far == pytest.approx(0.5e-3)
    assert told.rate_if_last == pytest.approx(0.5e-3 + 0.25e-3)
    assert (told.samples, told.last_premium) == (1, pytest.approx(4e-3))


@pytest.mark.parametrize("kind", ["flat", "continuous"])
def test_a_window_without_a_sample_is_predicted_to_keep_its_rate(kind):
    rule = KINDS[kind]
    told = predicted_funding(run([481], [np.nan], rule), rule)
    assert (told.samples, told.lowest_premium, told.last_premium) == (0, None, None)
    assert told.lowest_rate == told.highest_rate == told.rate_if_last == 0


def test_the_step_to_come_is_the_histories_own():
    history = run([5, 10, 15], [1e-3] * 3, KINDS["flat"])
    assert predicted_funding(history, KINDS["flat"]).to_come == 93
    assert predicted_funding(history, KINDS["flat"], step_seconds=60).to_come == 465
    assert predicted_funding(run([5], [1e-3], KINDS["flat"]), KINDS["flat"]).to_come == 475


def test_it_reads_in_one_line():
    text = str(predicted_funding(run([5, 10], [1e-3, 2e-3], KINDS["linear"]), KINDS["linear"]))
    assert text.startswith("0.166667% so far; at 2023-01-01T08:00")


def test_no_history_has_no_running_window():
    with pytest.raises(MarketDataError, match="no running window"):
        predicted_funding(run([], [], KINDS["flat"]), KINDS["flat"])
    with pytest.raises(MarketDataError, match="step of 0 s"):
        predicted_funding(run([5], [0.0], KINDS["flat"]), KINDS["flat"], step_seconds=0)
