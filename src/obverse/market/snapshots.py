"""Snapshots of one underlying, and a market of them: what is known as of one instant.

A `Snapshot` refuses to exist with a number that is not finite, a quote from its future, or a
contract that has expired; `obverse.market.validation` makes one from raw quotes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from html import escape

from obverse.contracts.instants import iso
from obverse.errors import MarketDataError, SymbolError, nearest
from obverse.market.observations import Finding, Quote, is_price, quote_fault
from obverse.market.printing import age_text, listing, price_text
from obverse.tables import Cell, Table, number, percent, text


@dataclass(frozen=True, repr=False)
class Snapshot:
    """Everything known of one underlying at one venue at one instant, checked.

    `futures` run near to far; `nodes` are those a curve is drawn through. `index_range` is how
    far the index moved while the snapshot was taken, where that took seconds. Look quotes up by
    symbol: `snapshot["BTC-PERPETUAL"]`.
    """

    underlying: str
    venue: str
    at: datetime
    index: Decimal
    perpetuals: tuple[Quote, ...]
    futures: tuple[Quote, ...]
    source: str
    quote: str = "USD"
    index_range: tuple[Decimal, Decimal] | None = None
    simulated: bool = False
    findings: tuple[Finding, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no door would have let through."""
        fault = _fault(self)
        if fault:
            raise MarketDataError(
                f"{self.underlying} snapshot: {fault}. Raw quotes go through "
                "obverse.market.validation.validate first."
            )

    @property
    def quotes(self) -> tuple[Quote, ...]:
        """All quotes: perpetuals, then futures near to far."""
        return self.perpetuals + self.futures

    @property
    def nodes(self) -> tuple[Quote, ...]:
        """One future an expiry, near to far: a listed one before a synthetic one."""
        first: dict[datetime | None, Quote] = {}
        for future in self.futures:
            first.setdefault(future.expiry, future)
        return tuple(first.values())

    @property
    def index_range_bp(self) -> Decimal | None:
        """Width of the index's range in basis points of the index."""
        if self.index_range is None:
            return None
        low, high = self.index_range
        return (high - low) / self.index * 10_000

    def __getitem__(self, symbol: str) -> Quote:
        """Look up the quote of an instrument by its native symbol."""
        for quote in self.quotes:
            if quote.symbol == symbol:
                return quote
        where = f"in the {self.underlying} snapshot of {self.venue} at {iso(self.at)}"
        raise SymbolError(symbol, where, (quote.symbol for quote in self.quotes))

    def __contains__(self, symbol: object) -> bool:
        """Whether an instrument of that native symbol was seen."""
        return any(quote.symbol == symbol for quote in self.quotes)

    def table(self) -> Table:
        """Lay the snapshot out as a table for people."""
        title = (
            f"{self.underlying}/{self.quote} at {self.venue}, {iso(self.at)}: "
            f"index {price_text(self.index)} {self.quote} ({self.source})"
        )
        if self.simulated and "simulated" not in self.source:
            title += " SIMULATED"
        columns = (
            text("symbol", "Instrument"),
            text("expiry", "Expiry (UTC)"),
            number("mark", "Mark", self.quote),
            number("bid", "Bid", self.quote),
            number("ask", "Ask", self.quote),
            number("open_interest_usd", "Open int.", "USD", 0),
            percent("funding_rate_8h", "Fund. 8h", 4),
        )
        rows = tuple(_row(quote) for quote in self.quotes)
        return Table(title, columns, rows, (*self._remarks(), *map(str, self.findings)))

    def _remarks(self) -> list[str]:
        synthetic = [quote.symbol for quote in self.futures if not quote.listed]
        remarks = [f"synthetic, not listed: {listing(synthetic)}"] if synthetic else []
        sources: dict[str, list[str]] = {}
        for quote in self.quotes:
            sources.setdefault(quote.source, []).append(quote.symbol)
        for source, symbols in sources.items():
            if source not in ("", self.source):
                of_all = len(symbols) == len(self.quotes)
                remarks.append(f"{'all' if of_all else listing(symbols)}: {source}")
        return remarks

    def __repr__(self) -> str:
        """Print as a table of quotes in the quote currency."""
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()


@dataclass(frozen=True, repr=False)
class Market:
    """What one venue showed of each underlying, as of the instant asked for.

    `market["BTC"]` is a `Snapshot`. Underlyings whose snapshot was refused are in `findings`.
    """

    asked: datetime
    venue: str
    source: str
    snapshots: Mapping[str, Snapshot]
    simulated: bool = False
    findings: tuple[Finding, ...] = ()

    def __post_init__(self) -> None:
        """Refuse snapshots from after the instant asked for."""
        for snapshot in self.snapshots.values():
            if snapshot.at > self.asked:
                raise MarketDataError(
                    f"{snapshot.underlying}: a snapshot of {iso(snapshot.at)} is later than "
                    f"{iso(self.asked)}, the instant asked for."
                )

    @property
    def underlyings(self) -> tuple[str, ...]:
        """The coins there are snapshots of, in the source's order."""
        return tuple(self.snapshots)

    def __getitem__(self, underlying: str) -> Snapshot:
        """Look up the snapshot of one underlying."""
        if underlying in self.snapshots:
            return self.snapshots[underlying]
        refusal = next((str(found) for found in self.findings if found.subject == underlying), "")
        close = nearest(underlying, self.snapshots)
        hint = f" Did you mean {close[0]}?" if close else ""
        raise MarketDataError(
            f"No market for {underlying!r} at {self.venue} in {self.source}; "
            f"there is {listing(self.underlyings)}.{hint}" + (f" {refusal}" if refusal else "")
        )

    def __contains__(self, underlying: object) -> bool:
        """Whether there is a snapshot of an underlying."""
        return underlying in self.snapshots

    def __iter__(self) -> Iterator[str]:
        """Walk the underlyings."""
        return iter(self.snapshots)

    def __len__(self) -> int:
        """How many underlyings there are."""
        return len(self.snapshots)

    def headline(self) -> str:
        """Where and when: one line, saying that it is simulated if it is."""
        label = "Simulated market" if self.simulated else "Market"
        ages = {age_text(self.asked - snapshot.at) for snapshot in self.snapshots.values()}
        return (
            f"{label} at {self.venue} as of {iso(self.asked)} "
            f"({self.source}; snapshots {listing(sorted(ages))} old)"
        )

    def __repr__(self) -> str:
        """Print every snapshot as a table."""
        parts = [self.headline(), *map(str, self.findings)]
        return "\n\n".join(["\n".join(parts), *map(repr, self.snapshots.values())])

    def _repr_html_(self) -> str:
        notes = "".join(f"<p class='note'>{escape(str(found))}</p>" for found in self.findings)
        tables = "".join(snapshot.table()._repr_html_() for snapshot in self.snapshots.values())
        return f"<p>{escape(self.headline())}</p>{notes}{tables}"


def _row(quote: Quote) -> tuple[Cell, ...]:
    return (
        quote.symbol,
        f"{quote.expiry:%Y-%m-%d %H:%M}" if quote.expiry else "perpetual",
        quote.mark,
        quote.bid,
        quote.ask,
        quote.open_interest_usd,
        quote.funding_rate_8h,
    )


def _fault(snapshot: Snapshot) -> str:
    """Say what makes a snapshot impossible, or nothing."""
    if snapshot.at.tzinfo is None:
        return "its instant has no time zone"
    if not is_price(snapshot.index):
        return f"index {snapshot.index} is not a price"
    if snapshot.index_range is not None:
        low, high = snapshot.index_range
        if not (is_price(low) and is_price(high) and low <= snapshot.index <= high):
            return f"index {snapshot.index} is outside its range {low} to {high}"
    symbols = [quote.symbol for quote in snapshot.quotes]
    if not symbols or len(set(symbols)) < len(symbols):
        return "every instrument must be there once, and one at least"
    expiries = [future.expiry for future in snapshot.futures if future.expiry is not None]
    if len(expiries) < len(snapshot.futures) or expiries != sorted(expiries):
        return "futures must have expiries and run near to far"
    faults = (quote_fault(quote, snapshot.at) for quote in snapshot.quotes)
    return next((fault for fault in faults if fault), "")
