from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from obverse.market.printing import (
    Table,
    age_text,
    dollars_text,
    listing,
    minute_text,
    price_text,
    rate_text,
)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59, "59 s"), (61, "1 min 1 s"), (9480, "2 h 38 min"), (90_000, "1 d 1 h")],
)
def test_ages(seconds: int, text: str) -> None:
    assert age_text(timedelta(seconds=seconds)) == text


def test_numbers() -> None:
    assert price_text(Decimal("77334.5")) == "77,334.50"
    assert price_text(None) == "·"
    assert dollars_text(None) == "·"
    assert dollars_text(Decimal(9_999_999)) == "9,999,999"
    assert dollars_text(Decimal(1_200_000_000)) == "1,200.0M"
    assert rate_text(Decimal("-0.0001")) == "-0.0100 %"
    assert rate_text(None) == "·"


def test_words() -> None:
    assert minute_text(None) == "perpetual"
    assert minute_text(datetime(2026, 3, 27, 8, tzinfo=UTC)) == "2026-03-27 08:00"
    assert listing([]) == "none"


def test_words_stand_left_and_numbers_right() -> None:
    table = Table("title", ("a", "b", "mark"), (("x", "yy", "1.00"), ("xx", "y", "10.00")))
    assert table.text() == "title\n  a   b    mark\n  x   yy   1.00\n  xx  y   10.00"
    assert Table("only", (), (), ("remark",)).text() == "only\n  remark"
