"""What a book file's rows are refused for on their own: rates, holdings, index weights."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from decimal import Decimal

from obverse.app.book_file.records import Assumptions, BookRow, Rate
from obverse.contracts import exact
from obverse.errors import AmountError, Fault
from obverse.located import LocatedToml
from obverse.risk.book import is_dollar


def rate_faults(document: LocatedToml, assumed: Assumptions) -> Iterator[Fault]:
    """Rates, fees and payments that are none."""
    rates: dict[tuple[str, ...], Rate | None] = {
        ("dollar_rate",): assumed.dollar_rate,
        ("storage_rate",): assumed.storage_rate,
        ("spot_fee",): assumed.spot_fee,
        **{("coin_yield", coin): rate for coin, rate in assumed.coin_yield.items()},
    }
    for field, rate in rates.items():
        for reason in _wrong_with(rate):
            yield document.fault(("assumptions", *field), reason)
    for place, payment in enumerate(assumed.payments):
        if payment.years < 0:
            reason = f"{payment.years} is before now; expected zero or more"
            yield document.fault(("assumptions", "payments", place, "years"), reason)


def _wrong_with(rate: Rate | None) -> Iterator[str]:
    if isinstance(rate, list):
        years = [point.years for point in rate]
        if not years or years[0] < 0 or years != sorted(set(years)):
            yield "a rate curve needs points whose years ascend from zero or later"
        for point in rate:
            yield from _wrong_with(point.rate)
    elif rate is not None and abs(rate) >= 1:
        yield f"{rate} is {rate:.0%}; rates and fees are fractions: 0.04 is 4 %"


def index_faults(document: LocatedToml, row: BookRow) -> Iterator[Fault]:
    """Weights of index sources that do not sum to one."""
    for coin, weights in row.index.items():
        total = sum(weights.values(), Decimal(0))
        if total != 1 or min(weights.values()) < 0:
            reason = f"weights sum to {total}; expected 1, and none below zero"
            yield document.fault(("index", coin), reason)


def holding_faults(document: LocatedToml, row: BookRow) -> Iterator[Fault]:
    """Holdings of no currency, or of no amount."""
    for place, item in enumerate(row.holdings):
        try:
            exact(item.amount, "amount")
        except AmountError as error:
            yield document.fault(("holdings", place, "amount"), str(error))
        if not item.currency.isalnum() or item.currency != item.currency.upper():
            reason = f"{item.currency!r} is not a currency code such as BTC"
            yield document.fault(("holdings", place, "currency"), reason)


def unpriced(
    document: LocatedToml, row: BookRow, priced: Collection[str] | None
) -> Iterator[Fault]:
    """Holdings of coins that the market has no price for."""
    for place, item in enumerate(row.holdings if priced is not None else []):
        assert priced is not None
        known = item.currency in priced or is_dollar(item.currency)
        if not known and item.currency == item.currency.upper():
            reason = f"the market has no price for {item.currency}; it has {', '.join(priced)}"
            yield document.fault(("holdings", place, "currency"), reason)
