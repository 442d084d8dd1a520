"""Histories of a contract, page by page: its bars, and the funding that was paid on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from obverse.contracts.instants import iso
from obverse.errors import MarketDataError
from obverse.market.live.calls import call
from obverse.market.live.clocks import local_now
from obverse.market.live.connecting import Connection
from obverse.market.live.contracts import EPOCH, Contract, of_milliseconds, to_milliseconds
from obverse.market.live.exchanges import Exchange
from obverse.market.live.funding_structures import funding_part
from obverse.market.live.paging import Page, Pager, pages
from obverse.market.live.structures import Structure, bars_part, number
from obverse.market.observations import Finding
from obverse.market.series.kinds import Kind, bars
from obverse.market.series.parts import Part

Bar = Sequence[Any]
_DEFAULT_FUNDING = timedelta(days=30)
_HOUR = timedelta(hours=1)


def bar_pages(
    connection: Connection,
    contract: Contract,
    interval: timedelta,
    start: datetime | None,
    end: datetime,
) -> Iterator[Part]:
    """Bars that had closed by an end, from a start: the venue's last page where there is none."""
    exchange = connection.exchange
    timeframe = _timeframe(connection, interval)
    span = exchange.bars_page * interval
    if exchange.longest_span is not None:
        span = min(span, exchange.longest_span // interval * interval)

    def read(since: datetime, until: datetime) -> Sequence[Bar]:
        found: Sequence[Bar] = call(
            connection,
            "fetch_ohlcv",
            contract.unified,
            timeframe,
            since=to_milliseconds(since),
            limit=-((since - until) // interval),
            params=_ending(exchange.bars_until, until),
        )
        return found

    name = f"{exchange.venue} {contract.name} {bars(interval).name}"
    pager = Pager(name, read, _bar_stamp, exchange.bars_page, span, interval, interval)
    began = _clipped(exchange, contract, end - span if start is None else start)
    for page in pages(pager, _on_grid(began, interval), _ended(end, contract)):
        own = bars_part(
            exchange, contract, page.rows, interval,
            closed_by=end, local_time=local_now(connection.clock),
        )  # fmt: skip
        yield from _some(_with_hole(own, page))


def funding_pages(
    connection: Connection, contract: Contract, start: datetime | None, end: datetime
) -> Iterator[Part]:
    """Funding paid by an end, from a start: the listing, or a month back, where there is none."""
    exchange = connection.exchange
    usual = timedelta(hours=exchange.funding_hours)
    began = _clipped(exchange, contract, start or contract.listing or end - _DEFAULT_FUNDING)

    def read(since: datetime, until: datetime) -> Sequence[Structure]:
        found: Sequence[Structure] = call(
            connection,
            "fetch_funding_rate_history",
            contract.unified,
            since=to_milliseconds(since),
            limit=exchange.funding_page,
            params=_ending(exchange.funding_until, until),
        )
        return found

    span = exchange.funding_span or max(end - began, usual)
    name = f"{exchange.venue} {contract.name} funding"
    pager = Pager(name, read, _funding_stamp, exchange.funding_page, span, usual, _HOUR)
    for page in pages(pager, began, _ended(end, contract)):
        own = funding_part(
            exchange, contract, page.rows, paid_by=end, local_time=local_now(connection.clock)
        )
        yield from _some(_with_hole(own, page))


def resumed_from(connection: Connection, kind: Kind, last: datetime) -> datetime:
    """Where to go on after the last row that is stored.

    Funding goes on with that row itself, since the gap to it tells the interval of the next.
    """
    if kind.interval is not None or connection.exchange.funding_stamp == "end":
        return last
    return last - timedelta(hours=connection.exchange.funding_hours)


def _timeframe(connection: Connection, interval: timedelta) -> str:
    name = bars(interval).name.removeprefix("bars_")
    known: Mapping[str, Any] = connection.ccxt.timeframes
    if name not in known:
        raise MarketDataError(
            f"{connection.exchange.venue} has no bars of {name}; it has {', '.join(known)}."
        )
    return name


def _ending(parameter: str, until: datetime) -> dict[str, int]:
    return {parameter: to_milliseconds(until) - 1} if parameter else {}


def _on_grid(moment: datetime, interval: timedelta) -> datetime:
    return moment - (moment - EPOCH) % interval


def _clipped(exchange: Exchange, contract: Contract, start: datetime) -> datetime:
    if contract.listing is None or not exchange.listing_is_start:
        return start
    return max(start, contract.listing)


def _ended(end: datetime, contract: Contract) -> datetime:
    return end if contract.expiry is None else min(end, contract.expiry)


def _bar_stamp(row: Bar) -> datetime:
    return _moment(row[0] if row else None)


def _funding_stamp(structure: Structure) -> datetime:
    return _moment(structure.get("timestamp"))


def _moment(stamp: Any) -> datetime:
    milliseconds = number(stamp)
    if milliseconds is None:
        raise MarketDataError(f"{stamp!r} is no time in milliseconds.")
    return of_milliseconds(milliseconds)


def _with_hole(part: Part, page: Page[Any]) -> Part:
    if page.hole is None:
        return part
    start, end = page.hole
    reason = f"the venue gave no rows from {iso(start)} to {iso(end)}"
    finding = Finding("flagged", part.name, reason)
    return Part(part.venue, part.instrument, part.kind, part.frame, (*part.findings, finding))


def _some(part: Part) -> Iterator[Part]:
    """A part that has rows, or something to tell."""
    if len(part.frame) or part.findings:
        yield part
