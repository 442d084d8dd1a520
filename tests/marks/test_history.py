"""A perpetual's history: what each kind of venue accrues and pays, and what bad input comes to."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from perpetual_histories import (
    BEGINS,
    MINUTE_NS,
    STEP_ARRAYS,
    funding_rule,
    histories,
    mark_rule,
    rules,
    sampled,
    schedules,
)

from obverse.errors import MarketDataError, RuleError
from obverse.marks.funding import absolute_rate
from obverse.marks.history import Start, fixed_amounts, perpetual_history
from obverse.marks.instant import Book, instant_mark, instant_premium
from obverse.marks.mark import whole_minutes
from obverse.marks.policies import capped_rate
from obverse.marks.samples import PerpetualSamples
from obverse.marks.schedule import Schedule, Span, to_ns

HOURLY = Schedule((Span(BEGINS, 1),))
EIGHT_HOURLY = Schedule((Span(BEGINS, 8),))
KRAKEN = funding_rule(
    rule="divide", coefficient=Decimal(24), lag="next_window", accrual="fixed_amount",
    interval_hours=1, rate_hours=1,
)  # fmt: skip


def history_of(minutes, premiums, rule, schedule=EIGHT_HOURLY, mark=None, start=None, index=100.0):
    """A history with given premiums (NaN: only one side of a book) of the middle."""
    times = to_ns(BEGINS) + np.array(minutes, dtype=np.int64) * MINUTE_NS
    level = np.broadcast_to(np.asarray(index, dtype=float), len(times)).copy()
    middle = level * (1 + np.array(premiums, dtype=float))
    samples = PerpetualSamples(times, level, middle, level * 1.5, np.full(len(times), np.nan))
    samples = replace(samples, ask_usd=np.where(np.isnan(middle), 1.5 * level, middle))
    return perpetual_history(samples, mark or mark_rule(), rule, schedule, start)


@settings(deadline=None)
@given(samples=histories(), pair=rules, schedule=schedules(), start=st.floats(-0.01, 0.01))
def test_one_instant_is_the_last_step(samples, pair, schedule, start):
    mark, funding = pair
    history = perpetual_history(samples, mark, funding, schedule, Start(start))
    earlier = perpetual_history(samples.until(len(samples.times_ns) - 1), *pair, schedule)
    index, time = float(samples.index_usd[-1]), int(samples.times_ns[-1])
    rate = float(history.rate_in_force[-1])
    left = (int(history.edges_ns[-1]) - time) / (60 * MINUTE_NS)
    left = whole_minutes(left) if mark.whole_minutes else left
    common = {"index": index, "rate_in_force": rate, "hours_to_funding": left}
    if mark.policy == "funding_decay":
        price = instant_mark(mark, funding, **common, average_basis=0.0, last=None)
        assert history.mark_usd[-1] == pytest.approx(price, rel=1e-14)
    if history.sampled[-1]:
        book = Book(float(samples.bid_usd[-1]), float(samples.ask_usd[-1]))
        price = float(history.mark_usd[-1])
        premium = instant_premium(funding, book=book, mark=price, **common)
        assert history.premium[-1] == pytest.approx(premium, rel=1e-12, abs=1e-16)
        if funding.accrual == "continuous":
            expected = capped_rate(funding, premium)
            assert history.accruing_rate[-1] == pytest.approx(expected, rel=1e-12, abs=1e-16)
    assert len(earlier.times_ns) == len(history.times_ns) - 1


def test_flat_weights_pay_the_mean_of_the_window():
    history = history_of([160, 320, 480, 600], [1e-3, 2e-3, 6e-3, 9e-3], funding_rule())
    np.testing.assert_allclose(history.accruing_rate, [1e-3, 1.5e-3, 3e-3, 9e-3])
    np.testing.assert_allclose(history.paid_rate, [3e-3])
    np.testing.assert_allclose(history.rate_in_force, [0, 0, 0, 3e-3])
    assert history.samples_per_window.tolist() == [3]


def test_linear_weights_weigh_the_later_samples_more():
    history = history_of([1, 2, 480], [1e-3, 2e-3, 6e-3], funding_rule(weights="linear"))
    assert history.paid_rate[0] == pytest.approx((1 + 4 + 18) / 6 * 1e-3)


def test_rolling_weights_are_not_reset_at_stamps():
    minutes, premiums = np.arange(1, 1200), np.sin(np.arange(1, 1200)) * 1e-3
    history = history_of(minutes, premiums, funding_rule(weights="rolling"))
    for step in (0, 100, 479, 480, 481, 959, 1100):
        mean = premiums[max(step - 479, 0) : step + 1].mean()
        assert history.accruing_rate[step] == pytest.approx(mean, rel=1e-11)
    np.testing.assert_allclose(history.paid_rate, history.accruing_rate[[479, 959]])


def test_rolling_weights_go_by_time_where_minutes_are_missing():
    rule = funding_rule(weights="rolling")
    history = history_of([1, 100, 480, 481, 590], [1e-3, 2e-3, 3e-3, 4e-3, 5e-3], rule)
    np.testing.assert_allclose(history.accruing_rate[2:], [2e-3, 3e-3, 4e-3])


def test_with_a_lag_the_rate_of_a_window_is_paid_at_the_end_of_the_next():
    rule = funding_rule(lag="next_window")
    premiums = [1e-3, 2e-3, 5e-3, 7e-3]
    history = history_of([480, 960, 1440, 1441], premiums, rule, start=Start(4e-3))
    np.testing.assert_allclose(history.paid_rate, [4e-3, 1e-3, 2e-3])
    np.testing.assert_allclose(history.accruing_rate, premiums)


def test_continuous_accrual_is_the_integral_of_the_held_rate():
    rule = funding_rule(premium="mid", accrual="continuous", interval_hours=1)
    history = history_of([30, 45, 90, 120, 130], [8e-3, 4e-3, 2e-3, 1e-3, 0], rule, HOURLY)
    np.testing.assert_allclose(history.accruing_rate, [8e-3, 4e-3, 2e-3, 1e-3, 0])
    # First window: 15 min at 8, 15 at 4; second: 30 min at 4, 30 at 2, none yet at 1.
    np.testing.assert_allclose(history.paid_rate, [(8 + 4) / 4 * 1e-3 / 8, (4 + 2) / 2 * 1e-3 / 8])


def test_continuous_accrual_holds_a_rate_through_windows_without_a_step():
    rule = funding_rule(accrual="continuous", interval_hours=1)
    history = history_of([30, 200], [8e-3, 0], rule, HOURLY)
    np.testing.assert_allclose(history.paid_rate, [0.5e-3, 1e-3, 1e-3])
    assert history.samples_per_window.tolist() == [1, 0, 0]


def test_continuous_accrual_holds_a_rate_through_steps_without_a_book():
    rule = funding_rule(accrual="continuous", interval_hours=1)
    history = history_of([0, 30, 60], [8e-3, np.nan, np.nan], rule, HOURLY)
    np.testing.assert_allclose(history.accruing_rate, [8e-3] * 3)
    np.testing.assert_allclose(history.rate_in_force, [8e-3] * 3)
    np.testing.assert_allclose(history.paid_rate, [1e-3])


def test_continuous_funding_cannot_be_decayed_by_a_mark():
    rule = funding_rule(accrual="continuous")
    with pytest.raises(RuleError, match="nothing to come"):
        history_of([1], [0.0], rule, mark=mark_rule(policy="funding_decay"))


def test_a_fixed_amount_is_the_relative_rate_over_the_index_at_the_start_of_the_hour():
    minutes = [30, 60, 90, 120, 180]
    index = [100.0, 200.0, 400.0, 500.0, 800.0]
    history = history_of(minutes, [2.4e-3] * 5, KRAKEN, HOURLY, index=index)
    np.testing.assert_allclose(history.paid_rate, [0, 1e-4, 1e-4])
    amounts = fixed_amounts(history)
    np.testing.assert_array_equal(amounts.index_usd, [200, 500])
    np.testing.assert_allclose(amounts.coin_per_contract_hour, [1e-4 / 200, 1e-4 / 500])
    exact = absolute_rate(Decimal("0.0001"), 500)
    assert amounts.coin_per_contract_hour[1] == pytest.approx(float(exact), rel=1e-12)


def test_a_fixed_amount_of_a_window_longer_than_an_hour_is_by_the_hour():
    rule = funding_rule(lag="next_window", accrual="fixed_amount", interval_hours=4, rate_hours=1)
    schedule = Schedule((Span(BEGINS, 4),))
    history = history_of([0, 240, 480], [1e-4, 1e-4, 0], rule, schedule)
    np.testing.assert_allclose(history.paid_rate, [0, 4e-4])
    np.testing.assert_allclose(fixed_amounts(history).coin_per_contract_hour, [0, 1e-6])


def test_a_window_without_any_sample_keeps_the_rate_in_force():
    history = history_of([480, 1500, 1501], [3e-3, np.nan, 1e-3], funding_rule())
    np.testing.assert_allclose(history.paid_rate, [3e-3, 3e-3, 3e-3])
    np.testing.assert_allclose(history.accruing_rate, [3e-3, 3e-3, 1e-3])
    assert history.samples_per_window.tolist() == [1, 0, 0]
    assert history.steps_without_book == 1


def test_with_a_lag_each_empty_window_pays_what_came_in_force_before_it():
    rule = funding_rule(lag="next_window")
    history = history_of([480, 1500], [3e-3, 1e-3], rule, start=Start(5e-3))
    np.testing.assert_allclose(history.paid_rate, [5e-3, 3e-3, 3e-3])


def test_one_side_of_a_book_leaves_no_sample_and_keeps_the_basis():
    mark = mark_rule(basis_of="mid", average="exponential", average_seconds=Decimal(30))
    history = history_of([1, 2, 3], [1e-3, np.nan, 1e-3], funding_rule(), mark=mark)
    np.testing.assert_allclose(history.mark_usd, [100.1, 100.1, 100.1])
    assert history.sampled.tolist() == [True, False, True]
    assert history.premium[1] == 0
    assert history.accruing_rate[1] == history.accruing_rate[0]


def test_before_the_first_book_there_is_no_basis():
    history = history_of([1, 2], [np.nan, 2e-3], funding_rule(), start=Start(7e-3))
    np.testing.assert_allclose(history.mark_usd, [100, 100.2])
    np.testing.assert_allclose(history.accruing_rate, [7e-3, 2e-3])


def test_a_moving_basis_goes_by_time():
    mark = mark_rule(basis_of="mid", average="moving", average_seconds=Decimal(150))
    history = history_of([1, 2, 3, 4, 9], [1e-3, 2e-3, 3e-3, 4e-3, 9e-3], funding_rule(), mark=mark)
    np.testing.assert_allclose(history.mark_usd, [100.1, 100.15, 100.2, 100.3, 100.9])


def test_without_a_last_price_the_median_is_the_averaged_basis():
    mark = mark_rule(policy="median_of_three", basis_of="mid")
    history = history_of([240], [1e-3], funding_rule(), mark=mark, start=Start(0.01))
    np.testing.assert_allclose(history.mark_usd, [100.1])


def test_a_missing_minute_is_simply_not_there():
    flat = history_of([1, 3, 480], [1e-3, 3e-3, 2e-3], funding_rule())
    assert flat.samples_per_window.tolist() == [3]
    np.testing.assert_allclose(flat.paid_rate, [2e-3])


@pytest.mark.parametrize("minutes", [[1, 2, 2], [1, 3, 2]])
def test_late_and_repeated_samples_are_refused(minutes):
    with pytest.raises(MarketDataError, match="step 2 is late or there twice"):
        history_of(minutes, [0.0, 0.0, 0.0], funding_rule())


@pytest.mark.parametrize("lag", ["same_window", "next_window"])
def test_a_window_cut_by_a_change_of_interval_pays_for_its_own_hours(lag):
    change = BEGINS.replace(hour=10, minute=30)
    schedule = Schedule((Span(BEGINS, 8), Span(change, 4)))
    minutes = np.arange(60, 17 * 60, 60)
    history = history_of(minutes, [8e-4] * len(minutes), funding_rule(lag=lag), schedule)
    np.testing.assert_array_equal(history.window_hours, [8, 4, 4])
    first = 0.0 if lag == "next_window" else 8e-4
    np.testing.assert_allclose(history.paid_rate, [first, 4e-4, 4e-4])
    assert history.samples_per_window.tolist() == [8, 4, 4]


def test_a_cut_window_is_made_of_the_samples_that_it_has():
    schedule = Schedule((Span(BEGINS, 8), Span(BEGINS.replace(hour=1, minute=30), 2)))
    history = history_of([30, 60, 90, 121], [1e-3, 2e-3, 6e-3, 0], funding_rule(), schedule)
    np.testing.assert_allclose(history.paid_rate, [3e-3 * 2 / 8])


def test_no_steps_give_empty_arrays():
    history = history_of([], [], funding_rule())
    assert [len(getattr(history, name)) for name in STEP_ARRAYS] == [0] * 5
    assert len(history.stamps_ns) == len(history.paid_rate) == len(history.window_hours) == 0
    assert len(fixed_amounts(history).stamps_ns) == 0


def test_one_step_is_a_history():
    history = history_of([5], [1e-3], funding_rule())
    assert history.accruing_rate.tolist() == pytest.approx([1e-3])
    assert len(history.paid_rate) == 0
    at_stamp = history_of([480], [1e-3], funding_rule())
    assert at_stamp.paid_rate.tolist() == pytest.approx([1e-3])


def test_a_start_that_is_no_rate_is_refused():
    with pytest.raises(MarketDataError, match="not a rate"):
        Start(float("nan"))


def test_extreme_prices_come_out_finite():
    times = to_ns(BEGINS) + np.arange(1, 5) * MINUTE_NS
    index = np.array([1e-12, 1e15, 1e-12, 1e15])
    samples = PerpetualSamples(times, index, index[::-1].copy(), index[::-1].copy(), index)
    history = perpetual_history(samples, mark_rule(), funding_rule(), EIGHT_HOURLY)
    for name in STEP_ARRAYS:
        assert np.isfinite(getattr(history, name)).all()


def test_what_goes_in_is_left_as_it_was():
    samples = sampled(to_ns(BEGINS) + np.arange(1, 900) * MINUTE_NS, seed=3, patchy=0.2)
    before = {name: array.copy() for name, array in vars(samples).items()}
    perpetual_history(samples, mark_rule(), funding_rule(weights="rolling"), EIGHT_HOURLY)
    for name, array in before.items():
        np.testing.assert_array_equal(getattr(samples, name), array)
