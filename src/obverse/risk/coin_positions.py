"""A book's inverse positions as signed coins at their marks: what scenario margins take."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from obverse.contracts import Position
from obverse.contracts.instants import DAYS_PER_YEAR, SECONDS_PER_DAY
from obverse.errors import BookError
from obverse.risk.exposure import BookExposure


@dataclass(frozen=True)
class CoinPosition:
    """A future or perpetual of a price pair: signed coins at its mark."""

    name: str
    pair: str
    coins: Fraction
    years_to_delivery: Fraction = Fraction(0)

    def __post_init__(self) -> None:
        """Refuse a delivery in the past."""
        if self.years_to_delivery < 0:
            raise BookError(f"{self.name}: it was delivered; take it out of the book.")


def coin_positions(
    exposure: BookExposure, coin: str, *, venue: str, at: datetime
) -> tuple[CoinPosition, ...]:
    """A venue's positions settled in a coin, at their marks of an instant.

    Positions with another payoff than the inverse one raise `BookError`.
    """
    own = [item for item in exposure.positions if item.venue == venue]
    return tuple(
        coin_position(item.position, item.mark.price, at)
        for item in own
        if item.pnl.currency.code == coin
    )


def coin_position(position: Position, mark_price: Decimal, at: datetime) -> CoinPosition:
    """One inverse position as coins at its mark; another payoff raises `BookError`."""
    instrument = position.instrument
    if instrument.payoff.name != "inverse":
        raise BookError(
            f"{instrument.symbol} is {instrument.payoff.name}: the scenarios take inverse futures."
        )
    years = Fraction(0)
    if instrument.expiry is not None:
        seconds = Fraction((instrument.expiry - at).total_seconds())
        years = seconds / (SECONDS_PER_DAY * DAYS_PER_YEAR)
    coins = instrument.payoff.value(position.contracts, mark_price)
    return CoinPosition(
        instrument.symbol, f"{instrument.underlying}_{instrument.quote}", coins, years
    )
