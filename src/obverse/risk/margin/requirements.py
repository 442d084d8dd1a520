"""What one position must hold: initial and maintenance margin, and the fee kept for closing.

Requirements are exact; the venue's rounding is applied once, to the amount that is shown. Values
are magnitudes in settlement coin: the coin cost at entry, or the value at the mark.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from obverse.contracts import Amount, Position, exact
from obverse.contracts.accounting import rounded_closing_fee, rounded_margin
from obverse.contracts.units import ExactNumber, to_decimal
from obverse.errors import DataError, RuleError
from obverse.risk.margin.schedule import Margin
from obverse.risk.margin.terms import Basis, MarginTerms, Mode


def entry_value(position: Position) -> Fraction:
    """Coin value at entry, as a magnitude: the cost."""
    return abs(position.cost.fraction)


def mark_value(position: Position, mark_price: ExactNumber) -> Fraction:
    """Coin value at the mark, as a magnitude, unrounded as margins need it."""
    price = exact(mark_price, "mark_price")
    return abs(position.instrument.payoff.value(position.contracts, price))


def checked_leverage(leverage: ExactNumber, terms: MarginTerms | None = None) -> Fraction:
    """A leverage above zero and not above the venue's limit; anything else is refused."""
    multiple = exact(leverage, "leverage")
    if multiple <= 0:
        raise DataError(f"leverage: {leverage} is not above zero.")
    if terms is not None and terms.max_leverage is not None and multiple > terms.max_leverage:
        raise RuleError(
            f"leverage: {multiple:f}x is above the venue's limit of {terms.max_leverage:f}x."
        )
    return Fraction(multiple)


def requirement(
    position: Position,
    terms: MarginTerms,
    margin: Margin,
    *,
    mark_price: ExactNumber | None = None,
    basis: Basis | None = None,
) -> Fraction:
    """What the schedule asks at a basis (default: the terms'), in coin, unrounded and without fees.

    Without a mark price, a requirement at the mark is taken at entry: the instant of opening.
    """
    chosen = basis or (terms.value_basis if margin == "maintenance" else terms.initial_basis)
    value = entry_value(position)
    if chosen == "mark" and mark_price is not None:
        value = mark_value(position, mark_price)
    contracts = abs(position.contracts)
    return max(terms.schedule.piece(margin, contracts, value).at(value), Fraction(0))


def initial_margin(
    position: Position,
    terms: MarginTerms,
    *,
    leverage: ExactNumber | None = None,
    mark_price: ExactNumber | None = None,
    mode: Mode = "isolated",
) -> Amount:
    """Initial margin without fees: value over leverage, or by the schedule without a leverage.

    An isolated position posts from its entry value; across positions the venue's basis decides
    (OKX and Deribit: the mark).
    """
    basis: Basis = "entry" if mode == "isolated" else terms.initial_basis
    if leverage is None:
        needed = requirement(position, terms, "initial", mark_price=mark_price, basis=basis)
    else:
        value = entry_value(position)
        if basis == "mark" and mark_price is not None:
            value = mark_value(position, mark_price)
        needed = value / checked_leverage(leverage)
    return rounded_margin(position.instrument.accounting, needed)


def closing_fee_reserve(
    position: Position,
    terms: MarginTerms,
    *,
    leverage: ExactNumber | None = None,
    bankruptcy_price: ExactNumber | None = None,
) -> Amount:
    """Taker fee kept back for closing at the bankruptcy price, rounded as the venue rounds it.

    BitMEX takes it on entry value plus margin for longs and shorts alike (one record, BMX-27).
    """
    if (leverage is None) == (bankruptcy_price is None):
        raise DataError("closing fee: give leverage or bankruptcy_price, one of the two.")
    if bankruptcy_price is not None:
        value = mark_value(position, exact(bankruptcy_price, "bankruptcy_price"))
    else:
        assert leverage is not None
        posted = entry_value(position) / checked_leverage(leverage)
        adds = terms.closing_fee == "on_entry_and_margin"
        value = entry_value(position) + posted * (1 if adds else bankruptcy_direction(position))
    return rounded_closing_fee(position.instrument.accounting, value * terms.taker_fee_rate)


def bankruptcy_direction(position: Position) -> int:
    """+1 where a loss makes the coin value grow (inverse longs, linear shorts), else -1."""
    rises = position.contracts > 0
    return 1 if rises == (position.instrument.payoff.name == "inverse") else -1


def maintenance_margin(
    position: Position,
    terms: MarginTerms,
    *,
    mark_price: ExactNumber | None = None,
    reserve: Amount | None = None,
) -> Amount:
    """Maintenance margin as the venue shows it.

    `reserve` is the fee kept back with the margin posted, which some venues count in; a fee at the
    mark stands beside it (`liquidation_fee`).
    """
    needed = requirement(position, terms, "maintenance", mark_price=mark_price)
    rounded = rounded_margin(position.instrument.accounting, needed)
    return rounded if reserve is None else rounded + reserve


def liquidation_fee(
    position: Position, terms: MarginTerms, *, mark_price: ExactNumber | None = None
) -> Fraction:
    """The fee at the mark that must be covered beside maintenance (OKX); zero elsewhere."""
    value = entry_value(position) if mark_price is None else mark_value(position, mark_price)
    return terms.fee_at_mark * value


@dataclass(frozen=True)
class PostedMargin:
    """What stands behind one isolated position, and the same with its unrealised gain."""

    position_margin: Amount
    margin_with_pnl: Amount


def position_margin(
    position: Position, terms: MarginTerms, *, leverage: ExactNumber, mark_price: ExactNumber
) -> PostedMargin:
    """Isolated margin posted at entry.

    With the fee kept for closing (BitMEX, Bybit), or less the fee paid for opening where that comes
    out of it (Binance).
    """
    posted = initial_margin(position, terms, leverage=leverage)
    if terms.keeps_closing_fee:
        posted += closing_fee_reserve(position, terms, leverage=leverage)
    if terms.opening_fee == "margin":
        fee = entry_value(position) * terms.taker_fee_rate
        posted -= rounded_margin(position.instrument.accounting, fee)
    return PostedMargin(posted, posted + position.pnl(price=mark_price))


def margin_ratio(equity: Fraction, maintenance: Fraction) -> Decimal | None:
    """Equity over maintenance and liquidation fee: at 1 the position is liquidated (OKX).

    None where nothing is required.
    """
    return to_decimal(equity / maintenance) if maintenance else None
