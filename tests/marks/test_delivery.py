"""Delivery prices: the averaging window, inside and at its end, and Kraken's medians."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.errors import MarketDataError
from obverse.marks import (
    DeliveryWindow,
    Trade,
    average_delivery,
    reference_rate,
    running_delivery,
    weighted_median,
)

END = datetime(2026, 3, 27, 8, tzinfo=UTC)
WINDOW = DeliveryWindow(END, Decimal(30), Decimal(60))
SECOND = timedelta(seconds=1)

levels = st.decimals("1000", "200000", places=2)
trades = st.lists(
    st.builds(Trade, st.just(END), levels, st.decimals("0.0001", "100", places=4)),
    min_size=1,
    max_size=20,
)


def _samples(count: int, first: int = 1) -> list[tuple[datetime, Decimal]]:
    """One sample a minute, priced by its number in the window."""
    return [(WINDOW.start + 60 * SECOND * k, Decimal(1000 + k)) for k in range(first, count + 1)]


@pytest.mark.parametrize(
    ("minutes", "step", "samples"),
    [("30", "6", 300), ("30", "4", 450), ("60", "1", 3600), ("30", "1", 1800), ("30", "0.2", 9000)],
)
def test_a_window_has_as_many_samples_as_its_venue_says(minutes, step, samples) -> None:
    assert DeliveryWindow(END, Decimal(minutes), Decimal(step)).samples == samples


def test_a_step_that_is_unknown_or_does_not_fit_is_refused() -> None:
    with pytest.raises(MarketDataError, match="not known"):
        _ = DeliveryWindow(END, Decimal(30)).samples
    with pytest.raises(MarketDataError, match="does not divide"):
        _ = DeliveryWindow(END, Decimal(30), Decimal(7)).samples


def test_before_its_window_a_future_is_all_exposure() -> None:
    found = running_delivery(WINDOW, _samples(0, -5), WINDOW.start)
    assert (found.average_usd, found.samples, found.expected) == (None, 0, 0)
    assert (found.settled_share, found.remaining_exposure) == (0, 1)


def test_halfway_half_is_settled_at_the_mean_so_far() -> None:
    found = running_delivery(WINDOW, _samples(30), WINDOW.start + 900 * SECOND)
    assert found.average_usd == Decimal(1008)  # of 1001 … 1015
    assert (found.samples, found.expected, found.missing) == (15, 15, 0)
    assert found.settled_share == found.remaining_exposure == 0.5


def test_missing_samples_are_counted_and_left_out_of_the_mean() -> None:
    seen = [row for k, row in enumerate(_samples(30), 1) if k % 3]
    found = running_delivery(WINDOW, seen, END)
    assert (found.samples, found.expected, found.missing) == (20, 30, 10)
    assert found.average_usd is not None
    assert average_delivery(WINDOW, seen) == found.average_usd


def test_a_window_whose_step_is_not_known_still_averages() -> None:
    found = running_delivery(DeliveryWindow(END, Decimal(30)), _samples(30), END)
    assert (found.average_usd, found.expected, found.missing) == (Decimal("1015.5"), None, None)


def test_late_and_duplicate_samples_are_refused() -> None:
    rows = _samples(5)
    for spoilt in ([*rows, rows[-1]], [*rows, rows[0]]):
        with pytest.raises(MarketDataError, match="late or there twice"):
            running_delivery(WINDOW, spoilt, END)


def test_a_window_without_a_sample_has_no_delivery_price() -> None:
    with pytest.raises(MarketDataError, match="no sample in the window"):
        average_delivery(WINDOW, _samples(0, -5))


@given(
    st.lists(st.tuples(st.integers(-600, 2400), levels), unique_by=lambda row: row[0]),
    st.integers(-600, 2400),
)
def test_running_delivery_is_the_mean_of_what_was_seen(
    rows: list[tuple[int, Decimal]], now: int
) -> None:
    samples = [(WINDOW.start + second * SECOND, price) for second, price in sorted(rows)]
    found = running_delivery(WINDOW, samples, WINDOW.start + now * SECOND)
    seen = [price for second, price in rows if 0 < second <= min(now, 1800)]
    assert found.samples == len(seen)
    if seen:
        mean = sum(map(Fraction, seen)) / len(seen)
        assert found.average_usd is not None
        assert abs(Fraction(found.average_usd) / mean - 1) < Fraction(1, 10**20)
    else:
        assert found.average_usd is None
    assert found.settled_share + found.remaining_exposure == 1
    assert found.settled_share == pytest.approx(min(1, max(0, now / 1800)))
    later = [(at, price) for at, price in samples if at <= WINDOW.start + now * SECOND]
    assert found == running_delivery(WINDOW, later, WINDOW.start + now * SECOND)


@given(trades)
def test_a_weighted_median_has_half_of_the_volume_on_either_side(given_: list[Trade]) -> None:
    found = weighted_median(given_)
    assert min(t.price for t in given_) <= found <= max(t.price for t in given_)
    total = sum(Fraction(t.volume) for t in given_)
    below = sum(Fraction(t.volume) for t in given_ if t.price < found)
    above = sum(Fraction(t.volume) for t in given_ if t.price > found)
    assert below <= total / 2
    assert above <= total / 2
    assert found == weighted_median(given_[::-1])


def _trade(second: int, price: str, volume: str = "1", end: datetime = END) -> Trade:
    return Trade(end - timedelta(hours=1) + second * SECOND, Decimal(price), Decimal(volume))


def test_a_median_is_moved_by_volume_and_ties_take_the_mean() -> None:
    assert weighted_median([_trade(0, "100", "1"), _trade(1, "200", "3")]) == 200
    assert weighted_median([_trade(0, "100", "2"), _trade(1, "200", "2")]) == 150
    with pytest.raises(MarketDataError, match="no trades"):
        weighted_median([])
    for price, volume in (("100", "0"), ("100", "-1"), ("0", "1")):
        with pytest.raises(MarketDataError, match="not above zero"):
            weighted_median([_trade(0, "100"), _trade(1, price, volume)])


def test_the_reference_rate_is_the_equal_mean_of_twelve_medians() -> None:
    window = DeliveryWindow(END, Decimal(60))
    quiet = [_trade(300 * k, str(1000 + k)) for k in range(12)]
    assert reference_rate(window, quiet) == Decimal("1005.5")
    wild = [_trade(299, "9999", "0.9"), _trade(3600, "1"), _trade(-1, "1")]  # or outside
    assert reference_rate(window, [*quiet, *wild]) == Decimal("1005.5")
    assert reference_rate(window, quiet[:1]) == 1000
    assert reference_rate(window, quiet, partitions=7) > 1000
    last = [*quiet, Trade(END - timedelta(microseconds=1), Decimal(1011), Decimal(1))]
    assert reference_rate(window, last, partitions=7) > 1000
    thirds = [_trade(0, "1000"), _trade(300, "1000"), _trade(600, "1001")]
    assert reference_rate(window, thirds) == Decimal("1000.33")
    with pytest.raises(MarketDataError, match="no trade in the window"):
        reference_rate(window, wild[1:])


def test_settled_share_never_falls() -> None:
    shares = [WINDOW.elapsed_share(WINDOW.start + k * SECOND) for k in range(-10, 1900, 7)]
    assert shares == sorted(shares)
    assert math.isclose(WINDOW.elapsed_share(END - SECOND), 1799 / 1800)
