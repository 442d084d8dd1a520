"""Which price a position is marked at, and that anything but its own mark is said."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal

import pytest
from books import (
    AT,
    DERIBIT,
    JUNE,
    JUNE_FUTURE,
    LINEAR,
    MARCH,
    MARKET,
    PERPETUAL,
    QUANTO,
    future,
    market_of,
    perpetual,
    snapshot,
)

from obverse.contracts import Instrument
from obverse.contracts.instants import years_between
from obverse.errors import BookError
from obverse.risk import Mark, mark_of
from obverse.rulebooks import rulebook


@pytest.mark.parametrize(
    ("symbol", "price"),
    [
        ("BTC-PERPETUAL", "77388"),
        ("BTC-27MAR26", "77723.48"),
        ("BTC-26JUN26", "78604.47"),
        ("ETH-PERPETUAL", "2388"),
    ],
)
def test_an_instrument_with_a_quote_is_marked_at_it_without_a_word(symbol: str, price: str) -> None:
    assert mark_of(DERIBIT.instrument(symbol), MARKET) == Mark(Decimal(price))


@pytest.mark.parametrize(
    ("venue", "symbol", "price", "how"),
    [
        ("binance", "BTCUSD_260327", "77723.48", "marked at deribit's BTC-27MAR26"),
        ("binance", "BTCUSD_PERP", "77388", "marked at deribit's BTC-PERPETUAL"),
        ("okx", "BTC-USD-260626", "78604.47", "marked at deribit's BTC-26JUN26"),
        ("kraken", "PI_ETHUSD", "2388", "marked at deribit's ETH-PERPETUAL"),
    ],
)
def test_another_venues_contract_is_marked_at_the_same_delivery_and_says_so(
    venue: str, symbol: str, price: str, how: str
) -> None:
    instrument = rulebook(venue, as_of=AT).instrument(symbol)
    assert mark_of(instrument, MARKET) == Mark(Decimal(price), how)


def test_a_quanto_is_marked_at_its_underlying_not_its_settlement_coin() -> None:
    assert mark_of(QUANTO, MARKET) == Mark(Decimal("2388"), "marked at deribit's ETH-PERPETUAL")


def test_a_name_that_another_venue_shares_is_not_the_instruments_own_mark() -> None:
    foreign = replace(PERPETUAL, venue="elsewhere")
    assert mark_of(foreign, MARKET).how == "marked at deribit's BTC-PERPETUAL"


def test_an_expiry_seen_only_as_a_synthetic_forward_says_so() -> None:
    april = DERIBIT.instrument("BTC-24APR26")
    assert mark_of(april, MARKET) == Mark(
        Decimal("77994.55"), "marked at deribit's SYN.BTC-24APR26"
    )


def test_of_several_contracts_with_one_delivery_the_own_one_is_taken() -> None:
    """Deribit lists a coin-margined and a USDC-margined perpetual: the names decide."""
    quotes = [
        perpetual("BTC-PERPETUAL", "77388"),
        perpetual("BTC_USDC-PERPETUAL", "77300"),
        future("BTC-27MAR26", "77723.48", MARCH),
        future("BTC_USDC-27MAR26", "77600", MARCH),
    ]
    market = market_of(snapshot("BTC", "77334.5", quotes))
    own = replace(LINEAR, venue="deribit")
    assert mark_of(own, market) == Mark(Decimal("77300"))
    assert mark_of(PERPETUAL, market) == Mark(Decimal("77388"))
    dated = replace(DERIBIT.instrument("BTC-27MAR26"), symbol="BTC_USDC-27MAR26")
    assert mark_of(dated, market) == Mark(Decimal("77600"))


def test_a_listed_contract_is_preferred_to_a_synthetic_one() -> None:
    quotes = [
        future("A-SYNTHETIC", "70000", MARCH, listed=False),
        future("BTC-27MAR26", "77723.48", MARCH),
    ]
    market = market_of(snapshot("BTC", "77334.5", quotes))
    elsewhere = replace(DERIBIT.instrument("BTC-27MAR26"), venue="elsewhere")
    assert mark_of(elsewhere, market) == Mark(
        Decimal("77723.48"), "marked at deribit's BTC-27MAR26"
    )


def test_an_expiry_without_a_quote_is_read_off_the_curve_and_says_so() -> None:
    """Between 24 April and 26 June, on 29 May: the yearly rate is linear between the two."""
    may = DERIBIT.instrument("BTC-29MAY26")
    april, middle, june = (
        years_between(AT, moment)
        for moment in (DERIBIT.instrument("BTC-24APR26").expiry, may.expiry, JUNE)
        if moment is not None
    )
    low, high = math.log(77994.55 / 77334.5) / april, math.log(78604.47 / 77334.5) / june
    rate = low + (high - low) * (middle - april) / (june - april)
    found = mark_of(may, MARKET)
    assert found.how == "read off the deribit curve"
    assert float(found.price) == pytest.approx(77334.5 * math.exp(rate * middle), abs=0.001)
    assert Decimal("77994.55") < found.price < Decimal("78604.47")


def test_beyond_the_last_expiry_the_curves_last_rate_goes_on() -> None:
    christmas = DERIBIT.instrument("BTC-25DEC26")
    assert christmas.expiry is not None
    rate = math.log(78604.47 / 77334.5) / years_between(AT, JUNE)
    price = 77334.5 * math.exp(rate * years_between(AT, christmas.expiry))
    found = mark_of(christmas, MARKET)
    assert float(found.price) == pytest.approx(price, abs=0.001)
    assert found.how == (
        "beyond the deribit curve: the last expiry's yearly rate carried on, a guess"
    )


def test_only_beyond_the_last_expiry_is_the_mark_a_guess() -> None:
    """Before the first expiry it is read off the curve; without any there is none to read."""
    february = mark_of(DERIBIT.instrument("BTC-27FEB26"), MARKET)
    assert february.how == "read off the deribit curve"
    bare = market_of(snapshot("BTC", "77334.5", [perpetual("BTC-PERPETUAL", "77388")]))
    without = mark_of(JUNE_FUTURE, bare)
    assert without.price == Decimal("77334.5")
    assert without.how.endswith("a guess")


def test_a_coin_of_cents_keeps_its_digits_on_the_curve() -> None:
    cheap = [future("DOGE-26JUN26", "0.12345678", JUNE)]
    market = market_of(snapshot("DOGE", "0.12", cheap))
    instrument = replace(DERIBIT.instrument("BTC-27MAR26"), underlying="DOGE")
    rate = math.log(0.12345678 / 0.12) / years_between(AT, JUNE)
    price = 0.12 * math.exp(rate * years_between(AT, MARCH))
    assert float(mark_of(instrument, market).price) == pytest.approx(price, rel=1e-7)


def test_without_a_perpetual_the_index_is_the_mark_and_says_so() -> None:
    market = market_of(snapshot("BTC", "77334.5", [future("BTC-26JUN26", "78604.47", JUNE)]))
    assert mark_of(PERPETUAL, market) == Mark(
        Decimal("77334.5"), "no perpetual in the market, marked at the index"
    )
    assert mark_of(JUNE_FUTURE, market).how == ""


@pytest.mark.parametrize("symbol", ["BTC-30JAN26", "BTC-26DEC25"])
def test_an_expired_contract_is_refused(symbol: str) -> None:
    with pytest.raises(BookError, match=f"{symbol} expired at 202.*take it out of the book"):
        mark_of(DERIBIT.instrument(symbol), MARKET)


def test_at_the_instant_of_its_delivery_a_contract_has_expired() -> None:
    with pytest.raises(BookError, match="expired"):
        mark_of(replace(JUNE_FUTURE, expiry=AT), MARKET)


def test_a_coin_that_the_market_does_not_have_is_refused() -> None:
    with pytest.raises(BookError, match="the market has no SOL; it has BTC, ETH"):
        mark_of(Instrument.generic("inverse", "1", "SOL"), MARKET)
