"""The shock of an option's volatility, against the venue's printed numbers."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from obverse.errors import AmountError, RuleError
from obverse.risk.volatility_shock import volatility_power, volatility_shock
from obverse.rulebooks import rulebook


@pytest.mark.parametrize(
    ("days", "power", "expected"),
    [("15", "0.5", "0.565685"), ("30", "0.3", "0.4"), ("120", "0.5", "0.2")],
)
def test_volatility_is_shocked_more_near_expiry(days: str, power: str, expected: str) -> None:
    found = volatility_shock(days, volatility_range="0.4", power=power)
    assert round(found, 6) == Decimal(expected)


def test_the_power_is_short_up_to_thirty_days() -> None:
    rules = rulebook("deribit", as_of="2024-06-01")
    rule = rules.rules_of(rules.instrument("BTC-PERPETUAL")).portfolio_margin
    assert rule is not None
    assert volatility_power(rule, 30) == Decimal("0.3")
    assert volatility_power(rule, "30.5") == Decimal("0.13")
    with pytest.raises(RuleError, match="no power"):
        volatility_power(msgspec.structs.replace(rule, power_long=None), 31)


@pytest.mark.parametrize("days", ["0", "-1"])
def test_an_option_that_has_expired_is_refused(days: str) -> None:
    with pytest.raises(RuleError, match="days_to_expiry"):
        volatility_shock(days, volatility_range="0.4", power="0.5")


def test_a_power_that_is_no_number_is_refused() -> None:
    with pytest.raises(AmountError, match="power"):
        volatility_shock(15, volatility_range="0.4", power="NaN")
