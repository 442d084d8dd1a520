from __future__ import annotations

from decimal import Decimal

import pytest

from obverse.risk.leverage import effective_leverage


def test_leverage_is_notional_over_equity() -> None:
    assert effective_leverage(Decimal(600_000), Decimal(240_000)) == 2.5
    assert effective_leverage(Decimal(0), Decimal(1)) == 0


@pytest.mark.parametrize("equity", [Decimal(0), Decimal(-1)])
def test_without_equity_there_is_none(equity: Decimal) -> None:
    assert effective_leverage(Decimal(100), equity) is None
