"""The door of the loss rules."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import inf, nan

import pytest

from obverse.errors import AmountError, BookError
from obverse.risk.losses import inputs


def test_exact_numbers_and_fractions_pass() -> None:
    for value in ("0.5", Decimal("0.5"), Fraction(1, 2)):
        assert inputs.fraction(value, "x") == Fraction(1, 2)
    assert inputs.portion(1, "x") == 1
    assert inputs.not_below_zero(0, "x") == 0


@pytest.mark.parametrize(
    ("door", "value"),
    [
        (inputs.not_below_zero, "-0.001"),
        (inputs.above_zero, 0),
        (inputs.portion, Fraction(3, 2)),
        (inputs.portion, -1),
        (inputs.fraction, 0.5),
        (inputs.fraction, "Infinity"),
        (inputs.finite_float, nan),
        (inputs.finite_float, inf),
    ],
)
def test_what_is_out_of_range_is_refused_by_name(door, value) -> None:
    with pytest.raises(AmountError, match=r"^shortfall: "):
        door(value, "shortfall")


def test_a_name_may_stand_once() -> None:
    inputs.distinct(["A", "B"])
    with pytest.raises(BookError, match="'B' is named twice"):
        inputs.distinct(["A", "B", "B"])
