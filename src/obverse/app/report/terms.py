"""From what a book file assumes to the terms of a report, coin by coin."""

from __future__ import annotations

from decimal import Decimal

from obverse.app.book_file import Assumptions, Rate
from obverse.app.report.market_sections import Terms
from obverse.pricing import Carry, Payment, RateCurve

ASSUMED_DOLLAR_RATE = 0.04
ASSUMED_SPOT_FEE = 0.001


def terms_of(given: Assumptions, coin: str, dollar_rate: float | None) -> Terms:
    """Terms for one coin; `dollar_rate` overrides the file's, and what nobody gave is named."""
    assumed = []
    dollars: float | RateCurve
    if dollar_rate is not None:
        dollars = dollar_rate
    elif given.dollar_rate is not None:
        dollars = _curve(given.dollar_rate)
    else:
        dollars = ASSUMED_DOLLAR_RATE
        assumed.append("dollar rate")
    if given.spot_fee is None:
        assumed.append("spot fee")
    payments = tuple(
        Payment(float(row.years), float(row.amount_usd))
        for row in given.payments
        if row.coin == coin
    )
    carry = Carry(
        dollar_rate=dollars,
        coin_yield=_curve(given.coin_yield.get(coin, Decimal(0))),
        storage_rate=_curve(given.storage_rate),
        payments=payments,
    )
    fee = ASSUMED_SPOT_FEE if given.spot_fee is None else float(given.spot_fee)
    return Terms(carry, fee, tuple(assumed))


def _curve(rate: Rate) -> float | RateCurve:
    if isinstance(rate, Decimal):
        return float(rate)
    return RateCurve(
        tuple(float(point.years) for point in rate), tuple(float(point.rate) for point in rate)
    )
