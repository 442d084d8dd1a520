"""A rulebook: what one venue decrees at one instant, and the instruments it makes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

from obverse.contracts.instants import Instant, instant, iso
from obverse.contracts.instruments import Instrument
from obverse.contracts.symbols import SymbolPattern, match
from obverse.errors import RuleError, SymbolError
from obverse.rulebooks.in_force import ProductRules, rules_in_force
from obverse.rulebooks.listing import build, listed_legs, read_native, read_unified
from obverse.rulebooks.loader import venue_file
from obverse.rulebooks.records import ALL_KINDS, Entry, Product, VenueFile
from obverse.rulebooks.series import entries, replaces

Liquidity = Literal["maker", "taker", "delivery", "liquidation"]


@dataclass(frozen=True)
class Change:
    """A rule that begins: its kind and place in the file, the products, the entry itself."""

    kind: str
    place: int
    entry: Entry

    @property
    def at(self) -> datetime:
        """When it begins."""
        return self.entry.begins


@dataclass(frozen=True, repr=False)
class Rulebook:
    """One venue's rules in force at `as_of`, product by product."""

    venue: str
    name: str
    as_of: datetime
    file: VenueFile
    products: Mapping[str, ProductRules]

    def instrument(self, symbol: str) -> Instrument:
        """Describe an instrument by its native or its unified name, under these rules.

        A name that fits no product, or a day on which nothing is delivered, raises `SymbolError`
        with the nearest names. An expired contract is described too: it is the doors of books and
        markets that refuse it.
        """
        return _instrument(self, symbol)

    def listed(self, underlying: str, at: Instant | None = None) -> tuple[Instrument, ...]:
        """Perpetuals and dated futures listed at an instant (default: `as_of`), near to far."""
        moment = self.as_of if at is None else instant(at)
        return tuple(_listed(self, underlying.upper(), moment))

    def expiries(self, underlying: str, at: Instant | None = None) -> tuple[datetime, ...]:
        """Deliveries of the dated futures listed at an instant (default: `as_of`)."""
        found = {item.expiry for item in self.listed(underlying, at) if item.expiry}
        return tuple(sorted(found))

    @property
    def underlyings(self) -> tuple[str, ...]:
        """Coins that have a product here, in the order of the file."""
        return tuple(dict.fromkeys(rules.product.underlying for rules in self.products.values()))

    def rules_of(self, instrument: Instrument) -> ProductRules:
        """The rules of the product that an instrument belongs to."""
        for rules in self.products.values():
            if read_native(rules, instrument.symbol) is not None:
                return rules
        raise SymbolError(instrument.symbol, f"at {self.venue}", self.names())

    def fee_rate(self, instrument: Instrument, liquidity: Liquidity) -> Decimal:
        """Base-tier fee as a fraction of coin value; below zero is a rebate."""
        fees = self.rules_of(instrument).fees_of(instrument.expiry)
        rate: Decimal | None = getattr(fees, liquidity)
        if rate is None:
            raise RuleError(f"{self.venue} publishes no {liquidity} fee for {instrument.symbol}.")
        return rate

    def changes(self) -> list[Change]:
        """Every dated rule of the venue's history that replaces an older one, oldest first."""
        found = [
            Change(kind, place, entry)
            for kind in ALL_KINDS
            for place, entry in enumerate(entries(self.file, kind))
            if replaces(self.file, entry)
        ]
        return sorted(found, key=lambda change: change.at)

    def last_changes(self) -> list[Change]:
        """What changed last, up to `as_of`."""
        past = [change for change in self.changes() if change.at <= self.as_of]
        return [change for change in past if change.at == past[-1].at]

    def next_changes(self) -> list[Change]:
        """What changes next after `as_of`, as far as the file knows."""
        ahead = [change for change in self.changes() if change.at > self.as_of]
        return [change for change in ahead if change.at == ahead[0].at]

    def names(self) -> list[str]:
        """Native and unified names of everything listed at `as_of`."""
        return [
            name
            for underlying in self.underlyings
            for item in self.listed(underlying)
            for name in (item.symbol, item.unified)
        ]

    def __repr__(self) -> str:
        """One line: whose rules, of which day, for what."""
        return (
            f"{self.name} rules as of {iso(self.as_of)}: {len(self.products)} products on "
            f"{', '.join(self.underlyings)}"
        )


def rulebook(venue: str, *, as_of: Instant | None = None) -> Rulebook:
    """Return the rules of a venue at an instant; without one, the newest the file knows.

    `venue` is a shipped venue's name or the path of a rulebook file. An instant before the file
    begins, or after the venue closed, raises `RuleError`.
    """
    file = venue_file(venue)
    moment = _newest(file) if as_of is None else instant(as_of)
    if moment < file.begins:
        raise RuleError(f"{file.name}: no rules before {iso(file.begins)}, asked {iso(moment)}.")
    if file.until is not None and moment >= file.until:
        raise RuleError(
            f"{file.name} closed on {iso(file.until)}, asked {iso(moment)}; "
            "ask for an earlier day, or for none to get its last rules."
        )
    return _in_force(venue, moment)


@lru_cache(maxsize=256)
def _in_force(venue: str, moment: datetime) -> Rulebook:
    file = venue_file(venue)
    products = {
        product.id: rules_in_force(file, product, moment)
        for product in file.products
        if product.begins <= moment and (product.until is None or moment < product.until)
    }
    return Rulebook(file.venue, file.name, moment, file, MappingProxyType(products))


def _newest(file: VenueFile) -> datetime:
    if file.until is not None:
        return file.until - timedelta(microseconds=1)
    rows: list[Entry | Product] = [*file.products]
    for kind in ALL_KINDS:
        rows += entries(file, kind)
    return max(moment for row in rows for moment in (row.begins, row.until) if moment is not None)


def _instrument(book: Rulebook, symbol: str) -> Instrument:
    for rules in book.products.values():
        legs = read_native(rules, symbol) or read_unified(rules, symbol)
        if legs is not None:
            return build(book.venue, rules, legs)
    where = f"at {book.venue} on {book.as_of:%Y-%m-%d}"
    for product in book.file.products:
        if product.id not in book.products and match(SymbolPattern(product.symbol), symbol):
            where += f" (listed from {product.begins:%Y-%m-%d}"
            where += f" until {product.until:%Y-%m-%d})" if product.until else ")"
    raise SymbolError(symbol, where, book.names())


def _listed(book: Rulebook, underlying: str, at: datetime) -> Iterator[Instrument]:
    if underlying not in book.underlyings:
        known = ", ".join(book.underlyings)
        raise RuleError(f"{book.venue} lists nothing on {underlying}; there are {known}.")
    for rules in sorted(book.products.values(), key=lambda rules: rules.product.kind == "future"):
        if rules.product.underlying == underlying:
            for legs in listed_legs(rules, at):
                yield build(book.venue, rules, legs)
