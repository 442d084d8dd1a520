"""What a cascade leaves: the path of the price, where each account went, and who paid."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from obverse.contracts import Amount, Instrument, Position
from obverse.errors import DefectError
from obverse.risk.losses import InsuranceFund
from obverse.risk.scenarios.shocks import Scenario
from obverse.tables import Table, Tabular, coin, number, percent, text

Fate = Literal["untouched", "deleveraged", "liquidated", "bankrupt"]


@dataclass(frozen=True)
class AccountFate:
    """One account after a cascade.

    Attributes
    ----------
    margin : coins behind it at the start
    equity_before : margin and gain at the start price
    fate : `untouched`; `deleveraged`, of profit; `liquidated`, closed with nothing owed; or
        `bankrupt`, closed with bad debt
    wave, closed_at : when it was closed and at which price
    gain : of its position from entry, at that price or at the last
    to_fund, bad_debt : what its closing paid into the fund, and what it could not pay
    haircut : profit taken of it for others' bad debt
    """

    account: str
    position: Position
    margin: Amount
    equity_before: Amount
    gain: Amount
    to_fund: Amount
    bad_debt: Amount
    haircut: Amount
    fate: Fate = "untouched"
    wave: int | None = None
    closed_at: Decimal | None = None

    @classmethod
    def before(
        cls, account: str, position: Position, margin: Amount, price: Decimal
    ) -> AccountFate:
        """An account at the start price."""
        gain, zero = position.pnl(price=price), margin.currency.zero
        return cls(account, position, margin, margin + gain, gain, zero, zero, zero)

    @property
    def equity_after(self) -> Amount:
        """What it has left: never below zero once closed."""
        return self.margin + self.gain - self.haircut - self.to_fund + self.bad_debt

    @property
    def change(self) -> Amount:
        """Equity after less equity before."""
        return self.equity_after - self.equity_before

    def cut(self, taken: Amount) -> AccountFate:
        """The account after profit was taken of it."""
        return replace(self, haircut=self.haircut + taken, fate="deleveraged")


@dataclass(frozen=True)
class Wave:
    """One round of closings, all at one trade price.

    Attributes
    ----------
    contracts, coins : closed, long and short together; and traded in coin, net
    fund : its balance after the wave
    haircut, uncovered : taken from winners' profits; and what nobody paid
    """

    number: int
    price_before: Decimal
    trade_price: Decimal
    price_after: Decimal
    accounts: tuple[str, ...]
    contracts: Decimal
    coins: Decimal
    bad_debt: Amount
    fund: Amount
    haircut: Amount
    uncovered: Amount


@dataclass(frozen=True, repr=False)
class Cascade(Tabular):
    """A cascade from its first move to its rest; prints as where each account went.

    `uncovered` is bad debt that neither fund nor winners paid: counterparties go without it.
    """

    name: str
    instrument: Instrument
    start_price: Decimal
    shocked_price: Decimal
    final_price: Decimal
    waves: tuple[Wave, ...]
    fates: tuple[AccountFate, ...]
    fund: InsuranceFund
    uncovered: Amount
    simulated: bool = False

    def __post_init__(self) -> None:
        """Hold the accounting together: no coin is made or lost, and only profit was taken."""
        zero = self.uncovered.currency.zero
        debt = sum((fate.bad_debt for fate in self.fates), zero)
        cut = sum((fate.haircut for fate in self.fates), zero)
        if debt != self.fund.paid + cut + self.uncovered:
            raise DefectError(f"cascade {self.name!r}: bad debt of {debt!r} is not accounted for.")
        if self.accounts_change + self.fund_change + self.counterparties_change != zero:
            raise DefectError(f"cascade {self.name!r}: coin was made or lost.")

    @property
    def label(self) -> str:
        """Its name, saying that its market is simulated if it is."""
        return f"Cascade {self.name!r}{' (simulated)' if self.simulated else ''}"

    @property
    def accounts_change(self) -> Amount:
        """What all accounts together gained."""
        return sum((fate.change for fate in self.fates), self.uncovered.currency.zero)

    @property
    def fund_change(self) -> Amount:
        """What the fund gained."""
        return self.fund.balance - self.fund.opening

    @property
    def counterparties_change(self) -> Amount:
        """What the other side of the accounts' contracts gained, less what nobody paid them."""
        zero = self.uncovered.currency.zero
        start = sum((fate.equity_before - fate.margin for fate in self.fates), zero)
        gains = sum((fate.gain for fate in self.fates), zero) - start
        return -gains - self.uncovered

    @property
    def move(self) -> Decimal:
        """The whole move of the price, a fraction."""
        return self.final_price / self.start_price - 1

    def went(self, fate: Fate) -> tuple[str, ...]:
        """Names of the accounts that went one way."""
        return tuple(item.account for item in self.fates if item.fate == fate)

    @property
    def liquidated_contracts(self) -> Decimal:
        """Contracts closed in all waves."""
        return sum((wave.contracts for wave in self.waves), Decimal(0))

    @property
    def bad_debt(self) -> Amount:
        """What closed accounts could not pay."""
        return sum((fate.bad_debt for fate in self.fates), self.uncovered.currency.zero)

    def scenario(self) -> Scenario:
        """The cascade's whole move as a scenario for a book on the same coin."""
        note = f"{len(self.waves)} waves of liquidation after a first move of the price."
        moves = {self.instrument.underlying: self.move}
        return Scenario(name=self.name, moves=moves, note=note)

    def table(self) -> Table:
        """One row an account: where it went, and what it has left."""
        code, shown = self.uncovered.currency.code, 4
        columns = (
            text("account", "Account"),
            number("contracts", "Contracts", decimals=0, signed=True),
            text("fate", "Went"),
            number("wave", "Wave", decimals=0),
            number("closed_at_usd", "Closed at", "USD"),
            coin("equity_before", "Equity before", code, shown),
            coin("equity_after", "after", code, shown),
            coin("bad_debt", "Bad debt", code, shown, signed=False),
            coin("haircut", "Haircut", code, shown, signed=False),
        )
        rows = tuple(
            (
                item.account,
                item.position.contracts,
                item.fate,
                item.wave,
                item.closed_at,
                item.equity_before.coins,
                item.equity_after.coins,
                item.bad_debt.coins,
                item.haircut.coins,
            )
            for item in self.fates
        )
        return Table(f"{self.label}: where each account went", columns, rows, self._notes())

    def path(self) -> CascadePath:
        """The path of the price, wave by wave."""
        return CascadePath(self)

    def _notes(self) -> tuple[str, ...]:
        waves = "1 wave" if len(self.waves) == 1 else f"{len(self.waves)} waves"
        found = [
            f"{self.instrument.symbol}: {self.start_price:,.2f} USD, {self.shocked_price:,.2f} "
            f"at first, {self.final_price:,.2f} ({self.move:+.2%}) after {waves}; "
            f"{self.liquidated_contracts:,f} contracts were closed.",
            f"The fund went from {self.fund.opening} to {self.fund.balance}.",
        ]
        if self.uncovered:
            found.append(f"{self.uncovered} was paid by nobody.")
        return tuple(found)


@dataclass(frozen=True, repr=False)
class CascadePath(Tabular):
    """The waves of a cascade; prints as a table, one row each."""

    cascade: Cascade

    def table(self) -> Table:
        """One row a wave: prices, size, bad debt, and who paid."""
        made = self.cascade
        code, shown = made.uncovered.currency.code, made.uncovered.currency.shown
        columns = (
            number("wave", "Wave", decimals=0),
            number("price_before_usd", "Price", "USD"),
            number("trade_price_usd", "Traded at", "USD"),
            number("price_after_usd", "Price after", "USD"),
            percent("move", "Move"),
            number("accounts", "Accounts", decimals=0),
            number("contracts", "Contracts", decimals=0),
            coin("coins", "Net size", code, 4, signed=False),
            coin("bad_debt", "Bad debt", code, shown, signed=False),
            coin("fund", "Fund after", code, shown, signed=False),
            coin("haircut", "Haircuts", code, shown, signed=False),
        )
        rows = tuple(
            (
                wave.number,
                wave.price_before,
                wave.trade_price,
                wave.price_after,
                wave.price_after / made.start_price - 1,
                len(wave.accounts),
                wave.contracts,
                wave.coins,
                wave.bad_debt.coins,
                wave.fund.coins,
                wave.haircut.coins,
            )
            for wave in made.waves
        )
        note = f"Moves are from {made.start_price:,.2f} USD, the price at the start."
        return Table(f"{made.label}: path of the price", columns, rows, (note,))
