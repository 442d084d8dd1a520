"""Funding on the simulated market and on recordings: rules, changes of rules, no look-ahead."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from obverse.contracts import instant
from obverse.errors import MarketDataError, RuleError
from obverse.market import Finding, Quote, QuoteHistory, Snapshot, simulated
from obverse.market.simulated_books import simulated_book
from obverse.market.simulated_paths import simulated_path
from obverse.marks.funding_sheets import funding_lines, step_notes
from obverse.marks.funding_windows import Accrual, accrual, per_hours, steps, windows
from obverse.marks.policies import capped_rate
from obverse.marks.recorded import recorded_funding
from obverse.marks.runs import START_UNKNOWN, FundingRun
from obverse.marks.schedule import from_ns
from obverse.marks.simulated import simulated_funding
from obverse.rulebooks import rulebook

UNTIL = instant("2026-03-20T13:00:00Z")
VENUES = ["binance", "bitmex", "bybit", "deribit", "kraken", "okx"]


@pytest.fixture(scope="module", params=VENUES)
def run(request) -> FundingRun:
    return simulated_funding(7, "BTC", request.param, UNTIL)


def test_hourly_books_are_the_quotes_of_the_snapshots() -> None:
    for venue, coin in (("deribit", "BTC"), ("kraken", "ETH")):
        path = simulated_path(7, coin, UNTIL)
        perpetual = rulebook(venue, as_of=UNTIL).listed(coin, UNTIL)[0]
        book = simulated_book(path, perpetual)
        for hours in range(0, 400, 37):
            at = UNTIL - timedelta(hours=hours)
            snapshot = simulated(venue=venue, at=at, underlyings=(coin,))[coin]
            quote: Quote = snapshot[perpetual.symbol]
            place = len(path.times_ns) - 1 - hours
            assert book.index_usd[place] == float(snapshot.index)
            assert book.bid_usd[place] == float(quote.bid or 0)
            assert book.ask_usd[place] == float(quote.ask or 0)
            assert book.last_usd[place] == float(quote.last or 0)


def test_a_book_is_a_perpetual_s() -> None:
    future = rulebook("deribit", as_of=UNTIL).listed("BTC", UNTIL)[1]
    with pytest.raises(MarketDataError, match="not a perpetual"):
        simulated_book(simulated_path(7, "BTC", UNTIL), future)


def test_windows_follow_each_other_and_hold_every_sample(run: FundingRun) -> None:
    found = windows(run, UNTIL - timedelta(days=30))
    assert found
    for earlier, later in itertools.pairwise(found):
        assert earlier.stamp == later.start
    for one in found:
        assert one.samples == one.expected == (one.stamp - one.start) / timedelta(hours=1)
        assert one.paid is not None


def test_what_is_paid_is_what_accrued_by_the_rule_s_lag(run: FundingRun) -> None:
    rule = run.parts[-1].funding
    found = windows(run, UNTIL - timedelta(days=20))
    for earlier, later in itertools.pairwise(found):
        hours = (later.stamp - later.start) / timedelta(hours=1)
        made = earlier if rule.lag == "next_window" else later
        if rule.accrual != "continuous":
            assert made.accruing_8h is not None
            assert later.paid == pytest.approx(per_hours(made.accruing_8h, hours), abs=1e-15)


def test_a_longer_run_repeats_a_shorter_one(run: FundingRun) -> None:
    longer = simulated_funding(7, "BTC", run.venue, UNTIL + timedelta(days=3))
    for name in ("times_ns", "mark_usd", "premium", "accruing_8h", "in_force_8h"):
        short, whole = getattr(steps(run), name), getattr(steps(longer), name)
        assert np.array_equal(short, whole[: len(short)])
    found = windows(run)
    assert windows(longer)[: len(found)] == found


def test_the_running_window_explains_its_rate(run: FundingRun) -> None:
    now = accrual(run)
    rule = run.parts[-1].funding
    assert isinstance(now, Accrual)
    assert now.at == UNTIL
    assert 0 < now.hours_to_stamp <= rule.interval_hours
    assert now.lowest_8h <= now.predicted_8h <= now.highest_8h
    average = now.premium if rule.accrual == "continuous" else now.premium_average
    assert average is not None
    if rule.weights != "rolling":
        made = capped_rate(rule, average) * 8 / rule.rate_hours
        assert now.accruing_8h == pytest.approx(made, abs=1e-15)
        lines = {line.name: line.value for line in funding_lines(run, now)}
        assert lines["rate within the cap"] * 8 / rule.rate_hours == pytest.approx(made)


def test_rules_that_change_make_parts_and_a_stamp_belongs_to_the_old_ones() -> None:
    okx = simulated_funding(7, "BTC", "okx", instant("2024-03-06"))
    assert [part.funding.lag for part in okx.parts] == ["next_window", "same_window"]
    first, second = okx.parts
    change = instant("2024-03-05T08:00:00Z")
    found = {one.stamp: one for one in windows(okx)}
    before, after = found[change], found[change + timedelta(hours=8)]
    assert before.accruing_8h is not None
    assert first.history.times_ns[-1] < second.history.times_ns[0]
    # the old rule pays the window before it, the new one the window itself
    assert before.paid == found[change - timedelta(hours=8)].accruing_8h
    assert after.paid == after.accruing_8h
    assert second.history.rate_in_force[0] == pytest.approx(before.accruing_8h)


def test_a_lagged_start_tells_no_payment() -> None:
    found = simulated_funding(7, "BTC", "kraken", instant("2024-01-02"))
    assert START_UNKNOWN in found.remarks
    assert windows(found)[0].paid is None
    assert windows(found)[1].paid is not None


def test_a_future_and_an_unlisted_coin_are_refused() -> None:
    with pytest.raises(RuleError, match="is a future: it has no funding rule"):
        simulated_funding(7, "BTC", "deribit", UNTIL, "BTC-26JUN26")
    with pytest.raises(RuleError, match="DOGE"):
        simulated_funding(7, "DOGE", "deribit", UNTIL)


def _recorded(hours: int) -> QuoteHistory:
    snapshots: list[Snapshot] = []
    for hour in range(hours):
        at = UNTIL - timedelta(hours=hours - 1 - hour)
        whole = simulated(venue="okx", at=at, underlyings=("BTC",))["BTC"]
        snapshots.append(
            Snapshot("BTC", "okx", at, whole.index, whole.perpetuals, (), "test", simulated=True)
        )
    return QuoteHistory("BTC-USD-SWAP", "okx", "test", tuple(snapshots))


def test_a_recording_runs_by_the_same_rules() -> None:
    recorded = recorded_funding(_recorded(30))
    made = steps(simulated_funding(7, "BTC", "okx", UNTIL))
    seen = steps(recorded)
    assert np.array_equal(seen.mark_usd, made.mark_usd[-30:])
    assert np.array_equal(seen.premium, made.premium[-30:])
    assert recorded.simulated
    assert recorded.step_seconds == 3600


def test_refused_instants_and_one_sided_books_are_told() -> None:
    history = _recorded(9)
    last = history.snapshots[-1]
    bare = replace(last, perpetuals=(replace(last.perpetuals[0], ask=None),))
    finding = Finding("refused", "x", "y")
    spoiled = replace(history, snapshots=(*history.snapshots[:-1], bare), findings=(finding,))
    found = recorded_funding(spoiled)
    notes = " ".join(step_notes(found))
    assert "refused x: y" in notes
    assert "which leave no premium: 1." in notes
    assert accrual(found).premium is None


def test_nothing_is_told_before_the_first_premium() -> None:
    """Twenty hours without an ask, then ten with both sides."""
    history = _recorded(30)
    bare = tuple(
        replace(each, perpetuals=(replace(each.perpetuals[0], ask=None),))
        for each in history.snapshots[:20]
    )
    found = recorded_funding(replace(history, snapshots=(*bare, *history.snapshots[20:])))
    first = history.snapshots[20].at
    assert from_ns(found.known_ns) == first
    for one in windows(found):
        known = one.stamp >= first
        assert (one.paid is not None) is (one.accruing_8h is not None) is known
    with pytest.raises(MarketDataError, match="no sample has both bid and ask"):
        recorded_funding(replace(history, snapshots=bare))


def test_the_average_of_a_rolling_rate_is_what_it_is_made_of() -> None:
    now = accrual(simulated_funding(7, "BTC", "okx", instant("2026-11-20T12:00:00Z")))
    assert now.premium_average == pytest.approx(now.accruing_8h, abs=1e-15)
    assert now.samples == 4  # of the running window; the average reaches further back


def test_a_recording_is_cut_at_the_instant_asked_for() -> None:
    history = _recorded(30)
    early = recorded_funding(history, UNTIL - timedelta(hours=10))
    assert early.last == UNTIL - timedelta(hours=10)
    assert np.array_equal(
        steps(early).accruing_8h, steps(recorded_funding(history)).accruing_8h[:20]
    )
    with pytest.raises(MarketDataError, match="runs from"):
        recorded_funding(history, UNTIL - timedelta(days=9))


def test_a_recording_out_of_order_is_refused() -> None:
    history = _recorded(3)
    with pytest.raises(MarketDataError, match="late or there twice"):
        QuoteHistory("BTC-USD-SWAP", "okx", "test", history.snapshots[::-1])
    with pytest.raises(MarketDataError, match="no usable instant"):
        QuoteHistory("BTC-USD-SWAP", "okx", "test", ())
