"""A book on one underlying is a line: exact sums once, then any scenario."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obverse.errors import AmountError, DataError
from obverse.risk.arrays import PositionArrays, price_line
from obverse.risk.arrays._reference import gain_reference

from .books import accounts, inverse_instrument, linear_instrument, marks, rows


@settings(deadline=None, max_examples=60)
@given(drawn=rows, mark=marks, price=marks, linear=st.booleans())
def test_the_line_is_the_sum_of_the_positions_exactly(drawn, mark, price, linear) -> None:
    instrument = linear_instrument() if linear else inverse_instrument()
    positions, _ = accounts(instrument, mark, drawn)
    line = price_line(positions)
    assert line.gain(price) == gain_reference(positions, [Fraction(price)] * len(positions))
    (found,) = line.gains([float(price)])
    assert found == pytest.approx(float(line.gain(price)), rel=1e-9, abs=1e-9)


@settings(deadline=None, max_examples=40)
@given(drawn=rows, other=rows, mark=marks, price=marks)
def test_lines_of_parts_add(drawn, other, mark, price) -> None:
    instrument = inverse_instrument()
    parts = [accounts(instrument, mark, some)[0] for some in (drawn, other)]
    both, _ = accounts(instrument, mark, [*drawn, *other])
    first, second = (price_line(part) for part in parts)
    assert (first + second).gain(price) == price_line(both).gain(price)


def test_an_inverse_book_is_a_minus_b_over_s() -> None:
    instrument = inverse_instrument()
    cost = instrument.value(100_000, "50000").units
    line = price_line(PositionArrays(instrument, np.array([100_000]), np.array([cost])))
    assert (line.constant, line.inverse, line.linear) == (2, 100_000, 0)
    held = line.with_holding(instrument.settlement_currency.amount(3))
    assert held.gain("40000") == 3 + 2 - Fraction(5, 2)


def test_a_future_that_keeps_its_basis_moves_by_the_same_per_cent() -> None:
    instrument = inverse_instrument()
    positions = PositionArrays(instrument, np.array([102_000]), np.array([2 * 10**8]))
    line = price_line(positions, price_ratio="1.02")  # entered at 51,000, the index at 50,000
    assert line.gain("50000") == 0
    assert line.gain("40000") == 2 - Fraction(5, 2)


def test_sums_beyond_64_bits_stay_exact() -> None:
    instrument = inverse_instrument()
    large = 2**62
    positions = PositionArrays(instrument, np.full(8, large), np.full(8, large))
    line = price_line(positions)
    assert line.inverse == 8 * large
    assert line.constant == Fraction(8 * large, 10**8)


def test_no_positions_gain_nothing() -> None:
    empty = np.array([], dtype=np.int64)
    line = price_line(PositionArrays(inverse_instrument(), empty, empty))
    assert line.gains([10_000.0, 20_000.0]).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("price", [0.0, -1.0, float("nan"), float("inf")])
def test_what_is_no_price_is_refused(price) -> None:
    empty = np.array([], dtype=np.int64)
    line = price_line(PositionArrays(inverse_instrument(), empty, empty))
    with pytest.raises(DataError, match="prices_usd"):
        line.gains([50_000.0, price])
    with pytest.raises(AmountError):
        line.gain(str(price))


def test_lines_of_two_coins_do_not_add() -> None:
    empty = np.array([], dtype=np.int64)
    line = price_line(PositionArrays(inverse_instrument(), empty, empty))
    other = type(line)("ETH", "ETH")
    with pytest.raises(DataError, match="do not add: lay out one ladder for each"):
        _ = line + other


def test_a_cost_on_the_wrong_side_is_refused() -> None:
    positions = PositionArrays(inverse_instrument(), np.array([5, -5]), np.array([10, 10]))
    with pytest.raises(DataError, match="row 1"):
        price_line(positions)


def test_a_price_so_near_to_zero_that_no_gain_is_a_number_is_refused() -> None:
    positions = PositionArrays(inverse_instrument(), np.array([5]), np.array([10]))
    with pytest.raises(DataError, match="scenario 1: its gain is no number"):
        price_line(positions).gains([50_000.0, 5e-320])
