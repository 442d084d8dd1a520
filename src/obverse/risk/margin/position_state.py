"""One position in its account: what it needs, what stands behind it, and where it ends."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import log

from obverse.contracts import Amount, Rounding
from obverse.contracts.accounting import rounded_margin
from obverse.contracts.units import to_decimal
from obverse.risk.margin.account import Held
from obverse.risk.margin.isolated import margin_posted
from obverse.risk.margin.prices import (
    Backing,
    bankruptcy_value,
    break_even_value,
    fee_at_bankruptcy,
    liquidation_value,
    price_against_trader,
)
from obverse.risk.margin.requirements import (
    closing_fee_reserve,
    entry_value,
    initial_margin,
    liquidation_fee,
    maintenance_margin,
    margin_ratio,
    mark_value,
)


@dataclass(frozen=True)
class Needs:
    """What a position asks of its account, and what it has gained.

    `closing_fee` is kept back, or due at the mark, beside maintenance.
    """

    pnl: Amount
    initial: Amount
    maintenance: Amount
    closing_fee: Amount

    @property
    def liquidation(self) -> Amount:
        """Equity below this is liquidated."""
        return self.maintenance + self.closing_fee


def needs_of(item: Held, cross_coins: Fraction) -> Needs:
    """What a position needs; `cross_coins` stand behind it if it is held across."""
    position, terms, setting = item.position, item.terms, item.setting
    currency = position.instrument.settlement_currency
    if terms.keeps_closing_fee and setting.mode == "isolated":
        leverage = setting.leverage or entry_value(position) / Fraction(setting.posted or 1)
        closing = closing_fee_reserve(position, terms, leverage=_decimal(leverage))
    elif terms.keeps_closing_fee:
        fee = fee_at_bankruptcy(position, terms, Backing(cross_coins, "cross"))
        closing = currency.amount(fee, Rounding.CEILING)
    else:
        fee = liquidation_fee(position, terms, mark_price=item.mark_price)
        closing = rounded_margin(position.instrument.accounting, fee)
    return Needs(
        pnl=position.pnl(price=item.mark_price),
        initial=initial_margin(
            position,
            terms,
            leverage=setting.leverage,
            mark_price=item.mark_price,
            mode=setting.mode,
        ),
        maintenance=maintenance_margin(position, terms, mark_price=item.mark_price),
        closing_fee=closing,
    )


def coins_posted(item: Held) -> Fraction:
    """Coins behind an isolated position that may be lost: without the fee kept for closing."""
    if item.setting.posted is not None:
        return Fraction(item.setting.posted)
    assert item.setting.leverage is not None
    coins = margin_posted(item.position, item.setting.leverage)
    if item.terms.opening_fee == "margin":
        coins -= entry_value(item.position) * item.terms.taker_fee_rate
    return coins


@dataclass(frozen=True)
class PositionState:
    """One position at its mark.

    Attributes
    ----------
    value : coin value, a magnitude
    backing : coins that may be lost: isolated margin, or the account's balance and all other gains
        less what other positions need
    liquidation_price : with other positions as they are; none where no price liquidates it
    bankruptcy_price : of zero equity; none where there is none
    break_even_price : pays for the entry fee
    """

    held: Held
    needs: Needs
    value: Fraction
    backing: Fraction
    liquidation_price: Decimal | None
    bankruptcy_price: Decimal | None
    break_even_price: Decimal | None

    @property
    def equity(self) -> Fraction:
        """Backing and gain."""
        return self.backing + self.needs.pnl.fraction

    @property
    def leverage(self) -> Decimal | None:
        """Coin value over equity; none where there is no equity."""
        return to_decimal(self.value / self.equity) if self.equity > 0 else None

    @property
    def margin_ratio(self) -> Decimal | None:
        """Equity over maintenance and fees; at 1 it is liquidated."""
        return margin_ratio(self.equity, self.needs.liquidation.fraction)

    @property
    def is_liquidated(self) -> bool:
        """Whether maintenance is not covered now."""
        return self.equity < self.needs.liquidation.fraction

    @property
    def distance(self) -> Decimal | None:
        """From the mark to the liquidation price, as a signed fraction of the mark."""
        if self.liquidation_price is None:
            return None
        return to_decimal(Fraction(self.liquidation_price) / Fraction(self.held.mark_price) - 1)

    def distance_in_deviations(self, daily_volatility: float) -> float | None:
        """The same as a log move over a day's standard deviation; none where there is none."""
        if self.liquidation_price is None or not daily_volatility > 0:
            return None
        return log(self.liquidation_price / self.held.mark_price) / daily_volatility


def position_state(item: Held, needs: Needs, coins: Fraction) -> PositionState:
    """Work out a position with so many coins behind it."""
    position, terms = item.position, item.terms
    mode = item.setting.mode
    backing = Backing(coins, mode, item.funding_owed, needs.closing_fee.fraction)
    rounding = terms.price_rounding
    liquidated = liquidation_value(position, terms, backing, mark_price=item.mark_price)
    bankrupt = bankruptcy_value(position, terms, backing)
    even = break_even_value(position, terms.taker_fee_rate)
    return PositionState(
        held=item,
        needs=needs,
        value=mark_value(position, item.mark_price),
        backing=backing.usable(terms),
        liquidation_price=price_against_trader(position, liquidated, rounding),
        bankruptcy_price=price_against_trader(position, bankrupt, rounding),
        break_even_price=price_against_trader(position, even, rounding),
    )


def _decimal(leverage: Decimal | Fraction) -> Decimal:
    return leverage if isinstance(leverage, Decimal) else to_decimal(leverage)
