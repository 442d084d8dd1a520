"""A margin account: one venue, one settlement coin, and what is held and ordered in it.

`balance` is the whole wallet. Margin posted behind isolated positions is taken out of it; what is
left stands behind the positions held across, with their gains and other collateral after haircuts.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from obverse.contracts import Amount, Currency, Position, exact
from obverse.contracts.units import exact_price
from obverse.errors import BookError
from obverse.risk.margin.orders import Order
from obverse.risk.margin.terms import MODES, MarginTerms, Mode

AccountMode = Literal["cross", "portfolio"]


@dataclass(frozen=True)
class MarginSetting:
    """How one position is margined.

    Attributes
    ----------
    mode : `cross` (the account's balance stands behind it) or `isolated` (its own margin does)
    leverage : chosen by the owner; none is what the schedule asks
    posted : coins behind an isolated position, where they are not entry value over leverage
    """

    mode: Mode = "cross"
    leverage: Decimal | None = None
    posted: Decimal | None = None

    def __post_init__(self) -> None:
        """Refuse settings that contradict each other."""
        if self.mode not in MODES:
            raise BookError(f"margin mode {self.mode!r}: expected {' or '.join(MODES)}.")
        if self.leverage is not None and exact(self.leverage, "leverage") <= 0:
            raise BookError(f"leverage: {self.leverage} is not above zero.")
        if self.mode == "cross" and self.posted is not None:
            raise BookError(
                f"margin posted ({self.posted}) is of isolated positions; this one is held across "
                "the account: leave it out, or set its mode to isolated."
            )
        if self.posted is not None and exact(self.posted, "posted margin") <= 0:
            raise BookError(f"posted margin: {self.posted} is not above zero.")
        if self.mode == "isolated" and self.posted is None and self.leverage is None:
            raise BookError("an isolated position needs its leverage or the margin posted.")


@dataclass(frozen=True)
class Held:
    """A position at its mark, with its terms and how it is margined.

    `funding_owed` is what it will pay at the next stamp, in coin; received is below zero.
    """

    position: Position
    terms: MarginTerms
    mark_price: Decimal
    setting: MarginSetting = MarginSetting()
    funding_owed: Fraction = Fraction(0)

    def __post_init__(self) -> None:
        """Refuse a flat position and a mark that is no price."""
        if not self.position.contracts:
            raise BookError(f"{self.position.instrument.symbol}: a flat position has no margin.")
        exact_price(self.mark_price, f"mark of {self.position.instrument.symbol}")

    @property
    def symbol(self) -> str:
        """Native name of its instrument."""
        return self.position.instrument.symbol


@dataclass(frozen=True)
class Collateral:
    """Another currency that the venue counts: its worth in dollars, less a haircut.

    Its dollar worth is held fixed when the account's coin moves.
    """

    currency: str
    amount: Decimal
    price_usd: Decimal
    haircut: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        """Refuse what is not exact or not finite, debts, and haircuts outside 0 to 1."""
        for name in ("amount", "haircut"):
            exact(getattr(self, name), f"{name} of collateral {self.currency}")
        if self.amount < 0:
            raise BookError(f"collateral {self.currency}: {self.amount} is a debt, not collateral.")
        if not 0 <= self.haircut <= 1:
            raise BookError(f"haircut of {self.currency}: {self.haircut} is not from 0 to 1.")
        exact_price(self.price_usd, f"price of {self.currency}")

    @property
    def worth_usd(self) -> Fraction:
        """Dollars that count."""
        return Fraction(self.amount) * Fraction(self.price_usd) * (1 - Fraction(self.haircut))


@dataclass(frozen=True)
class ScenarioMargin:
    """What scenarios ask of all positions of an account together, in coin, at its marks.

    Scenarios move every position by the same per cents, so that both are proportional to 1/price.
    """

    initial: Fraction
    maintenance: Fraction


@dataclass(frozen=True)
class MarginAccount:
    """Everything that one venue margins together.

    Attributes
    ----------
    index_price : dollars per settlement coin, at which collateral is converted
    orders : resting orders, each with the terms of its instrument
    mode : `cross`, or `portfolio` where the venue margins by scenarios
    scenario_margin : of a portfolio account, what those ask
    """

    venue: str
    coin: Currency
    balance: Amount
    index_price: Decimal
    held: tuple[Held, ...] = ()
    orders: tuple[tuple[Order, MarginTerms], ...] = ()
    collateral: tuple[Collateral, ...] = ()
    mode: AccountMode = "cross"
    scenario_margin: ScenarioMargin | None = None

    def __post_init__(self) -> None:
        """Refuse what one account cannot hold."""
        if (self.mode == "portfolio") != (self.scenario_margin is not None):
            raise BookError("a portfolio account, and no other, needs its margin by scenarios.")
        if self.mode not in ("cross", "portfolio"):
            raise BookError(f"account mode {self.mode!r}: expected cross or portfolio.")
        exact_price(self.index_price, f"index of {self.coin.code}")
        _check_coins(self)
        _check_modes(self)

    @property
    def isolated(self) -> tuple[Held, ...]:
        """Positions with a margin of their own."""
        return tuple(item for item in self.held if item.setting.mode == "isolated")

    @property
    def across(self) -> tuple[Held, ...]:
        """Positions that share the balance."""
        return tuple(item for item in self.held if item.setting.mode == "cross")

    @property
    def underlyings(self) -> tuple[str, ...]:
        """Coins whose price moves the positions held across."""
        return tuple(dict.fromkeys(item.position.instrument.underlying for item in self.across))


def _check_coins(account: MarginAccount) -> None:
    instruments = [item.position.instrument for item in account.held]
    instruments += [order.instrument for order, _ in account.orders]
    for instrument in instruments:
        if instrument.settlement_currency.code != account.coin.code:
            raise BookError(
                f"{instrument.symbol} settles in {instrument.settlement_currency.code}, but the "
                f"account at {account.venue} is in {account.coin.code}: one account holds one coin."
            )
    for item in account.collateral:
        if item.currency == account.coin.code:
            raise BookError(
                f"collateral {item.currency}: it is the account's own coin, which the balance has."
            )
    if account.balance.currency.code != account.coin.code:
        held = account.balance.currency.code
        raise BookError(f"the balance is in {held}, the account in {account.coin.code}.")


def _check_modes(account: MarginAccount) -> None:
    by_leg: dict[tuple[str, str], Held] = {}
    modes: dict[str, Mode] = {}
    for item in account.held:
        leg = (item.symbol, item.position.side)
        if leg in by_leg:
            raise BookError(f"{item.symbol}: two {item.position.side} positions; add them first.")
        by_leg[leg] = item
        earlier = modes.setdefault(item.symbol, item.setting.mode)
        if earlier != item.setting.mode:
            raise BookError(
                f"{item.symbol}: one leg is {earlier}, the other {item.setting.mode}; the legs of "
                "one contract share a margin mode."
            )
    if account.mode == "portfolio" and account.isolated:
        symbols = ", ".join(item.symbol for item in account.isolated)
        raise BookError(f"{symbols}: portfolio margin holds no isolated positions.")
