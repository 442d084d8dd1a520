"""The running account of a rolled position: legs closed whole, and the offset of its worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from obverse.contracts.instruments import Instrument
from obverse.contracts.positions import Position, fill
from obverse.contracts.sizing import contracts_of_value, whole_lots
from obverse.contracts.units import Amount, Rounding
from obverse.errors import AmountError

Sizing = Literal["contracts", "usd", "coin"]


@dataclass(frozen=True)
class RolledLeg:
    """One contract of a rolled position, from its opening to its close or its last mark."""

    symbol: str
    contracts: Decimal
    opened: datetime
    entry_usd: Decimal
    closed: datetime
    exit_usd: Decimal
    pnl: Amount
    is_open: bool


@dataclass(frozen=True)
class RolledMark:
    """A rolled position at one instant: gained so far, and the adjusted worth."""

    at: datetime
    symbol: str
    price_usd: Decimal
    pnl: Amount
    adjusted_worth: Amount


class RollingAccount:
    """The running account: what is held, what the closed legs gained, the offset of the worth."""

    def __init__(
        self, instruments: Mapping[str, Instrument], size: Decimal, sizing: Sizing, zero: Amount
    ) -> None:
        self.instruments, self.size, self.sizing = instruments, size, sizing
        self.position: Position | None = None
        self.symbol = ""
        self.opened: datetime | None = None
        self.entry = Decimal(0)
        self.legs: list[RolledLeg] = []
        self.realized, self.offset = zero, zero

    def open(self, symbol: str, at: datetime, prices: Mapping[str, Decimal]) -> None:
        """Open the leg of a contract."""
        instrument, price = self.instruments[symbol], prices[symbol]
        contracts = _contracts(instrument, self.size, self.sizing, price)
        self.position = fill(Position.flat(instrument), contracts, price)
        self.symbol, self.opened, self.entry = symbol, at, price

    def roll(self, symbol: str, at: datetime, prices: Mapping[str, Decimal]) -> None:
        """Close what is held and open the next, and take the step out of the worth."""
        assert self.position is not None
        price = prices[self.symbol]
        self.legs.append(self.leg(at, price, is_open=False))
        self.realized += self.position.close(price=price).realized
        left = self._worth(price)
        self.open(symbol, at, prices)
        self.offset += left - self._worth(prices[symbol])

    def mark(self, at: datetime, prices: Mapping[str, Decimal]) -> RolledMark:
        """What is gained so far, and the adjusted worth."""
        assert self.position is not None
        price = prices[self.symbol]
        gained = self.realized + self.position.pnl(price=price)
        return RolledMark(at, self.symbol, price, gained, self._worth(price) + self.offset)

    def leg(self, at: datetime, price: Decimal, *, is_open: bool) -> RolledLeg:
        """The leg held, as closed or marked at a price."""
        assert self.position is not None
        assert self.opened is not None
        gained = self.position.pnl(price=price)
        contracts = self.position.contracts
        return RolledLeg(
            self.symbol, contracts, self.opened, self.entry, at, price, gained, is_open
        )

    def _worth(self, price: Decimal) -> Amount:
        """Value with the sign of its gain: a long inverse contract owes its value."""
        assert self.position is not None
        value = self.position.value(price=price)
        gain = self.position.instrument.payoff.pnl(Fraction(0), value.fraction)
        return value.currency.amount(gain)


def _contracts(instrument: Instrument, size: Decimal, sizing: Sizing, price: Decimal) -> Decimal:
    if sizing == "contracts":
        count = size
        if whole_lots(instrument, count) != count:
            raise AmountError(
                f"size: {size:f} contracts of {instrument.symbol} are not whole lots of "
                f"{instrument.lot:f}."
            )
    elif sizing == "usd":
        one = instrument.usd_amount_of(Decimal(1))
        count = whole_lots(instrument, Fraction(size) / Fraction(one), Rounding.TOWARD_ZERO)
    else:
        exact_count = contracts_of_value(instrument, coin_value=size, price=price)
        count = whole_lots(instrument, exact_count, Rounding.TOWARD_ZERO)
    if not count:
        raise AmountError(f"size: {size:f} {sizing} is less than a lot of {instrument.symbol}.")
    return count
