from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from obverse.market.printing import age_text, listing, price_text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59, "59 s"), (61, "1 min 1 s"), (9480, "2 h 38 min"), (90_000, "1 d 1 h")],
)
def test_ages(seconds: int, text: str) -> None:
    assert age_text(timedelta(seconds=seconds)) == text


def test_words() -> None:
    assert price_text(Decimal("77334.5")) == "77,334.50"
    assert listing([]) == "none"
    assert listing(["a", "b"]) == "a, b"
