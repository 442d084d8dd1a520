"""The door of the market: raw quotes in, a checked `Snapshot` out.

================================================== ==========================================
found                                              outcome
================================================== ==========================================
index NaN, infinite, zero, below zero              snapshot refused
index range that does not hold the index           range dropped
index range wider than 10 bp                       flagged
a time without a zone                              snapshot refused
no symbol; a spread; a future without an expiry,
a perpetual with one                               quote dropped
mark NaN, infinite, zero, below zero               quote dropped
seen after the snapshot's instant (look-ahead)     quote dropped
expired at or before the snapshot's instant        quote dropped
bid, ask or last NaN, infinite, zero, below zero   field dropped
open interest or volume NaN, infinite, below zero  field dropped
funding rate NaN or infinite                       field dropped
bid above ask (bid equal to ask is a locked book,
which happens)                                     bid and ask dropped, mark kept
one symbol twice, the same                         one kept, flagged
one symbol twice, seen at different times          the later kept, the earlier dropped
one symbol twice, seen at one time, different      snapshot refused: picking one is a guess
seen more than `max_age` before the snapshot       flagged
mark more than 50 % from the index                 flagged
two futures with one expiry                        flagged; the listed one is on the curve
rows out of order                                  sorted: perpetuals by symbol, futures near
                                                   to far, listed before synthetic
nothing left                                       snapshot refused
================================================== ==========================================

"Refused" raises `MarketDataError`; the rest is told in `Snapshot.findings`. The checks run in
that order, each on what the one before let through, and have one shape.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from obverse.contracts.instants import iso
from obverse.contracts.instruments import Kind
from obverse.errors import MarketDataError
from obverse.market.checks import CHECKS, Door, Outcome, near_to_far, of_kind, place
from obverse.market.observations import Finding, Quote, is_price
from obverse.market.snapshots import Market, Snapshot

MAX_AGE = timedelta(hours=1)
"""Older than this before its snapshot, a quote is flagged as stale."""

WIDE_INDEX_BP = Decimal(10)


def validate(
    quotes: Iterable[Quote],
    *,
    underlying: str,
    venue: str,
    at: datetime,
    index: Decimal,
    source: str,
    quote: str = "USD",
    index_range: tuple[Decimal, Decimal] | None = None,
    simulated: bool = False,
    findings: Sequence[Finding] = (),
    max_age: timedelta = MAX_AGE,
) -> Snapshot:
    """Check raw quotes and make a snapshot of them; the module's table says what happens to which.

    `findings` are what the source noticed itself. A mark that is missing is a mark of NaN.
    Raises `MarketDataError` where the snapshot as a whole cannot be used.
    """
    name = f"{underlying} at {venue}"
    at = _with_zone(at, f"{name}: the snapshot's instant")
    if not is_price(index):
        raise MarketDataError(f"{name} at {iso(at)}: index {index} is not a price above zero.")
    index_range, noticed = _checked_range(index, index_range)
    kept, found = _through([_in_utc(each) for each in quotes], Door(at, index, max_age))
    found = [*findings, *noticed, *found]
    if not kept:
        reasons = "; ".join(map(str, found)) or "there were no rows"
        raise MarketDataError(f"{name} at {iso(at)}: no usable quote is left ({reasons}).")
    return Snapshot(
        underlying=underlying,
        venue=venue,
        at=at,
        index=index,
        perpetuals=tuple(sorted(of_kind(Kind.PERPETUAL, kept), key=lambda each: each.symbol)),
        futures=tuple(sorted(of_kind(Kind.FUTURE, kept), key=near_to_far)),
        source=source,
        quote=quote,
        index_range=index_range,
        simulated=simulated,
        findings=tuple(found),
    )


def gather(
    parts: Mapping[str, Callable[[], Snapshot]], *, asked: datetime | None, venue: str, source: str
) -> Market:
    """Make a market of what each underlying's maker gives.

    A refused snapshot becomes a finding, so that one bad coin does not hide the others; where
    all are refused, `MarketDataError` is raised. Without an instant asked for it is that of the
    latest snapshot.
    """
    snapshots: dict[str, Snapshot] = {}
    refused: list[Finding] = []
    for underlying, make in parts.items():
        try:
            snapshots[underlying] = make()
        except MarketDataError as error:
            refused.append(Finding("refused", underlying, str(error)))
    if not snapshots:
        raise MarketDataError("\n".join(found.reason for found in refused))
    return Market(
        asked=asked or max(snapshot.at for snapshot in snapshots.values()),
        venue=venue,
        source=source,
        snapshots=snapshots,
        simulated=any(snapshot.simulated for snapshot in snapshots.values()),
        findings=tuple(refused),
    )


def _through(quotes: Sequence[Quote], door: Door) -> Outcome:
    findings: list[Finding] = []
    for check in CHECKS:
        quotes, found = check(quotes, door)
        findings += found
    return list(quotes), findings


def _checked_range(
    index: Decimal, limits: tuple[Decimal, Decimal] | None
) -> tuple[tuple[Decimal, Decimal] | None, list[Finding]]:
    if limits is None:
        return None, []
    low, high = limits
    if not (is_price(low) and is_price(high) and low <= index <= high):
        reason = f"the range {low} to {high} does not hold the index {index}"
        return None, [Finding("dropped", "index range", reason)]
    width_bp = (high - low) / index * 10_000
    if width_bp <= WIDE_INDEX_BP:
        return limits, []
    reason = f"moved {width_bp:.1f} bp ({low:f} to {high:f}) while the snapshot was taken"
    return limits, [Finding("flagged", "index", reason)]


def _in_utc(quote: Quote) -> Quote:
    who = f"{quote.symbol or 'a row without symbol'}{place(quote)}"
    expiry = quote.expiry and _with_zone(quote.expiry, f"{who}: expiry")
    seen = _with_zone(quote.observed_at, f"{who}: observed_at")
    return replace(quote, expiry=expiry, observed_at=seen)


def _with_zone(moment: datetime, what: str) -> datetime:
    if moment.tzinfo is None:
        raise MarketDataError(f"{what} {moment.isoformat()} has no time zone; add Z for UTC.")
    return moment.astimezone(UTC)
