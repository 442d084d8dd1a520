"""The checks a quote passes at the door, each of one shape: quotes in, quotes and findings out.

What each decides, and why, is the table at the top of `obverse.market.validation`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

from obverse.contracts.instants import iso
from obverse.contracts.instruments import Kind
from obverse.errors import MarketDataError
from obverse.market.observations import PRICE_FIELDS, SIZE_FIELDS, Finding, Quote, is_price
from obverse.market.printing import age_text, listing

FAR_FROM_INDEX = Decimal("0.5")


@dataclass(frozen=True)
class Door:
    """What the checks compare quotes with."""

    at: datetime
    index: Decimal
    max_age: timedelta


Outcome: TypeAlias = tuple[list[Quote], list[Finding]]
Check: TypeAlias = Callable[[Sequence[Quote], Door], Outcome]


def _misshapen(quotes: Sequence[Quote], door: Door) -> Outcome:
    def reason(quote: Quote) -> str:
        if not quote.symbol.strip():
            return "no symbol"
        if quote.kind is Kind.SPREAD:
            return "a spread is no outright quote"
        if quote.kind is Kind.FUTURE and quote.expiry is None:
            return "a future without an expiry"
        if quote.kind is Kind.PERPETUAL and quote.expiry is not None:
            return f"a perpetual with an expiry, {iso(quote.expiry)}"
        return ""

    return _without(quotes, reason)


def _unusable_marks(quotes: Sequence[Quote], door: Door) -> Outcome:
    def reason(quote: Quote) -> str:
        return "" if is_price(quote.mark) else f"mark {quote.mark} is not a price above zero"

    return _without(quotes, reason)


def _from_the_future(quotes: Sequence[Quote], door: Door) -> Outcome:
    def reason(quote: Quote) -> str:
        if quote.observed_at <= door.at:
            return ""
        return f"seen at {iso(quote.observed_at)}, after the snapshot's {iso(door.at)}"

    return _without(quotes, reason)


def _expired(quotes: Sequence[Quote], door: Door) -> Outcome:
    def reason(quote: Quote) -> str:
        over = quote.expiry is not None and quote.expiry <= door.at
        return f"expired at {iso(quote.expiry)}" if over and quote.expiry else ""

    return _without(quotes, reason)


def _unusable_fields(quotes: Sequence[Quote], door: Door) -> Outcome:
    tests: dict[str, Callable[[Decimal], bool]] = {
        **dict.fromkeys(PRICE_FIELDS, is_price),
        **dict.fromkeys(SIZE_FIELDS, lambda size: size.is_finite() and size >= 0),
        "funding_rate_8h": lambda rate: rate.is_finite(),
    }
    kept, findings = [], []
    for quote in quotes:
        values = {name: getattr(quote, name) for name in tests}
        bad = {
            name: value
            for name, value in values.items()
            if value is not None and not tests[name](value)
        }
        changes: dict[str, Any] = dict.fromkeys(bad)
        kept.append(replace(quote, **changes))
        findings += [
            Finding("dropped", quote.symbol, f"{name} {value}{place(quote)}")
            for name, value in bad.items()
        ]
    return kept, findings


def _crossed(quotes: Sequence[Quote], door: Door) -> Outcome:
    kept, findings = [], []
    for quote in quotes:
        if quote.bid is not None and quote.ask is not None and quote.bid > quote.ask:
            reason = f"bid {quote.bid:f} is above ask {quote.ask:f}, both left out{place(quote)}"
            findings.append(Finding("dropped", quote.symbol, reason))
            quote = replace(quote, bid=None, ask=None)
        kept.append(quote)
    return kept, findings


def _duplicates(quotes: Sequence[Quote], door: Door) -> Outcome:
    rows: dict[str, list[Quote]] = {}
    for quote in quotes:
        rows.setdefault(quote.symbol, []).append(quote)
    findings: list[Finding] = []
    return [_newest(same, findings) for same in rows.values()], findings


def _newest(rows: Sequence[Quote], findings: list[Finding]) -> Quote:
    """Choose the one quote to keep of rows with one symbol."""
    latest = max(quote.observed_at for quote in rows)
    first, *others = (quote for quote in rows if quote.observed_at == latest)
    for other in others:
        if other != first:
            raise MarketDataError(
                f"{first.symbol} was seen twice at {iso(latest)} and differs: "
                f"{_difference(first, other)}. Remove the wrong row."
            )
        findings.append(Finding("flagged", first.symbol, f"twice, the same{place(other)}"))
    for quote in rows:
        if quote.observed_at < latest:
            reason = f"seen at {iso(quote.observed_at)}, and again later{place(quote)}"
            findings.append(Finding("dropped", quote.symbol, reason))
    return first


def _stale(quotes: Sequence[Quote], door: Door) -> Outcome:
    findings = [
        Finding("flagged", quote.symbol, f"stale: seen {age_text(quote.age(door.at))} before")
        for quote in quotes
        if quote.age(door.at) > door.max_age
    ]
    return list(quotes), findings


def _far_from_index(quotes: Sequence[Quote], door: Door) -> Outcome:
    findings = []
    for quote in quotes:
        gap = quote.mark / door.index - 1
        if abs(gap) > FAR_FROM_INDEX:
            reason = f"mark {quote.mark:f} is {gap:+.0%} from the index {door.index:f}"
            findings.append(Finding("flagged", quote.symbol, reason + place(quote)))
    return list(quotes), findings


def _shared_expiries(quotes: Sequence[Quote], door: Door) -> Outcome:
    sharing: dict[datetime, list[Quote]] = {}
    for quote in sorted(of_kind(Kind.FUTURE, quotes), key=near_to_far):
        assert quote.expiry is not None
        sharing.setdefault(quote.expiry, []).append(quote)
    findings = []
    for expiry, futures in sharing.items():
        if len(futures) > 1:
            others = listing([future.symbol for future in futures[1:]])
            reason = f"shares its expiry {iso(expiry)} with {others}; it is the one on the curve"
            findings.append(Finding("flagged", futures[0].symbol, reason))
    return list(quotes), findings


CHECKS: tuple[Check, ...] = (
    _misshapen,
    _unusable_marks,
    _from_the_future,
    _expired,
    _unusable_fields,
    _crossed,
    _duplicates,
    _stale,
    _far_from_index,
    _shared_expiries,
)


def _without(quotes: Sequence[Quote], reason: Callable[[Quote], str]) -> Outcome:
    kept, findings = [], []
    for quote in quotes:
        why = reason(quote)
        if why:
            subject = quote.symbol.strip() or "(no symbol)"
            findings.append(Finding("dropped", subject, why + place(quote)))
        else:
            kept.append(quote)
    return kept, findings


def of_kind(kind: Kind, quotes: Sequence[Quote]) -> list[Quote]:
    """Quotes of one kind, in their order."""
    return [quote for quote in quotes if quote.kind is kind]


def near_to_far(quote: Quote) -> tuple[datetime, bool, str]:
    """Sort key of futures: expiry, listed before synthetic, symbol."""
    assert quote.expiry is not None
    return quote.expiry, not quote.listed, quote.symbol


def _difference(one: Quote, other: Quote) -> str:
    names = [name for name in one.__dataclass_fields__ if name != "place"]
    different = [name for name in names if getattr(one, name) != getattr(other, name)]
    return " and ".join(
        ", ".join(f"{name} {getattr(quote, name)}" for name in different) + place(quote)
        for quote in (one, other)
    )


def place(quote: Quote) -> str:
    """Where a quote was read, in brackets, to end a message."""
    return f" ({quote.place})" if quote.place else ""
