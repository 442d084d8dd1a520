"""A mark, premium and limits rebuilt from one instant, noting what went in and what was not seen.

Marks and premiums are those of `instant.py` and `mark.py`, the formulas that histories run through.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from obverse.contracts.instants import years_between
from obverse.market.floats import decimal_of_float
from obverse.market.observations import Quote
from obverse.marks import mark as marks
from obverse.marks.delivery import DeliveryWindow
from obverse.marks.explain import average_words, basis_words
from obverse.marks.funding import premium
from obverse.marks.impact import PriceBand, price_band
from obverse.marks.instant import Book, instant_basis, instant_mark, instant_premium
from obverse.marks.policies import delivery_window, rounded_mark
from obverse.rulebooks import ProductRules
from obverse.rulebooks.records import MarkRule

NEAR_DELIVERY = timedelta(days=1)
"""How long before its delivery a future's window is shown."""


@dataclass(frozen=True)
class Line:
    """A number put into a reading or made on the way, and where it is from."""

    name: str
    value: float
    unit: str
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
class Seen:
    """What is known of one instrument, and what is noted while it is read.

    `average_basis` is one known from elsewhere, for rules that average it.
    """

    at: datetime
    quote: Quote
    rules: ProductRules
    index: float
    book: Book | None
    rate: float | None = None
    hours: float = 0.0
    average_basis: float | None = None
    lines: list[Line] = field(default_factory=list)
    stand_ins: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def put(self, name: str, value: float, unit: str, origin: str) -> float:
        """Note a number, and give it back."""
        self.lines.append(Line(name, float(value), unit, origin))
        return value

    def stands(self, said: str) -> None:
        """Note what stands for something that was not seen."""
        self.stand_ins.append(said)

    def lacks(self, said: str) -> None:
        """Note what nothing stands for, once."""
        if said not in self.missing:
            self.missing.append(said)


def needs_rate(rules: ProductRules) -> bool:
    """Whether a product's mark or premium is made with the funding rate in force."""
    decays = rules.mark is not None and rules.mark.policy in ("funding_decay", "median_of_three")
    with_basis = rules.funding is not None and rules.funding.premium == "impact_with_basis"
    return rules.funding is not None and (decays or with_basis)


def rebuilt_mark(seen: Seen) -> float | None:
    """The venue's mark by its rule; none where something is missing that it cannot do without."""
    rule = seen.rules.mark
    if rule is None:
        seen.lacks("a mark rule: the venue's is not in its rulebook")
        return None
    found = _perpetual_mark(seen, rule) if seen.rules.funding else _future_mark(seen, rule)
    if found is None:
        return None
    if rule.settlement_average:
        found = _settling(seen, found)
    rounded = float(rounded_mark(decimal_of_float(found), rule.places))
    return seen.put("mark", rounded, "USD", "mark rule")


def _perpetual_mark(seen: Seen, rule: MarkRule) -> float | None:
    assert seen.rules.funding is not None
    basis: float | None = 0.0 if rule.policy == "funding_decay" else _basis(seen, rule)
    if needs_rate(seen.rules) and rule.policy != "basis_average" and seen.rate is None:
        return None
    if basis is None:
        return None
    last = None if seen.quote.last is None else float(seen.quote.last)
    if rule.policy == "median_of_three" and last is None:
        seen.stands("index and basis, for the last price, of which there is none")
    return float(
        instant_mark(
            rule,
            seen.rules.funding,
            index=seen.index,
            rate_in_force=seen.rate or 0.0,
            hours_to_funding=seen.hours,
            average_basis=basis,
            last=last,
        )
    )


def _future_mark(seen: Seen, rule: MarkRule) -> float | None:
    basis = _basis(seen, rule)
    if basis is None or seen.quote.expiry is None:
        return None
    if rule.policy != "annualised_impact_basis":
        found = marks.basis_mark(seen.index, basis)
        bound = float(rule.bound_rate or 0)
        return float(marks.bounded_mark(found, seen.index, bound) if bound else found)
    years = seen.put(
        "years to delivery", years_between(seen.at, seen.quote.expiry), "years", "calendar"
    )
    rate = marks.impact_basis_rate(seen.index + basis, seen.index, years)
    seen.put("basis a year", float(rate), "fraction", "mark rule")
    seen.stands("the basis of this instant, for one that is renewed only while the book is narrow")
    return float(marks.annualised_mark(seen.index, rate, years))


def _basis(seen: Seen, rule: MarkRule) -> float | None:
    if rule.average is not None and seen.average_basis is not None:
        return seen.put("basis", seen.average_basis, "USD", "held")
    if seen.book is None:
        seen.lacks("a book with two sides")
        return None
    if rule.basis_of == "impact_mid":
        seen.stands("the middle of best bid and ask, for that of the impact prices")
    if rule.average is not None:
        seen.stands(f"the basis of this instant, for its {average_words(rule)}")
    basis = float(instant_basis(rule, seen.book, seen.index))
    return seen.put("basis", basis, "USD", basis_words(rule))


def _settling(seen: Seen, found: float) -> float:
    near = delivering(seen)
    if near is None or near.elapsed_share == 0:
        return found
    share = seen.put("elapsed share of the window", near.elapsed_share, "fraction", "delivery rule")
    seen.stands("the index of this instant, for its average since the delivery window opened")
    seen.put("mark before it passes over to the average", found, "USD", "mark rule")
    return float(marks.settling_mark(found, seen.index, share))


def delivering(seen: Seen) -> Delivering | None:
    """The delivery window of a future that is near it."""
    rule, expiry = seen.rules.delivery, seen.quote.expiry
    if rule is None or expiry is None or expiry - seen.at > NEAR_DELIVERY:
        return None
    if rule.window_minutes <= 0:
        return None
    window = delivery_window(rule, expiry)
    return Delivering(window, window.elapsed_share(seen.at))


def premium_sample(seen: Seen, mark: float | None) -> float | None:
    """A perpetual's premium by its funding rule; a future's is the middle over the index."""
    rule = seen.rules.funding
    if seen.book is None:
        seen.lacks("a book with two sides")
        return None
    if rule is None:
        found = premium(seen.book.mid_usd, seen.index)
        return seen.put("premium", float(found), "fraction", "middle over index")
    if mark is None or (rule.premium == "impact_with_basis" and seen.rate is None):
        return None
    if rule.premium.startswith("impact"):
        seen.stands("best bid and ask, for the impact prices")
    found = instant_premium(
        rule,
        book=seen.book,
        index=seen.index,
        mark=mark,
        rate_in_force=seen.rate or 0.0,
        hours_to_funding=seen.hours,
    )
    return seen.put("premium", float(found), "fraction", "funding rule")


def band_around(seen: Seen, mark: float | None) -> PriceBand | None:
    """Limits for orders around the mark, where the venue's rule is known."""
    rule = seen.rules.price_band
    if rule is None:
        return None
    middle = seen.quote.mark if mark is None else decimal_of_float(mark)
    if mark is None:
        seen.stands("the quoted mark, for the venue's, in the price band")
    band = price_band(middle, band_rate=rule.band_rate, tick=seen.rules.specification.tick)
    seen.put("lowest order price", float(band.min_price), "USD", "price band rule")
    seen.put("highest order price", float(band.max_price), "USD", "price band rule")
    return band
