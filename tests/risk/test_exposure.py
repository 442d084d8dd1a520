"""Exposure of a book: values by hand, sums, and sensitivities against revaluation."""

from __future__ import annotations

from decimal import Decimal

import pytest
from books import (
    ETHER,
    LINEAR,
    MARCH,
    MARCH_FUTURE,
    MARKET,
    PERPETUAL,
    QUANTO,
    as_simulated,
    book,
    flat_market,
    held,
    inverse_books,
    market_of,
    mixed_books,
    perpetual,
    snapshot,
)
from hypothesis import given, settings

from obverse.contracts import Position
from obverse.errors import BookError
from obverse.risk import Book, exposure, ladder

STEP = Decimal("0.001")


def test_an_inverse_long_by_hand() -> None:
    """2 BTC held; long 100,000 USD from 80,000, marked at 77,388, the index at 77,334.50.

    Gain 1.25 − 100,000/77,388 = 1.25 − 1.29219000 = −0.04219000 BTC, of equity 1.95781000.
    """
    found = exposure(book({"BTC": "2"}, held(PERPETUAL, 10_000, "80000")), MARKET)
    (position,) = found.positions
    (coin,) = found.coins
    assert float(position.pnl.fraction) == pytest.approx(-0.04219000, abs=2e-8)
    assert float(position.pnl_usd.fraction) == pytest.approx(-3262.74, abs=0.005)
    assert position.notional_usd == 100_000
    assert position.coin_delta == pytest.approx(1.29219000, abs=1e-8)
    assert position.coin_convexity == pytest.approx(-2.58438001, abs=1e-8)
    assert position.dollar_convexity == 0
    assert (position.venue, position.underlying, position.expiry) == ("deribit", "BTC", None)
    assert coin.held == 2
    assert float(coin.equity) == pytest.approx(1.95781000, abs=2e-8)
    assert float(coin.equity_usd) == pytest.approx(151_406.26, abs=0.005)
    assert coin.dollar_delta_coin == pytest.approx(3.25, abs=2e-8)  # 2 held and 1.25 bought
    assert coin.dollar_delta_usd == pytest.approx(251_337.125, abs=0.002)
    assert coin.effective_leverage == pytest.approx(100_000 / 151_406.26)
    assert found.equity_usd == coin.equity_usd
    assert found.effective_leverage == coin.effective_leverage


def test_a_quanto_is_valued_in_its_settlement_coin_and_in_dollars_of_it() -> None:
    """BitMEX ETHUSD pays 1e-6 XBT a dollar: long 1,000,000 from 2,300, marked at 2,388.

    Gain 88 XBT-millionths a contract: 88 BTC, times 77,334.50. Exposure 2,388 BTC to ether's move.
    """
    found = exposure(book({"BTC": "10"}, held(QUANTO, 1_000_000, "2300")), MARKET)
    (position,) = found.positions
    bitcoin, ether = found.coins
    assert str(position.pnl) == "88.00000000 BTC"
    assert position.pnl_usd.coins == Decimal("6805436")
    assert position.notional_usd == 2388 * Decimal("77334.50")
    assert position.coin_delta == pytest.approx(2388 * 77334.5 / 2389.81)
    assert position.coin_convexity == position.dollar_convexity == 0
    assert (bitcoin.coin, bitcoin.equity, bitcoin.coin_delta) == ("BTC", 98, 0)
    assert bitcoin.dollar_delta_coin == 98  # gains made are coins; they move with bitcoin
    assert (ether.coin, ether.held, ether.equity) == ("ETH", 0, 0)
    assert ether.dollar_delta_usd == pytest.approx(2388 * 77334.5)
    assert (bitcoin.notional_usd, ether.notional_usd) == (0, position.notional_usd)
    assert (bitcoin.settled_notional_usd, ether.settled_notional_usd) == (position.notional_usd, 0)
    assert bitcoin.effective_leverage == pytest.approx(2388 / 98)  # it is bitcoin that bears it
    assert ether.effective_leverage is None
    assert found.equity_usd == 98 * Decimal("77334.50")
    assert found.effective_leverage == bitcoin.effective_leverage


def test_a_linear_position_is_valued_in_dollars() -> None:
    """0.001 BTC a contract: short 2,000 from 80,000, marked at 77,388: 2 times 2,612 dollars."""
    found = exposure(book({"USDC": "1000", "BTC": "1"}, held(LINEAR, -2_000, "80000")), MARKET)
    (position,) = found.positions
    (coin,) = found.coins
    assert (position.pnl.currency.code, position.pnl.coins) == ("USDC", 5224)
    assert position.pnl_usd.coins == 5224
    assert position.notional_usd == -154_776
    assert found.dollars == 6224
    assert found.equity_usd == 6224 + Decimal("77334.50")
    assert coin.equity == 1
    assert coin.coin_delta == pytest.approx(-154_776 / 77_334.5)
    assert coin.dollar_delta_usd == pytest.approx(77_334.5 - 154_776)
    assert coin.dollar_convexity == coin.coin_convexity == 0
    assert (coin.notional_usd, coin.settled_notional_usd) == (154_776, 0)
    assert coin.effective_leverage == 0  # the dollars bear it, not the coin
    assert found.effective_leverage == pytest.approx(154_776 / (6224 + 77_334.5))


def test_coins_alone_are_their_own_delta() -> None:
    found = exposure(book({"BTC": "-3", "ETH": "7", "USD": "50"}), MARKET)
    bitcoin, ether = found.coins
    assert (bitcoin.dollar_delta_coin, ether.dollar_delta_coin) == (-3, 7)
    assert bitcoin.effective_leverage is None  # a debt is no equity to be levered
    assert ether.effective_leverage == 0
    assert found.equity_usd == 50 - 3 * Decimal("77334.50") + 7 * Decimal("2389.81")
    assert found.effective_leverage is None


def test_leverage_is_gross_notional_over_equity() -> None:
    """Long and short 50,000 at 50,000 on 1 BTC: no net, but twice the equity."""
    sides = held(PERPETUAL, 5_000, "50000"), held(MARCH_FUTURE, -5_000, "50000")
    found = exposure(book({"BTC": "1"}, *sides), flat_market("50000"))
    (coin,) = found.coins
    assert coin.notional_usd == coin.settled_notional_usd == found.notional_usd == 100_000
    assert coin.coin_delta == 0
    assert coin.effective_leverage == found.effective_leverage == 2


def test_a_book_without_equity_has_no_leverage() -> None:
    found = exposure(book({"BTC": "0.5"}, held(PERPETUAL, 10_000, "100000")), flat_market("50000"))
    (coin,) = found.coins
    assert coin.equity == Decimal("-0.5")
    assert coin.effective_leverage is None
    assert found.effective_leverage is None


@settings(deadline=None)
@given(inverse_books, inverse_books)
def test_exposures_of_two_books_add_up(one: Book, other: Book) -> None:
    both = Book("both", one.holdings + other.holdings, one.positions + other.positions)
    whole, parts = exposure(both, MARKET), [exposure(one, MARKET), exposure(other, MARKET)]
    for name in ("equity_usd", "notional_usd", "dollars"):
        total = float(sum(getattr(part, name) for part in parts))
        assert float(getattr(whole, name)) == pytest.approx(total, abs=1e-6), name
    names = (
        "held", "equity", "notional_usd", "settled_notional_usd", "coin_delta",
        "dollar_delta_coin", "dollar_delta_usd", "coin_convexity", "dollar_convexity",
    )  # fmt: skip
    for place, coin in enumerate(whole.coins):
        for name in names:
            total = float(sum(getattr(part.coins[place], name) for part in parts))
            assert float(getattr(coin, name)) == pytest.approx(total, rel=1e-9, abs=1e-6), name


@settings(deadline=None)
@given(inverse_books)
def test_positions_add_up_to_their_coins(drawn: Book) -> None:
    found = exposure(drawn, MARKET)
    for coin in found.coins:
        own = [item for item in found.positions if item.underlying == coin.coin]
        assert coin.coin_delta == pytest.approx(sum(item.coin_delta for item in own))
        assert coin.notional_usd == sum((abs(i.notional_usd) for i in own), Decimal(0))
        gains = sum((item.pnl.fraction for item in own), start=0)
        assert float(coin.equity - coin.held) == pytest.approx(float(gains), abs=1e-12)


@settings(deadline=None)
@given(mixed_books)
def test_leverage_is_of_the_positions_that_settle_in_the_coin(drawn: Book) -> None:
    found = exposure(drawn, MARKET)
    assert sum(coin.notional_usd for coin in found.coins) == found.notional_usd
    for coin in found.coins:
        settled = [item for item in found.positions if item.pnl.currency.code == coin.coin]
        assert coin.settled_notional_usd == sum(abs(item.notional_usd) for item in settled)
        if coin.equity_usd > 0:
            ratio = float(coin.settled_notional_usd) / float(coin.equity_usd)
            assert coin.effective_leverage == pytest.approx(ratio)
        else:
            assert coin.effective_leverage is None


def test_the_exposure_of_a_simulated_market_says_so() -> None:
    drawn = book({"BTC": "1"}, held(PERPETUAL, 10, "80000"))
    assert exposure(drawn, as_simulated(MARKET)).simulated
    assert not exposure(drawn, MARKET).simulated


@settings(deadline=None)
@given(mixed_books)
def test_deltas_and_convexities_are_the_slopes_and_bends_of_the_revalued_book(drawn: Book) -> None:
    found = exposure(drawn, MARKET)
    for coin in found.coins:
        down, now, up = ladder(found, MARKET, coin.coin, (-STEP, Decimal(0), STEP)).rungs
        step = float(STEP)
        slope = float(up.book_usd - down.book_usd) / (2 * step)
        bend = float(up.book_usd - 2 * now.book_usd + down.book_usd) / step**2
        coin_bend = float(up.equity_coin - 2 * now.equity_coin + down.equity_coin) / step**2
        size = (
            1 + abs(coin.dollar_delta_usd) + float(coin.notional_usd) + float(abs(coin.equity_usd))
        )
        assert coin.dollar_delta_usd == pytest.approx(slope, abs=1e-9 * size)
        assert coin.dollar_convexity == pytest.approx(bend, abs=1e-9 * size)
        assert coin.coin_convexity == pytest.approx(coin_bend, rel=1e-5, abs=1e-9)


@settings(deadline=None)
@given(inverse_books)
def test_an_inverse_book_has_no_bend_in_dollars(drawn: Book) -> None:
    found = exposure(drawn, MARKET)
    assert [coin.dollar_convexity for coin in found.coins] == [0, 0]
    for item in found.positions:
        is_long = item.position.contracts > 0
        assert (item.coin_convexity < 0) is is_long  # in coin a long bends down


def test_what_a_position_has_realised_is_in_the_holdings_already() -> None:
    """Half of a long closed at a gain: equity is the balance and the open half's gain, no more."""
    half_closed = held(PERPETUAL, 10_000, "50000").sell(5_000, price="80000")
    (coin,) = exposure(book({"BTC": "2"}, half_closed), MARKET).coins
    assert half_closed.realized.coins == Decimal("0.375")
    assert float(coin.equity) == pytest.approx(2 + 50_000 / 50_000 - 50_000 / 77_388, abs=2e-8)


def test_flat_positions_expose_to_nothing() -> None:
    found = exposure(book({"BTC": "1"}, Position.flat(PERPETUAL), Position.flat(ETHER)), MARKET)
    assert [item.coin_delta for item in found.positions] == [0, 0]
    assert found.notional_usd == 0


def test_a_position_of_another_venue_carries_how_it_was_marked() -> None:
    found = exposure(book({}, held(QUANTO, 10, "2300")), MARKET)
    assert found.positions[0].mark.how == "marked at deribit's ETH-PERPETUAL"
    assert exposure(book({}, held(MARCH_FUTURE, 10, "77000")), MARKET).positions[0].expiry == MARCH


def test_a_coin_without_a_price_is_refused() -> None:
    with pytest.raises(BookError, match="SOL: the market has no price for it; it has BTC, ETH"):
        exposure(book({"SOL": "1"}), MARKET)


def test_a_quanto_whose_settlement_coin_has_no_price_is_refused() -> None:
    ether_only = market_of(snapshot("ETH", "2389.81", [perpetual("ETH-PERPETUAL", "2388")]))
    with pytest.raises(BookError, match="BTC: the market has no price"):
        exposure(book({}, held(QUANTO, 10, "2300")), ether_only)


def test_the_price_of_a_dollar_is_one_and_of_a_coin_its_index() -> None:
    found = exposure(book({"BTC": "1", "USD": "1"}), MARKET)
    assert (found.price_of("USDT"), found.price_of("BTC")) == (1, Decimal("77334.50"))
