"""Funding: from premium to rate, from rate to coin.

The rate formulas take numbers or histories (`marks.values`); payments are exact, in whole units of
the settlement coin. A rate above zero is paid by longs to shorts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType

from numpy.typing import ArrayLike

from obverse.contracts import Amount, Position
from obverse.contracts.accounting import FieldRounding
from obverse.contracts.units import ExactNumber, Rounding, exact, exact_price, to_decimal
from obverse.errors import DataError, MarketDataError
from obverse.marks.values import Values, confined, finite, higher_of, lower_of, prices


def premium(perpetual: Values, index: Values) -> Values:
    """(perpetual − index) / index."""
    return (perpetual - index) / index


def impact_premium(
    impact_bid: Values, impact_ask: Values, mark: Values, index: Values, fair_basis: Values
) -> Values:
    """Distance of the impact prices from the mark, over the index, plus the mark's own basis rate.

    Source: BitMEX perpetual guide; Binance and older Bybit premium index have the same shape.
    """
    above = higher_of(0, impact_bid - mark)
    below = higher_of(0, mark - impact_ask)
    return (above - below) / index + fair_basis


def interest_rate(quote_rate_daily: Values, base_rate_daily: Values, intervals: int) -> Values:
    """(quote − base) per interval: the interest term. Source: BitMEX perpetual guide."""
    return (quote_rate_daily - base_rate_daily) / intervals


def clamped_rate(average_premium: Values, interest: Values, dampener: Values) -> Values:
    """P + clamp(I − P, ±d): BitMEX, Binance, Bybit.

    Written as clamp(I, P − d, P + d), which leaves an interest inside the clamp to the last bit.
    """
    return confined(interest, average_premium - dampener, average_premium + dampener)


def dampened_rate(average_premium: Values, dampener: Values) -> Values:
    """The part of the premium outside ±d: Deribit, an 8-hour rate."""
    return higher_of(dampener, average_premium) + lower_of(-dampener, average_premium)


def divided_rate(average_premium: Values, coefficient: float) -> Values:
    """Premium over a coefficient, per hour: Kraken."""
    return average_premium / coefficient


def capped(rate: Values, cap: Values | None) -> Values:
    """A rate kept within ±cap; none means no cap."""
    return rate if cap is None else confined(rate, -cap, cap)


def cap_per_day(
    initial_rate: ExactNumber,
    maintenance_rate: ExactNumber,
    intervals_per_day: ExactNumber,
    share: ExactNumber = "0.75",
) -> Decimal:
    """A cap of `share` of (initial − maintenance) margin an interval, summed over a day."""
    initial, maintenance = exact(initial_rate), exact(maintenance_rate)
    if maintenance > initial:
        raise MarketDataError("funding cap: maintenance margin exceeds initial margin.")
    return exact(share) * (initial - maintenance) * exact(intervals_per_day)


def absolute_rate(relative_rate: ExactNumber, index_price: ExactNumber) -> Decimal:
    """Coin per contract and hour, fixed at the start of the hour: Kraken."""
    rate = Fraction(exact(relative_rate, "relative_funding_rate"))
    return to_decimal(rate / Fraction(exact_price(index_price, "index_price")))


@dataclass(frozen=True)
class TwapTerms:
    """Terms of funding on time averages: interest in a clamp, a factor, bounds on the rate."""

    interest_rate: Decimal = Decimal(0)
    period_years: Decimal = Decimal(0)
    clamp_lower: Decimal | None = None
    clamp_upper: Decimal | None = None
    scaling_factor: Decimal = Decimal(1)
    rate_lower: Decimal | None = None
    rate_upper: Decimal | None = None

    def __post_init__(self) -> None:
        """Refuse half a clamp, and bounds that cross."""
        if (self.clamp_lower is None) is not (self.clamp_upper is None):
            raise DataError("funding on time averages: a clamp needs both its bounds.")
        for low, high in ((self.clamp_lower, self.clamp_upper), (self.rate_lower, self.rate_upper)):
            if low is not None and high is not None and low > high:
                raise DataError(f"funding on time averages: {low} to {high} are no bounds.")


@dataclass(frozen=True)
class TwapFunding:
    """Payment per unit of position, in quote currency, and its rate on spot."""

    payment: Decimal
    funding_rate: Decimal


def twap_funding(
    perpetual_twap: ExactNumber, spot_twap: ExactNumber, terms: TwapTerms
) -> TwapFunding:
    """F − S, plus clamp((1 + r·t)·S − F, lower·S, upper·S), times the factor, the rate bounded.

    Source: Vega Protocol perpetual product, settlement of periods.
    """
    future, spot = Fraction(exact_price(perpetual_twap)), Fraction(exact_price(spot_twap))
    payment = future - spot
    if terms.clamp_lower is not None and terms.clamp_upper is not None:
        growth = 1 + Fraction(terms.interest_rate) * Fraction(terms.period_years)
        low, high = Fraction(terms.clamp_lower) * spot, Fraction(terms.clamp_upper) * spot
        payment += min(max(growth * spot - future, low), high)
    rate = payment * Fraction(terms.scaling_factor) / spot
    rate = rate if terms.rate_lower is None else max(rate, Fraction(terms.rate_lower))
    rate = rate if terms.rate_upper is None else min(rate, Fraction(terms.rate_upper))
    return TwapFunding(to_decimal(rate * spot), to_decimal(rate))


def funding_payment(
    position: Position, *, price: ExactNumber, rate: ExactNumber, rounding: FieldRounding
) -> Amount:
    """Coin received at a funding instant: value at `price` times the rate; longs pay a rate > 0."""
    value = position.value(price=price).fraction
    due = -value * Fraction(exact(rate, "rate"))
    return rounding.apply(due, position.cost.currency)


def absolute_payment(
    position: Position, *, coin_per_contract: ExactNumber, rounding: FieldRounding
) -> Amount:
    """Coin received for an interval of a fixed amount a contract: Kraken."""
    due = -Fraction(position.contracts) * Fraction(exact(coin_per_contract, "coin_per_contract"))
    return rounding.apply(due, position.cost.currency)


@dataclass(frozen=True)
class FundingRound:
    """What every account of one contract receives at a funding instant; together exactly nothing.

    Attributes
    ----------
    payments : what each account receives, the remainder's account among them
    remainder_account : the account that takes what rounding leaves
    """

    payments: Mapping[str, Amount]
    remainder_account: str

    @property
    def remainder(self) -> Amount:
        """What rounding left."""
        return self.payments[self.remainder_account]


def settle_to_zero(
    payments: Mapping[str, Amount], *, remainder_account: str = "rounding"
) -> FundingRound:
    """Book what rounding leaves of all accounts' payments to an account of its own."""
    if not payments:
        raise MarketDataError("funding: no account to settle.")
    if remainder_account in payments:
        raise MarketDataError(f"funding: {remainder_account!r} is an account that is funded.")
    first, *others = payments.values()
    rest = {remainder_account: -sum(others, first)}
    return FundingRound(MappingProxyType(dict(payments) | rest), remainder_account)


def accumulated_funding(rate_1h: ArrayLike, previous_index: ArrayLike, start_index: float) -> float:
    """Coin a long of one coin at the start has paid: the sum of rate · start index / index.

    The position keeps its dollars, so its coin value moves with the index while it accrues; a plain
    sum of rates misses that. `previous_index` is the index at the beginning of each hour. The first
    payment falls in the hour after `start_index`. Source: Deribit `get_funding_rate_value`, found
    to be so from `get_funding_rate_history`.
    """
    rates, index = finite(rate_1h, "funding rate"), prices(previous_index, "previous index")
    if len(rates) != len(index):
        raise MarketDataError("accumulated funding: give one index a rate.")
    if not (math.isfinite(start_index) and start_index > 0):
        raise MarketDataError(f"accumulated funding: a start index of {start_index} is no price.")
    return math.fsum(rates * start_index / index)


NEAREST_UNIT = Rounding.NEAREST
"""How a payment is rounded where the venue does not say."""
