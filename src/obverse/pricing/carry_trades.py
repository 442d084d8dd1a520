"""Cash-and-carry and its reverse with an inverse future, net of fees, in dollars and in coin.

**Cash-and-carry.** Buy 1 coin at S(1+g), sell N = F/(1+f) dollars of the future with the coin as
margin, and pay the fee of f·N/F coins from it, which leaves N/F. At delivery price P there are N/P
coins: a locked N dollars whatever P is, less the delivery fee d on them.

**Reverse.** Sell 1 coin for S(1−g) dollars, lend them at r, buy that many forward dollars
Q = S(1−g)·exp(rT), or rather N = Q/(1+d), of the future on margin kept in coin. At delivery the
dollars buy Q/P coins, d·N/P of them for the delivery fee: N/F coins in all, locked in coin whatever
P is, less the fee of f·N/F; compared with the coin's own yield.

g spot fee, f taker fee, d delivery fee, all fractions of value. The spot fee is charged once, on
entry; the coin that delivery brings (first trade) or takes (reverse) is valued at the delivery
price without one. Derived from the contract's value N/P; margin is assumed kept, its cost is not
counted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from obverse.errors import DataError
from obverse.pricing.carry import Carry, fair_price
from obverse.pricing.rates import as_curve


@dataclass(frozen=True)
class TradeFees:
    """Fees as fractions of value: on spot, on the future's trade, on its delivery."""

    spot: float
    future: float
    delivery: float

    def __post_init__(self) -> None:
        """Refuse fees that leave nothing, or are no number; below zero is a rebate."""
        for fee in (self.spot, self.future, self.delivery):
            if not -1 < fee < 1:
                raise DataError(f"fee: {fee} is not a fraction of value between -1 and 1.")


@dataclass(frozen=True)
class CarryTrade:
    """One coin's trade held to delivery.

    Attributes
    ----------
    name : `cash-and-carry` or `reverse`
    profit_usd, profit_coin : net of fees and of the benchmark's own yield, at delivery, the dollar
        profit of the first valued in coin at today's spot and the coin profit of the reverse in
        dollars at it
    annualised : net excess over the benchmark per year, continuously compounded
    fees_usd : fees paid over the trade, per coin; coin fees at today's spot
    """

    name: str
    profit_usd: float
    profit_coin: float
    annualised: float
    fees_usd: float


def cash_and_carry(
    spot_usd: float, future_usd: float, maturity_years: float, carry: Carry, fees: TradeFees
) -> CarryTrade:
    """Buy the coin, sell the future; the benchmark is the dollar rate less the coin's net yield."""
    _check(spot_usd, future_usd, maturity_years)
    outlay = spot_usd * (1 + fees.spot)
    sold_usd = future_usd / (1 + fees.future)
    final_usd = sold_usd * (1 - fees.delivery)
    benchmark_usd = fair_price(outlay, maturity_years, carry)
    profit_usd = final_usd - benchmark_usd
    return CarryTrade(
        name="cash-and-carry",
        profit_usd=profit_usd,
        profit_coin=profit_usd / spot_usd,
        annualised=math.log(final_usd / benchmark_usd) / maturity_years,
        fees_usd=_fees_usd(spot_usd, future_usd, sold_usd, fees),
    )


def reverse_cash_and_carry(
    spot_usd: float, future_usd: float, maturity_years: float, carry: Carry, fees: TradeFees
) -> CarryTrade:
    """Sell the coin, buy the future; the benchmark is one coin and its net yield."""
    _check(spot_usd, future_usd, maturity_years)
    lent = Carry(dollar_rate=carry.dollar_rate, payments=carry.payments)
    dollars = fair_price(spot_usd * (1 - fees.spot), maturity_years, lent)
    bought_usd = dollars / (1 + fees.delivery)
    final_coin = bought_usd / future_usd * (1 - fees.future)
    net_yield = as_curve(carry.dollar_rate).rate(maturity_years) - carry.net_rate(maturity_years)
    benchmark_coin = math.exp(net_yield * maturity_years)
    profit_coin = final_coin - benchmark_coin
    return CarryTrade(
        name="reverse",
        profit_usd=profit_coin * spot_usd,
        profit_coin=profit_coin,
        annualised=math.log(final_coin / benchmark_coin) / maturity_years,
        fees_usd=_fees_usd(spot_usd, future_usd, bought_usd, fees),
    )


def _fees_usd(spot_usd: float, future_usd: float, traded_usd: float, fees: TradeFees) -> float:
    """Dollars paid on one coin of spot, on the dollars of the future, and on their delivery."""
    coins = traded_usd / future_usd
    return spot_usd * (fees.spot + coins * fees.future) + traded_usd * fees.delivery


def _check(spot_usd: float, future_usd: float, maturity_years: float) -> None:
    for name, value in (("spot", spot_usd), ("future", future_usd), ("maturity", maturity_years)):
        if not (math.isfinite(value) and value > 0):
            raise DataError(f"{name}: {value} is not above zero.")
