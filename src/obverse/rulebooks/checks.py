"""What makes a rulebook hold together: a list of checks, each yielding located faults."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from itertools import pairwise

from obverse.contracts.accounting import UNROUNDED_EXPONENT
from obverse.contracts.instants import iso
from obverse.contracts.symbols import SymbolPattern
from obverse.errors import DataError, Fault, nearest
from obverse.located import LocatedToml
from obverse.rulebooks.in_force import calendar_of
from obverse.rulebooks.margin_checks import (
    check_liquidation,
    check_margin,
    check_portfolio_margin,
)
from obverse.rulebooks.records import (
    ALL_KINDS,
    LATER_KINDS,
    RULE_KINDS,
    Entry,
    Fees,
    FieldPlaces,
    Product,
    RoundingRule,
    VenueFile,
)
from obverse.rulebooks.series import ALL_PRODUCTS, entries, series


def faults(document: LocatedToml, file: VenueFile) -> list[Fault]:
    """Everything wrong with a rulebook, in the order of its lines."""
    found = [fault for check in _CHECKS for fault in check(document, file)]
    return sorted(found, key=lambda fault: fault.line or 0)


def _check_products(document: LocatedToml, file: VenueFile) -> Iterator[Fault]:
    if file.until and file.until <= file.begins:
        yield document.fault(("until",), "is not after 'from'")
    seen: set[str] = set()
    for index, product in enumerate(file.products):
        where = ("products", index)
        if product.id in seen:
            yield document.fault((*where, "id"), f"{product.id!r} is there twice")
        seen.add(product.id)
        if product.begins < file.begins:
            yield document.fault((*where, "from"), "begins before the rulebook does")
        if product.until and product.until <= product.begins:
            yield document.fault((*where, "until"), "is not after 'from'")
        try:
            SymbolPattern(product.symbol)
        except DataError as error:
            yield document.fault((*where, "symbol"), str(error))


def _check_references(document: LocatedToml, file: VenueFile) -> Iterator[Fault]:
    known = {product.id: product for product in file.products}
    for kind, place, entry in _all_entries(file):
        for name in entry.products:
            if name == ALL_PRODUCTS:
                continue
            if name not in known:
                close = nearest(name, known)
                hint = f"; did you mean {close[0]!r}?" if close else ""
                yield document.fault((kind, place, "products"), f"no product {name!r}{hint}")
            elif known[name].kind not in ALL_KINDS[kind]:
                reason = f"a {known[name].kind} ({name}) has no {kind}"
                yield document.fault((kind, place, "products"), reason)


def _check_sources(document: LocatedToml, file: VenueFile) -> Iterator[Fault]:
    rows = [("products", place, product.source) for place, product in enumerate(file.products)]
    rows += [(kind, place, entry.source) for kind, place, entry in _all_entries(file)]
    for kind, place, source in rows:
        if not source:
            yield document.fault((kind, place, "source"), "names no source")
        for key in source:
            if key not in file.sources:
                reason = f"{key!r} is not among [sources]"
                yield document.fault((kind, place, "source"), reason)


def _check_lives(document: LocatedToml, file: VenueFile) -> Iterator[Fault]:
    for kind, products in ALL_KINDS.items():
        for product in file.products:
            found = series(file, kind, product)
            if product.kind in products and (found or kind in RULE_KINDS):
                yield from _check_series(document, file, kind, product, found)


def _check_series(
    document: LocatedToml,
    file: VenueFile,
    kind: str,
    product: Product,
    found: list[tuple[int, Entry]],
) -> Iterator[Fault]:
    cycles = {entry.cycle for _, entry in found if isinstance(entry, Fees)}
    for cycle in cycles - {None}:
        narrow = [pair for pair in found if getattr(pair[1], "cycle", None) == cycle]
        yield from _overlaps(document, kind, product, narrow)
    general = [pair for pair in found if getattr(pair[1], "cycle", None) is None]
    yield from _overlaps(document, kind, product, general)
    yield from _gaps(document, file, kind, product, general)


def _overlaps(
    document: LocatedToml, kind: str, product: Product, found: list[tuple[int, Entry]]
) -> Iterator[Fault]:
    for (_, entry), (place, later) in pairwise(found):
        if entry.begins == later.begins or (entry.until and entry.until > later.begins):
            reason = f"overlaps the {kind} of {product.id} from {iso(entry.begins)}"
            yield document.fault((kind, place, "from"), reason)
    for place, entry in found:
        if entry.until and entry.until <= entry.begins:
            yield document.fault((kind, place, "until"), "is not after 'from'")


def _gaps(
    document: LocatedToml,
    file: VenueFile,
    kind: str,
    product: Product,
    found: list[tuple[int, Entry]],
) -> Iterator[Fault]:
    place = ("products", file.products.index(product))
    if not found:
        yield document.fault(place, f"{product.id} has no {kind}")
        return
    late = kind in LATER_KINDS and found[0][1].begins > product.begins
    covered: datetime | None = found[0][1].begins if late else product.begins
    for number, entry in found:
        if covered is not None and entry.begins > covered:
            reason = f"{product.id} has no {kind} from {iso(covered)} until {iso(entry.begins)}"
            yield document.fault((kind, number, "from"), reason)
        covered = entry.until
    end = product.until or file.until
    if covered is not None and (end is None or covered < end):
        reason = f"{product.id} has no {kind} after {iso(covered)}"
        yield document.fault((kind, found[-1][0], "until"), reason)


def _check_numbers(document: LocatedToml, file: VenueFile) -> Iterator[Fault]:
    for place, entry in enumerate(file.specification):
        for field in ("multiplier", "tick", "lot"):
            value: Decimal = getattr(entry, field)
            if not value.is_finite() or value <= 0:
                yield document.fault(("specification", place, field), f"{value} is not above zero")
    for place, fees in enumerate(file.fees):
        for field in ("maker", "taker", "delivery", "liquidation"):
            if not abs(getattr(fees, field) or 0) < 1:
                yield document.fault(("fees", place, field), "is not a rate below 100 %")
    for place, rule in enumerate(file.rounding):
        if not (0 <= rule.exponent <= UNROUNDED_EXPONENT and rule.shown >= 0):
            reason = f"a unit has 0 to {UNROUNDED_EXPONENT} decimals, and shows 0 or more"
            yield document.fault(("rounding", place, "exponent"), reason)
        for field, kept in _kept_places(rule):
            if not 0 <= kept.places <= rule.exponent:
                reason = f"places are not from 0 to the exponent {rule.exponent}"
                yield document.fault(("rounding", place, field), reason)


def _kept_places(rule: RoundingRule) -> Iterator[tuple[str, FieldPlaces]]:
    for field in ("value", "fee", "delivery_fee", "funding", "margin", "closing_fee"):
        kept: FieldPlaces | None = getattr(rule, field)
        if kept is not None:
            yield field, kept


def _check_calendars(document: LocatedToml, file: VenueFile) -> Iterator[Fault]:
    for place, rule in enumerate(file.calendar):
        try:
            calendar_of(rule)
        except DataError as error:
            field = ("time_zone",) if "time zone" in str(error) else ()
            yield document.fault(("calendar", place, *field), str(error))


def _all_entries(file: VenueFile) -> Iterator[tuple[str, int, Entry]]:
    for kind in ALL_KINDS:
        for place, entry in enumerate(entries(file, kind)):
            yield kind, place, entry


_CHECKS = (
    _check_products,
    _check_references,
    _check_sources,
    _check_lives,
    _check_numbers,
    _check_calendars,
    check_margin,
    check_liquidation,
    check_portfolio_margin,
)
