"""The instrument: a contract as one venue lists it. A description; it does not price or margin."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Literal

from obverse.contracts.accounting import Accounting, rounded_value
from obverse.contracts.instants import iso
from obverse.contracts.payoffs import PAYOFFS, Inverse, Payoff
from obverse.contracts.units import Amount, Currency, ExactNumber, exact, exact_price, plain
from obverse.errors import AmountError, RuleError


class Kind(Enum):
    """What sort of contract it is."""

    PERPETUAL = "perpetual"
    FUTURE = "future"
    SPREAD = "spread"  # far leg less near leg, in quote currency; may be below zero


@dataclass(frozen=True, repr=False)
class Instrument:
    """A listed contract under the rules of one day.

    Attributes
    ----------
    venue, symbol, unified : who lists it, its native name, its ccxt name
    kind, payoff, underlying, quote : what was agreed; the multiplier is the payoff's
    accounting : settlement currency, its unit, and the venue's roundings
    tick, lot : price step in quote currency; order step in contracts
    order_unit : whether the venue takes orders in contracts or in dollars
    index, settlement : the index it follows and the delivery rule, by the venue's names
    listed, expiry : first trading and delivery instant, where there is one
    legs : native names of the far and near leg of a spread
    """

    venue: str
    symbol: str
    unified: str
    kind: Kind
    payoff: Payoff
    underlying: str
    quote: str
    accounting: Accounting
    tick: Decimal
    lot: Decimal
    order_unit: Literal["contracts", "usd"] = "contracts"
    index: str = ""
    settlement: str = ""
    listed: datetime | None = None
    expiry: datetime | None = None
    legs: tuple[str, str] | None = None

    @classmethod
    def generic(cls, payoff: str, multiplier: ExactNumber, settlement: str) -> Instrument:
        """A contract that no venue lists: unrounded, one contract a lot."""
        kind = PAYOFFS.get(payoff)
        if kind is None:
            raise RuleError(f"No payoff {payoff!r}; there are {', '.join(PAYOFFS)}.")
        model = kind(exact(multiplier, "multiplier"))
        return cls(
            venue="generic",
            symbol=f"{payoff} x{model.multiplier} {settlement}",
            unified=f"{settlement}/USD:{settlement}",
            kind=Kind.PERPETUAL,
            payoff=model,
            underlying=settlement,
            quote="USD",
            accounting=Accounting.unrounded(settlement),
            tick=Decimal("0.01"),
            lot=Decimal(1),
        )

    @property
    def settlement_currency(self) -> Currency:
        """The coin it is margined and settled in, with the venue's unit."""
        return self.accounting.currency

    @property
    def multiplier(self) -> Decimal:
        """The payoff's multiplier: dollars a contract for an inverse one."""
        return self.payoff.multiplier

    def without_rounding(self) -> Instrument:
        """The same contract, unrounded."""
        return replace(self, accounting=self.accounting.without_rounding())

    def value(self, contracts: ExactNumber, price: ExactNumber) -> Amount:
        """Settlement-coin value of signed contracts at a price, rounded as the venue rounds."""
        count = exact(contracts, "contracts")
        return rounded_value(self.accounting, self.payoff, count, exact_price(price), self.lot)

    def contracts_of(self, usd_amount: ExactNumber) -> Decimal:
        """Contracts of a dollar amount; it must be a whole number of them."""
        if not isinstance(self.payoff, Inverse):
            raise RuleError(f"{self.symbol} is {self.payoff.name}: size it in contracts.")
        count = Fraction(exact(usd_amount, "usd_amount")) / Fraction(self.multiplier)
        if count.denominator != 1:
            raise AmountError(
                f"usd_amount: {usd_amount} is not a whole number of {self.symbol} contracts "
                f"of {self.multiplier} {self.quote}."
            )
        return Decimal(count.numerator)

    def usd_amount_of(self, contracts: Decimal) -> Decimal:
        """Dollars of a number of inverse contracts."""
        if not isinstance(self.payoff, Inverse):
            raise RuleError(f"{self.symbol} is {self.payoff.name}: its dollars need a price.")
        return plain(contracts * self.multiplier)

    def check_order(self, contracts: Decimal) -> None:
        """Refuse an order that is not a whole number of lots."""
        if contracts <= 0 or (Fraction(contracts) / Fraction(self.lot)).denominator != 1:
            raise RuleError(
                f"{contracts:f} contracts of {self.symbol}: orders at {self.venue} are whole lots "
                f"of {self.lot:f}."
            )

    def __repr__(self) -> str:
        """One line: what it is, what it is worth and in which coin."""
        until = f", expires {iso(self.expiry)}" if self.expiry else ""
        return (
            f"{self.symbol} ({self.unified}) at {self.venue}: {self.payoff.name} "
            f"{self.kind.value}, multiplier {self.multiplier:f}, tick {self.tick:f}, "
            f"lot {self.lot:f}, settled in {self.settlement_currency.code}{until}"
        )
