"""From a name to an instrument, and from a calendar to what is listed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from obverse.contracts.calendar import (
    Calendar,
    cycles_of,
    delivery_instant,
    listed_expiries,
    month_expiry,
)
from obverse.contracts.instruments import Instrument, Kind
from obverse.contracts.payoffs import PAYOFFS
from obverse.contracts.symbols import (
    ContractMonth,
    Expiry,
    SymbolPattern,
    UnifiedSymbol,
    match,
    parse_unified,
    render,
)
from obverse.contracts.units import plain
from obverse.errors import DataError, RuleError
from obverse.rulebooks.in_force import ProductRules
from obverse.rulebooks.records import Delivery


@dataclass(frozen=True)
class Legs:
    """When an instrument delivers: one leg of a future, two of a spread, none of a perpetual."""

    near: datetime | None = None
    far: datetime | None = None


def read_native(rules: ProductRules, symbol: str) -> Legs | None:
    """Read a venue's own name; None if it fits no contract of this product."""
    found = match(SymbolPattern(rules.product.symbol), symbol)
    if found is None:
        return None
    near, far = _deliver(rules, found.near), _deliver(rules, found.far)
    if (found.near and near is None) or (found.far and far is None):
        return None
    return Legs(near, far)


def read_unified(rules: ProductRules, symbol: str) -> Legs | None:
    """Read a ccxt name; None if it fits no contract of this product. Spreads have none."""
    try:
        name = parse_unified(symbol)
    except DataError:
        return None
    product = rules.product
    codes = (product.underlying, product.quote, product.settlement)
    if product.kind == "spread" or (name.base, name.quote, name.settle) != codes:
        return None
    if (product.kind == "future") != (name.expiry is not None):
        return None
    near = _deliver(rules, name.expiry)
    return None if name.expiry and near is None else Legs(near)


def listed_legs(rules: ProductRules, at: datetime) -> Iterator[Legs]:
    """What is listed of a perpetual or a family of futures at an instant, near to far."""
    if rules.product.kind == "perpetual":
        yield Legs()
    elif rules.product.kind == "future" and rules.calendar is not None:
        yield from map(Legs, listed_expiries(rules.calendar, at))


def build(venue: str, rules: ProductRules, legs: Legs) -> Instrument:
    """Put an instrument together from its product's rules and its delivery."""
    product, specification = rules.product, rules.specification
    symbol = _native(rules, legs)
    kind = Kind(product.kind)
    return Instrument(
        venue=venue,
        symbol=symbol,
        unified=symbol if kind is Kind.SPREAD else _unified(rules, legs),
        kind=kind,
        payoff=PAYOFFS[product.payoff](plain(specification.multiplier)),
        underlying=product.underlying,
        quote=product.quote,
        accounting=rules.accounting,
        tick=plain(specification.tick),
        lot=plain(specification.lot),
        order_unit=specification.order_unit,
        index=product.index,
        settlement=_settlement(rules.delivery) if kind is Kind.FUTURE else "",
        listed=product.begins if kind is Kind.PERPETUAL else None,
        expiry=legs.near or legs.far,
        legs=_leg_names(rules, legs) if kind is Kind.SPREAD else None,
    )


def _deliver(rules: ProductRules, expiry: Expiry | None) -> datetime | None:
    """Delivery instant of a day or month; None where nothing was, is or will be delivered.

    The calendar in force comes first, then those of other times.
    """
    if expiry is None or rules.calendar is None:
        return None
    calendars = (rules.calendar, *rules.other_calendars)
    found = (_delivery_by(calendar, expiry) for calendar in calendars)
    return next((moment for moment in found if moment is not None), None)


def _delivery_by(calendar: Calendar, expiry: Expiry) -> datetime | None:
    if isinstance(expiry, ContractMonth):
        try:
            moment = month_expiry(calendar, *expiry)
        except RuleError:
            return None
        expiry = moment.date()
    if expiry not in calendar.added and not cycles_of(calendar, expiry):
        return None
    return delivery_instant(calendar, expiry)


def _native(rules: ProductRules, legs: Legs) -> str:
    return render(SymbolPattern(rules.product.symbol), _day(legs.near), _day(legs.far))


def _unified(rules: ProductRules, legs: Legs) -> str:
    product = rules.product
    day = _day(legs.near)
    return str(UnifiedSymbol(product.underlying, product.quote, product.settlement, day))


def _leg_names(rules: ProductRules, legs: Legs) -> tuple[str, str]:
    """Far and near leg of a spread by their own names."""
    far, near = ((rules.outright, legs.far), (rules.outright, legs.near))
    names = [
        render(SymbolPattern(pattern), _day(delivery)) if pattern and delivery else rules.perpetual
        for pattern, delivery in (far, near)
    ]
    return names[0] or "", names[1] or ""


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


def _settlement(delivery: Delivery | None) -> str:
    if delivery is None:
        return ""
    words = delivery.method.replace("_", " ")
    minutes: Decimal = plain(delivery.window_minutes)
    return f"{words} over {minutes:f} minutes"
