"""What was seen: quotes of instruments, and what the door found about them.

A `Quote` is what a source said of one instrument and may be wrong; it becomes trustworthy by
passing the door (`obverse.market.validation`) into a `Snapshot`.

Prices are in the quote currency per coin, open interest and volume in dollars, all exact.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from obverse.contracts.instants import iso
from obverse.contracts.instruments import Kind

PRICE_FIELDS = ("bid", "ask", "last")
SIZE_FIELDS = ("open_interest_usd", "volume_24h_usd")


@dataclass(frozen=True)
class Finding:
    """Something the door noticed.

    `refused`: a whole snapshot is missing. `dropped`: a quote, or fields of one, are missing.
    `flagged`: all of it is there, with a doubt.
    """

    severity: Literal["refused", "dropped", "flagged"]
    subject: str
    reason: str

    def __str__(self) -> str:
        """Read as `flagged BTC-27MAR26: ...`."""
        return f"{self.severity} {self.subject}: {self.reason}"


@dataclass(frozen=True)
class Quote:
    """One instrument as a source saw it at `observed_at`; None is "not known".

    Attributes
    ----------
    symbol, kind, expiry : which contract; a perpetual has no expiry
    mark, bid, ask, last : prices, quote currency per coin
    open_interest_usd, volume_24h_usd : sizes in dollars
    funding_rate_8h : the rate accruing now, per 8 hours
    listed : False for a synthetic expiry that no listed future stands behind
    source : what the price is, where that is not plain
    place : file and row it was read from; no part of what it says, so not compared
    """

    symbol: str
    kind: Kind
    expiry: datetime | None
    mark: Decimal
    observed_at: datetime
    bid: Decimal | None = None
    ask: Decimal | None = None
    last: Decimal | None = None
    open_interest_usd: Decimal | None = None
    volume_24h_usd: Decimal | None = None
    funding_rate_8h: Decimal | None = None
    listed: bool = True
    source: str = ""
    place: str = field(default="", compare=False, repr=False)

    def age(self, at: datetime) -> timedelta:
        """How long before `at` it was seen."""
        return at - self.observed_at

    def __str__(self) -> str:
        """One line: the contract, its mark and when it was seen."""
        until = f" expiring {iso(self.expiry)}" if self.expiry else ""
        synthetic = "" if self.listed else " (synthetic)"
        return (
            f"{self.symbol}{synthetic} {self.kind.value}{until}: "
            f"mark {self.mark:f} at {iso(self.observed_at)}"
        )


def quote_fault(quote: Quote, at: datetime) -> str:
    """Say what makes a quote impossible in a snapshot of `at`, or nothing."""
    prices = [quote.mark, *(getattr(quote, name) for name in PRICE_FIELDS)]
    sizes = [getattr(quote, name) for name in SIZE_FIELDS]
    if not all(price is None or is_price(price) for price in prices):
        return f"{quote.symbol} has a price that is none"
    if not all(size is None or (size.is_finite() and size >= 0) for size in sizes):
        return f"{quote.symbol} has a size below zero or not finite"
    if quote.funding_rate_8h is not None and not quote.funding_rate_8h.is_finite():
        return f"{quote.symbol} has a funding rate that is not finite"
    if quote.bid is not None and quote.ask is not None and quote.bid > quote.ask:
        return f"{quote.symbol} is crossed"
    if quote.observed_at > at:
        return f"{quote.symbol} was seen after the snapshot"
    if quote.expiry is not None and quote.expiry <= at:
        return f"{quote.symbol} has expired"
    return ""


def is_price(price: Decimal) -> bool:
    """Whether a number can be a price: finite and above zero."""
    return price.is_finite() and price > 0
