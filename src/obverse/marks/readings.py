"""What one snapshot shows of index, mark, premium and limits, by the venue's rule.

A snapshot is one instant and the best prices of a book; a rule may ask for more: averages over
seconds, impact prices, the rate in force. What stands for something that was not seen is named in
`Reading.stand_ins`, and what nothing can stand for in `Reading.missing`, with no number made of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from obverse.contracts.instruments import Kind
from obverse.errors import SymbolError
from obverse.market.observations import Quote
from obverse.market.snapshots import Snapshot
from obverse.marks.impact import PriceBand
from obverse.marks.instant import Book
from obverse.marks.mark import whole_minutes
from obverse.marks.policies import funding_schedule
from obverse.marks.rebuilt import (
    Delivering,
    Line,
    Seen,
    band_around,
    delivering,
    needs_rate,
    premium_sample,
    rebuilt_mark,
)
from obverse.rulebooks import ProductRules, Rulebook


@dataclass(frozen=True)
class KnownRate:
    """A rate in force known from elsewhere than the snapshot, per `rate_hours` of its rule."""

    rate: float
    origin: str


@dataclass(frozen=True)
class Reading:
    """One instrument at one instant.

    Attributes
    ----------
    mark_usd : the venue's mark rebuilt by its rule; none where the snapshot lacks what it needs
    quoted_usd : the mark that the source gave
    premium_rate : of a perpetual by its funding rule's source; of a future, middle over index
    band : limits for orders, where the venue's rule is known
    delivering : of a future within `NEAR_DELIVERY` of its delivery
    lines : the numbers put in, and the results on the way
    stand_ins, missing : what stood for something that was not seen, and what nothing stands for
    """

    symbol: str
    kind: Kind
    expiry: datetime | None
    at: datetime
    index_usd: Decimal
    quoted_usd: Decimal
    mark_usd: float | None = None
    premium_rate: float | None = None
    band: PriceBand | None = None
    delivering: Delivering | None = None
    lines: tuple[Line, ...] = ()
    stand_ins: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    rules: ProductRules | None = None

    @property
    def fair_basis_usd(self) -> float | None:
        """Rebuilt mark less index."""
        return None if self.mark_usd is None else self.mark_usd - float(self.index_usd)

    @property
    def fair_basis_rate(self) -> float | None:
        """Rebuilt mark less index, over the index."""
        basis = self.fair_basis_usd
        return None if basis is None else basis / float(self.index_usd)


def readings(
    snapshot: Snapshot,
    book: Rulebook,
    rates: Mapping[str, KnownRate] | None = None,
    average_bases: Mapping[str, float] | None = None,
) -> tuple[Reading, ...]:
    """Read every instrument of a snapshot by its venue's rules.

    `rates` are funding rates in force by symbol, where they are known; without one the snapshot's
    accruing rate stands for it. `average_bases` are averages of the basis by symbol, in dollars,
    for rules that average it; without one the basis of the snapshot stands for it.
    """
    known, held = rates or {}, average_bases or {}
    return tuple(
        _read(snapshot, quote, book, known.get(quote.symbol), held.get(quote.symbol))
        for quote in snapshot.quotes
    )


def _read(
    snapshot: Snapshot,
    quote: Quote,
    book: Rulebook,
    known: KnownRate | None,
    average_basis: float | None,
) -> Reading:
    bare = Reading(quote.symbol, quote.kind, quote.expiry, snapshot.at, snapshot.index, quote.mark)
    if not quote.listed:
        return replace(bare, missing=("a rule: a synthetic expiry is no contract of the venue",))
    try:
        rules = book.rules_of(book.instrument(quote.symbol))
    except SymbolError:
        return replace(bare, missing=(f"a rule: {book.name}'s rulebook has no such contract",))
    seen = replace(_seen(snapshot, quote, rules), average_basis=average_basis)
    seen = _with_rate(seen, book, known)
    mark = rebuilt_mark(seen)
    sample = premium_sample(seen, mark)
    band = band_around(seen, mark)
    return replace(
        bare,
        mark_usd=mark,
        premium_rate=sample,
        band=band,
        delivering=delivering(seen),
        lines=tuple(seen.lines),
        stand_ins=tuple(seen.stand_ins),
        missing=tuple(seen.missing),
        rules=rules,
    )


def _seen(snapshot: Snapshot, quote: Quote, rules: ProductRules) -> Seen:
    book = None
    if quote.bid is not None and quote.ask is not None:
        last = None if quote.last is None else float(quote.last)
        book = Book(float(quote.bid), float(quote.ask), last)
    seen = Seen(snapshot.at, quote, rules, float(snapshot.index), book)
    seen.put("index", seen.index, "USD", "snapshot")
    for name in ("bid", "ask", "last"):
        price = getattr(quote, name)
        if price is not None:
            seen.put(name, price, "USD", "snapshot")
    return seen


def _with_rate(seen: Seen, book: Rulebook, known: KnownRate | None) -> Seen:
    """Add the rate in force and the hours to funding, where the mark or the premium needs them."""
    rule, accruing = seen.rules.funding, seen.quote.funding_rate_8h
    if rule is None or not needs_rate(seen.rules):
        return seen
    hours = funding_schedule(seen.rules, book.file).hours_to_funding(seen.at)
    if seen.rules.mark is not None and seen.rules.mark.whole_minutes:
        hours = whole_minutes(hours)
    seen.put("hours to funding", hours, "h", "funding stamps")
    rate = None
    if known is not None:
        rate = seen.put("rate in force", known.rate, f"per {rule.rate_hours} h", known.origin)
    elif accruing is not None:
        rate = float(accruing) * rule.rate_hours / 8
        seen.put("accruing rate", rate, f"per {rule.rate_hours} h", "snapshot")
        seen.stands("the accruing rate, for the rate in force")
    else:
        seen.lacks("the funding rate in force")
    return replace(seen, rate=rate, hours=hours)
