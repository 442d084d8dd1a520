"""Books of many positions, for the tests of what is computed over arrays."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
from hypothesis import strategies as st

from obverse.contracts import Currency, Instrument, Inverse, Linear
from obverse.contracts.payoffs import Payoff
from obverse.risk.arrays.positions import PositionArrays
from obverse.risk.margin import MarginTerms, Tier, Tiered, margin_terms
from obverse.rulebooks import rulebook

SATOSHI = 8

VENUES = {
    "marginal at the mark": ("bybit", "BTCUSD", "2026-06-01"),
    "marginal, unrounded price": ("binance", "BTCUSD_PERP", "2022-01-01"),
    "marginal by contracts": ("kraken", "PI_XBTUSD", "2022-01-01"),
    "whole position by contracts, with a fee": ("okx", "BTC-USD-SWAP", "2022-01-01"),
    "steps at entry": ("bybit", "BTCUSD", "2022-01-01"),
    "steps at entry, in lot units": ("bitmex", "XBTUSD", "2022-01-01"),
}
"""Schedules that venues have for isolated positions, by what is special of each."""

rows = st.lists(
    st.tuples(
        st.integers(-300_000, 300_000),  # lots
        st.integers(700, 1400),  # entry over mark, in thousandths
        st.integers(0, 1500),  # margin over cost, in thousandths
    ),
    max_size=6,
)
marks = st.decimals("500", "150000", places=1) | st.sampled_from([Decimal(10_000), Decimal(50_000)])


def product(name: str) -> tuple[Instrument, MarginTerms]:
    """An instrument of a venue and its terms, in satoshis where the venue keeps more decimals."""
    venue, symbol, as_of = VENUES[name]
    book = rulebook(venue, as_of=as_of)
    instrument = book.instrument(symbol)
    return in_satoshis(instrument), margin_terms(book, instrument)


def in_satoshis(instrument: Instrument) -> Instrument:
    """The instrument with a coin kept to no more than 8 decimals."""
    currency = instrument.settlement_currency
    kept = replace(currency, exponent=min(currency.exponent, SATOSHI))
    return replace(instrument, accounting=replace(instrument.accounting, currency=kept))


def plain_instrument(payoff: Payoff, tick: str = "0.5") -> Instrument:
    """A contract in satoshis that no venue lists."""
    made = Instrument.generic(payoff.name, payoff.multiplier, "BTC")
    field = replace(made.accounting.value, places=SATOSHI)
    accounting = replace(
        made.accounting, currency=Currency("BTC", SATOSHI), value=field, fee=field, margin=None
    )
    return replace(made, accounting=accounting, tick=Decimal(tick))


def inverse_instrument(multiplier: str = "1") -> Instrument:
    return plain_instrument(Inverse(Decimal(multiplier)))


def linear_instrument(multiplier: str = "0.000001") -> Instrument:
    return plain_instrument(Linear(Decimal(multiplier)))


def marginal_terms(**changes: object) -> MarginTerms:
    """Three marginal brackets of coin value at the mark."""
    tiers = (
        Tier(Decimal(5), Decimal("0.004"), Decimal("0.008")),
        Tier(Decimal(20), Decimal("0.01"), Decimal("0.02")),
        Tier(None, Decimal("0.025"), Decimal("0.05")),
    )
    schedule = Tiered(tiers, "coin", marginal=True)
    return replace(MarginTerms(schedule, price_rounding="tick"), **changes)


def accounts(
    instrument: Instrument, mark: Decimal, drawn: list[tuple[int, int, int]]
) -> tuple[PositionArrays, list[int]]:
    """Positions and margins in units from what `rows` draws, at entries around a mark."""
    lot = int(instrument.lot)
    contracts = [lots * lot for lots, _, _ in drawn]
    cost = [
        instrument.value(count, mark * entry / 1000).units if count else 0
        for count, (_, entry, _) in zip(contracts, drawn, strict=True)
    ]
    margin = [abs(units) * share // 1000 for units, (_, _, share) in zip(cost, drawn, strict=True)]
    columns = np.array(contracts, dtype=np.int64), np.array(cost, dtype=np.int64)
    return PositionArrays(instrument, *columns), margin
