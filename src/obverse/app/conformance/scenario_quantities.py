"""The quantities of scenarios and portfolio margin, computed by the room `risk`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from obverse.app.conformance.case import GENERIC, Case
from obverse.app.conformance.results import Result
from obverse.contracts import exact
from obverse.contracts.units import to_decimal
from obverse.errors import DataError, RuleError
from obverse.risk.coin_positions import CoinPosition
from obverse.risk.portfolio_margin import (
    PortfolioMarginTerms,
    portfolio_margin,
    portfolio_margin_terms,
    scenario_pnl,
)
from obverse.risk.volatility_shock import volatility_power, volatility_shock
from obverse.rulebooks.records import PortfolioMarginRule

_TERMS = (
    "price_range",
    "gain_offset",
    "minimum_annualised_move",
    "maintenance_factor",
    "annualised_move",
)
_BESIDE = (
    "delta_shock",
    "correlation_contingency",
    "market_maker_protection_margin",
    "open_orders_margin",
    "spot_margin",
)


def scenario_gain(case: Case) -> Result:
    """Coins gained at one move of the price; within the range, where one is given."""
    limit = case.number("price_range") if "price_range" in case else None
    gain = scenario_pnl(case.number("coin_position"), case.number("price_move"), limit)
    return {"scenario_pnl": to_decimal(gain)}


def margin_of_scenarios(case: Case) -> Result:
    """Portfolio margin of positions of one pair, and what it is made of."""
    items = case.row.given["positions"]
    if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
        raise DataError(f"given positions: expected a list of objects, found {items!r}.")
    positions = [_position(item, place) for place, item in enumerate(items, start=1)]
    beside = {name: case.number(name) for name in _BESIDE if name in case}
    code = case.instrument().settlement_currency.code
    found = portfolio_margin(positions, _terms(case), coin=code, **beside)
    return {
        "worst_case": to_decimal(found.worst_case),
        "roll_shock": to_decimal(found.roll_shock),
        "risk_matrix_margin": to_decimal(found.risk_matrix_margin),
        "initial_margin": to_decimal(found.initial_margin),
        "maintenance_margin": to_decimal(found.maintenance_margin),
    }


def shock_of_volatility(case: Case) -> Result:
    """Shock of an option's volatility by its days to expiry."""
    days = case.number("days_to_expiry")
    power = case.number("power") if "power" in case else volatility_power(_rule(case), days)
    found = volatility_shock(days, volatility_range=case.number("volatility_range"), power=power)
    return {"volatility_shock": found}


def _position(item: Mapping[str, Any], place: int) -> CoinPosition:
    pair = item.get("pair", "")
    return CoinPosition(
        name=str(place),
        pair=pair if isinstance(pair, str) else "",
        coins=Fraction(exact(item["coin_position"], "given positions coin_position")),
    )


def _terms(case: Case) -> PortfolioMarginTerms:
    """What the row gives, else the venue's rule; a generic row must give it all."""
    given = {name: case.number(name) for name in _TERMS if name in case}
    buckets = {"buckets": _count(case.row.given["buckets"])} if "buckets" in case else {}
    if case.row.venue != GENERIC:
        return replace(portfolio_margin_terms(_rule(case)), **given, **buckets)  # type: ignore[arg-type]
    for name in (*_TERMS[:-1], "buckets"):
        case.row.given[name]  # one that is missing is told by its name
    return PortfolioMarginTerms(**given, **buckets)  # type: ignore[arg-type]


def _rule(case: Case) -> PortfolioMarginRule:
    rule = None
    if case.row.venue != GENERIC and case.row.instrument is not None:
        rule = case.rules().rules_of(case.instrument()).portfolio_margin
    if rule is None:
        raise RuleError(f"{case.row.venue} has no rule of portfolio margin for this row.")
    return rule


def _count(value: Any) -> int:
    number = exact(value, "given buckets")
    if number != int(number):
        raise DataError(f"given buckets: {number:f} is not a whole number.")
    return int(number)


SCENARIO_QUANTITIES: dict[str, Callable[[Case], Result]] = {
    "scenario_pnl": scenario_gain,
    "portfolio_margin": margin_of_scenarios,
    "volatility_shock": shock_of_volatility,
}
"""From a quantity's word to the function that computes it."""
