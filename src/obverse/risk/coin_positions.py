"""A book's inverse positions as signed coins at their marks: what scenario margins take."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from obverse.contracts.instants import DAYS_PER_YEAR, SECONDS_PER_DAY
from obverse.errors import BookError
from obverse.risk.exposure import BookExposure, PositionExposure


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
    return tuple(_coin_position(item, at) for item in own if item.pnl.currency.code == coin)


def _coin_position(item: PositionExposure, at: datetime) -> CoinPosition:
    instrument = item.position.instrument
    if instrument.payoff.name != "inverse":
        raise BookError(
            f"{instrument.symbol} is {instrument.payoff.name}: the scenarios take inverse futures."
        )
    years = Fraction(0)
    if instrument.expiry is not None:
        seconds = Fraction((instrument.expiry - at).total_seconds())
        years = seconds / (SECONDS_PER_DAY * DAYS_PER_YEAR)
    coins = instrument.payoff.value(item.position.contracts, item.mark.price)
    return CoinPosition(
        instrument.symbol, f"{instrument.underlying}_{instrument.quote}", coins, years
    )
