"""How far portfolio margin shocks the volatility of an option: further near expiry.

Deribit: (30 / days to expiry)^power times the range at 30 days, the power one up to 30 days and
another beyond (papers, section 10). Futures do not depend on volatility and do not feel it.
"""

from __future__ import annotations

from decimal import Context, Decimal

from obverse.contracts.units import ExactNumber, exact
from obverse.errors import RuleError
from obverse.rulebooks.records import PortfolioMarginRule

REFERENCE_DAYS = 30
"""Days to expiry at which the volatility range is given."""
_CONTEXT = Context(prec=50)


def volatility_shock(
    days_to_expiry: ExactNumber, *, volatility_range: ExactNumber, power: ExactNumber
) -> Decimal:
    """Shock of an option's volatility, as a fraction: (30 / days)^power · range.

    A rule's `power` for the days is `volatility_power`.
    """
    days = exact(days_to_expiry, "days_to_expiry")
    if days <= 0:
        raise RuleError(f"days_to_expiry: {days:f} is not above zero.")
    ratio = _CONTEXT.divide(Decimal(REFERENCE_DAYS), days)
    grown = _CONTEXT.power(ratio, exact(power, "power"))
    return _CONTEXT.multiply(grown, exact(volatility_range, "volatility_range"))


def volatility_power(rule: PortfolioMarginRule, days_to_expiry: ExactNumber) -> Decimal:
    """The rule's exponent: `power_short` up to 30 days, `power_long` beyond."""
    short = exact(days_to_expiry, "days_to_expiry") <= REFERENCE_DAYS
    power = rule.power_short if short else rule.power_long
    if power is None:
        raise RuleError("portfolio margin: the rule has no power of the volatility shock.")
    return power
