"""A cascade as a file describes it, made ready: the venue's instrument, terms and rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from obverse.contracts import Amount, Instrument, Position, fill
from obverse.contracts.accounting import rounded_margin
from obverse.errors import ObverseError
from obverse.market import Market
from obverse.risk.losses import InsuranceFund
from obverse.risk.margin import MarginTerms, margin_posted, margin_terms
from obverse.risk.marking import mark_of
from obverse.risk.scenarios.cascade import CascadeAccount, CascadeRules, run_cascade
from obverse.risk.scenarios.cascade_results import Cascade
from obverse.risk.scenarios.impact import MarketImpact
from obverse.risk.scenarios.records import AccountRow, CascadeRow
from obverse.risk.scenarios.sharing import LossSharing
from obverse.rulebooks import Rulebook, rulebook


class PlanError(Exception):
    """What is wrong with a row, and at which of its fields."""

    def __init__(self, reason: object, *field: str | int) -> None:
        super().__init__(str(reason))
        self.field = field


@dataclass(frozen=True)
class CascadePlan:
    """A cascade that waits for its start price."""

    name: str
    instrument: Instrument
    accounts: tuple[CascadeAccount, ...]
    move: Decimal
    impact: MarketImpact
    rules: CascadeRules

    def run(self, market: Market) -> Cascade:
        """Run it from the contract's mark in a market."""
        return run_cascade(
            self.accounts,
            start_price=mark_of(self.instrument, market).price,
            move=self.move,
            impact=self.impact,
            rules=self.rules,
            name=self.name,
            simulated=market.simulated,
        )


def cascade_plan(row: CascadeRow, as_of: datetime) -> CascadePlan:
    """Make a cascade of a row under its venue's rules; what is wrong raises `PlanError`."""
    with _at("venue"):
        rules = rulebook(row.venue, as_of=as_of)
    with _at("instrument"):
        instrument = rules.instrument(row.instrument)
        terms = margin_terms(rules, instrument)
    if row.move <= -1:
        raise PlanError(
            f"{row.move:f} leaves no price; a move is a fraction: -0.1 is -10 %", "move"
        )
    if not row.accounts:
        raise PlanError("is empty; add [[cascades.accounts]]", "accounts")
    with _at("depth_coin"):
        impact = MarketImpact(row.depth_coin, row.price_change, row.law)
    return CascadePlan(
        name=row.name,
        instrument=instrument,
        accounts=tuple(_accounts(row.accounts, instrument, terms)),
        move=row.move,
        impact=impact,
        rules=_rules(row, rules, instrument),
    )


def venue_cascade_rules(rules: Rulebook, instrument: Instrument, fund: Amount) -> CascadeRules:
    """What a venue does with closed accounts, by its rules of liquidation; a fund of so much.

    Deleveraging and assignment to opposite positions take from the other side's queue, session
    losses from all winners alike. Fees are the venue's liquidation fee, zero where it has none.
    """
    product = rules.rules_of(instrument)
    fee = product.fees_of(instrument.expiry).liquidation or Decimal(0)
    rule = product.liquidation
    if rule is None:
        return CascadeRules(fund, fee_rate=fee)
    if rule.loss_sharing == "session_winners":
        return CascadeRules(fund, rule.residual, fee, LossSharing("pro_rata"))
    sharing = LossSharing("queue") if rule.score is None else LossSharing("queue", rule.score)
    return CascadeRules(fund, rule.residual, fee, sharing)


def _accounts(
    rows: Sequence[AccountRow], instrument: Instrument, terms: MarginTerms
) -> Iterator[CascadeAccount]:
    names = [row.name for row in rows]
    for place, row in enumerate(rows):
        where = ("accounts", place)
        if row.name in names[:place]:
            raise PlanError(f"{row.name!r} is there twice", *where, "name")
        if (row.leverage is None) == (row.margin is None):
            raise PlanError("give leverage or margin, one of the two", *where)
        size = _size(row, instrument, *where)
        with _at(*where, "entry_price"):
            position = fill(Position.flat(instrument), size, row.entry_price)
        with _at(*where, "margin" if row.leverage is None else "leverage"):
            yield CascadeAccount(row.name, position, _margin(row, position), terms)


def _size(row: AccountRow, instrument: Instrument, *where: str | int) -> Decimal:
    """Signed contracts of an account."""
    if (row.contracts is None) == (row.usd_amount is None):
        raise PlanError("give contracts or usd_amount, one of the two", *where)
    size = row.contracts
    if size is None:
        assert row.usd_amount is not None
        with _at(*where, "usd_amount"):
            size = instrument.contracts_of(row.usd_amount)
    if size <= 0:
        raise PlanError(f"{size:f} contracts; side gives the direction", *where)
    return size if row.side == "long" else -size


def _margin(row: AccountRow, position: Position) -> Amount:
    instrument = position.instrument
    if row.leverage is not None:
        return rounded_margin(instrument.accounting, margin_posted(position, row.leverage))
    assert row.margin is not None
    return instrument.settlement_currency.amount(row.margin)


def _rules(row: CascadeRow, rules: Rulebook, instrument: Instrument) -> CascadeRules:
    with _at("fund"):
        fund = instrument.settlement_currency.amount(row.fund)
        InsuranceFund.of(fund)
    venue = venue_cascade_rules(rules, instrument, fund)
    sharing = venue.sharing if row.sharing is None else LossSharing(row.sharing)
    fee = venue.fee_rate if row.fee_rate is None else row.fee_rate
    with _at("fee_rate"):
        return CascadeRules(fund, row.residual or venue.residual, fee, sharing)


@contextmanager
def _at(*field: str | int) -> Iterator[None]:
    """Tell an error that is raised on purpose at a field."""
    try:
        yield
    except ObverseError as error:
        raise PlanError(error, *field) from None
