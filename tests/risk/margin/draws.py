"""Positions under every style of margin that venues have, for the tests of the exact engine."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import strategies as st

from obverse.contracts import Instrument, Position, fill
from obverse.risk.margin import Held, MarginAccount, MarginSetting, MarginTerms, margin_terms
from obverse.rulebooks import rulebook

STYLES = {
    "linear in size": ("deribit", "BTC-PERPETUAL", "2026-02-01"),
    "marginal, coin": ("binance", "BTCUSD_PERP", "2026-02-01"),
    "marginal, coin, fee kept": ("bybit", "BTCUSD", "2026-02-01"),
    "marginal, contracts": ("kraken", "PI_XBTUSD", "2026-02-01"),
    "whole position, contracts": ("okx", "BTC-USD-SWAP", "2026-02-01"),
    "steps at entry": ("bitmex", "XBTUSD", "2026-02-01"),
    "steps at entry, fee at bankruptcy": ("bybit", "BTCUSD", "2022-01-01"),
}
"""A venue's contract for each style of tier and of fee kept for closing."""

styles = st.sampled_from(sorted(STYLES))
usd_lots = st.integers(1, 3_000)  # of 1,000 dollars
prices = st.decimals("1000", "150000", places=0)
leverages = st.decimals("1.5", "40", places=1)


def product(style: str) -> tuple[Instrument, MarginTerms]:
    """The instrument and the terms of a style."""
    venue, symbol, as_of = STYLES[style]
    book = rulebook(venue, as_of=as_of)
    instrument = book.instrument(symbol)
    return instrument, margin_terms(book, instrument)


def opened(instrument: Instrument, usd: int, price: Decimal, *, long: bool) -> Position:
    """So many dollars opened at a price."""
    contracts = instrument.contracts_of(usd)
    return fill(Position.flat(instrument), contracts if long else -contracts, price)


def account(
    *held: Held, coins: str | Decimal = "0", index: Decimal = Decimal(50_000), **more: object
) -> MarginAccount:
    """An account of one venue and coin, with so many coins in its wallet."""
    instrument = held[0].position.instrument
    currency = instrument.accounting.currency
    balance = currency.amount(Decimal(coins))
    return MarginAccount(instrument.venue, currency, balance, index, held, **more)  # type: ignore[arg-type]


def isolated(leverage: str | Decimal) -> MarginSetting:
    """An isolated setting at a leverage."""
    return MarginSetting("isolated", Decimal(leverage))


def at_price(position: Position, price: Decimal) -> Fraction:
    """Unrounded gain of an inverse position at a price."""
    value = abs(position.instrument.payoff.value(position.contracts, price))
    direction = 1 if position.contracts > 0 else -1
    return direction * (abs(position.cost.fraction) - value)
