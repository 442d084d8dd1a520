"""Fair price of a dated future by cost of carry, and how rich or cheap the market is.

    F = (S − Σ payment_i · exp(−r(t_i)·t_i)) · exp((r + u − y) · T)

r dollar rate, u storage or custody cost, y coin yield (lending, staking, convenience), all
continuously compounded per year, act/365; payments in dollars before T per coin held today, so that
they do not grow with y. With deterministic rates an inverse future has the price of the linear one
(Obverse theory notes, cost of carry; Hull, *Options, Futures and Other Derivatives*, ch. 5).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from obverse.errors import DataError
from obverse.pricing.rates import RateCurve, as_curve


@dataclass(frozen=True)
class Payment:
    """What a coin held today pays before delivery: so many dollars, in so many years."""

    time_years: float
    amount_usd: float

    def __post_init__(self) -> None:
        """Refuse a payment of no number, or in the past."""
        if not (math.isfinite(self.time_years) and self.time_years >= 0):
            raise DataError(f"payment: {self.time_years} years from now is not zero or more.")
        if not math.isfinite(self.amount_usd):
            raise DataError(f"payment: {self.amount_usd} USD is not a number.")


@dataclass(frozen=True)
class Carry:
    """What it costs and pays to hold a coin until delivery, per year, continuously compounded."""

    dollar_rate: float | RateCurve = 0.0
    coin_yield: float | RateCurve = 0.0
    storage_rate: float | RateCurve = 0.0
    payments: tuple[Payment, ...] = field(default=())

    def net_rate(self, maturity_years: float) -> float:
        """r + u − y for a maturity."""
        return (
            as_curve(self.dollar_rate).rate(maturity_years)
            + as_curve(self.storage_rate).rate(maturity_years)
            - as_curve(self.coin_yield).rate(maturity_years)
        )


@dataclass(frozen=True, repr=False)
class FairPrice:
    """A future's carry price beside its market price.

    `rich_*` is market less fair: above zero the future is rich. `rich_annualised` is
    ln(market / fair) / T, continuously compounded; none at delivery.
    """

    maturity_years: float
    fair_usd: float
    market_usd: float
    rich_usd: float
    rich_rate: float
    rich_annualised: float | None

    def __repr__(self) -> str:
        """Print in one line with units."""
        yearly = "" if self.rich_annualised is None else f", {self.rich_annualised:+.2%} a year"
        return (
            f"market {self.market_usd:,.2f} USD, fair {self.fair_usd:,.2f} USD: "
            f"{self.rich_usd:+,.2f} USD ({self.rich_rate:+.3%}{yearly})"
        )


def fair_price(spot_usd: float, maturity_years: float, carry: Carry) -> float:
    """Price of a future by cost of carry, in dollars per coin."""
    _above_zero("spot price", spot_usd)
    if not (math.isfinite(maturity_years) and maturity_years >= 0):
        raise DataError(f"maturity: {maturity_years} years is not zero or more.")
    rates = as_curve(carry.dollar_rate)
    due = [p for p in carry.payments if p.time_years <= maturity_years]
    present = sum(p.amount_usd / rates.growth(p.time_years) for p in due)
    if present >= spot_usd:
        raise DataError(f"payments worth {present:.2f} USD exceed the spot price {spot_usd}.")
    return (spot_usd - present) * math.exp(carry.net_rate(maturity_years) * maturity_years)


def compare_with_market(
    spot_usd: float, market_usd: float, maturity_years: float, carry: Carry
) -> FairPrice:
    """Say how rich or cheap a future is against its carry price."""
    _above_zero("market price", market_usd)
    fair = fair_price(spot_usd, maturity_years, carry)
    log_gap = math.log(market_usd / fair)
    return FairPrice(
        maturity_years=maturity_years,
        fair_usd=fair,
        market_usd=market_usd,
        rich_usd=market_usd - fair,
        rich_rate=market_usd / fair - 1,
        rich_annualised=log_gap / maturity_years if maturity_years > 0 else None,
    )


def implied_coin_yield(
    spot_usd: float, market_usd: float, maturity_years: float, carry: Carry
) -> float:
    """Coin yield y that makes the market price fair, the rest of the carry given.

    It is the given yield plus ln(fair/F)/T, which without payments is r + u − ln(F/S)/T.
    """
    _above_zero("maturity", maturity_years)
    found = compare_with_market(spot_usd, market_usd, maturity_years, carry)
    gap = math.log(found.fair_usd / market_usd) / maturity_years
    return as_curve(carry.coin_yield).rate(maturity_years) + gap


def _above_zero(what: str, value: float) -> None:
    if not (math.isfinite(value) and value > 0):
        raise DataError(f"{what}: {value} is not above zero.")
