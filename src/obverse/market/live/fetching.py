"""Reading a venue live: what is asked for, as parts of series, page by page.

Nothing is kept here: parts go through the door and into a store as those of files do, so that what
was fetched before a failure is not lost, and `resume_from` lets the store say where to go on.

- `instruments`: specifications of the inverse contracts.
- `tickers`: what is shown of each. `curve`: the same of all contracts on a coin, as one snapshot.
- `funding`: what was paid on perpetuals. `bars`: trades' bars that have closed.
- `book`: a snapshot of the order book. `trades`: the last ones that the venue tells.

The first part tells where the venue's clock is more than a second from this computer's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, TypeAlias, get_args

from obverse.errors import MarketDataError, nearest
from obverse.market.live.calls import call
from obverse.market.live.clocks import Skew, local_now, measured
from obverse.market.live.connecting import Connection
from obverse.market.live.contracts import Contract, chosen, is_inverse, of_market
from obverse.market.live.histories import bar_pages, funding_pages, resumed_from
from obverse.market.live.structures import book_part, instruments_part, trades_part
from obverse.market.live.ticker_calls import ticker_structures
from obverse.market.live.tickers import latest, shows, tickers_part
from obverse.market.observations import Finding
from obverse.market.series.kinds import FUNDING, Kind, bars
from obverse.market.series.parts import Part

What: TypeAlias = Literal["instruments", "tickers", "curve", "funding", "bars", "book", "trades"]
WHATS: tuple[str, ...] = get_args(What)
"""All that can be fetched."""

ResumeFrom: TypeAlias = Callable[[str, str, str], datetime | None]
"""Given venue, instrument and kind, the time of the last row that is stored, or None."""

_NEED_NAMES = ("bars", "book", "trades", "curve")


@dataclass(frozen=True)
class Request:
    """What to fetch.

    Attributes
    ----------
    what : one of `WHATS`
    names : coins, the venue's own names, or ccxt's; none are all contracts of instruments, tickers
        and funding
    since, until : the span of a history; without a start, bars are the last page and funding is all
        since the listing; without an end, it is now
    interval : of bars
    depth : levels of a side of a book; the venue's usual number without one
    """

    what: What
    names: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    interval: timedelta = timedelta(minutes=1)
    depth: int | None = None

    def __post_init__(self) -> None:
        """Refuse what is not known, what lacks names, and a span that ends before it begins."""
        if self.what not in WHATS:
            close = nearest(self.what, WHATS)
            hint = f" Did you mean {close[0]}?" if close else ""
            raise MarketDataError(
                f"{self.what!r} cannot be fetched; there are {', '.join(WHATS)}.{hint}"
            )
        if self.what in _NEED_NAMES and not self.names:
            raise MarketDataError(f"say of which contracts or coins to fetch the {self.what}.")
        if any(each is not None and each.tzinfo is None for each in (self.since, self.until)):
            raise MarketDataError("the span has no time zone; its start and end are aware times.")
        if self.since and self.until and self.since >= self.until:
            raise MarketDataError(f"the span ends at {self.until}, before it begins.")
        if self.depth is not None and self.depth < 1:
            raise MarketDataError(f"a book of depth {self.depth} has no levels; 1 is the least.")


def fetch(
    connection: Connection,
    request: Request,
    *,
    resume_from: ResumeFrom | None = None,
    watch: Callable[[str, int], None] | None = None,
) -> Iterator[Part]:
    """Fetch what is asked for.

    Parameters
    ----------
    resume_from : says how far a history is stored, to go on from there
    watch : told the series and the number of rows of each part as it comes

    Raises
    ------
    MarketDataError : the venue does not answer, or not in a form that is known
    SymbolError : no inverse contract of that name
    """
    skew = measured(connection)
    findings = skew.findings()
    for part in _PARTS[request.what](connection, request, skew, resume_from):
        if watch is not None:
            watch(part.name, len(part.frame))
        yield replace(part, findings=findings + part.findings) if findings else part
        findings = ()


def contracts(connection: Connection, *, reload: bool = False) -> tuple[Contract, ...]:
    """The inverse contracts that a venue lists. Raises `MarketDataError` where it lists none."""
    markets = call(connection, "load_markets", reload, dict(connection.exchange.markets))
    found = [of_market(connection.exchange, each) for each in markets.values() if is_inverse(each)]
    if not found:
        raise MarketDataError(
            f"{connection.exchange.venue} listed {len(markets):,} markets, none of them an inverse "
            "contract; try again later."
        )
    return tuple(found)


def _instruments(
    connection: Connection, request: Request, skew: Skew, _: ResumeFrom | None
) -> Iterator[Part]:
    listed = contracts(connection, reload=True)
    seen, local = skew.now(connection.clock), local_now(connection.clock)
    for each in chosen(connection.exchange.venue, listed, request.names):
        market = connection.ccxt.markets[each.unified]
        yield instruments_part(connection.exchange, each, market, seen=seen, local_time=local)


def _tickers(
    connection: Connection, request: Request, skew: Skew, _: ResumeFrom | None
) -> Iterator[Part]:
    for part in _shown(connection, _asked(connection, request), skew):
        yield replace(part, frame=part.frame.with_columns(snapshot_time=None))


def _curve(
    connection: Connection, request: Request, skew: Skew, _: ResumeFrom | None
) -> Iterator[Part]:
    coins = {each.underlying for each in _asked(connection, request)}
    whole = [each for each in contracts(connection) if each.underlying in coins]
    yield from _shown(connection, whole, skew)


def _shown(connection: Connection, wanted: Sequence[Contract], skew: Skew) -> Iterator[Part]:
    """Tickers as one snapshot, of the instant when the last of them was known."""
    exchange = connection.exchange
    told = ticker_structures(connection, wanted)
    local, seen = local_now(connection.clock), skew.now(connection.clock)
    stamps = [stamp for own in told.values() if (stamp := latest(exchange, own)) is not None]
    snapshot = max([seen, *stamps])
    findings = _not_shown(
        connection, [each.name for each in wanted if not shows(told[each.unified])]
    )
    for each in wanted:
        if shows(told[each.unified]):
            part = tickers_part(
                exchange, each, told[each.unified], snapshot_time=snapshot, local_time=local
            )
            yield replace(part, findings=part.findings + findings)
            findings = ()


def _not_shown(connection: Connection, names: Sequence[str]) -> tuple[Finding, ...]:
    if not names:
        return ()
    reason = f"the venue lists, but shows no price of {', '.join(names)}"
    return (Finding("flagged", f"{connection.exchange.venue} tickers", reason),)


def _funding(
    connection: Connection, request: Request, skew: Skew, resume_from: ResumeFrom | None
) -> Iterator[Part]:
    perpetuals = [each for each in _asked(connection, request) if each.contract == "perpetual"]
    if not perpetuals:
        raise MarketDataError(
            f"{', '.join(request.names)}: funding is paid on perpetuals, and this is none."
        )
    end = _end(connection, request, skew)
    for each in perpetuals:
        start = _start(connection, request, each, FUNDING, resume_from)
        yield from funding_pages(connection, each, start, end)


def _bars(
    connection: Connection, request: Request, skew: Skew, resume_from: ResumeFrom | None
) -> Iterator[Part]:
    end = _end(connection, request, skew)
    for each in _asked(connection, request):
        start = _start(connection, request, each, bars(request.interval), resume_from)
        yield from bar_pages(connection, each, request.interval, start, end)


def _books(
    connection: Connection, request: Request, skew: Skew, _: ResumeFrom | None
) -> Iterator[Part]:
    exchange = connection.exchange
    depth = exchange.depth(request.depth)
    for each in _asked(connection, request):
        book = call(connection, "fetch_order_book", each.unified, depth)
        yield book_part(
            exchange, each, book,
            seen=skew.now(connection.clock), local_time=local_now(connection.clock),
        )  # fmt: skip


def _trades(
    connection: Connection, request: Request, skew: Skew, _: ResumeFrom | None
) -> Iterator[Part]:
    for each in _asked(connection, request):
        trades = call(connection, "fetch_trades", each.unified)
        yield trades_part(connection.exchange, each, trades, local_time=local_now(connection.clock))


def _asked(connection: Connection, request: Request) -> tuple[Contract, ...]:
    return chosen(connection.exchange.venue, contracts(connection), request.names)


def _end(connection: Connection, request: Request, skew: Skew) -> datetime:
    now = skew.now(connection.clock)
    return now if request.until is None else min(now, request.until)


def _start(
    connection: Connection,
    request: Request,
    contract: Contract,
    kind: Kind,
    resume_from: ResumeFrom | None,
) -> datetime | None:
    venue = connection.exchange.venue
    last = resume_from(venue, contract.name, kind.name) if resume_from else None
    if last is None:
        return request.since
    resumed = resumed_from(connection, kind, last)
    return resumed if request.since is None else max(resumed, request.since)


_PARTS: dict[str, Callable[[Connection, Request, Skew, ResumeFrom | None], Iterator[Part]]] = {
    "instruments": _instruments,
    "tickers": _tickers,
    "curve": _curve,
    "funding": _funding,
    "bars": _bars,
    "book": _books,
    "trades": _trades,
}
