"""A perpetual's mark, premium and rate at one instant, by its venue's rules.

Every function takes numbers or histories (`marks.values`); the loop over a history is held to them
step by step. Rates are per `rate_hours` of the funding rule.
"""

from __future__ import annotations

from dataclasses import dataclass

from obverse.errors import RuleError
from obverse.marks.funding import impact_premium, premium
from obverse.marks.mark import basis_mark, bounded_mark, decayed_mark, median_mark
from obverse.marks.values import Values, confined
from obverse.rulebooks.records import FundingRule, MarkRule


@dataclass(frozen=True)
class Book:
    """Both sides of a book, best or impact prices, and the last price, if there was one."""

    bid_usd: Values
    ask_usd: Values
    last_usd: Values | None = None

    @property
    def mid_usd(self) -> Values:
        """Middle of the two sides."""
        return (self.bid_usd + self.ask_usd) / 2


def instant_basis(rule: MarkRule, book: Book, index: Values) -> Values:
    """Basis that a mark averages: of the mid, or of the last price confined to the book."""
    if rule.basis_of == "market_price" and book.last_usd is not None:
        return confined(book.last_usd, book.bid_usd, book.ask_usd) - index
    return book.mid_usd - index


def instant_mark(
    rule: MarkRule,
    funding: FundingRule,
    *,
    index: Values,
    rate_in_force: Values,
    hours_to_funding: Values,
    average_basis: Values,
    last: Values | None,
) -> Values:
    """Mark of a perpetual.

    Parameters
    ----------
    rate_in_force : per `rate_hours`, of the running window
    hours_to_funding : in whole minutes already, where the rule says so (`mark.whole_minutes`)
    average_basis : of perpetual less index, as the rule averages it; 0 before there was a book
    last : last price; without one the median's third price is its second
    """
    averaged = basis_mark(index, average_basis)
    decayed = decayed_mark(index, rate_in_force, hours_to_funding, funding.rate_hours)
    if rule.policy == "funding_decay":
        found = decayed
    elif rule.policy == "basis_average":
        found = averaged
    elif rule.policy == "median_of_three":
        found = median_mark(decayed, averaged, averaged if last is None else last)
    else:
        raise RuleError(f"mark policy {rule.policy!r} is not a perpetual's.")
    if rule.bound_rate:
        found = bounded_mark(found, index, float(rule.bound_rate))
    return found


def instant_premium(
    rule: FundingRule,
    *,
    book: Book,
    index: Values,
    mark: Values,
    rate_in_force: Values,
    hours_to_funding: Values,
) -> Values:
    """Premium sample that funding is made of; there is none without both sides of a book."""
    if rule.premium == "impact_with_basis":
        fair_basis = rate_in_force * hours_to_funding / rule.rate_hours
        return impact_premium(book.bid_usd, book.ask_usd, mark, index, fair_basis)
    if rule.premium == "impact":
        return impact_premium(book.bid_usd, book.ask_usd, index, index, 0.0)
    return premium(mark if rule.premium == "mark" else book.mid_usd, index)
