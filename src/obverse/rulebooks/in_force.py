"""The rules of one product at one instant, turned into the records that `contracts` works with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from obverse.contracts.accounting import Accounting, Averaging, FieldRounding, ValueUnit
from obverse.contracts.calendar import Calendar, Cycle, CycleRule, cycles_of
from obverse.contracts.units import Currency, Rounding
from obverse.errors import DefectError
from obverse.rulebooks.records import (
    CalendarRule,
    Delivery,
    Entry,
    Fees,
    FieldPlaces,
    FundingRule,
    IndexRule,
    LiquidationRule,
    Margin,
    MarkRule,
    PortfolioMarginRule,
    PriceBandRule,
    Product,
    RoundingRule,
    Session,
    Specification,
    VenueFile,
)
from obverse.rulebooks.series import series

E = TypeVar("E", bound=Entry)


@dataclass(frozen=True)
class ProductRules:
    """One product and the rules in force for it.

    Attributes
    ----------
    fees : the general entry first, then those of single cycles
    calendar : of a dated future; a spread has that of the future it is made of
    outright, perpetual : symbol patterns of the future and the perpetual a spread is made of
    other_calendars : of other times; a name that was or will be good is read, listed or not
    """

    product: Product
    specification: Specification
    rounding: RoundingRule
    fees: tuple[Fees, ...]
    calendar_rule: CalendarRule | None
    calendar: Calendar | None
    delivery: Delivery | None
    session: Session | None
    margin: Margin | None
    index: IndexRule | None
    mark: MarkRule | None
    funding: FundingRule | None
    price_band: PriceBandRule | None
    liquidation: LiquidationRule | None = None
    portfolio_margin: PortfolioMarginRule | None = None
    outright: str | None = None
    perpetual: str | None = None
    other_calendars: tuple[Calendar, ...] = ()

    @property
    def accounting(self) -> Accounting:
        """How coin is kept, as `contracts` takes it."""
        return _accounting(self.product.settlement, self.rounding)

    @property
    def funding_rounding(self) -> FieldRounding:
        """How a funding payment is rounded: to the nearest unit where the venue does not say."""
        if self.rounding.funding is not None:
            return _field(self.rounding.funding)
        return FieldRounding(self.rounding.exponent, Rounding.NEAREST)

    def fees_of(self, expiry: datetime | None) -> Fees:
        """Fee rates for an expiry: those of its cycle where the venue tells cycles apart."""
        if expiry is not None and self.calendar is not None:
            cycles = cycles_of(self.calendar, expiry.date())
            longest = cycles[-1].value if cycles else None
            for fees in self.fees:
                if fees.cycle is not None and fees.cycle == longest:
                    return fees
        return self.fees[0]

    def entries(self) -> list[tuple[str, Entry]]:
        """Every rule in force, with its kind."""
        rows: list[tuple[str, Entry | None]] = [
            ("specification", self.specification),
            ("rounding", self.rounding),
            *(("fees", fees) for fees in self.fees),
            ("calendar", self.calendar_rule),
            ("delivery", self.delivery),
            ("session", self.session),
            ("margin", self.margin),
            ("index", self.index),
            ("mark", self.mark),
            ("funding", self.funding),
            ("price_band", self.price_band),
            ("liquidation", self.liquidation),
            ("portfolio_margin", self.portfolio_margin),
        ]
        return [(kind, entry) for kind, entry in rows if entry is not None]


def rules_in_force(file: VenueFile, product: Product, moment: datetime) -> ProductRules:
    """Pick each rule of a product at an instant; the loader has made sure that there is one."""
    future = _sibling(file, product, "future", moment)
    perpetual = _sibling(file, product, "perpetual", moment)
    dated = future if product.kind == "spread" else product
    calendar = _at(file, "calendar", dated, moment, CalendarRule) if dated else []
    return ProductRules(
        product=product,
        specification=_one(_at(file, "specification", product, moment, Specification)),
        rounding=_one(_at(file, "rounding", product, moment, RoundingRule)),
        fees=tuple(_at(file, "fees", product, moment, Fees)),
        calendar_rule=calendar[0] if calendar and product.kind == "future" else None,
        calendar=calendar_of(calendar[0]) if calendar else None,
        delivery=_maybe(_at(file, "delivery", product, moment, Delivery)),
        session=_maybe(_at(file, "session", product, moment, Session)),
        margin=_maybe(_at(file, "margin", product, moment, Margin)),
        index=_maybe(_at(file, "index", product, moment, IndexRule)),
        mark=_maybe(_at(file, "mark", product, moment, MarkRule)),
        funding=_maybe(_at(file, "funding", product, moment, FundingRule)),
        price_band=_maybe(_at(file, "price_band", product, moment, PriceBandRule)),
        liquidation=_maybe(_at(file, "liquidation", product, moment, LiquidationRule)),
        portfolio_margin=_maybe(
            _at(file, "portfolio_margin", product, moment, PortfolioMarginRule)
        ),
        outright=future.symbol if future else None,
        perpetual=perpetual.symbol if perpetual else None,
        other_calendars=_other_calendars(file, dated, moment) if dated else (),
    )


def _other_calendars(file: VenueFile, dated: Product, moment: datetime) -> tuple[Calendar, ...]:
    now = _at(file, "calendar", dated, moment, CalendarRule)
    entries = [entry for _, entry in series(file, "calendar", dated) if entry not in now]
    return tuple(
        calendar_of(entry)
        for entry in entries
        if isinstance(entry, CalendarRule) and "daily" not in entry.cycles  # has every day
    )


def _sibling(file: VenueFile, product: Product, kind: str, moment: datetime) -> Product | None:
    for other in file.products:
        alike = (other.underlying, other.quote, other.settlement) == (
            product.underlying,
            product.quote,
            product.settlement,
        )
        lives = other.begins <= moment and (other.until is None or moment < other.until)
        if other.kind == kind and alike and lives:
            return other
    return None


def _at(file: VenueFile, kind: str, product: Product, moment: datetime, record: type[E]) -> list[E]:
    """Entries in force: for fees the general one first and one a cycle, else at most one."""
    found: dict[str | None, E] = {}
    for _, entry in series(file, kind, product):
        assert isinstance(entry, record)
        if entry.begins <= moment:  # ends what was before it, even if it has ended itself
            found[getattr(entry, "cycle", None)] = entry
    latest = [found[cycle] for cycle in sorted(found, key=lambda cycle: cycle or "")]
    return [entry for entry in latest if entry.until is None or moment < entry.until]


def _one(found: list[E]) -> E:
    if len(found) != 1:
        raise DefectError(f"{len(found)} rules in force where the loader proved one.")
    return found[0]


def _maybe(found: list[E]) -> E | None:
    return found[0] if found else None


def _accounting(settlement: str, rule: RoundingRule) -> Accounting:
    return Accounting(
        currency=Currency(settlement, rule.exponent, min(rule.shown, rule.exponent)),
        value=_field(rule.value),
        fee=_field(rule.fee),
        delivery_fee=_field(rule.delivery_fee),
        value_unit=ValueUnit(rule.value_unit),
        averaging=Averaging(rule.averaging),
        margin=_field(rule.margin) if rule.margin else None,
        closing_fee=_field(rule.closing_fee) if rule.closing_fee else None,
    )


def _field(places: FieldPlaces) -> FieldRounding:
    return FieldRounding(places.places, Rounding(places.rounding))


def calendar_of(rule: CalendarRule) -> Calendar:
    """A calendar rule as `contracts` takes it; one that makes no sense raises `DataError`."""
    return Calendar(
        cycles=tuple(CycleRule(Cycle(name), count) for name, count in rule.cycles.items()),
        delivery_time=rule.delivery_time,
        time_zone=rule.time_zone,
        coinciding=rule.coinciding,
        moved=tuple((move.rule, move.actual) for move in rule.moved),
        cancelled=tuple(rule.cancelled),
        added=tuple(rule.added),
        listing_delay=timedelta(minutes=rule.listing_delay_minutes),
    )
