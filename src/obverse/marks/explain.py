"""Index, mark, funding and delivery rules in words, with their source, day and doubts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from obverse.contracts.units import plain
from obverse.rulebooks import ProductRules
from obverse.rulebooks.records import (
    Delivery,
    Entry,
    FundingRule,
    IndexRule,
    MarkRule,
    PriceBandRule,
    VenueFile,
)


@dataclass(frozen=True)
class RuleWords:
    """One rule in force: what it says, where that is written, since when, and what is doubtful."""

    kind: str
    words: str
    sources: tuple[str, ...]
    begins: datetime
    uncertain: str | None
    note: str | None


def rule_words(rules: ProductRules, file: VenueFile) -> tuple[RuleWords, ...]:
    """The rules that make a product's index, mark, funding, limits and delivery price."""
    return tuple(
        RuleWords(
            kind=kind.replace("_", " "),
            words=_words(entry),
            sources=tuple(file.sources[key] for key in entry.source),
            begins=entry.begins,
            uncertain=entry.uncertain,
            note=entry.note,
        )
        for kind, entry in rules.entries()
        if kind in ("index", "mark", "funding", "price_band", "delivery")
    )


def _words(entry: Entry) -> str:
    match entry:
        case IndexRule():
            return _index(entry)
        case MarkRule():
            return _mark(entry)
        case FundingRule():
            return _funding(entry)
        case PriceBandRule():
            return f"orders within {_percent(entry.band_rate)} of the mark"
        case Delivery():
            return _delivery(entry)
    raise AssertionError(entry)


def average_words(rule: MarkRule) -> str:
    """The average of a mark rule: `exponential average over 30 s`."""
    if rule.average_seconds is None:
        return f"{rule.average} average (its length is not published)"
    sampled = f" (a sample every {_plain(rule.sample_seconds)} s)" if rule.sample_seconds else ""
    return f"{rule.average} average over {_plain(rule.average_seconds)} s{sampled}"


def basis_words(rule: MarkRule) -> str:
    """The basis of a mark rule: `last price confined to the book, less the index`."""
    return f"{_BASES[rule.basis_of]}, less the index"


_BASES = {
    None: "middle of the book",
    "mid": "middle of the book",
    "market_price": "last price confined to the book",
    "impact_mid": "middle of the impact prices",
}


def _mark(rule: MarkRule) -> str:
    said = _MARKS[rule.policy].format(
        basis=basis_words(rule),
        average=f"{average_words(rule)} of (" if rule.average else "(",
        minutes=", counted up to whole minutes" if rule.whole_minutes else "",
    )
    notional = rule.impact_notional_coin or rule.impact_notional_usd
    if notional is not None:
        unit = "USD" if rule.impact_notional_usd else "coin"
        said += f"; impact prices are those of {_plain(notional)} {unit}"
    if rule.bound_rate is not None:
        said += f"; within {_percent(rule.bound_rate)} of the index"
    if rule.settlement_average:
        said += "; in the delivery window it passes over to the running average of the index"
    if rule.places is not None:
        said += f"; to {rule.places} decimals"
    return said


_DECAY = "index · (1 + rate in force · hours to funding / hours of the rate)"
_MARKS = {
    "funding_decay": _DECAY + "{minutes}; the book does not matter",
    "basis_average": "index + {average}{basis})",
    "median_of_three": "middle of: " + _DECAY + "; index + {average}{basis}); last price",
    "annualised_impact_basis": "index · (1 + basis a year · years to delivery), the basis a year "
    "being (middle of the impact prices / index − 1) / years",
}


def _funding(rule: FundingRule) -> str:
    interest = _percent(rule.interest_rate)
    rate = _RATES[rule.rule].format(
        interest=interest, dampener=_percent(rule.dampener), coefficient=_plain(rule.coefficient)
    )
    parts = [f"P, the {_WEIGHTS[rule.weights]} of {_PREMIUMS[rule.premium]}"]
    if rule.accrual == "continuous":
        parts = [f"P, {_PREMIUMS[rule.premium]}"]
    parts[0] += f", sampled every {_plain(rule.sample_seconds)} s; the rate is {rate}"
    parts.append(f"within ±{_percent(rule.cap)}" if rule.cap is not None else "no known cap")
    parts.append(f"a rate for {rule.rate_hours} h")
    first = f"{rule.anchor_hour % rule.interval_hours:02d}:00 UTC"
    if rule.accrual == "continuous":
        parts.append("it accrues all the time on the coin value")
        parts.append(f"shown here in windows of {rule.interval_hours} h from {first}")
        return "; ".join(parts)
    paid = "the window after it" if rule.lag == "next_window" else "the window that made it"
    parts.append(f"stamps every {rule.interval_hours} h from {first}, paid at the end of {paid}")
    if rule.accrual == "fixed_amount":
        parts.append("fixed as coin a contract by the index at the window's start")
    else:
        parts.append(f"on the coin value at the {rule.valued_on}")
    return "; ".join(parts)


_WEIGHTS = {
    "flat": "mean over the window",
    "linear": "mean over the window, the k-th sample weighted k,",
    "rolling": "mean over the last window's length",
}
_PREMIUMS = {
    "impact_with_basis": "(how far the impact prices leave the mark out) / index + the basis used "
    "in the mark",
    "impact": "(how far the impact prices leave the index out) / index",
    "mark": "(mark − index) / index",
    "mid": "(middle of the book − index) / index",
}
_RATES = {
    "clamp": "P + ({interest} − P within ±{dampener})",
    "dampener": "the part of P outside ±{dampener}",
    "divide": "P / {coefficient}",
    "plain": "P",
}


def _index(rule: IndexRule) -> str:
    said = f"{rule.combination} mean of the sources"
    if rule.constituents:
        parts = (f"{name} {_percent(weight)}" for name, weight in rule.constituents.items())
        said += f" ({', '.join(parts)})"
    if rule.outliers == "clamp_to_median":
        said += f"; each within {_percent(rule.band_rate)} of their median"
    elif rule.outliers == "drop_extremes":
        said += "; without the highest and the lowest"
    if rule.silent_seconds is not None:
        said += f"; a source silent for {_plain(rule.silent_seconds)} s is left out"
    if rule.minimum_sources > 1:
        said += f"; none with fewer than {rule.minimum_sources} sources"
    if rule.few_equal:
        said += f"; with {rule.few_equal} sources or fewer all weigh the same"
    if rule.publish_seconds is not None:
        said += f"; published every {_plain(rule.publish_seconds)} s"
    return said


def _delivery(rule: Delivery) -> str:
    minutes = f"the last {_plain(rule.window_minutes)} minutes"
    if rule.method == "volume_weighted_medians":
        return f"mean of volume-weighted medians over {minutes} before delivery"
    if rule.method == "index_value" or not rule.window_minutes:
        return "the index at delivery"
    step = f", every {_plain(rule.sample_seconds)} s" if rule.sample_seconds else ""
    return f"mean of the index over {minutes} before delivery{step}"


def _percent(value: Decimal | None) -> str:
    return "" if value is None else f"{_plain(value * 100)} %"


def _plain(value: Decimal | None) -> str:
    return "" if value is None else f"{plain(value):f}"
