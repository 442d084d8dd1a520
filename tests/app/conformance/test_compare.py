from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from obverse.app.conformance.compare import difference
from obverse.app.conformance.rows import Tolerance
from obverse.errors import DataError

EXACT = Tolerance("exact")


def _decimals(places: int, rounding: Any = "nearest") -> Tolerance:
    return Tolerance("decimals", places=places, rounding=rounding)


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        ("0.3", Decimal("0.30")),
        ("0.30", Decimal("0.3")),
        ("-0", Decimal(0)),
        ("100000", Decimal("1E+5")),
        ("0.1", 0.1),
        (5, Decimal(5)),
        ("2026-06-26T12:00:00Z", "2026-06-26T12:00:00Z"),
        ("pays", "pays"),
        (None, None),
    ],
)
def test_exact_passes_the_same_number_word_date_or_nothing(expected: Any, got: Any) -> None:
    assert difference(expected, got, EXACT) is None


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        ("0.3", Decimal("0.3000000000000000000000000001")),
        ("0.3", 0.1 + 0.2),
        ("1", None),
        (None, Decimal(1)),
        (None, Decimal(0)),
        ("1", "one"),
        ("pays", "receives"),
        ("pays", Decimal(1)),
        ("2026-06-26T12:00:00Z", "2026-06-26T08:00:00Z"),
    ],
)
def test_exact_fails_anything_else(expected: Any, got: Any) -> None:
    assert difference(expected, got, EXACT)


def test_absolute_passes_up_to_and_at_its_value() -> None:
    tolerance = Tolerance("absolute", "0.01")
    assert difference("1", Decimal("1.01"), tolerance) is None
    assert difference("1", Decimal("0.99"), tolerance) is None
    assert difference("1", Decimal("1.010000000001"), tolerance) == "off by +0.010000000001"
    assert difference("1", Decimal("0.98"), tolerance) == "off by -0.02"


def test_relative_is_of_the_expected_numbers_size() -> None:
    tolerance = Tolerance("relative", "1e-3")
    assert difference("-200", Decimal("-200.2"), tolerance) is None
    assert difference("-200", Decimal("-199.8"), tolerance) is None
    assert difference("-200", Decimal("-200.21"), tolerance)
    assert difference("0", Decimal("1e-30"), tolerance)


@pytest.mark.parametrize(
    ("rounding", "got", "rounded"),
    [
        ("nearest", "0.125", "0.13"),
        ("nearest", "-0.125", "-0.13"),
        ("nearest", "0.1249999", "0.12"),
        ("down", "0.129", "0.12"),
        ("down", "-0.129", "-0.12"),
        ("up", "0.121", "0.13"),
        ("up", "-0.121", "-0.13"),
        ("up", "0.12", "0.12"),
    ],
)
def test_decimals_round_the_computed_number(rounding: str, got: str, rounded: str) -> None:
    assert difference(rounded, Decimal(got), _decimals(2, rounding)) is None
    other = str(Decimal(rounded) + Decimal("0.01"))
    assert difference(other, Decimal(got), _decimals(2, rounding))


def test_decimals_round_to_whole_numbers_too() -> None:
    assert difference("92307", Decimal("92307.69"), _decimals(0, "down")) is None
    assert difference("92308", Decimal("92307.69"), _decimals(0, "down"))


def test_decimals_do_not_round_the_expected_number() -> None:
    assert difference("0.125", Decimal("0.125"), _decimals(2))


@pytest.mark.parametrize("kind", ["absolute", "relative", "decimals"])
def test_a_tolerance_without_its_number_is_refused(kind: Any) -> None:
    with pytest.raises(DataError, match=f"tolerance {kind}: .* is missing"):
        difference("1", Decimal(1), Tolerance(kind))


def test_lists_compare_element_by_element() -> None:
    assert difference(["1", "b"], [Decimal("1.0"), "b"], EXACT) is None
    assert difference(["1", "2"], [Decimal(1), Decimal(3)], EXACT) == "[1]: off by +1"
    assert difference(["1", "2"], [Decimal(2), Decimal(1)], EXACT)


@pytest.mark.parametrize("got", [[Decimal(1)], [Decimal(1)] * 3, "12", None, {"0": Decimal(1)}])
def test_a_list_of_another_length_or_none_fails(got: Any) -> None:
    reason = difference(["1", "2"], got, EXACT)
    assert reason
    assert "2 elements" in reason


def test_objects_compare_key_by_key_and_may_hold_more() -> None:
    got = {"a": Decimal(1), "b": {"c": Decimal(2)}, "more": None}
    assert difference({"a": "1", "b": {"c": "2"}}, got, EXACT) is None
    assert difference({"b": {"c": "3"}}, got, EXACT) == "b: c: off by -1"
    assert difference({"z": "1"}, got, EXACT) == "z: not computed"
    assert difference({"a": {"x": "1"}}, got, EXACT) == "a: x: not computed"


def test_a_key_that_must_be_null_has_to_be_there() -> None:
    assert difference({"price": None}, {"price": None}, EXACT) is None
    assert difference({"price": None}, {}, EXACT) == "price: not computed"


def test_the_tolerance_reaches_numbers_inside_lists_and_objects() -> None:
    tolerance = Tolerance("absolute", "0.5")
    expected = {"a": ["1", {"b": "2"}]}
    assert difference(expected, {"a": [1.4, {"b": Decimal("2.5")}]}, tolerance) is None
    assert difference(expected, {"a": [1.4, {"b": Decimal("2.6")}]}, tolerance)
