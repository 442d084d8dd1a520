"""A book: coins and dollars held, and positions, possibly at several venues.

Holdings are current balances: realised gains, fees and funding already booked are in them; only the
unrealised gain of the open positions is added.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from obverse.contracts import Kind, Position, exact
from obverse.errors import BookError
from obverse.risk.margin.account import AccountMode, MarginSetting
from obverse.risk.margin.orders import Order


@dataclass(frozen=True)
class Holding:
    """So much of a currency, and where it is kept. Below zero is a debt."""

    currency: str
    amount: Decimal
    place: str = ""

    def __post_init__(self) -> None:
        """Take text or a whole number for a decimal; refuse what is not exact or not finite."""
        object.__setattr__(self, "amount", exact(self.amount, f"holding of {self.currency}"))


@dataclass(frozen=True)
class Constituent:
    """A source of an index and its weight in it."""

    name: str
    weight: Decimal

    def __post_init__(self) -> None:
        """Take text for a decimal; refuse what is not exact or not finite."""
        object.__setattr__(self, "weight", exact(self.weight, f"weight of {self.name}"))


@dataclass(frozen=True)
class AccountSetting:
    """How a venue margins one coin's account.

    `haircuts` name the other currencies kept there that count as collateral, each with the fraction
    of its worth that does not count.
    """

    venue: str
    coin: str
    mode: AccountMode = "cross"
    haircuts: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class Book:
    """Everything that one owner holds.

    `index_composition` names the sources that make an underlying's index, where the owner wants to
    see exposure by source. `settings` are those of the positions, one each; none at all means that
    every position is held across its account at the schedule's own leverage.
    """

    name: str
    holdings: tuple[Holding, ...] = ()
    positions: tuple[Position, ...] = ()
    index_composition: Mapping[str, tuple[Constituent, ...]] = field(default_factory=dict)
    settings: tuple[MarginSetting, ...] = ()
    orders: tuple[Order, ...] = ()
    accounts: tuple[AccountSetting, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be valued: spreads, and weights that are no weights."""
        if self.settings and len(self.settings) != len(self.positions):
            raise BookError(
                f"{len(self.settings)} margin settings of {len(self.positions)} positions: give "
                "one each, or none."
            )
        for position in self.positions:
            if position.instrument.kind is Kind.SPREAD:
                legs = " and ".join(position.instrument.legs or ())
                raise BookError(
                    f"{position.instrument.symbol} is a spread: put its legs {legs} in the book."
                )
        for underlying, sources in self.index_composition.items():
            total = sum(source.weight for source in sources)
            if any(source.weight < 0 for source in sources) or total != 1:
                raise BookError(f"index {underlying}: weights are {total}, expected to sum to 1.")

    @property
    def underlyings(self) -> tuple[str, ...]:
        """Coins that the book holds or is exposed to, in order of appearance."""
        names = [holding.currency for holding in self.holdings]
        for position in self.positions:
            names += [position.instrument.underlying, position.instrument.settlement_currency.code]
        return tuple(name for name in dict.fromkeys(names) if not is_dollar(name))

    def held(self, currency: str, place: str | None = None) -> Decimal:
        """Total held of a currency, wherever it is, or in one place."""
        amounts = [
            item.amount
            for item in self.holdings
            if item.currency == currency and (place is None or item.place.lower() == place.lower())
        ]
        return sum(amounts, Decimal(0))

    def setting(self, place: int) -> MarginSetting:
        """How the position of this place is margined."""
        return self.settings[place] if self.settings else MarginSetting()

    def account(self, venue: str, coin: str) -> AccountSetting:
        """How a venue margins a coin's account."""
        for item in self.accounts:
            if (item.venue, item.coin) == (venue, coin):
                return item
        return AccountSetting(venue, coin)


DOLLARS = ("USD", "USDC", "USDT")
"""Currencies counted as one dollar; a stable coin off its peg is not modelled."""


def is_dollar(currency: str) -> bool:
    """Whether a currency counts as a dollar."""
    return currency in DOLLARS
