"""Which price a position is marked at, and how it was come by."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from obverse.contracts import Instrument, Kind, iso
from obverse.curves import curve
from obverse.errors import BookError
from obverse.market import Market, Quote, Snapshot


@dataclass(frozen=True)
class Mark:
    """A price and how it was come by; an empty `how` is the instrument's own mark."""

    price: Decimal
    how: str = ""


def mark_of(instrument: Instrument, market: Market) -> Mark:
    """Mark an instrument from a market.

    Its own quote first; else, said so, another contract with the same delivery, else the curve at
    its delivery. An expired contract, or a coin that the market does not have, is refused.
    """
    if instrument.underlying not in market.underlyings:
        known = ", ".join(market.underlyings)
        raise BookError(
            f"{instrument.symbol}: the market has no {instrument.underlying}; it has {known}."
        )
    snapshot = market[instrument.underlying]
    if instrument.expiry is not None and instrument.expiry <= snapshot.at:
        raise BookError(
            f"{instrument.symbol} expired at {iso(instrument.expiry)}, before the market's "
            f"{iso(snapshot.at)}; take it out of the book."
        )
    if instrument.venue == snapshot.venue and instrument.symbol in snapshot:
        return Mark(snapshot[instrument.symbol].mark)
    quote = _same_delivery(instrument, snapshot)
    if quote is not None:
        return Mark(quote.mark, f"marked at {snapshot.venue}'s {quote.symbol}")
    return _from_curve(instrument, snapshot)


def _same_delivery(instrument: Instrument, snapshot: Snapshot) -> Quote | None:
    if instrument.kind is Kind.PERPETUAL:
        return snapshot.perpetuals[0] if snapshot.perpetuals else None
    alike = [quote for quote in snapshot.futures if quote.expiry == instrument.expiry]
    return next((quote for quote in alike if quote.listed), alike[0] if alike else None)


def _from_curve(instrument: Instrument, snapshot: Snapshot) -> Mark:
    if instrument.expiry is None:
        return Mark(snapshot.index, "no perpetual in the market, marked at the index")
    term = curve(snapshot)
    price = Decimal(f"{term.price_at(instrument.expiry):.8g}")
    how = f"read off the {snapshot.venue} curve"
    if not term.nodes or instrument.expiry > term.nodes[-1].expiry:
        how = (
            f"beyond the {snapshot.venue} curve: the last expiry's yearly rate carried on, a guess"
        )
    return Mark(price, how)
