"""Liquidation of a whole account: the price of a coin at which all its positions fail together.

All contracts on one coin move by the same per cent, whatever their expiry, and other coins stay.
With x = 1/S (inverse contracts) or x = S (quanto and linear ones) each position's coin value is
k · x, so that the account is one line against pieces of quadratics (`crossing`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from obverse.contracts.units import to_decimal
from obverse.errors import BookError
from obverse.risk.margin.account import Held, MarginAccount
from obverse.risk.margin.crossing import Balance, Requirement, first_crossing
from obverse.risk.margin.requirements import (
    bankruptcy_direction,
    entry_value,
    mark_value,
    requirement,
)
from obverse.risk.margin.schedule import Piece

_FAR = 1000


@dataclass(frozen=True)
class JointLiquidation:
    """Prices of one coin at which the positions held across are liquidated together.

    Attributes
    ----------
    underlying : the coin that moves
    price : its price now
    below, above : the first price downward and upward; none where no price does it
    now : whether maintenance is not covered already
    """

    underlying: str
    price: Decimal
    below: Decimal | None
    above: Decimal | None
    now: bool = False


def joint_liquidation(
    account: MarginAccount,
    underlying: str,
    price: Decimal,
    *,
    cross_balance: Fraction,
    closing_fees: Fraction = Fraction(0),
) -> JointLiquidation:
    """Where an account fails as one coin moves.

    Parameters
    ----------
    price : dollars per coin of the underlying now
    cross_balance : coins behind the positions held across, without gains and collateral
    closing_fees : coins kept back for closing
    """
    inverse = _is_inverse(account.across, underlying)
    start = 1 / Fraction(price) if inverse else Fraction(price)
    balance = _balance(account, underlying, start, cross_balance, closing_fees, inverse=inverse)
    if balance.gap(start) < 0:
        return JointLiquidation(underlying, price, None, None, now=True)
    up, down = (first_crossing(balance, start, rising=rising) for rising in (True, False))
    if inverse:
        return JointLiquidation(underlying, price, _price(up, inverse), _price(down, inverse))
    return JointLiquidation(underlying, price, _price(down, inverse), _price(up, inverse))


def _price(x: Fraction | None, inverse: bool) -> Decimal | None:
    if x is None:
        return None
    return to_decimal(1 / x if inverse else x)


def _is_inverse(held: Sequence[Held], underlying: str) -> bool:
    kinds = {
        item.position.instrument.payoff.name == "inverse"
        for item in held
        if item.position.instrument.underlying == underlying
    }
    if len(kinds) > 1:
        raise BookError(
            f"{underlying}: inverse and other contracts in one account have no joint price in "
            "closed form; look at them position by position."
        )
    return kinds != {False}


def _balance(
    account: MarginAccount,
    underlying: str,
    start: Fraction,
    cross_balance: Fraction,
    closing_fees: Fraction,
    *,
    inverse: bool,
) -> Balance:
    fixed, slope, constant = cross_balance, Fraction(0), closing_fees
    collateral = sum((item.worth_usd for item in account.collateral), Fraction(0))
    if inverse and underlying == account.coin.code:
        slope += collateral
    else:
        fixed += collateral / Fraction(account.index_price)
    needed = []
    for item in account.across:
        terms, position = item.terms, item.position
        direction, value = bankruptcy_direction(position), mark_value(position, item.mark_price)
        fixed -= item.funding_owed if terms.predicted_funding else 0
        moves = position.instrument.underlying == underlying
        if not moves:
            fixed += direction * (entry_value(position) - value)
            if account.scenario_margin is not None:
                continue
            constant += requirement(position, terms, "maintenance", mark_price=item.mark_price)
            constant += terms.fee_at_mark * value
            continue
        fixed += direction * entry_value(position)
        slope -= direction * value / start
        if account.scenario_margin is not None:
            continue
        if terms.value_basis == "entry":
            constant += requirement(position, terms, "maintenance")
            continue
        until = _FAR * max(entry_value(position), value, abs(cross_balance))
        pieces = tuple(terms.schedule.pieces("maintenance", abs(position.contracts), until))
        needed.append(Requirement(value / start, pieces, terms.fee_at_mark))
    if account.scenario_margin is not None:
        whole = Piece(Fraction(0), None, Fraction(1))
        needed.append(Requirement(account.scenario_margin.maintenance / start, (whole,)))
    return Balance(fixed, slope, tuple(needed), constant)
