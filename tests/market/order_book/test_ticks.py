"""Prices become whole ticks exactly, or are refused."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.errors import AmountError, MarketDataError
from obverse.market.order_book import Ticks
from obverse.market.order_book.warm import warm

STEPS = ["0.5", "0.1", "0.05", "0.01", "0.025", "0.00000001", "1", "7", "50", "0.125"]


@given(step=st.sampled_from(STEPS), counts=st.lists(st.integers(1, 10**7), min_size=1))
def test_every_recorded_multiple_of_the_tick_is_that_multiple(step: str, counts: list[int]) -> None:
    ticks = Ticks(step)
    prices = np.array([float(Decimal(step) * count) for count in counts])
    assert ticks.counts(prices).tolist() == counts
    assert [ticks.count(price) for price in prices.tolist()] == counts
    assert ticks.prices(np.array(counts)).tolist() == prices.tolist()
    assert ticks.span(prices) == (min(counts), max(counts))


@given(step=st.sampled_from(STEPS), price=st.floats(1e-9, 1e9))
def test_the_array_refuses_what_the_exact_price_refuses(step: str, price: float) -> None:
    ticks = Ticks(step)
    try:
        exact = ticks.count(price)
    except MarketDataError:
        with pytest.raises(MarketDataError):
            ticks.counts(np.array([price]))
    else:
        assert ticks.counts(np.array([price])).tolist() == [exact]


@pytest.mark.parametrize("price", [100.3, 100.5000000001, np.nextafter(100.5, 101)])
def test_a_price_between_two_ticks_is_refused_and_named(price: float) -> None:
    with pytest.raises(MarketDataError, match=r"price: 100\.\d+ is not a multiple of the tick 0.5"):
        Ticks("0.5").counts(np.array([100.5, price]))


def test_a_price_of_more_digits_than_a_float_tells_apart_is_refused() -> None:
    assert Ticks("0.0000000001").counts(np.array([99_999.0])).tolist() == [999_990_000_000_000]
    with pytest.raises(MarketDataError, match="more than 15 digits in ticks of 1E-10"):
        Ticks("0.0000000001").counts(np.array([100_001.0]))


@pytest.mark.parametrize("step", ["0", "-0.5", "NaN", "Infinity"])
def test_a_tick_that_is_none_is_refused(step: str) -> None:
    with pytest.raises(AmountError, match="tick"):
        Ticks(step)


def test_a_tick_too_fine_for_floats_is_refused() -> None:
    with pytest.raises(MarketDataError, match="more digits than a float keeps"):
        Ticks("0.00000000000000000001")


def test_no_prices_span_nothing() -> None:
    assert Ticks("0.5").span(np.empty(0)) == (0, 0)
    assert np.isnan(Ticks("0.5").prices(np.array([0]))).all()


def test_the_loops_are_warmed_without_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    warm()
    assert capsys.readouterr() == ("", "")
