"""The quantities of index, mark price, funding and dates, computed by the room `marks`.

Rates and marks are computed in fractions, by the same formulas that histories run through.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec

from obverse.app.conformance.case import GENERIC, Case
from obverse.app.conformance.results import Result, usd_worth
from obverse.contracts.accounting import UNROUNDED_EXPONENT, FieldRounding
from obverse.contracts.units import Rounding, to_decimal
from obverse.errors import DataError, RuleError
from obverse.marks import IndexRule, SourcePrice, TwapTerms, impact, index, mark, policies
from obverse.marks import funding as funds
from obverse.rulebooks.in_force import ProductRules
from obverse.rulebooks.records import FundingRule


def index_price(case: Case) -> Result:
    """Index, median and prices after the outlier rule."""
    rule = IndexRule()
    if case.row.venue != GENERIC:
        entry = _rules(case).index
        if entry is None:
            raise RuleError(f"{case.row.venue}: no index rule.")
        rule = policies.index_rule(entry)
    sources = [
        SourcePrice(str(place), float(item["price"]), float(item.get("weight", 1)))
        for place, item in enumerate(case.row.given["sources"])
    ]
    found = index.index_value(rule, sources)
    used = [part.used_price for part in found.contributions if part.used_price is not None]
    return {"median": found.median_usd, "clamped_prices": used, "index_price": found.price_usd}


def impact_mid_price(case: Case) -> Result:
    """Mean of the impact prices, to the tick."""
    bid, ask = case.number("impact_bid"), case.number("impact_ask")
    found = impact.impact_mid_price(bid, ask, tick=_tick(case))
    return {"impact_mid_price": found}


def market_price(case: Case) -> Result:
    """Last price confined to the book."""
    bid, ask, last = (case.number(key) if key in case else None for key in ("bid", "ask", "last"))
    return {"market_price": impact.market_price(bid=bid, ask=ask, last=last)}


def mark_price(case: Case) -> Result:
    """The venue's perpetual mark, and how far it stands from the index."""
    level = _fraction(case, "index_price")
    found = to_decimal(_mark(case, level))
    if case.row.venue != GENERIC and not case.unrounded:
        rule = _rules(case).mark
        found = policies.rounded_mark(found, rule.places if rule else None)
    return {"mark_price": found, "fair_basis": found - case.number("index_price")}


def _mark(case: Case, level: Any) -> Any:
    rule = None if case.row.venue == GENERIC else _rules(case).mark
    policy = rule.policy if rule else "funding_decay" if "funding_rate" in case else "basis_average"
    if policy == "median_of_three" and not ("bid" in case and "last" in case):
        policy = "funding_decay"  # an example of the first of the three prices alone
    if policy == "funding_decay":
        return _decayed(case, level, whole_minutes=bool(rule and rule.whole_minutes))
    if policy == "median_of_three" and not {"bid", "ask", "last"} & set(case.row.given):
        return _decayed(case, level, whole_minutes=False)  # the only one of the three given
    book: Any = Fraction(case.number("bid") + case.number("ask")) / 2
    if policy == "median_of_three":
        decayed = _decayed(case, level, whole_minutes=False)
        last: Any = _fraction(case, "last")
        return mark.median_mark(decayed, book, last)
    if policy != "basis_average":
        raise DataError(f"mark policy {policy!r} needs an expiry, which these inputs do not give.")
    averaged = mark.basis_mark(level, book - level)
    bound: Any = _fraction(case, "bound_rate") if "bound_rate" in case else None
    if bound is None and rule is not None and rule.bound_rate is not None:
        bound = Fraction(rule.bound_rate)
    return averaged if bound is None else mark.bounded_mark(averaged, level, bound)


def _decayed(case: Case, level: Any, *, whole_minutes: bool) -> Any:
    hours: Any = _fraction(case, "hours_to_funding")
    if whole_minutes and not case.unrounded:
        hours = Fraction(mark.whole_minutes(float(hours))).limit_denominator(60)
    interval: Any = _fraction(case, "interval_hours") if "interval_hours" in case else Fraction(8)
    rate: Any = _fraction(case, "funding_rate")
    return mark.decayed_mark(level, rate, hours, interval)


def fair_basis(case: Case) -> Result:
    """A funding rate per year."""
    rate: Any = _fraction(case, "funding_rate")
    interval: Any = _fraction(case, "interval_hours")
    return {"fair_basis_rate": _plain(mark.fair_basis_rate(rate, interval))}


def premium(case: Case) -> Result:
    """Perpetual over index."""
    perpetual: Any = _fraction(case, "perpetual_price")
    level: Any = _fraction(case, "index_price")
    return {"premium": _plain(funds.premium(perpetual, level))}


def funding_interest(case: Case) -> Result:
    """Interest term per interval."""
    quote: Any = _fraction(case, "quote_rate_daily")
    base: Any = _fraction(case, "base_rate_daily")
    intervals: Any = _fraction(case, "intervals_per_day")
    return {"funding_interest": _plain(funds.interest_rate(quote, base, intervals))}


def funding_rate(case: Case) -> Result:
    """Funding rate by the venue's rule; given inputs override the rulebook's."""
    rule = _funding_rule(case)
    average: Any
    if "premium" in case:
        average = _fraction(case, "premium")
    else:
        price = "mark_price" if "mark_price" in case else "perpetual_price"
        top: Any = _fraction(case, price)
        level: Any = _fraction(case, "index_price")
        average = funds.premium(top, level)
    return {
        "funding_rate": _plain(policies.capped_rate(rule, average)),
        "uncapped_funding_rate": _plain(policies.rate_from_premium(rule, average)),
    }


def _funding_rule(case: Case) -> FundingRule:
    found = None if case.row.venue == GENERIC else _rules(case).funding
    rule = found or _generic_funding(case)
    names = {"interest": "interest_rate", "dampener": "dampener", "coefficient": "coefficient"}
    given = {field: case.number(key) for key, field in names.items() if key in case}
    if "cap" in case:
        given["cap"] = case.number("cap")
    return msgspec.structs.replace(rule, **given)


def _generic_funding(case: Case) -> FundingRule:
    kind = "divide" if "coefficient" in case else "clamp" if "interest" in case else "dampener"
    fields = {
        "products": ["*"], "from": "2000-01-01T00:00:00Z", "source": ["the row"], "premium": "mid",
        "sample_seconds": Decimal(60), "weights": "flat", "rule": kind, "lag": "same_window",
        "accrual": "discrete", "interval_hours": 8,
    }  # fmt: skip
    return msgspec.convert(fields, FundingRule)


def funding_cap(case: Case) -> Result:
    """Cap per day from the margin rates."""
    found = funds.cap_per_day(
        case.number("initial_rate"),
        case.number("maintenance_rate"),
        case.number("intervals_per_day"),
    )
    return {"funding_cap_daily": found}


def absolute_funding_rate(case: Case) -> Result:
    """Coin per contract and hour."""
    rate, level = case.number("relative_funding_rate"), case.number("index_price")
    return {"absolute_funding_rate": funds.absolute_rate(rate, level)}


def funding_payment(case: Case) -> Result:
    """Coin received, and its worth at the price it is valued on."""
    position = case.position("mark_price")
    rounding = FieldRounding(UNROUNDED_EXPONENT, Rounding.HALF_EVEN)
    if case.row.venue != GENERIC and not case.unrounded:
        rounding = _rules(case).funding_rounding
    paid = funds.funding_payment(
        position, price=case.number("mark_price"), rate=case.number("rate"), rounding=rounding
    )
    return {
        "funding_payment": paid.coins,
        "funding_payment_usd": usd_worth(case, paid, "mark_price"),
    }


def twap_funding(case: Case) -> Result:
    """Payment and rate on time averages."""
    fields = (
        "interest_rate", "period_years", "clamp_lower", "clamp_upper", "scaling_factor",
        "rate_lower", "rate_upper",
    )  # fmt: skip
    given = {name: case.number(name) for name in fields if name in case}
    terms = replace(TwapTerms(), **given)
    found = funds.twap_funding(case.number("perpetual_twap"), case.number("spot_twap"), terms)
    return {"payment": found.payment, "funding_rate": found.funding_rate}


def delivery_window(case: Case) -> Result:
    """Averaging window of the delivery price, and its number of samples."""
    entry, expiry = _rules(case).delivery, case.instrument().expiry
    if entry is None or expiry is None:
        raise RuleError(f"{case.row.instrument}: no delivery rule.")
    window = policies.delivery_window(entry, expiry)
    if "sample_interval_seconds" in case:
        window = replace(window, sample_seconds=case.number("sample_interval_seconds"))
    if window.sample_seconds is None:
        return {"window_minutes": window.minutes}
    return {"window_minutes": window.minutes, "samples": window.samples}


def price_band(case: Case) -> Result:
    """Limits for orders around the mark."""
    if "band_rate" in case:
        rate = case.number("band_rate")
    else:
        entry = _rules(case).price_band
        if entry is None:
            raise RuleError(f"{case.row.venue}: no price band rule.")
        rate = entry.band_rate
    found = impact.price_band(case.number("mark_price"), band_rate=rate, tick=_tick(case))
    return {"max_price": found.max_price, "min_price": found.min_price}


def _rules(case: Case) -> ProductRules:
    return case.rules().rules_of(case.instrument())


def _tick(case: Case) -> Decimal:
    return case.number("tick_size") if "tick_size" in case else case.instrument().tick


def _fraction(case: Case, key: str) -> Fraction:
    return Fraction(case.number(key))


def _plain(value: Any) -> Decimal:
    return to_decimal(Fraction(value))


MARK_QUANTITIES: dict[str, Callable[[Case], Result]] = {
    "index_price": index_price,
    "impact_mid_price": impact_mid_price,
    "market_price": market_price,
    "mark_price": mark_price,
    "fair_basis": fair_basis,
    "premium": premium,
    "funding_interest": funding_interest,
    "funding_rate": funding_rate,
    "funding_cap": funding_cap,
    "absolute_funding_rate": absolute_funding_rate,
    "funding_payment": funding_payment,
    "twap_funding": twap_funding,
    "delivery_window": delivery_window,
    "price_band": price_band,
}
"""From a quantity's word to the function that computes it."""
