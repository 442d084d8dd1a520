"""European options on a spot price: with a fixed exchange rate (quanto), and cash-or-nothing.

All are one lognormal expectation of the spot price at expiry, discounted (Haug, *The Complete Guide
to Option Pricing Formulas*). The blocks of structured notes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from obverse.pricing.lognormal import (
    Option,
    check_above_zero,
    check_correlation,
    check_finite,
    check_zero_or_more,
    expected_payoff,
    grown,
    normal_probability,
    option_sign,
    standard_moneyness,
)


@dataclass(frozen=True)
class Quanto:
    """What a fixed exchange rate adds to an option.

    Attributes
    ----------
    foreign_rate : rate of the currency that the underlying is priced in, continuous per year
    exchange_volatility : of the exchange rate, settlement currency per foreign one
    correlation : of the underlying's returns with those of that exchange rate
    """

    foreign_rate: float
    exchange_volatility: float
    correlation: float

    def __post_init__(self) -> None:
        """Refuse what is no number, a volatility below zero, a correlation outside −1 and 1."""
        check_finite(foreign_rate=self.foreign_rate)
        check_zero_or_more(exchange_volatility=self.exchange_volatility)
        check_correlation(self.correlation)

    def drift(self, volatility: float) -> float:
        """Yearly drift of the underlying, before dividends, where settlement money is worth 1."""
        return self.foreign_rate - self.correlation * volatility * self.exchange_volatility


def quanto_option_price(
    option: Option,
    quanto: Quanto,
    *,
    spot_price: float,
    strike: float,
    maturity_years: float,
    volatility: float,
    rate: float,
    dividend_yield: float = 0.0,
) -> float:
    """Price in settlement currency of an option that pays its foreign payoff one for one.

    The forward is S·exp((r_f − q − rho·s·s_x)·T), s the volatilities; it is discounted at the
    settlement currency's rate.

    Parameters
    ----------
    option : `call` or `put`
    quanto : the foreign rate, and how the exchange rate moves with the underlying
    spot_price, strike : in the foreign currency, above zero
    maturity_years, volatility : zero or more
    rate, dividend_yield : of the settlement currency and of the underlying, continuous per year
    """
    _check(spot_price, strike, maturity_years, volatility)
    check_finite(rate=rate, dividend_yield=dividend_yield)
    drift = quanto.drift(volatility) - dividend_yield
    forward = grown(spot_price, drift * maturity_years)
    expected = expected_payoff(option, forward, strike, volatility * math.sqrt(maturity_years))
    return grown(expected, -rate * maturity_years)


def cash_or_nothing_price(
    option: Option,
    *,
    spot_usd: float,
    strike_usd: float,
    maturity_years: float,
    volatility: float,
    rate: float,
    dividend_yield: float = 0.0,
    cash_usd: float = 1.0,
) -> float:
    """Dollar price of fixed cash, paid at expiry beyond the strike: cash · exp(−rT) · N(±d₂).

    Where nothing is left to chance, a price at the strike pays nothing to either side.

    Parameters
    ----------
    option : `call` pays above the strike, `put` below it
    spot_usd, strike_usd : above zero
    maturity_years, volatility, cash_usd : zero or more
    rate, dividend_yield : continuous per year; a coin's yield is its dividend
    """
    _check(spot_usd, strike_usd, maturity_years, volatility)
    check_finite(rate=rate, dividend_yield=dividend_yield)
    check_zero_or_more(cash_usd=cash_usd)
    forward = grown(spot_usd, (rate - dividend_yield) * maturity_years)
    deviation = volatility * math.sqrt(maturity_years)
    if deviation == 0:
        chance = float(option_sign(option) * (forward - strike_usd) > 0)
    else:
        _, d2 = standard_moneyness(forward, strike_usd, deviation, option)
        chance = normal_probability(d2)
    return grown(cash_usd * chance, -rate * maturity_years)


def _check(spot_price: float, strike: float, maturity_years: float, volatility: float) -> None:
    check_above_zero(spot_price=spot_price, strike=strike)
    check_zero_or_more(maturity_years=maturity_years, volatility=volatility)
