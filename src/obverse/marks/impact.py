"""Prices read off an order book: what a size would trade at, and the middle of that.

Levels run from the best outwards, each (price, contracts). The impact price of a side is the
average price of taking a notional from it; an inverse book averages harmonically, since dollars
are fixed and coins are what is paid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from obverse.contracts.instruments import Instrument
from obverse.contracts.units import (
    ExactNumber,
    Rounding,
    exact,
    exact_price,
    round_to_step,
)
from obverse.errors import MarketDataError
from obverse.market.order_book.impact import take
from obverse.market.order_book.states import BookLevel


@dataclass(frozen=True)
class Level:
    """Contracts offered at a price."""

    price: Decimal
    contracts: Decimal


def impact_price(
    instrument: Instrument, levels: Sequence[Level], *, coin_notional: ExactNumber
) -> Decimal | None:
    """Average price of taking so many settlement coins from one side; none if it is too thin."""
    wanted = exact(coin_notional, "coin_notional")
    if wanted <= 0:
        raise MarketDataError(f"impact: a notional of {coin_notional} takes nothing.")
    _outwards(levels)
    payoff = instrument.payoff
    side = [BookLevel(level.price, level.contracts) for level in levels]
    found = take(side, wanted, payoff, payoff.value)
    return None if found.left else found.average_price(payoff)


def impact_mid_price(
    impact_bid: ExactNumber, impact_ask: ExactNumber, *, tick: ExactNumber
) -> Decimal:
    """Mean of the two impact prices, to the nearest tick. Source: BitMEX fair price marking.

    Records of BitMEX of 2021-07-22 are rounded to half a tick (33 of 34).
    """
    bid, ask = exact_price(impact_bid, "impact_bid"), exact_price(impact_ask, "impact_ask")
    _uncrossed(bid, ask)
    mean = (Fraction(bid) + Fraction(ask)) / 2
    return round_to_step(mean, exact_price(tick, "tick"), Rounding.NEAREST)


def market_price(
    *, bid: ExactNumber | None, ask: ExactNumber | None, last: ExactNumber | None
) -> Decimal:
    """Last price confined to the book; with one side the other does not bind.

    Without a last price it is the middle of the book. Source: Deribit mark price documentation.
    """
    low = None if bid is None else exact_price(bid, "bid")
    high = None if ask is None else exact_price(ask, "ask")
    if low is not None and high is not None:
        _uncrossed(low, high)
    if last is None:
        if low is None or high is None:
            raise MarketDataError("market price: no last price and not both sides of a book.")
        return (low + high) / 2
    price = exact_price(last, "last")
    price = price if low is None else max(price, low)
    return price if high is None else min(price, high)


@dataclass(frozen=True)
class PriceBand:
    """Limits for orders around a mark."""

    min_price: Decimal
    max_price: Decimal


def price_band(mark_price: ExactNumber, *, band_rate: ExactNumber, tick: ExactNumber) -> PriceBand:
    """Mark less and plus a fraction of itself, rounded outwards to the tick.

    Source: Deribit limits; the direction is inferred from published limits.
    """
    mark, rate = exact_price(mark_price, "mark_price"), exact(band_rate, "band_rate")
    step = exact_price(tick, "tick")
    if not 0 <= rate < 1:
        raise MarketDataError(f"price band: a rate of {rate} is not a fraction of the mark.")
    return PriceBand(
        round_to_step(mark * (1 - rate), step, Rounding.FLOOR),
        round_to_step(mark * (1 + rate), step, Rounding.CEILING),
    )


def _outwards(levels: Sequence[Level]) -> None:
    """Refuse a side whose levels are not each once, one way, with contracts at a price."""
    for level in levels:
        exact_price(level.price, "level")
        if not level.contracts > 0:
            raise MarketDataError(f"book: {level.contracts} contracts offered at {level.price}.")
    falling = len(levels) > 1 and levels[1].price < levels[0].price
    for near, far in pairwise(levels):
        if near.price == far.price or (far.price < near.price) is not falling:
            raise MarketDataError(f"book: {far.price} after {near.price} does not run outwards.")


def _uncrossed(bid: Decimal, ask: Decimal) -> None:
    if bid > ask:
        raise MarketDataError(f"book: the bid {bid} is above the ask {ask}.")
