"""The price ladder: the synthetic dollar stands still, every rung is an exact revaluation."""

from __future__ import annotations

from decimal import Decimal

import pytest
from books import (
    ETHER,
    LINEAR,
    MARCH_FUTURE,
    MARKET,
    PERPETUAL,
    QUANTO,
    as_simulated,
    book,
    flat_market,
    held,
    mixed_books,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from obverse.errors import BookError, DataError
from obverse.risk import FINE_STEPS, Book, Rung, exposure, ladder


def rungs_of(made: Book, coin: str = "BTC", **more: tuple[Decimal, ...]) -> tuple[Rung, ...]:
    """The ladder of a book at the recorded market."""
    return ladder(exposure(made, MARKET), MARKET, coin, **more).rungs


@pytest.mark.parametrize("instrument", [PERPETUAL, MARCH_FUTURE])
def test_a_short_of_the_coins_worth_is_a_dollar_that_stands_still(instrument: object) -> None:
    """1.25 BTC bought at 80,000 are 100,000 USD; short as many, from 80,000, marked off the index.

    At the mark F, 1.25 + 100,000·(1/F − 1/80,000) coins are worth S·100,000/F dollars, at any
    price, since index and mark move together.
    """
    assert instrument in (PERPETUAL, MARCH_FUTURE)
    mark = 77_388.0 if instrument is PERPETUAL else 77_723.48
    made = book({"BTC": "1.25"}, held(instrument, -10_000, "80000"))  # type: ignore[arg-type]
    found = exposure(made, MARKET)
    rungs = ladder(found, MARKET, "BTC", FINE_STEPS).rungs
    worth = 100_000 * 77_334.5 / mark
    assert [float(rung.equity_usd) for rung in rungs] == pytest.approx([worth] * 41, abs=0.005)
    (coin,) = found.coins
    assert coin.dollar_delta_coin == pytest.approx(0, abs=2e-8)
    assert coin.dollar_delta_usd == pytest.approx(0, abs=0.002)
    assert coin.dollar_convexity == 0


@settings(deadline=None)
@given(
    st.integers(1, 10**6),
    st.decimals("1000", "200000", places=1),
    st.decimals("-0.99", 9, places=2),
)
def test_the_synthetic_dollar_is_exact_at_any_size_entry_and_price(
    contracts: int, entry: Decimal, move: Decimal
) -> None:
    short = held(PERPETUAL.without_rounding(), -contracts, entry)
    made = book({"BTC": str(-short.cost.coins)}, short)
    rung, now = rungs_of(made, moves=(move,)) + rungs_of(made, moves=(Decimal(0),))
    assert float(rung.equity_usd / now.equity_usd) == pytest.approx(1, abs=1e-15)


def test_a_long_loses_more_coin_on_the_way_down_than_it_gains_on_the_way_up() -> None:
    """2 BTC held and long 80,000 USD at 80,000: 1 − 1/(1 + move) coins are gained."""
    market = flat_market("80000")
    found = exposure(book({"BTC": "2"}, held(PERPETUAL, 8_000, "80000")), market)
    moves = (Decimal("0.25"), Decimal(0), Decimal("-0.5"))  # any order
    down, now, up = ladder(found, market, "BTC", moves).rungs
    assert (down.move, down.price_usd) == (Decimal("-0.5"), 40_000)
    assert (down.equity_coin, down.equity_usd) == (1, 40_000)
    assert (now.equity_coin, now.equity_usd) == (2, 160_000)
    assert (up.equity_coin, up.equity_usd) == (Decimal("2.2"), 220_000)
    # In dollars every step of price is worth the same: 3 coins of it.
    assert (now.equity_usd - down.equity_usd) / 40_000 == 3
    assert (up.equity_usd - now.equity_usd) / 20_000 == 3


@settings(deadline=None)
@given(mixed_books)
def test_the_rung_at_no_move_is_the_exposure(drawn: Book) -> None:
    found = exposure(drawn, MARKET)
    for coin in found.coins:
        (rung,) = ladder(found, MARKET, coin.coin, (Decimal(0),)).rungs
        assert rung.price_usd == coin.index_usd
        assert rung.equity_coin == coin.equity
        assert rung.equity_usd == coin.equity_usd
        assert float(rung.book_usd) == pytest.approx(float(found.equity_usd), abs=1e-9)


def test_other_coins_stay_when_one_moves() -> None:
    made = book({"BTC": "1", "ETH": "10", "USD": "500"}, held(ETHER, 1_000, "2400"))
    for rung in rungs_of(made):
        ether = exposure(made, MARKET).coins[1].equity_usd
        assert rung.book_usd == pytest.approx(rung.equity_usd + ether + 500)
    assert len({rung.equity_coin for rung in rungs_of(made)}) == 1


def test_a_quanto_pays_bitcoin_when_ether_moves_and_is_worth_more_when_bitcoin_does() -> None:
    """1,000,000 contracts of 1e-6 XBT a dollar: +10 % of ether's 2,388 is +238.8 BTC."""
    made = book({"BTC": "10"}, held(QUANTO, 1_000_000, "2388"))
    (ether,) = rungs_of(made, "ETH", moves=(Decimal("0.1"),))
    assert (ether.equity_coin, ether.equity_usd) == (0, 0)
    assert float(ether.book_usd) == pytest.approx(77_334.5 * 248.8)
    (bitcoin,) = rungs_of(made, "BTC", moves=(Decimal("0.1"),))
    assert bitcoin.equity_coin == 10
    assert float(bitcoin.book_usd) == pytest.approx(1.1 * 77_334.5 * 10)


def test_a_linear_gain_is_dollars_beside_the_coins() -> None:
    """0.001 BTC a contract: long 1,000 at 77,388, a tenth up is 7,738.80 dollars."""
    made = book({"USD": "100"}, held(LINEAR, 1_000, "77388"))
    (up,) = rungs_of(made, moves=(Decimal("0.1"),))
    assert (up.equity_coin, up.equity_usd) == (0, 0)
    assert up.book_usd == Decimal("7838.8")
    (unmoved,) = rungs_of(book({"ETH": "1"}, *made.positions), "ETH", moves=(Decimal("0.1"),))
    assert unmoved.book_usd == unmoved.equity_usd


def test_the_ladder_runs_from_minus_to_plus_fifty_per_cent_in_tens() -> None:
    moves = [rung.move for rung in rungs_of(book({"BTC": "1"}))]
    assert moves == [Decimal(step) / 100 for step in range(-50, 51, 10)]
    prices = [rung.price_usd for rung in rungs_of(book({"BTC": "1"}))]
    assert (prices[0], prices[5], prices[-1]) == (
        Decimal("38667.25"),
        Decimal("77334.5"),
        Decimal("116001.75"),
    )


def test_a_coin_that_is_not_in_the_book_has_nothing_to_lose() -> None:
    assert {rung.equity_usd for rung in rungs_of(book({"BTC": "1"}), "ETH")} == {0}


@pytest.mark.parametrize("move", ["-1", "-1.5"])
def test_a_move_that_leaves_no_price_is_refused(move: str) -> None:
    with pytest.raises(DataError, match="leaves no price"):
        rungs_of(book({"BTC": "1"}), moves=(Decimal(0), Decimal(move)))


def test_a_coin_without_a_price_is_refused() -> None:
    with pytest.raises(BookError, match="SOL"):
        rungs_of(book({"BTC": "1"}), "SOL")


def test_a_ladder_prints_shows_and_becomes_a_frame() -> None:
    made = ladder(exposure(book({"BTC": "1"}), MARKET), MARKET, "BTC")
    assert repr(made).startswith("BTC price ladder")
    assert "Index and all BTC contracts move by the same per cent" in repr(made)
    assert made._repr_html_().count("<tr>") == 12
    assert made.to_frame()["change_usd"].to_list()[5] == 0


def test_a_ladder_of_a_simulated_market_says_so() -> None:
    market = as_simulated(MARKET)
    made = ladder(exposure(book({"BTC": "1"}), market), market, "BTC")
    assert made.simulated
    assert repr(made).startswith("BTC price ladder (simulated)\n")
    recorded = ladder(exposure(book({"BTC": "1"}), MARKET), MARKET, "BTC")
    assert not recorded.simulated
    assert "simulated" not in repr(recorded)


def test_a_ladder_without_a_rung_at_no_move_has_no_changes_to_tell() -> None:
    made = ladder(exposure(book({"BTC": "1"}), MARKET), MARKET, "BTC", (Decimal("0.1"),))
    (row,) = made.to_frame("records")
    assert row["equity_coin"] == 1
    assert row["change_coin"] is row["change_usd"] is None
