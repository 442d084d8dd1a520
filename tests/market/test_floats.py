from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from obverse.market.floats import decimal_of_float


def test_a_float_becomes_what_people_read() -> None:
    assert decimal_of_float(0.1) == Decimal("0.1")
    assert decimal_of_float(77333.73999999999) == Decimal("77333.73999999999")
    assert decimal_of_float(5) == 5


@given(st.floats(allow_nan=False))
def test_it_reads_back_as_the_same_float(value: float) -> None:
    assert float(decimal_of_float(value)) == value


def test_no_number_stays_none_for_the_door() -> None:
    assert decimal_of_float(float("nan")).is_nan()
