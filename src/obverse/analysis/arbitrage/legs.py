"""What an arbitrage is made of: instruments with their prices, fees, margin and depth.

A `Leg` is what one venue shows and asks for one instrument at one size. It is made of a snapshot
and the venue's rulebook (`legs_of`); spot is the index, with fees and a half-spread that are
assumed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal

from obverse.analysis.arbitrage.depths import BEST, Depth
from obverse.analysis.arbitrage.outlooks import FundingOutlook, steady
from obverse.analysis.sizes import contracts_of, margin_rates
from obverse.contracts import Instrument, Kind
from obverse.errors import DataError, ObverseError
from obverse.market import Quote, Snapshot
from obverse.rulebooks import Rulebook

Contract = Literal["spot", "perpetual", "future"]


@dataclass(frozen=True)
class Leg:
    """One instrument as a trader of one size meets it.

    Attributes
    ----------
    bid_usd, ask_usd : best prices, or those of the size where a recorded order book was walked;
        None where they were not recorded, or the book is too thin
    depth_usd : dollars that can be traded; None where that was not recorded
    depth_of : what they are counted of
    taker_fee_rate, delivery_fee_rate : fractions of value
    initial_margin_rate : of the size's value at the mark; 1 for spot, which is paid
    refusal : why the venue would not take the size, or nothing
    """

    venue: str
    symbol: str
    underlying: str
    contract: Contract
    expiry: datetime | None
    mark_usd: float
    bid_usd: float | None
    ask_usd: float | None
    depth_usd: float | None
    taker_fee_rate: float
    delivery_fee_rate: float
    initial_margin_rate: float
    funding: FundingOutlook | None = None
    refusal: str = ""
    depth_of: str = BEST

    def __post_init__(self) -> None:
        """Refuse prices that are none and a crossed book."""
        for name in ("mark_usd", "bid_usd", "ask_usd"):
            price = getattr(self, name)
            if price is not None and not 0 < price < float("inf"):
                raise DataError(f"{self.symbol}: {name} {price} is not a price above zero.")
        if self.bid_usd is not None and self.ask_usd is not None and self.bid_usd > self.ask_usd:
            raise DataError(f"{self.symbol}: bid {self.bid_usd} is above ask {self.ask_usd}.")


@dataclass(frozen=True)
class SpotTerms:
    """What trading the coin itself costs, where the index stands for its price."""

    fee_rate: float = 0.0005
    half_spread_bp: float = 1.0
    depth_usd: float | None = None

    def __post_init__(self) -> None:
        """Refuse what is no fraction, and a spread below zero."""
        if not -1 < self.fee_rate < 1:
            raise DataError(f"spot fee: {self.fee_rate} is not a fraction of value.")
        if not 0 <= self.half_spread_bp < 10_000:
            raise DataError(f"spot half-spread: {self.half_spread_bp} bp is not zero or more.")


@dataclass(frozen=True)
class Outlooks:
    """What is known beside the snapshot, by symbol: funding, and depth."""

    funding: Mapping[str, FundingOutlook] = field(default_factory=dict)
    depths: Mapping[str, Depth] = field(default_factory=dict)


def legs_of(
    snapshot: Snapshot,
    book: Rulebook,
    *,
    size_usd: Decimal,
    spot: SpotTerms,
    outlooks: Outlooks,
) -> list[Leg]:
    """Make the legs of one coin at one venue: spot first, then every listed contract.

    Expiries without a listed future, and contracts that the rulebook does not know, are left out.
    """
    legs = [_spot(snapshot, spot)]
    for quote in snapshot.quotes:
        if not quote.listed:
            continue
        try:
            instrument = book.instrument(quote.symbol)
        except ObverseError:
            continue
        legs.append(_leg(snapshot, book, instrument, quote, size_usd, outlooks))
    return legs


def _spot(snapshot: Snapshot, terms: SpotTerms) -> Leg:
    index = float(snapshot.index)
    half = index * terms.half_spread_bp / 10_000
    return Leg(
        venue=snapshot.venue,
        symbol=f"{snapshot.underlying} spot",
        underlying=snapshot.underlying,
        contract="spot",
        expiry=None,
        mark_usd=index,
        bid_usd=index - half,
        ask_usd=index + half,
        depth_usd=terms.depth_usd,
        taker_fee_rate=terms.fee_rate,
        delivery_fee_rate=0.0,
        initial_margin_rate=1.0,
    )


def _leg(
    snapshot: Snapshot,
    book: Rulebook,
    instrument: Instrument,
    quote: Quote,
    size_usd: Decimal,
    outlooks: Outlooks,
) -> Leg:
    contracts = contracts_of(instrument, quote.mark, size_usd)
    perpetual = quote.kind is Kind.PERPETUAL
    depth = outlooks.depths.get(quote.symbol)
    bid, ask = _prices(quote, depth)
    return Leg(
        venue=snapshot.venue,
        symbol=quote.symbol,
        underlying=snapshot.underlying,
        contract="perpetual" if perpetual else "future",
        expiry=quote.expiry,
        mark_usd=float(quote.mark),
        bid_usd=bid,
        ask_usd=ask,
        depth_usd=None if depth is None else depth.usd,
        taker_fee_rate=float(book.fee_rate(instrument, "taker")),
        delivery_fee_rate=0.0 if perpetual else float(book.fee_rate(instrument, "delivery")),
        initial_margin_rate=margin_rates(book, instrument, quote.mark, size_usd).initial,
        funding=_outlook(quote, outlooks) if perpetual else None,
        refusal=_refusal(book, instrument, contracts, size_usd),
        depth_of=BEST if depth is None else depth.where,
    )


def _prices(quote: Quote, depth: Depth | None) -> tuple[float | None, float | None]:
    """Prices at which the size sells and buys: a walked book's, else the best ones."""
    if depth is not None and depth.where != BEST:
        return depth.bid_usd, depth.ask_usd
    bid, ask = (None if price is None else float(price) for price in (quote.bid, quote.ask))
    return bid, ask


def _outlook(quote: Quote, outlooks: Outlooks) -> FundingOutlook | None:
    if quote.symbol in outlooks.funding:
        return outlooks.funding[quote.symbol]
    return None if quote.funding_rate_8h is None else steady(float(quote.funding_rate_8h))


def _refusal(book: Rulebook, instrument: Instrument, contracts: Decimal, size_usd: Decimal) -> str:
    if contracts < instrument.lot:
        return f"{size_usd:,.0f} USD is less than one lot of {instrument.symbol}"
    most = book.rules_of(instrument).specification.max_order_contracts
    if most is not None and contracts > most:
        return f"{contracts:,} contracts are more than the {most:,} that one order may have"
    return ""


def of_underlying(legs: Iterable[Leg], underlying: str) -> list[Leg]:
    """Legs of one coin."""
    return [leg for leg in legs if leg.underlying == underlying]
