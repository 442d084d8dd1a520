"""Bankruptcy, liquidation and break-even price of one position.

The position's coin value V tells its price (V = N·m/P for an inverse contract), so that all three
are a value first. With B the coin behind it, C the cost and d = +1 where a loss makes V grow
(inverse longs, linear shorts) or −1, equity is  B + d·(C − V), and

    bankruptcy    B + d·(C − V) = fee · V
    liquidation   B + d·(C − V) = maintenance, at entry or at V, + fees
    break-even        d·(C − V) = fee · C

A 1x inverse short has as many coins behind it as it costs: no price makes its equity zero.
Prices round against the trader, as the venue's rule says (venue-rules, section 4).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from obverse.contracts import Instrument, Position
from obverse.contracts.accounting import rounded_fee
from obverse.contracts.units import Rounding, round_to_step, to_decimal, to_integer
from obverse.errors import DataError
from obverse.risk.margin.crossing import Balance, Requirement, first_crossing, nearest_crossing
from obverse.risk.margin.requirements import bankruptcy_direction, entry_value, requirement
from obverse.risk.margin.terms import MarginTerms, Mode, PriceRounding

_FAR = 1000
"""Brackets are laid out up to so many times the value at which equity is gone."""


@dataclass(frozen=True)
class Backing:
    """The coin behind a position: what was posted, or all the balance there is.

    Attributes
    ----------
    coins : isolated: margin without the fee kept for closing; cross: the balance, with the gains
        of other positions and less what they and orders require
    funding_owed : funding due at the next stamp, where the venue counts it; received is below zero
    closing_fee : coins of a cross balance that must be left for closing; none is the fee at this
        backing's own bankruptcy price
    """

    coins: Fraction
    mode: Mode = "isolated"
    funding_owed: Fraction = Fraction(0)
    closing_fee: Fraction | None = None

    def usable(self, terms: MarginTerms) -> Fraction:
        """The coins that may be lost."""
        return self.coins - (self.funding_owed if terms.predicted_funding else 0)


def posted(position: Position, leverage: Fraction) -> Backing:
    """Isolated margin at a leverage: entry value over leverage."""
    if not position.contracts:
        raise DataError(f"{position.instrument.symbol}: a flat position has no margin.")
    return Backing(entry_value(position) / leverage)


def bankruptcy_value(position: Position, terms: MarginTerms, backing: Backing) -> Fraction | None:
    """Coin value at which equity is zero; none where no price makes it so."""
    fee = Fraction(0)
    if backing.mode == "cross" and terms.bankruptcy_fee:
        fee = terms.taker_fee_rate
    direction = bankruptcy_direction(position)
    value = (backing.coins + direction * entry_value(position)) / (direction + fee)
    return value if value > 0 else None


def liquidation_value(
    position: Position,
    terms: MarginTerms,
    backing: Backing,
    *,
    mark_price: Decimal | None = None,
) -> Fraction | None:
    """Coin value at which maintenance is no longer covered; none where no price makes it so.

    Found from the mark on (default: from entry), in the direction of loss; a position that is
    already below maintenance gets the nearest price at which it is just met.
    """
    direction = bankruptcy_direction(position)
    balance = _balance(position, terms, backing, direction)
    payoff = position.instrument.payoff
    start = entry_value(position)
    if mark_price is not None:
        start = abs(payoff.value(position.contracts, mark_price))
    if balance.gap(start) < 0:
        return nearest_crossing(balance, start)
    return first_crossing(balance, start, rising=direction > 0)


def _balance(position: Position, terms: MarginTerms, backing: Backing, direction: int) -> Balance:
    cost = entry_value(position)
    fixed = backing.usable(terms) + direction * cost
    constant = _closing_fee(position, terms, backing)
    if terms.value_basis == "entry":
        constant += requirement(position, terms, "maintenance")
        return Balance(fixed, Fraction(-direction), (), constant)
    until = _FAR * max(cost, abs(fixed))
    pieces = tuple(terms.schedule.pieces("maintenance", abs(position.contracts), until))
    needed = Requirement(Fraction(1), pieces, terms.fee_at_mark)
    return Balance(fixed, Fraction(-direction), (needed,), constant)


def fee_at_bankruptcy(position: Position, terms: MarginTerms, backing: Backing) -> Fraction:
    """The taker fee for closing at the bankruptcy price; on entry value where there is no such."""
    value = bankruptcy_value(position, terms, backing)
    return terms.taker_fee_rate * (entry_value(position) if value is None else value)


def _closing_fee(position: Position, terms: MarginTerms, backing: Backing) -> Fraction:
    """The fee for closing, where the balance has to leave it; isolated margin has it apart."""
    if backing.mode == "isolated" or not terms.keeps_closing_fee:
        return Fraction(0)
    if backing.closing_fee is not None:
        return backing.closing_fee
    return fee_at_bankruptcy(position, terms, backing)


def break_even_value(position: Position, taker_fee_rate: Fraction) -> Fraction:
    """Coin value at which the gain pays for the entry fee, as the venue rounds that fee."""
    accounting = position.instrument.accounting
    fee = rounded_fee(accounting, position.cost, to_decimal(taker_fee_rate)).fraction
    return entry_value(position) - bankruptcy_direction(position) * fee


def price_of_value(position: Position, value: Fraction | None) -> Fraction | None:
    """Price at which the position has a coin value."""
    if value is None or value <= 0:
        return None
    return position.instrument.payoff.average_price(abs(position.contracts), value)


def price_against_trader(
    position: Position,
    value: Fraction | None,
    rounding: PriceRounding,
    *,
    tick: Decimal | None = None,
    upward: bool | None = None,
) -> Decimal | None:
    """The price of a coin value, rounded against the trader.

    `upward` is the direction of the rounding (default: up for longs, down for shorts, as their
    liquidation comes from above and from below). `tick` is the instrument's where it is not given.
    """
    price = price_of_value(position, value)
    if price is None:
        return None
    instrument = position.instrument
    step = instrument.tick if tick is None else tick
    up = position.contracts > 0 if upward is None else upward
    if rounding == "none":
        return to_decimal(price)
    if rounding == "one_tick_early":
        return to_decimal(price + Fraction(step) * (1 if up else -1))
    if rounding == "lot_units_and_tick":
        assert value is not None
        price = _price_in_lot_units(instrument, abs(position.contracts), value, up=up)
    direction = Rounding.CEILING if up else Rounding.FLOOR
    return round_to_step(price, step, direction)


def _price_in_lot_units(
    instrument: Instrument, contracts: Decimal, value: Fraction, *, up: bool
) -> Fraction:
    """The price at which one lot is worth a whole number of units of coin."""
    lots = Fraction(contracts) / Fraction(instrument.lot)
    units = value * instrument.settlement_currency.scale / lots
    value_grows_with_price = instrument.payoff.name != "inverse"
    rounding = Rounding.CEILING if up == value_grows_with_price else Rounding.FLOOR
    per_lot = Fraction(max(to_integer(units, rounding), 1), instrument.settlement_currency.scale)
    return instrument.payoff.average_price(instrument.lot, per_lot)
