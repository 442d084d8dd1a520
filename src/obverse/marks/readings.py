"""What one snapshot shows of index, mark, premium and limits, by the venue's rule.

A snapshot is one instant and the best prices of a book; a rule may ask for more: averages over
seconds, impact prices, the rate in force. What stands for something that was not seen is named in
`Reading.stand_ins`, and what nothing can stand for in `Reading.missing`, with no number made of it.

Marks are computed in fractions with the formulas of `mark.py` and `funding.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from obverse.contracts.instants import DAYS_PER_YEAR
from obverse.contracts.instruments import Kind
from obverse.contracts.units import to_decimal
from obverse.errors import SymbolError
from obverse.market.observations import Quote
from obverse.market.snapshots import Snapshot
from obverse.marks import funding as funds
from obverse.marks import mark as marks
from obverse.marks.delivery import DeliveryWindow
from obverse.marks.impact import PriceBand, market_price, price_band
from obverse.marks.policies import delivery_window, funding_schedule, rounded_mark
from obverse.rulebooks import ProductRules, Rulebook
from obverse.rulebooks.records import FundingRule, MarkRule

NEAR_DELIVERY = timedelta(days=1)
"""How long before its delivery a future's window is shown."""

_HOUR = timedelta(hours=1)
_YEAR = timedelta(days=DAYS_PER_YEAR)


@dataclass(frozen=True)
class Line:
    """A number put into a reading or made on the way, and where it is from."""

    name: str
    value: float
    unit: str
    origin: str


@dataclass(frozen=True)
class KnownRate:
    """A funding rate in force that is known from elsewhere than the snapshot, per interval."""

    rate: float
    origin: str


@dataclass(frozen=True)
class Delivering:
    """A future near its delivery: the window, the share of it that is over, and what is left."""

    window: DeliveryWindow
    elapsed_share: float

    @property
    def remaining_exposure(self) -> float:
        """Fraction of the contract's coin delta that still moves with the price."""
        return 1 - self.elapsed_share


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
    mark_usd: float | None
    premium_rate: float | None
    band: PriceBand | None
    delivering: Delivering | None
    lines: tuple[Line, ...]
    stand_ins: tuple[str, ...]
    missing: tuple[str, ...]
    rules: ProductRules | None

    @property
    def fair_basis_usd(self) -> float | None:
        """Rebuilt mark less index."""
        return None if self.mark_usd is None else self.mark_usd - float(self.index_usd)

    @property
    def fair_basis_rate(self) -> float | None:
        """Rebuilt mark less index, over the index."""
        basis = self.fair_basis_usd
        return None if basis is None else basis / float(self.index_usd)


class _Sheet:
    """Collects lines, stand-ins and gaps while one reading is made."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.stand_ins: list[str] = []
        self.missing: list[str] = []

    def put(self, name: str, value: Any, unit: str, origin: str) -> Any:
        self.lines.append(Line(name, float(value), unit, origin))
        return value

    def stands(self, said: str) -> None:
        if said not in self.stand_ins:
            self.stand_ins.append(said)

    def lacks(self, said: str) -> None:
        if said not in self.missing:
            self.missing.append(said)


@dataclass(frozen=True)
class _Seen:
    """What is known of an instrument: exact prices as fractions, the time to funding."""

    at: datetime
    expiry: datetime | None
    index: Any
    bid: Any
    ask: Any
    last: Any
    rate: Any
    hours: Any

    @property
    def mid(self) -> Any:
        return None if self.bid is None or self.ask is None else (self.bid + self.ask) / 2


def readings(
    snapshot: Snapshot, book: Rulebook, rates: Mapping[str, KnownRate] | None = None
) -> tuple[Reading, ...]:
    """Read every instrument of a snapshot by its venue's rules.

    `rates` are funding rates in force by symbol, where they are known; without one the snapshot's
    accruing rate stands for it.
    """
    known = rates or {}
    return tuple(_read(snapshot, quote, book, known.get(quote.symbol)) for quote in snapshot.quotes)


def _read(snapshot: Snapshot, quote: Quote, book: Rulebook, known: KnownRate | None) -> Reading:
    sheet = _Sheet()
    rules = _rules(quote, book, sheet)
    index = sheet.put("index", Fraction(snapshot.index), "USD", "snapshot")
    seen = _seen(snapshot, quote, index, sheet)
    found: Decimal | None = None
    premium: Any = None
    band: PriceBand | None = None
    if rules is not None:
        if rules.funding is not None:
            seen = _with_rate(seen, quote, rules, book, known, sheet)
        found = _mark(rules, seen, sheet)
        premium = _premium(rules.funding, seen, found, sheet)
        band = _band(rules, found or quote.mark, sheet)
    return Reading(
        symbol=quote.symbol,
        kind=quote.kind,
        expiry=quote.expiry,
        at=snapshot.at,
        index_usd=snapshot.index,
        quoted_usd=quote.mark,
        mark_usd=None if found is None else float(found),
        premium_rate=None if premium is None else float(premium),
        band=band,
        delivering=_delivering(rules, seen),
        lines=tuple(sheet.lines),
        stand_ins=tuple(sheet.stand_ins),
        missing=tuple(sheet.missing),
        rules=rules,
    )


def _rules(quote: Quote, book: Rulebook, sheet: _Sheet) -> ProductRules | None:
    if not quote.listed:
        sheet.lacks("no rule: a synthetic expiry is no contract of the venue")
        return None
    try:
        return book.rules_of(book.instrument(quote.symbol))
    except SymbolError:
        sheet.lacks(f"no rule: the rulebook of {book.name} has no such instrument")
        return None


def _seen(snapshot: Snapshot, quote: Quote, index: Any, sheet: _Sheet) -> _Seen:
    prices = {"bid": quote.bid, "ask": quote.ask, "last": quote.last}
    exact = {
        name: None if price is None else sheet.put(name, Fraction(price), "USD", "snapshot")
        for name, price in prices.items()
    }
    return _Seen(snapshot.at, quote.expiry, index, **exact, rate=None, hours=None)


def _with_rate(
    seen: _Seen,
    quote: Quote,
    rules: ProductRules,
    book: Rulebook,
    known: KnownRate | None,
    sheet: _Sheet,
) -> _Seen:
    """Add the rate in force and the hours to funding, for a mark or premium that needs them."""
    rule, mark = rules.funding, rules.mark
    assert rule is not None
    decays = mark is not None and mark.policy in ("funding_decay", "median_of_three")
    if not decays and rule.premium != "impact_with_basis":
        return seen
    _, stamp = funding_schedule(rules, book.file).window(seen.at)
    hours = Fraction((stamp - seen.at) // timedelta(microseconds=1), 3_600_000_000)
    if mark is not None and mark.whole_minutes:
        hours = Fraction(marks.whole_minutes(float(hours))).limit_denominator(60)
    sheet.put("hours to funding", hours, "h", "funding schedule")
    rate: Any = None
    if known is not None:
        rate = sheet.put("rate in force", Fraction(known.rate), "fraction", known.origin)
    elif quote.funding_rate_8h is not None:
        rate = Fraction(quote.funding_rate_8h) * rule.rate_hours / 8
        sheet.put("accruing rate", rate, "fraction", "snapshot")
        sheet.stands("the accruing rate for the rate in force")
    else:
        sheet.lacks("the funding rate in force")
    return _Seen(
        seen.at, seen.expiry, seen.index, seen.bid, seen.ask, seen.last, rate=rate, hours=hours
    )


def _mark(rules: ProductRules, seen: _Seen, sheet: _Sheet) -> Decimal | None:
    rule = rules.mark
    if rule is None:
        sheet.lacks("the venue's mark rule is not in its rulebook")
        return None
    found = _POLICIES[rule.policy](rule, rules, seen, sheet)
    if found is None:
        return None
    if rule.bound_rate is not None:
        bound: Any = Fraction(rule.bound_rate)
        found = sheet.put(
            "bounded mark", marks.bounded_mark(found, seen.index, bound), "USD", "mark rule"
        )
    if rule.settlement_average:
        found = _settling(rules, seen, found, sheet)
    rounded = rounded_mark(to_decimal(found), rule.places)
    sheet.put("mark", rounded, "USD", "mark rule")
    return rounded


def _decayed(rule: MarkRule, rules: ProductRules, seen: _Seen, sheet: _Sheet) -> Any:
    if seen.rate is None or rules.funding is None:
        sheet.lacks("the funding rate in force")
        return None
    hours: Any = Fraction(rules.funding.interval_hours)
    found = marks.decayed_mark(seen.index, seen.rate, seen.hours, hours)
    return sheet.put("index with the funding to come", found, "USD", "mark rule")


def _averaged(rule: MarkRule, rules: ProductRules, seen: _Seen, sheet: _Sheet) -> Any:
    price = _basis_price(rule, seen, sheet)
    if price is None:
        return None
    if rule.average is not None:
        sheet.stands(f"the basis of this instant for its {average_words(rule)}")
    basis = sheet.put("basis", price - seen.index, "USD", "snapshot")
    return sheet.put("index with the basis", marks.basis_mark(seen.index, basis), "USD", "mark rule")


def _basis_price(rule: MarkRule, seen: _Seen, sheet: _Sheet) -> Any:
    if rule.basis_of == "market_price" and not (seen.mid is None and seen.last is None):
        given = [None if x is None else to_decimal(x) for x in (seen.bid, seen.ask, seen.last)]
        found: Any = Fraction(market_price(bid=given[0], ask=given[1], last=given[2]))
        return sheet.put("market price", found, "USD", "last price within the book")
    if seen.mid is None:
        sheet.lacks("a book with two sides")
        return None
    if rule.basis_of == "impact_mid":
        sheet.stands("the middle of best bid and ask for that of the impact prices")
    return sheet.put("mid", seen.mid, "USD", "snapshot")


def _median(rule: MarkRule, rules: ProductRules, seen: _Seen, sheet: _Sheet) -> Any:
    decayed = _decayed(rule, rules, seen, sheet)
    averaged = _averaged(rule, rules, seen, sheet)
    if decayed is None or averaged is None:
        return None
    if seen.last is None:
        sheet.stands("the index with the basis for the last price, of which there is none")
    last = averaged if seen.last is None else seen.last
    return sheet.put("middle of the three", marks.median_mark(decayed, averaged, last), "USD", "")


def _annualised(rule: MarkRule, rules: ProductRules, seen: _Seen, sheet: _Sheet) -> Any:
    price = _basis_price(rule, seen, sheet)
    if price is None or seen.expiry is None:
        return None
    sheet.stands("the basis of this instant for one renewed only while the book is narrow")
    years: Any = Fraction((seen.expiry - seen.at) // timedelta(microseconds=1), _YEAR_MICROSECONDS)
    sheet.put("years to delivery", years, "y", "calendar")
    rate = marks.impact_basis_rate(price, seen.index, years)
    sheet.put("yearly basis", rate, "fraction", "mark rule")
    return marks.annualised_mark(seen.index, rate, years)


_YEAR_MICROSECONDS = _YEAR // timedelta(microseconds=1)
_POLICIES = {
    "funding_decay": _decayed,
    "basis_average": _averaged,
    "median_of_three": _median,
    "annualised_impact_basis": _annualised,
}


def _settling(rules: ProductRules, seen: _Seen, found: Any, sheet: _Sheet) -> Any:
    near = _delivering(rules, seen)
    if near is None or near.elapsed_share == 0:
        return found
    sheet.stands("the index of this instant for its average since the delivery window opened")
    share: Any = Fraction(near.elapsed_share)
    sheet.put("elapsed share of the window", share, "fraction", "delivery rule")
    mixed = marks.settling_mark(found, seen.index, share)
    return sheet.put("mark passing over to the average", mixed, "USD", "mark rule")


def _delivering(rules: ProductRules | None, seen: _Seen) -> Delivering | None:
    if rules is None or rules.delivery is None or seen.expiry is None:
        return None
    if rules.delivery.window_minutes <= 0 or seen.expiry - seen.at > NEAR_DELIVERY:
        return None
    window = delivery_window(rules.delivery, seen.expiry)
    return Delivering(window, window.elapsed_share(seen.at))


def _premium(rule: FundingRule | None, seen: _Seen, mark: Decimal | None, sheet: _Sheet) -> Any:
    """The premium by a perpetual's funding rule; of a future, the middle over the index."""
    if rule is None or rule.premium == "mid":
        if seen.mid is None:
            sheet.lacks("a book with two sides")
            return None
        found = funds.premium(seen.mid, seen.index)
    elif rule.premium == "mark":
        if mark is None:
            return None
        level: Any = Fraction(mark)
        found = funds.premium(level, seen.index)
    else:
        found = _impact_premium(rule, seen, mark, sheet)
    return None if found is None else sheet.put("premium", found, "fraction", "funding rule")


def _impact_premium(rule: FundingRule, seen: _Seen, mark: Decimal | None, sheet: _Sheet) -> Any:
    if seen.mid is None:
        sheet.lacks("a book with two sides")
        return None
    sheet.stands("best bid and ask for the impact prices")
    if rule.premium == "impact":
        return funds.impact_premium(seen.bid, seen.ask, seen.index, seen.index, 0)
    if mark is None or seen.rate is None:
        return None
    basis = seen.rate * seen.hours / rule.interval_hours
    sheet.put("basis used in the mark", basis, "fraction", "mark rule")
    level: Any = Fraction(mark)
    return funds.impact_premium(seen.bid, seen.ask, level, seen.index, basis)


def _band(rules: ProductRules, mark: Decimal, sheet: _Sheet) -> PriceBand | None:
    if rules.price_band is None:
        return None
    band = price_band(
        mark, band_rate=rules.price_band.band_rate, tick=rules.specification.tick
    )
    sheet.put("lowest order price", band.min_price, "USD", "price band rule")
    sheet.put("highest order price", band.max_price, "USD", "price band rule")
    return band


def average_words(rule: MarkRule) -> str:
    """The average of a mark rule: `exponential average of 30 s`."""
    seconds = f" of {rule.average_seconds.normalize():f} s" if rule.average_seconds else ""
    unpublished = "" if seconds else " of unpublished length"
    return f"{rule.average} average{seconds}{unpublished}"
