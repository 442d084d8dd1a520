from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from obverse.market import Finding, Quote
from obverse.market.observations import quote_fault

AT = datetime(2026, 2, 1, 12, tzinfo=UTC)
Make = Callable[..., Quote]


def test_a_quote_knows_its_age(future: Make) -> None:
    assert future().age(AT + timedelta(minutes=3)) == timedelta(minutes=3)


def test_a_quote_prints_in_one_line(future: Make, perpetual: Make) -> None:
    assert str(future(listed=False)) == (
        "BTC-27MAR26 (synthetic) future expiring 2026-03-27T08:00:00Z: "
        "mark 100.5 at 2026-02-01T12:00:00Z"
    )
    assert str(perpetual()).startswith("BTC-PERPETUAL perpetual: mark 100.5")


def test_where_it_was_read_is_no_part_of_what_it_says(future: Make) -> None:
    assert future(place="a.csv:2") == future(place="b.csv:9")
    assert future(source="a") != future(source="b")


def test_a_finding_reads_as_a_sentence() -> None:
    assert str(Finding("flagged", "BTC", "why")) == "flagged BTC: why"


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("mark", "NaN", "price"),
        ("last", "0", "price"),
        ("open_interest_usd", "-1", "size"),
        ("funding_rate_8h", "Infinity", "funding"),
    ],
)
def test_impossible_quotes_are_named(future: Make, field: str, value: str, fault: str) -> None:
    assert fault in quote_fault(future(**{field: Decimal(value)}), AT)


def test_crossed_early_and_late_quotes_are_named(future: Make) -> None:
    assert quote_fault(future(), AT) == ""
    assert "crossed" in quote_fault(future(bid=Decimal(2), ask=Decimal(1)), AT)
    assert "after" in quote_fault(future(), AT - timedelta(seconds=1))
    quote = replace(future(), expiry=AT)
    assert "expired" in quote_fault(quote, AT)
