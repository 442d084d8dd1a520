"""The hedge line: whole lots that make the dollar delta zero, and published hedges."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from books import (
    AT,
    DERIBIT,
    ETHER,
    JUNE_FUTURE,
    LINEAR,
    MARCH_FUTURE,
    MARKET,
    PERPETUAL,
    QUANTO,
    book,
    flat_market,
    held,
    mixed_books,
)
from hypothesis import given, settings

from obverse.contracts import Instrument, Position, fill
from obverse.errors import AmountError
from obverse.risk import Book, exposure, hedged_holding, hedges, ladder, quanto_hedge
from obverse.rulebooks import rulebook

BITCOIN = (PERPETUAL, MARCH_FUTURE, JUNE_FUTURE)


@settings(deadline=None)
@given(mixed_books)
def test_after_the_hedge_the_dollar_delta_is_what_was_left_over(drawn: Book) -> None:
    for coin in exposure(drawn, MARKET).coins:
        for hedge in hedges(coin, MARKET, (*BITCOIN, ETHER)):
            instrument, lot = hedge.instrument, hedge.instrument.lot
            signed = hedge.contracts if hedge.side == "buy" else -hedge.contracts
            trade = fill(Position.flat(instrument), signed, hedge.price_usd)
            after = exposure(replace(drawn, positions=(*drawn.positions, trade)), MARKET)
            (found,) = (item for item in after.coins if item.coin == coin.coin)
            half_a_lot = float(instrument.multiplier * lot / hedge.price_usd / 2)
            assert found.dollar_delta_coin == pytest.approx(hedge.left_coin, abs=1e-7)
            assert found.dollar_delta_usd == pytest.approx(hedge.left_usd, abs=0.01)
            assert abs(hedge.left_coin) <= half_a_lot * (1 + 1e-9)
            assert hedge.contracts % lot == 0
            assert hedge.usd_amount == hedge.contracts * instrument.multiplier


def test_100_coins_are_hedged_by_a_short_of_their_dollars_at_the_mark() -> None:
    """100·77,388 = 7,738,800 USD of the perpetual; the March future takes 7,772,350 at its mark.

    7,772,348 dollars are wanted there: 2 too many, 2/77,723.48 = 0.0000257 coins short.
    """
    (coin,) = exposure(book({"BTC": "100"}), MARKET).coins
    spot, march = hedges(coin, MARKET, (PERPETUAL, MARCH_FUTURE))
    assert (spot.side, spot.contracts, spot.usd_amount) == ("sell", 773_880, 7_738_800)
    assert spot.left_coin == pytest.approx(0, abs=1e-12)
    assert (march.side, march.contracts, march.usd_amount) == ("sell", 777_235, 7_772_350)
    assert march.price_usd == Decimal("77723.48")
    assert march.left_coin == pytest.approx(-0.00002573, abs=5e-9)
    assert march.left_usd == pytest.approx(-1.99, abs=0.005)


def test_the_hedged_book_stands_still_in_dollars_on_the_ladder() -> None:
    market = flat_market("80000")
    made = book({"BTC": "3"}, held(PERPETUAL, 4_000, "70000"))
    (coin,) = exposure(made, market).coins
    (hedge,) = hedges(coin, market, (MARCH_FUTURE,))
    trade = held(MARCH_FUTURE, -int(hedge.contracts), hedge.price_usd)
    after = exposure(replace(made, positions=(*made.positions, trade)), market)
    rungs = ladder(after, market, "BTC").rungs
    for rung in rungs:
        left = hedge.left_usd * float(rung.move)
        assert float(rung.equity_usd - rungs[5].equity_usd) == pytest.approx(left, abs=0.005)
    assert max(abs(rung.equity_usd - rungs[5].equity_usd) for rung in rungs) < 5


def test_a_short_book_is_hedged_by_buying() -> None:
    (coin,) = exposure(book({"BTC": "-1"}), MARKET).coins
    (hedge,) = hedges(coin, MARKET, (PERPETUAL,))
    assert (hedge.side, hedge.usd_amount) == ("buy", 77_390)
    assert hedge.left_coin == pytest.approx(2 / 77388)
    assert hedge.how == ""
    assert repr(hedge) == str(hedge)
    assert str(hedge) == (
        "buy 7,739 BTC-PERPETUAL (77,390 USD) at 77,388.00 leaves +0.000026 BTC (+2.00 USD)"
    )


def test_a_book_of_less_than_half_a_lot_needs_no_hedge() -> None:
    (coin,) = exposure(book({"BTC": "0.00006"}), MARKET).coins
    (hedge,) = hedges(coin, MARKET, (PERPETUAL,))
    assert (hedge.side, hedge.contracts, hedge.usd_amount) == ("none", 0, 0)
    assert hedge.left_coin == pytest.approx(0.00006)


def test_lots_of_many_contracts_are_traded_whole() -> None:
    """BitMEX took XBTUSD in lots of 100: 77,400 contracts of 1 USD for a coin."""
    instrument = rulebook("bitmex", as_of="2022-01-01").instrument("XBTUSD")
    (coin,) = exposure(book({"BTC": "1"}), MARKET).coins
    (hedge,) = hedges(coin, MARKET, (instrument,))
    assert instrument.lot == 100
    assert hedge.contracts == hedge.usd_amount == 77_400
    assert hedge.left_coin == pytest.approx(-12 / 77_388)


def test_a_hedge_keeps_how_its_price_was_come_by() -> None:
    binance = rulebook("binance", as_of=AT).instrument("BTCUSD_260327")
    (coin,) = exposure(book({"BTC": "1"}), MARKET).coins
    (hedge,) = hedges(coin, MARKET, (binance,))
    assert (hedge.price_usd, hedge.how) == (
        Decimal("77723.48"),
        "marked at deribit's BTC-27MAR26",
    )


def test_only_inverse_contracts_on_the_coin_itself_hedge_it() -> None:
    spread = DERIBIT.instrument("BTC-FS-26JUN26_27MAR26")
    (coin,) = exposure(book({"BTC": "1"}), MARKET).coins
    found = hedges(coin, MARKET, (ETHER, QUANTO, LINEAR, spread, JUNE_FUTURE))
    assert [hedge.instrument for hedge in found] == [JUNE_FUTURE]


def test_every_future_that_deribit_lists_is_offered() -> None:
    (coin,) = exposure(book({"BTC": "1"}), MARKET).coins
    listed = DERIBIT.listed("BTC", AT)
    assert [hedge.instrument for hedge in hedges(coin, MARKET, listed)] == list(listed)


def test_krakens_synthetic_dollar() -> None:
    """KRK-07: 1 XBT and short 35,000 from 35,000; at 32,000 the coin is 35,000 dollars still."""
    instrument = rulebook("kraken", as_of="2022-06-01").instrument("PI_XBTUSD")
    found = hedged_holding(1, held(instrument, -35_000, "35000"), price="32000")
    assert found.pnl.coins == Decimal("0.09375")
    assert found.coin_total.coins == Decimal("1.09375")
    assert found.usd_value.coins == 35_000


def test_an_unhedged_holding_is_worth_its_coins() -> None:
    generic = Instrument.generic("inverse", "1", "BTC")
    found = hedged_holding("2.5", Position.flat(generic), price="32000")
    assert not found.pnl
    assert found.usd_value.coins == 80_000


TERMS = {
    "entry_price": 500,
    "exit_price": 750,
    "settlement_price_entry": 10_000,
    "settlement_price_exit": 5_000,
}


def test_bitmexs_quanto_hedge_with_ether_up_and_bitcoin_down() -> None:
    """BMX-47: short 100,000 against 1,000 ETH: 50 XBT of value, −25 XBT, +125,000 USD net."""
    found = quanto_hedge(held(QUANTO, -100_000, "500"), 1000, **TERMS)
    assert found.contract_value.coins == 50
    assert found.underlying_equivalent == 1000
    assert found.pnl.coins == -25
    assert found.pnl_usd == -125_000
    assert found.holding_pnl_usd == 250_000
    assert found.net_pnl_usd == 125_000


def test_bitmexs_quanto_hedge_of_a_short_holding_is_its_mirror() -> None:
    """BMX-48a: long 100,000 against a debt of 1,000 ETH."""
    found = quanto_hedge(held(QUANTO, 100_000, "500"), "-1000", **TERMS)
    assert found.contract_value.coins == 50  # a magnitude
    assert (found.pnl_usd, found.net_pnl_usd) == (125_000, -125_000)


def test_with_bitcoin_still_a_quanto_hedges_its_ether_exactly() -> None:
    still = TERMS | {"settlement_price_exit": 10_000}
    assert quanto_hedge(held(QUANTO, -100_000, "500"), 1000, **still).net_pnl_usd == 0


@pytest.mark.parametrize("name", [*TERMS, "underlying_holding"])
@pytest.mark.parametrize("bad", [500.5, "NaN", "Infinity"])
def test_a_quanto_hedge_refuses_what_is_not_exact(name: str, bad: Any) -> None:
    given: dict[str, Any] = {"underlying_holding": 1000} | TERMS | {name: bad}
    with pytest.raises(AmountError):
        quanto_hedge(held(QUANTO, -100_000, "500"), **given)


@pytest.mark.parametrize("name", TERMS)
def test_a_quanto_hedge_refuses_a_price_of_zero(name: str) -> None:
    with pytest.raises(AmountError, match="not above zero"):
        quanto_hedge(held(QUANTO, -100_000, "500"), 1000, **TERMS | {name: 0})
