"""European options on a future, settled in dollars (Black 1976) or in coin (inverse options).

An inverse option pays (S − K)⁺/S coins. Coins are discounted only by the future itself, so its
price is Black's at a rate of zero over F:

    V/F = N(d₁) − (K/F)·N(d₂),   C − P = 1 − K/F,   C → 1 coin as F → ∞

N(d₁) coins of the underlying flatten the dollar profit of an option whose premium is an asset like
any other; in coin the premium moves against its own numeraire, and

    F·d(V/F)/dF = N(d₁) − V/F = (K/F)·N(d₂)

coins of inverse futures flatten the coin profit. A put has −N(−d) for N(d). (Obverse theory notes,
inverse options; Alexander, Chen, Imeraj, *Mathematical Finance* 2023; Sepp, Lucic, SSRN 4606748.)
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from obverse.errors import DataError
from obverse.pricing.lognormal import (
    Option,
    check_above_zero,
    check_finite,
    check_zero_or_more,
    expected_payoff,
    grown,
    normal_probability,
    option_sign,
    standard_moneyness,
)


@dataclass(frozen=True, repr=False)
class InverseOption:
    """An option settled in coin: its price, and the futures that hedge it.

    Attributes
    ----------
    price_coin : coins per coin of underlying
    dollar_delta_coin : coins of underlying that flatten the dollar profit, ±N(±d₁)
    net_delta_coin : coins of inverse futures that flatten the coin profit: dollar delta less price
    """

    price_coin: float
    dollar_delta_coin: float
    net_delta_coin: float

    def __repr__(self) -> str:
        """Print in one line with units."""
        return (
            f"{self.price_coin:.6f} coin, delta {self.dollar_delta_coin:+.6f} coin against "
            f"dollars, {self.net_delta_coin:+.6f} coin net of the premium"
        )


def black76_price(
    option: Option,
    *,
    future_usd: float,
    strike_usd: float,
    maturity_years: float,
    volatility: float,
    rate: float = 0.0,
) -> float:
    """Dollar price of an option on a future, per coin of underlying.

    Parameters
    ----------
    option : `call` or `put`
    future_usd, strike_usd : dollars per coin, above zero
    maturity_years, volatility : zero or more; at zero of either the intrinsic value is certain
    rate : dollar rate, continuously compounded per year
    """
    _check(future_usd, strike_usd, maturity_years, volatility)
    check_finite(rate=rate)
    deviation = volatility * math.sqrt(maturity_years)
    expected = expected_payoff(option, future_usd, strike_usd, deviation)
    return grown(expected, -rate * maturity_years)


def inverse_option(
    option: Option,
    *,
    future_usd: float,
    strike_usd: float,
    maturity_years: float,
    volatility: float,
) -> InverseOption:
    """Coin price and deltas of an option settled in coin, per coin of underlying.

    Parameters
    ----------
    option : `call` or `put`
    future_usd, strike_usd : dollars per coin, above zero; the future expires with the option
    maturity_years, volatility : zero or more; at zero of either the deltas are those of the payoff,
        and at the money the middle of its two sides
    """
    _check(future_usd, strike_usd, maturity_years, volatility)
    sign = option_sign(option)
    deviation = volatility * math.sqrt(maturity_years)
    ratio = strike_usd / future_usd
    d1, d2 = standard_moneyness(1.0, ratio, deviation, option)
    return InverseOption(
        price_coin=expected_payoff(option, 1.0, ratio, deviation),
        dollar_delta_coin=sign * normal_probability(d1),
        net_delta_coin=sign * ratio * normal_probability(d2),
    )


def implied_future(*, call_coin: float, put_coin: float, strike_usd: float) -> float:
    """Dollar price of the future at which a coin-settled call and put agree: K/(1 − C + P)."""
    check_above_zero(strike_usd=strike_usd)
    check_zero_or_more(call_coin=call_coin, put_coin=put_coin)
    rest = 1 - call_coin + put_coin
    if rest <= 0:
        raise DataError(
            f"a call of {call_coin} and a put of {put_coin} coin: a call may exceed the put by "
            "less than one coin; check that both are in coin."
        )
    return strike_usd / rest


def _check(future_usd: float, strike_usd: float, maturity_years: float, volatility: float) -> None:
    check_above_zero(future_usd=future_usd, strike_usd=strike_usd)
    check_zero_or_more(maturity_years=maturity_years, volatility=volatility)
