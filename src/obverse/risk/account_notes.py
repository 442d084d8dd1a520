"""What a reader should know of how an account of a book was put together."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from obverse.contracts import Amount
from obverse.risk.book import Book, is_dollar
from obverse.risk.margin import Held, MarginAccount
from obverse.risk.marking import Mark


def account_notes(
    book: Book, account: MarginAccount, marks: tuple[Mark, ...], posted: Amount
) -> Iterator[str]:
    """Where coins are missing, what a mark is, legs, collateral, and sizes beyond the brackets."""
    if not account.balance:
        held = book.held(account.coin.code)
        elsewhere = f" {held:,f} {account.coin.code} lie elsewhere." if held else ""
        yield (
            f"The book keeps no {account.coin.code} at {account.venue}: write what the account "
            f"holds as a holding with place = {account.venue!r}.{elsewhere}"
        )
    symbols = [item.symbol for item in account.held]
    for symbol in dict.fromkeys(name for name in symbols if symbols.count(name) > 1):
        yield (
            f"{symbol}: two legs, each margined as in hedge mode; where the venue nets them, write "
            "one position."
        )
    for item, mark in zip(account.held, marks, strict=True):
        if mark.how:
            yield f"{item.symbol}: {mark.how}."
        if item.funding_owed and item.terms.predicted_funding:
            yield f"{item.symbol}: funding at the next stamp is in the liquidation price."
        beyond = _beyond(item)
        if beyond:
            yield beyond
    worthless = [item.currency for item in account.collateral if is_dollar(item.currency)]
    if worthless:
        yield f"{', '.join(worthless)} counts as one dollar each, less its haircut."
    if not account.across and account.isolated and account.balance < posted:
        yield (
            f"The margin behind isolated positions, {posted}, is more than the wallet has: write "
            "what the account holds now."
        )


def _beyond(item: Held) -> str:
    """A size above the last bracket, where the last rates stand in."""
    limit = item.terms.schedule.limit()
    if limit is None:
        return ""
    unit, largest = limit
    payoff = item.position.instrument.payoff
    size = abs(Fraction(item.position.contracts))
    if unit == "coin":
        size = abs(payoff.value(item.position.contracts, item.mark_price))
    if size <= largest:
        return ""
    return (
        f"{item.symbol}: the size is above the venue's largest bracket of {largest:,f} {unit}; "
        "the last bracket's rates are used."
    )
