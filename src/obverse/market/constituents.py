"""What an index is made of: the price each source said at one instant, checked.

================================================== ==========================================
found                                              outcome
================================================== ==========================================
price missing, NaN, infinite, zero, below zero     the source is kept without a price
age below zero or none; seen after the instant     the source is kept without a price:
(look-ahead)                                       what it said is yet to come
weight NaN, infinite, below zero                   instant refused: all shares hang on it
one source twice, the same                         one kept, flagged
one source twice, seen at different times          the later kept, the earlier dropped
one source twice, seen at one time, different      instant refused: picking one is a guess
no source with a price                             kept; the index rule names the state
no rows                                            refused
================================================== ==========================================

"Refused" raises `MarketDataError`; the rest is told in `Constituents.findings`. A source without a
price takes part in no index, and what it said before is not used again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from obverse.contracts.instants import iso
from obverse.errors import MarketDataError
from obverse.market.observations import Finding, is_price


@dataclass(frozen=True)
class Constituent:
    """What one source of an index said.

    Attributes
    ----------
    name : the source's name, such as `Coinbase`
    price : quote currency per coin; none where it said nothing that can be used
    weight : relative weight; none where the venue's rule has to say it
    age_seconds : how old the price was
    place : file and row it was read from; no part of what it says, so not compared
    """

    name: str
    price: Decimal | None
    weight: Decimal | None = None
    age_seconds: Decimal = Decimal(0)
    place: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True)
class Constituents:
    """The sources of one index at one instant, each once.

    Attributes
    ----------
    venue : whose index it is, where the recording says so
    source : where it was read
    """

    underlying: str
    at: datetime
    sources: tuple[Constituent, ...]
    source: str
    venue: str | None = None
    simulated: bool = False
    findings: tuple[Finding, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no door would have let through."""
        fault = _fault(self)
        if fault:
            raise MarketDataError(
                f"{self.underlying} sources: {fault}. Raw ones go through "
                "obverse.market.constituents.checked first."
            )

    @property
    def names(self) -> tuple[str, ...]:
        """The sources' names, in their order."""
        return tuple(each.name for each in self.sources)


@dataclass(frozen=True)
class ConstituentHistory:
    """The sources of one index over time, an instant each, in increasing time.

    Attributes
    ----------
    findings : instants that the door refused; what it dropped is in each instant's own findings
    """

    underlying: str
    source: str
    instants: tuple[Constituents, ...]
    findings: tuple[Finding, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a history without a usable instant."""
        if not self.instants:
            reasons = "; ".join(map(str, self.findings)) or "there were no rows"
            raise MarketDataError(
                f"{self.underlying} sources: no usable instant in {self.source} ({reasons})."
            )

    @property
    def simulated(self) -> bool:
        """Whether any of it is simulated."""
        return any(each.simulated for each in self.instants)

    @property
    def venue(self) -> str | None:
        """Whose index it is, where the recording says so."""
        return self.instants[0].venue


def checked(
    sources: Iterable[Constituent],
    *,
    underlying: str,
    at: datetime,
    source: str,
    venue: str | None = None,
    simulated: bool = False,
) -> Constituents:
    """Check raw source prices; the module's table says what happens to which."""
    findings: list[Finding] = []
    priced = [_priced(each, findings) for each in sources]
    rows: dict[str, list[Constituent]] = {}
    for each in priced:
        rows.setdefault(each.name, []).append(each)
    name = f"{underlying} sources at {iso(at)}"
    if not rows:
        raise MarketDataError(f"{name}: there are none.")
    kept = []
    for same in rows.values():
        one = _newest(same, at, findings)
        if one.weight is not None and not (one.weight.is_finite() and one.weight >= 0):
            raise MarketDataError(
                f"{name}: the weight {one.weight} of {one.name} is not a number of zero or "
                f"more{_place(one)}."
            )
        kept.append(one)
    return Constituents(underlying, at, tuple(kept), source, venue, simulated, tuple(findings))


def _priced(each: Constituent, findings: list[Finding]) -> Constituent:
    """A source with its price and age, or without a price where one of them is none."""
    reason = ""
    if each.price is not None and not is_price(each.price):
        reason = f"price {each.price} is not a price above zero"
    elif not (each.age_seconds.is_finite() and each.age_seconds >= 0):
        reason = f"{each.age_seconds} s old: its price is yet to come"
    if not reason:
        return each
    findings.append(Finding("dropped", each.name, reason + _place(each)))
    return replace(each, price=None, age_seconds=Decimal(0))


def _newest(rows: Sequence[Constituent], at: datetime, findings: list[Finding]) -> Constituent:
    """Choose the one row to keep of rows of one source."""
    youngest = min(each.age_seconds for each in rows)
    first, *others = (each for each in rows if each.age_seconds == youngest)
    for other in others:
        if other != first:
            raise MarketDataError(
                f"{first.name} is there twice at {iso(at)} and differs: {first.price} and "
                f"{other.price}{_place(other)}. Remove the wrong row."
            )
        findings.append(Finding("flagged", first.name, f"twice, the same{_place(other)}"))
    findings += [
        Finding("dropped", each.name, f"{each.age_seconds:f} s old, and again later{_place(each)}")
        for each in rows
        if each.age_seconds > youngest
    ]
    return first


def seconds_between(earlier: datetime, later: datetime) -> Decimal:
    """Seconds from one instant to another, exactly."""
    return Decimal((later - earlier) // timedelta(microseconds=1)).scaleb(-6)


def _fault(found: Constituents) -> str:
    """Say what makes the sources of an instant impossible, or nothing."""
    if found.at.tzinfo is None:
        return "their instant has no time zone"
    if not found.sources or len(set(found.names)) < len(found.names):
        return "every source must be there once, and one at least"
    for each in found.sources:
        if each.price is not None and not is_price(each.price):
            return f"{each.name} has the price {each.price}"
        if not (each.age_seconds.is_finite() and each.age_seconds >= 0):
            return f"{each.name} has the age {each.age_seconds}"
        if each.weight is not None and not (each.weight.is_finite() and each.weight >= 0):
            return f"{each.name} has the weight {each.weight}"
    return ""


def _place(each: Constituent) -> str:
    return f" ({each.place})" if each.place else ""
