"""The checks as a list: what passed them once passes again unchanged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from obverse.market import Quote
from obverse.market.checks import CHECKS, Door

AT = datetime(2026, 2, 1, 12, tzinfo=UTC)
DOOR = Door(AT, Decimal(100), timedelta(hours=1))


def test_what_passed_the_checks_passes_again_with_nothing_dropped(
    future: Callable[..., Quote], perpetual: Callable[..., Quote]
) -> None:
    quotes = [
        future(bid=Decimal(3), ask=Decimal(2)),
        future(symbol="BTC-27MAR26-B", last=Decimal("NaN"), mark=Decimal(500)),
        perpetual(observed_at=AT - timedelta(days=1)),
        perpetual(observed_at=AT - timedelta(days=2)),
        perpetual(symbol="LATE", observed_at=AT + timedelta(days=1)),
    ]
    given = list(quotes)
    kept = quotes
    for check in CHECKS:
        kept, _ = check(kept, DOOR)
    assert quotes == given
    assert [quote.symbol for quote in kept] == ["BTC-27MAR26", "BTC-27MAR26-B", "BTC-PERPETUAL"]
    for check in CHECKS:
        again, findings = check(kept, DOOR)
        assert again == kept
        assert all(found.severity == "flagged" for found in findings)
