"""Cash-and-carry and its reverse with an inverse future, net of fees, in dollars and in coin.

**Cash-and-carry.** Buy 1 coin at S(1+g), pay the future's fee f from it, and sell (1−f)·F dollars
of the future with the coin as margin. At delivery price P the coin is worth (1−f)·F/P whatever P
is: a locked (1−f)·F dollars, less the delivery fee d on it.

**Reverse.** Sell 1 coin for S(1−g) dollars, lend them at r, buy that many forward dollars
Q = S(1−g)·exp(rT) of the future on margin kept in coin. At delivery the dollars buy the coin back:
Q/F coins in all, locked in coin whatever P is, less the fees (the delivery fee valued at F);
compared with the coin's own yield.

g spot fee, f taker fee, d delivery fee, all fractions of value. Derived from the contract's value
Q/P; margin is assumed kept, its cost is not counted.
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
    fees_usd : fees paid over the trade, per coin
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
    gross_usd = future_usd * (1 - fees.future)
    final_usd = gross_usd * (1 - fees.delivery)
    benchmark_usd = fair_price(outlay, maturity_years, carry)
    profit_usd = final_usd - benchmark_usd
    return CarryTrade(
        name="cash-and-carry",
        profit_usd=profit_usd,
        profit_coin=profit_usd / spot_usd,
        annualised=math.log(final_usd / benchmark_usd) / maturity_years,
        fees_usd=spot_usd * fees.spot + future_usd * fees.future + gross_usd * fees.delivery,
    )


def reverse_cash_and_carry(
    spot_usd: float, future_usd: float, maturity_years: float, carry: Carry, fees: TradeFees
) -> CarryTrade:
    """Sell the coin, buy the future; the benchmark is one coin and its net yield."""
    _check(spot_usd, future_usd, maturity_years)
    lent = Carry(dollar_rate=carry.dollar_rate, payments=carry.payments)
    dollars = fair_price(spot_usd * (1 - fees.spot), maturity_years, lent)
    coins = dollars / future_usd
    final_coin = coins * (1 - fees.future - fees.delivery)
    net_yield = as_curve(carry.dollar_rate).rate(maturity_years) - carry.net_rate(maturity_years)
    benchmark_coin = math.exp(net_yield * maturity_years)
    profit_coin = final_coin - benchmark_coin
    return CarryTrade(
        name="reverse",
        profit_usd=profit_coin * spot_usd,
        profit_coin=profit_coin,
        annualised=math.log(final_coin / benchmark_coin) / maturity_years,
        fees_usd=spot_usd * (fees.spot + coins * (fees.future + fees.delivery)),
    )


def _check(spot_usd: float, future_usd: float, maturity_years: float) -> None:
    for name, value in (("spot", spot_usd), ("future", future_usd), ("maturity", maturity_years)):
        if not (math.isfinite(value) and value > 0):
            raise DataError(f"{name}: {value} is not above zero.")
