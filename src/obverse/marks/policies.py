"""From a rulebook's words to the functions that carry them out: the closed set of policies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from obverse.contracts.units import Rounding, exact, round_to_step
from obverse.errors import RuleError
from obverse.marks.delivery import DeliveryWindow
from obverse.marks.funding import capped, clamped_rate, dampened_rate, divided_rate
from obverse.marks.index import IndexRule
from obverse.marks.schedule import Schedule, Span
from obverse.rulebooks.in_force import ProductRules
from obverse.rulebooks.records import Delivery, FundingRule, VenueFile
from obverse.rulebooks.records import IndexRule as IndexEntry
from obverse.rulebooks.series import series


def index_rule(entry: IndexEntry) -> IndexRule:
    """How a venue combines its sources, from its rulebook."""
    return IndexRule(
        combination=entry.combination,
        outliers=entry.outliers,
        band_rate=float(entry.band_rate or 0),
        silent_seconds=None if entry.silent_seconds is None else float(entry.silent_seconds),
        minimum_sources=entry.minimum_sources,
        few_equal=entry.few_equal,
    )


def rate_from_premium(rule: FundingRule, average_premium: Any) -> Any:
    """Funding rate of an average premium by a venue's rule, before its cap."""
    return RATE_RULES[rule.rule](rule, average_premium)


def capped_rate(rule: FundingRule, average_premium: Any) -> Any:
    """Funding rate of an average premium by a venue's rule, within its cap."""
    cap = None if rule.cap is None else _like(average_premium, rule.cap)
    return capped(rate_from_premium(rule, average_premium), cap)


def _clamp(rule: FundingRule, premium: Any) -> Any:
    interest = _like(premium, rule.interest_rate)
    return clamped_rate(premium, interest, _like(premium, _need(rule, "dampener")))


def _dampen(rule: FundingRule, premium: Any) -> Any:
    return dampened_rate(premium, _like(premium, _need(rule, "dampener")))


def _divide(rule: FundingRule, premium: Any) -> Any:
    return divided_rate(premium, _like(premium, _need(rule, "coefficient")))


def _plain(rule: FundingRule, premium: Any) -> Any:
    return premium


RATE_RULES: dict[str, Callable[[FundingRule, Any], Any]] = {
    "clamp": _clamp,
    "dampener": _dampen,
    "divide": _divide,
    "plain": _plain,
}
"""From a rulebook's word to the function that turns premium into rate."""


def rounded_mark(mark: Decimal, places: int | None) -> Decimal:
    """A mark as the venue prints it: to so many decimals, nearest; as it is where none are said."""
    if places is None:
        return mark
    return round_to_step(exact(mark), Decimal(1).scaleb(-places), Rounding.NEAREST)


def delivery_window(entry: Delivery, end: datetime) -> DeliveryWindow:
    """The averaging window of a delivery at an instant."""
    return DeliveryWindow(end, entry.window_minutes, entry.sample_seconds)


def funding_schedule(rules: ProductRules, file: VenueFile) -> Schedule:
    """A perpetual's funding stamps over the whole history of its venue."""
    entries = [entry for _, entry in series(file, "funding", rules.product)]
    if not entries:
        raise RuleError(f"{rules.product.id}: no funding rule.")
    spans: list[Span] = []
    for entry in entries:
        assert isinstance(entry, FundingRule)
        begins = max(entry.begins, rules.product.begins)
        if spans and spans[-1].begins == begins:
            spans.pop()  # over before the product was listed
        new = Span(begins, entry.interval_hours, entry.anchor_hour)
        same = spans and (spans[-1].interval_hours, spans[-1].anchor_hour) == (
            new.interval_hours,
            new.anchor_hour,
        )
        if not same:
            spans.append(new)
    return Schedule(tuple(spans), rules.product.until or file.until)


def _need(rule: FundingRule, field: str) -> Decimal:
    value: Decimal | None = getattr(rule, field)
    if value is None:
        raise RuleError(f"funding rule {rule.rule!r} without a {field}.")
    return value


def _like(sample: Any, number: Decimal) -> Any:
    """A rulebook's exact number beside a sample: exact for exact, float for floats and arrays."""
    return Fraction(number) if isinstance(sample, Fraction) else float(number)
