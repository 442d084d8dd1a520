from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from obverse.errors import DataError
from obverse.market.columns import kind, moment, number, text, yes_no


def test_instants_carry_time_and_zone() -> None:
    expected = datetime(2026, 2, 1, 8, tzinfo=UTC)
    assert moment("2026-02-01T08:00:00Z") == expected
    assert moment("2026-02-01 09:00+01:00") == expected
    assert moment(expected) == expected
    for bad in ("2026-02-01", "2026-02-01T08:00:00", "soon", 5, expected.replace(tzinfo=None)):
        with pytest.raises(DataError):
            moment(bad)


def test_numbers_keep_every_digit_and_no_float_noise() -> None:
    assert number("0.1000000000000000055511") == Decimal("0.1000000000000000055511")
    assert number(0.1) == Decimal("0.1")
    assert number(5) == 5
    assert number("NaN").is_nan()
    for bad in ("1,000", "", True, None, [], "1e999"):
        with pytest.raises(DataError):
            number(bad)


def test_words_and_flags() -> None:
    assert text(" BTC ") == "BTC"
    assert kind("future").value == "future"
    assert yes_no("True") is True
    assert yes_no(False) is False
    for read, bad in ((text, " "), (text, 5), (kind, "swap"), (yes_no, "yes"), (yes_no, 1)):
        with pytest.raises(DataError):
            read(bad)  # type: ignore[operator]
