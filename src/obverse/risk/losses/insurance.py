"""The insurance fund: what a liquidation closed off its bankruptcy price pays in or takes out.

A position taken over at bankruptcy and closed better leaves the difference to the fund; closed
worse, the fund pays, as far as it has; what it has not is the residual that winners bear.

    IF' = IF + received − min(IF, D),   residual R = max(0, D − IF)

Source: BitMEX, Bybit, Binance and OKX insurance-fund pages (venue rules, section 4); Chitra
(arXiv 2512.01112, corrected), exchange solvency.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from obverse.contracts import Amount, Instrument
from obverse.contracts.units import ExactNumber
from obverse.errors import AmountError, DefectError
from obverse.tables import Table, Tabular, coin, text

Direction = Literal["pays", "receives"]


@dataclass(frozen=True)
class FundPart:
    """A liquidation's result for the fund: signed coin, above zero when the fund gains."""

    gain: Amount

    @property
    def direction(self) -> Direction | None:
        """Whether the fund pays or receives; none when closed exactly at bankruptcy."""
        if not self.gain:
            return None
        return "receives" if self.gain.units > 0 else "pays"

    @property
    def amount(self) -> Amount:
        """How much, without sign."""
        return abs(self.gain)


@dataclass(frozen=True)
class InsuranceFund:
    """A fund's state: what it began with, took in and paid. It never goes below zero.

    `uncovered` adds up what it was asked for and did not have.
    """

    opening: Amount
    received: Amount
    paid: Amount
    uncovered: Amount

    def __post_init__(self) -> None:
        """Hold the record together."""
        if min(self.opening.units, self.received.units, self.paid.units, self.uncovered.units) < 0:
            raise AmountError(f"insurance fund: {self.opening} and its flows are zero or more.")
        if self.balance.units < 0:
            raise DefectError(f"insurance fund: a balance of {self.balance!r}.")

    @classmethod
    def of(cls, opening: Amount) -> InsuranceFund:
        """A fund of so much coin, without a history."""
        nothing = opening.currency.zero
        return cls(opening, nothing, nothing, nothing)

    @property
    def balance(self) -> Amount:
        """What it holds."""
        return self.opening + self.received - self.paid


@dataclass(frozen=True)
class FundEntry:
    """One entry of a fund: coin in or out, what it could not pay, and its balance after."""

    reference: str
    direction: Literal["in", "out"]
    amount: Amount
    residual: Amount
    balance: Amount


@dataclass(frozen=True, repr=False)
class FundHistory(Tabular):
    """A fund after a run of liquidations, with an entry for each; prints as a table."""

    fund: InsuranceFund
    entries: tuple[FundEntry, ...]

    @property
    def residual(self) -> Amount:
        """What all entries together left uncovered."""
        return sum((item.residual for item in self.entries), self.fund.opening.currency.zero)

    def table(self) -> Table:
        """One row an entry."""
        code, shown = self.fund.opening.currency.code, self.fund.opening.currency.shown
        columns = (
            text("reference", "Liquidation"),
            coin("flow", "In or out", code, shown),
            coin("residual", "Uncovered", code, shown),
            coin("balance", "Balance", code, shown),
        )
        rows = tuple(
            (
                item.reference,
                item.amount.coins if item.direction == "in" else -item.amount.coins,
                item.residual.coins,
                item.balance.coins,
            )
            for item in self.entries
        )
        return Table(f"Insurance fund, opened with {self.fund.opening}", columns, rows)


def fund_part(
    instrument: Instrument,
    contracts: Decimal,
    *,
    bankruptcy_price: ExactNumber,
    fill_price: ExactNumber,
) -> FundPart:
    """The fund's part of a liquidated position of signed contracts that was closed at a price.

    It is the gain from the bankruptcy price to the fill's, from the instrument's values at both.
    """
    cost = instrument.value(contracts, bankruptcy_price)
    value = instrument.value(contracts, fill_price)
    gain = instrument.payoff.pnl(cost.fraction, value.fraction)
    return FundPart(instrument.settlement_currency.amount(gain))


def receive(
    fund: InsuranceFund, amount: Amount, reference: str = ""
) -> tuple[InsuranceFund, FundEntry]:
    """The fund after coin came in, and the entry of it."""
    after = replace(fund, received=fund.received + _magnitude(amount))
    nothing = amount.currency.zero
    return after, FundEntry(reference, "in", amount, nothing, after.balance)


def cover(
    fund: InsuranceFund, loss: Amount, reference: str = ""
) -> tuple[InsuranceFund, FundEntry]:
    """The fund after it paid a loss as far as it could; the entry names the residual."""
    paid = min(fund.balance, _magnitude(loss))
    residual = loss - paid
    after = replace(fund, paid=fund.paid + paid, uncovered=fund.uncovered + residual)
    return after, FundEntry(reference, "out", paid, residual, after.balance)


def settle(
    fund: InsuranceFund, part: FundPart, reference: str = ""
) -> tuple[InsuranceFund, FundEntry]:
    """The fund after a liquidation's part, whichever way it goes."""
    step = cover if part.direction == "pays" else receive
    return step(fund, part.amount, reference)


def run_fund(fund: InsuranceFund, parts: Iterable[tuple[str, FundPart]]) -> FundHistory:
    """Settle liquidations one after another: pairs of a reference and its part."""
    entries = []
    for reference, part in parts:
        fund, entry = settle(fund, part, reference)
        entries.append(entry)
    return FundHistory(fund, tuple(entries))


def _magnitude(amount: Amount) -> Amount:
    if amount.units < 0:
        raise AmountError(f"insurance fund: {amount} is below zero; name the direction instead.")
    return amount
