"""Cash-and-carry and its reverse with an inverse future, net of fees, in dollars and in coin.

g spot fee, paid on entry and on exit, f taker fee, d delivery fee, all fractions of value; P the
delivery price, whatever it is.

**Cash-and-carry.** Buy 1 coin at S(1+g) and sell N dollars of the future with it as margin:

    coins after the trade   1 − f·N/F, which is N/F at N = F/(1+f)
    coins after delivery    N/F + (N/P − N/F) − d·N/P = N(1−d)/P
    dollars                 N(1−d)(1−g), from selling these at P(1−g)

The last line has no P, so the dollars are locked; they are compared with the outlay carried.

**Reverse.** Sell 1 coin for S(1−g) dollars, lend them at r until they are Q = S(1−g)·exp(rT), and
buy N dollars of the future on margin kept in coin:

    coins of the future     (N/F − N/P) − f·N/F − d·N/P = N(1−f)/F − N(1+d)/P
    coins bought            Q/(P(1+g)), for all the dollars
    sum                     N(1−f)/F + (Q/(1+g) − N(1+d))/P

At N = Q/((1+d)(1+g)) what hangs on P is zero and N(1−f)/F coins are locked; they are compared with
one coin and its own yield.

Derived from the contract's value N/P. Margin is assumed kept, its cost is not counted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from obverse.errors import DataError
from obverse.pricing.carry import Carry, fair_price
from obverse.pricing.rates import as_curve


@dataclass(frozen=True)
class TradeFees:
    """Fees as fractions of value: on spot, each way; on the future's trade; on its delivery."""

    spot: float
    future: float
    delivery: float

    def __post_init__(self) -> None:
        """Refuse fees that leave nothing, or are no number; below zero is a rebate."""
        for fee in (self.spot, self.future, self.delivery):
            if not -1 < fee < 1:
                raise DataError(f"fee: {fee} is not a fraction of value between -1 and 1.")


@dataclass(frozen=True, repr=False)
class CarryTrade:
    """One coin's trade held to delivery.

    Attributes
    ----------
    name : `cash-and-carry` or `reverse`
    profit_usd, profit_coin : net of fees and of the benchmark's own yield, at delivery, the dollar
        profit of the first valued in coin at today's spot and the coin profit of the reverse in
        dollars at it
    annualised : net excess over the benchmark per year, continuously compounded
    fees_usd : fees paid over the trade, per coin; the future's taker fee, in coin, at today's spot
    """

    name: str
    profit_usd: float
    profit_coin: float
    annualised: float
    fees_usd: float

    def __repr__(self) -> str:
        """Print in one line with units."""
        return (
            f"{self.name}: {self.profit_usd:+,.2f} USD, {self.profit_coin:+.6f} coin, "
            f"{self.annualised:+.2%} a year, after fees of {self.fees_usd:,.2f} USD"
        )


def cash_and_carry(
    spot_usd: float, future_usd: float, maturity_years: float, carry: Carry, fees: TradeFees
) -> CarryTrade:
    """Buy the coin, sell the future; the benchmark is the dollar rate less the coin's net yield."""
    _check(spot_usd, future_usd, maturity_years)
    outlay = spot_usd * (1 + fees.spot)
    sold_usd = future_usd / (1 + fees.future)
    delivered_usd = sold_usd * (1 - fees.delivery)
    final_usd = delivered_usd * (1 - fees.spot)
    benchmark_usd = fair_price(outlay, maturity_years, carry)
    profit_usd = final_usd - benchmark_usd
    return CarryTrade(
        name="cash-and-carry",
        profit_usd=profit_usd,
        profit_coin=profit_usd / spot_usd,
        annualised=math.log(final_usd / benchmark_usd) / maturity_years,
        fees_usd=_fees_usd(spot_usd, future_usd, sold_usd, delivered_usd, fees),
    )


def reverse_cash_and_carry(
    spot_usd: float, future_usd: float, maturity_years: float, carry: Carry, fees: TradeFees
) -> CarryTrade:
    """Sell the coin, buy the future; the benchmark is one coin and its net yield."""
    _check(spot_usd, future_usd, maturity_years)
    lent = Carry(dollar_rate=carry.dollar_rate, payments=carry.payments)
    dollars = fair_price(spot_usd * (1 - fees.spot), maturity_years, lent)
    rebought_usd = dollars / (1 + fees.spot)
    bought_usd = rebought_usd / (1 + fees.delivery)
    final_coin = bought_usd / future_usd * (1 - fees.future)
    net_yield = as_curve(carry.dollar_rate).rate(maturity_years) - carry.net_rate(maturity_years)
    benchmark_coin = math.exp(net_yield * maturity_years)
    profit_coin = final_coin - benchmark_coin
    return CarryTrade(
        name="reverse",
        profit_usd=profit_coin * spot_usd,
        profit_coin=profit_coin,
        annualised=math.log(final_coin / benchmark_coin) / maturity_years,
        fees_usd=_fees_usd(spot_usd, future_usd, bought_usd, rebought_usd, fees),
    )


def _fees_usd(
    spot_usd: float, future_usd: float, traded_usd: float, exit_usd: float, fees: TradeFees
) -> float:
    """Dollars paid on one coin of spot, on the future, on its delivery, and on spot at the end."""
    coins = traded_usd / future_usd
    entry = spot_usd * (fees.spot + coins * fees.future)
    return entry + traded_usd * fees.delivery + exit_usd * fees.spot


def _check(spot_usd: float, future_usd: float, maturity_years: float) -> None:
    for name, value in (("spot", spot_usd), ("future", future_usd), ("maturity", maturity_years)):
        if not (math.isfinite(value) and value > 0):
            raise DataError(f"{name}: {value} is not above zero.")
