"""Full revaluation equals its plain twin, and has the same bits whatever the threads."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obverse.errors import DataError
from obverse.risk.arrays import PositionArrays, revalue, revalue_at
from obverse.risk.arrays._reference import gain_reference

from .books import accounts, inverse_instrument, linear_instrument, marks, rows

moves = st.lists(st.floats(-0.8, 2.0), min_size=1, max_size=4)


@settings(deadline=None, max_examples=60)
@given(drawn=rows, mark=marks, found=moves, linear=st.booleans(), data=st.data())
def test_a_scenario_is_every_position_at_its_own_price(drawn, mark, found, linear, data) -> None:
    instrument = linear_instrument() if linear else inverse_instrument()
    positions, limits = accounts(instrument, mark, drawn)
    count = len(positions)
    today = np.full(count, float(mark))
    tenors = np.array(data.draw(st.lists(st.floats(0, 2), min_size=count, max_size=count)))
    shifts = np.array(data.draw(st.lists(st.floats(-0.05, 0.05), min_size=len(found),
                                         max_size=len(found))))  # fmt: skip
    coins = np.array(limits) / 1e8
    capped = data.draw(st.booleans())
    gains = revalue(
        positions,
        today,
        found,
        tenors_years=tenors,
        basis_shifts=shifts,
        loss_limits=coins if capped else None,
    )
    for place, move in enumerate(found):
        prices = [
            Fraction(price) * (1 + Fraction(move) + Fraction(tenor) * Fraction(shifts[place]))
            for price, tenor in zip(today, tenors, strict=True)
        ]
        exact = gain_reference(positions, prices, [Fraction(c) for c in coins] if capped else None)
        assert gains[place] == pytest.approx(float(exact), rel=1e-9, abs=1e-9)


@settings(deadline=None, max_examples=40)
@given(drawn=rows, mark=marks, linear=st.booleans(), seed=st.integers(0, 1000))
def test_prices_given_one_by_one(drawn, mark, linear, seed) -> None:
    instrument = linear_instrument() if linear else inverse_instrument()
    positions, _ = accounts(instrument, mark, drawn)
    prices = float(mark) * np.random.default_rng(seed).uniform(0.5, 2, (len(positions), 3))
    gains = revalue_at(positions, prices)
    for place in range(3):
        column = [Fraction(price) for price in prices[:, place]]
        exact = float(gain_reference(positions, column))
        assert gains[place] == pytest.approx(exact, rel=1e-9, abs=1e-9)


def many(count: int = 5_000) -> PositionArrays:
    draw = np.random.default_rng(3)
    contracts = draw.integers(1, 10**6, count) * draw.choice([-1, 1], count)
    return PositionArrays(inverse_instrument(), contracts, contracts * 1500)


def test_the_bits_do_not_depend_on_the_threads() -> None:
    import numba

    positions, found = many(), np.linspace(-0.5, 0.5, 2_000)
    today, tenors = np.full(len(positions), 50_000.0), np.linspace(0, 1, len(positions))
    bits = set()
    for threads in (1, numba.config.NUMBA_NUM_THREADS, 1):
        numba.set_num_threads(threads)
        made = revalue(positions, today, found, tenors_years=tenors, basis_shifts=found / 10)
        bits.add(made.tobytes())
    assert len(bits) == 1


def test_a_loss_ends_at_what_is_behind_it() -> None:
    instrument = inverse_instrument()
    positions = PositionArrays(instrument, np.array([100_000]), np.array([2 * 10**8]))
    free = revalue(positions, [50_000.0], [-0.5])
    capped = revalue(positions, [50_000.0], [-0.5], loss_limits=[0.25])
    assert (free[0], capped[0]) == (-2.0, -0.25)


def test_nothing_in_nothing_out() -> None:
    empty = np.array([], dtype=np.int64)
    none = PositionArrays(inverse_instrument(), empty, empty)
    assert revalue(none, [], [0.1, -0.1]).tolist() == [0.0, 0.0]
    assert revalue(many(3), np.full(3, 5e4), []).tolist() == []
    assert revalue_at(none, np.empty((0, 2))).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("wrong", [0.0, -5.0, float("nan"), float("inf")])
def test_what_is_no_price_is_refused(wrong) -> None:
    with pytest.raises(DataError, match="prices_usd"):
        revalue(many(2), [50_000.0, wrong], [0.1])
    with pytest.raises(DataError, match="prices_usd"):
        revalue_at(many(2), [[50_000.0], [wrong]])


def test_scenarios_that_leave_no_price_and_shapes_that_do_not_fit_are_refused() -> None:
    positions, today = many(2), [50_000.0, 50_000.0]
    with pytest.raises(DataError, match="scenario 1: 0 of a price is left"):
        revalue(positions, today, [0.1, -1.0])
    with pytest.raises(DataError, match="give both or neither"):
        revalue(positions, today, [0.1], tenors_years=[0, 1])
    with pytest.raises(DataError):
        revalue(positions, [50_000.0], [0.1])
    with pytest.raises(DataError, match=r"expected a row for each of 2 positions"):
        revalue_at(positions, [[50_000.0]])
    with pytest.raises(DataError, match="price_moves"):
        revalue(positions, today, [float("nan")])
    with pytest.raises(DataError, match="loss_limits"):
        revalue(positions, today, [0.1], loss_limits=[1.0, -1.0])


def test_a_price_so_near_to_zero_that_no_gain_is_a_number_is_refused() -> None:
    with pytest.raises(DataError, match="scenario 0: its gain is no number"):
        revalue_at(many(2), [[5e-320], [50_000.0]])
    with pytest.raises(DataError, match="prices_usd: a price is above 1e300"):
        revalue_at(many(2), [[1e301], [50_000.0]])
