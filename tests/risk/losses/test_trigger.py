"""When deleveraging starts and stops: Bybit's examples, the band between, and the 8-hour peak."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.contracts import Amount
from obverse.errors import AmountError, BookError
from obverse.risk.losses import is_deleveraging, peak_balance, pool_fall

from .draws import BTC

NOON = datetime(2025, 8, 1, 12, tzinfo=UTC)
FULL, EMPTY = Amount(1000, BTC), Amount(0, BTC)


def test_a_loss_beyond_the_trigger_is_deleveraged_down_to_it() -> None:
    """Bybit's first example: of 350000 lost from a peak of a million, 50000 is beyond 30 %."""
    fall = pool_fall(pool_peak=1_000_000, pool_loss=350_000)
    assert (fall.pnl_ratio, fall.adl_amount) == (Fraction(-35, 100), 50_000)
    assert fall.triggers


def test_at_the_trigger_nothing_happens_yet() -> None:
    fall = pool_fall(pool_peak=100, pool_loss=30)
    assert not fall.triggers
    assert fall.adl_amount == 0


def test_a_gain_is_no_fall() -> None:
    fall = pool_fall(pool_peak=100, pool_loss=-20)
    assert (fall.pnl_ratio, fall.adl_amount) == (Fraction(1, 5), 0)


@given(peak=st.integers(1, 10**9), loss=st.integers(-(10**9), 2 * 10**9))
def test_what_is_deleveraged_brings_the_pool_back_to_the_trigger(peak: int, loss: int) -> None:
    fall = pool_fall(pool_peak=peak, pool_loss=loss)
    assert fall.triggers == (fall.adl_amount > 0)
    after = pool_fall(pool_peak=peak, pool_loss=loss - fall.adl_amount)
    assert after.pnl_ratio == max(fall.pnl_ratio, fall.trigger_ratio)


@pytest.mark.parametrize(
    ("loss", "before", "after"),
    [
        (31, False, True),
        (30, False, False),
        (27, False, False),
        (27, True, True),
        (25, True, True),
        (24, True, False),
    ],
)
def test_between_stop_and_trigger_it_stays_as_it_was(loss: int, before: bool, after: bool) -> None:
    fall = pool_fall(pool_peak=100, pool_loss=loss)
    assert is_deleveraging(before, fall, balance=FULL) is after


def test_an_empty_pool_deleverages_whatever_the_fall() -> None:
    fall = pool_fall(pool_peak=100, pool_loss=1)
    assert is_deleveraging(False, fall, balance=EMPTY)
    assert not is_deleveraging(False, fall, balance=FULL)


def test_the_peak_is_of_the_last_eight_hours() -> None:
    balances = [
        (NOON - timedelta(hours=20), Amount(900, BTC)),
        (NOON - timedelta(hours=9), Amount(500, BTC)),  # still held eight hours ago
        (NOON - timedelta(hours=3), Amount(400, BTC)),
        (NOON + timedelta(hours=1), Amount(999, BTC)),
    ]
    assert peak_balance(balances, NOON) == Amount(500, BTC)
    assert peak_balance(balances, NOON - timedelta(hours=9)) == Amount(900, BTC)
    assert peak_balance(balances, NOON + timedelta(hours=6)) == Amount(999, BTC)
    assert peak_balance(balances, NOON, timedelta(hours=2)) == Amount(400, BTC)


def test_balances_out_of_order_or_unknown_are_refused() -> None:
    balances = [(NOON, FULL), (NOON - timedelta(hours=1), FULL)]
    with pytest.raises(BookError, match="oldest first"):
        peak_balance(balances, NOON)
    with pytest.raises(BookError, match="none is known at 2025-08-01"):
        peak_balance([], NOON)


@pytest.mark.parametrize(
    "changes",
    [
        {"pool_peak": 0},
        {"pool_loss": "NaN"},
        {"trigger_ratio": "0.3"},
        {"trigger_ratio": 0},
        {"pool_peak": 1.5},
    ],
)
def test_inputs_out_of_range_are_refused(changes: dict) -> None:
    with pytest.raises(AmountError, match="|".join(changes)):
        pool_fall(**({"pool_peak": 100, "pool_loss": 1} | changes))


def test_a_stop_below_the_trigger_is_refused() -> None:
    fall = pool_fall(pool_peak=100, pool_loss=1)
    with pytest.raises(AmountError, match="stop before it starts"):
        is_deleveraging(True, fall, balance=FULL, stop_ratio="-0.5")
