"""The terms of margin for one instrument: its venue's rules of the day, or rules made by hand."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from obverse.contracts import Instrument
from obverse.errors import RuleError
from obverse.risk.margin.schedule import (
    LinearInSize,
    Schedule,
    Tier,
    Tiered,
    WholePositionStep,
)
from obverse.rulebooks import Rulebook
from obverse.rulebooks.records import Margin as MarginRule

Basis = Literal["entry", "mark"]
ClosingFee = Literal["none", "at_bankruptcy", "on_entry_and_margin", "at_mark"]
PriceRounding = Literal["none", "tick", "lot_units_and_tick", "one_tick_early"]
Mode = Literal["isolated", "cross"]

MODES: tuple[Mode, ...] = ("isolated", "cross")


@dataclass(frozen=True)
class MarginTerms:
    """Everything that decides a position's margins and its liquidation price.

    Attributes
    ----------
    schedule : rates by size
    value_basis : price at which maintenance is valued
    initial_basis : the same for initial margin held across positions
    closing_fee, taker_fee_rate : which fee for closing is kept back, and its rate
    opening_fee : whether the opening fee comes out of the margin posted behind an isolated position
    order_margin, order_sides : what resting orders reserve
    max_leverage : the venue's, whatever the size
    price_rounding : of liquidation and bankruptcy prices, against the trader
    bankruptcy_fee : whether a cross position's bankruptcy price leaves the fee for closing
    predicted_funding : whether funding owed at the next stamp counts
    """

    schedule: Schedule
    value_basis: Basis = "mark"
    initial_basis: Basis = "entry"
    closing_fee: ClosingFee = "none"
    taker_fee_rate: Fraction = Fraction(0)
    opening_fee: Literal["balance", "margin"] = "balance"
    order_margin: Literal["initial", "with_fees"] = "initial"
    order_sides: Literal["each", "larger"] = "each"
    max_leverage: Decimal | None = None
    price_rounding: PriceRounding = "none"
    bankruptcy_fee: bool = False
    predicted_funding: bool = False

    @property
    def fee_at_mark(self) -> Fraction:
        """Rate of the fee that maintenance includes at the mark."""
        return self.taker_fee_rate if self.closing_fee == "at_mark" else Fraction(0)

    @property
    def keeps_closing_fee(self) -> bool:
        """Whether the fee for closing is posted with the margin."""
        return self.closing_fee in ("at_bankruptcy", "on_entry_and_margin")


def margin_terms(book: Rulebook, instrument: Instrument) -> MarginTerms:
    """The terms of an instrument under a rulebook; a product without margin rules is refused."""
    rules = book.rules_of(instrument)
    if rules.margin is None:
        raise RuleError(f"{book.name} has no margin rule for {instrument.symbol}.")
    margin, liquidation = rules.margin, rules.liquidation
    return MarginTerms(
        schedule=schedule_of(margin),
        value_basis=margin.value_basis,
        initial_basis=margin.initial_basis,
        closing_fee=margin.closing_fee,
        taker_fee_rate=Fraction(_closing_rate(book, instrument, margin)),
        opening_fee=margin.opening_fee,
        order_margin=margin.order_margin,
        order_sides=margin.order_sides,
        max_leverage=margin.max_leverage,
        price_rounding=liquidation.price_rounding if liquidation else "none",
        bankruptcy_fee=liquidation is not None and liquidation.bankruptcy_fee,
        predicted_funding=liquidation is not None and liquidation.predicted_funding,
    )


def _closing_rate(book: Rulebook, instrument: Instrument, margin: MarginRule) -> Decimal:
    """The fee of a liquidation at the mark is the venue's liquidation fee; elsewhere, taker."""
    fees = book.rules_of(instrument).fees_of(instrument.expiry)
    if margin.closing_fee == "at_mark" and fees.liquidation is not None:
        return fees.liquidation
    return fees.taker


def schedule_of(margin: MarginRule) -> Schedule:
    """A rulebook's schedule as the engine takes it."""
    if margin.style == "step_whole_position":
        assert margin.step is not None
        step = margin.step
        return WholePositionStep(
            step.base_limit, step.step, step.base_initial_rate, step.base_maintenance_rate
        )
    if margin.style == "linear_in_size":
        assert margin.linear is not None
        linear = margin.linear
        return LinearInSize(
            linear.base_initial_rate, linear.base_maintenance_rate, linear.slope_per_coin
        )
    assert margin.tier_unit is not None
    tiers = tuple(
        Tier(tier.cap, tier.maintenance_rate, tier.initial_rate, tier.max_leverage)
        for tier in margin.tiers
    )
    return Tiered(tiers, margin.tier_unit, marginal=margin.style != "step_by_contracts")
