"""A coin's exposure by place and by delivery: values by hand, sums, and the coin's own row."""

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
    book,
    flat_market,
    held,
    mixed_books,
)
from hypothesis import given, settings

from obverse.risk import Book, Holding, exposure
from obverse.risk.groups import GroupExposure, by_group
from obverse.rulebooks import rulebook

BINANCE = rulebook("binance", as_of="2026-02-01").instrument("BTCUSD_260327")
SUMS = ("notional_usd", "pnl_usd", "coin_delta", "coin_convexity", "dollar_convexity")


def groups(made: Book, coin: str = "BTC") -> dict[str, GroupExposure]:
    """Groups by name, in their order."""
    found = by_group(exposure(made, MARKET), coin)
    assert len({group.name for group in found}) == len(found)
    return {group.name: group for group in found}


def test_a_place_bears_its_positions_with_the_coins_kept_there_by_hand() -> None:
    """2 BTC at deribit, 1 in a vault; long 100,000 USD at deribit from 80,000, marked at 77,388.

    Gain 1.25 − 100,000/77,388 = −0.04219 BTC; delta 1.29219 BTC; index 77,334.50.
    """
    holdings = (Holding("BTC", Decimal(2), "deribit"), Holding("BTC", Decimal(1), "vault"))
    found = groups(Book("mine", holdings, (held(PERPETUAL, 10_000, "80000"),)))
    assert list(found) == ["at deribit", "at vault", "perpetual", "total"]
    deribit, vault, perpetual, total = found.values()
    assert deribit.notional_usd == perpetual.notional_usd == total.notional_usd == 100_000
    assert deribit.pnl_coin is not None
    assert float(deribit.pnl_coin) == pytest.approx(-0.04219000, abs=2e-8)
    assert float(deribit.pnl_usd) == pytest.approx(-3262.74, abs=0.005)
    assert deribit.coin_delta == pytest.approx(1.29219000, abs=1e-8)
    assert deribit.coin_convexity == pytest.approx(-2.58438001, abs=1e-8)
    assert deribit.dollar_delta_usd == pytest.approx(3.25 * 77_334.5, abs=0.002)
    assert deribit.effective_leverage == pytest.approx(100_000 / 151_406.26)
    assert perpetual.dollar_delta_usd == pytest.approx(1.29219 * 77_334.5, abs=0.002)
    assert perpetual.effective_leverage is None
    assert total.dollar_delta_usd == pytest.approx(4.25 * 77_334.5, abs=0.002)
    assert total.effective_leverage == pytest.approx(100_000 / (151_406.26 + 77_334.5))
    assert (vault.notional_usd, vault.pnl_coin, vault.pnl_usd, vault.coin_delta) == (0, 0, 0, 0)
    assert vault.dollar_delta_usd == 77_334.5
    assert vault.effective_leverage == 0


def test_places_come_as_they_are_met_and_expiries_near_to_far_after_the_perpetual() -> None:
    positions = (
        held(BINANCE, 100, "79000"),
        held(rulebook("deribit", as_of="2026-02-01").instrument("BTC-26JUN26"), 10, "78000"),
        held(PERPETUAL, 10, "80000"),
        held(MARCH_FUTURE, 10, "78000"),
    )
    holdings = (Holding("BTC", Decimal(1), "vault"), Holding("BTC", Decimal(1), "deribit"))
    assert list(groups(Book("mine", holdings, positions))) == [
        "at binance", "at deribit", "at vault",
        "perpetual", "2026-03-27", "2026-06-26",
        "total",
    ]  # fmt: skip


def test_coins_kept_nowhere_in_particular_are_a_place_of_their_own() -> None:
    found = groups(book({"BTC": "2"}, held(PERPETUAL, 10_000, "77388")))
    assert list(found) == ["at deribit", "at no named place", "perpetual", "total"]
    assert found["at no named place"].dollar_delta_usd == 2 * 77_334.5
    assert found["at deribit"].effective_leverage is None  # nothing stands behind it there
    assert found["total"].effective_leverage == pytest.approx(100_000 / (2 * 77_334.5))


def test_holdings_of_one_place_are_one_group_and_other_coins_are_not_in_it() -> None:
    holdings = (
        Holding("BTC", Decimal(1), "deribit"),
        Holding("ETH", Decimal(50), "deribit"),
        Holding("BTC", Decimal("0.5"), "deribit"),
    )
    found = groups(Book("mine", holdings, (held(ETHER, 100, "2388"),)))
    assert list(found) == ["at deribit", "total"]
    assert found["at deribit"].dollar_delta_usd == 1.5 * 77_334.5
    assert found["at deribit"].notional_usd == 0


def test_leverage_at_a_place_is_gross_and_an_expirys_notional_is_net() -> None:
    """Long and short 50,000 at 50,000 on 1 BTC kept there."""
    sides = held(PERPETUAL, 5_000, "50000"), held(MARCH_FUTURE, -5_000, "50000")
    made = Book("mine", (Holding("BTC", Decimal(1), "deribit"),), sides)
    deribit, perpetual, march, total = by_group(exposure(made, flat_market("50000")), "BTC")
    assert deribit.effective_leverage == total.effective_leverage == 2
    assert (deribit.notional_usd, total.notional_usd) == (0, 0)
    assert (perpetual.notional_usd, march.notional_usd) == (50_000, -50_000)


def test_a_place_whose_coins_are_lost_has_no_leverage() -> None:
    """Long 100,000 from 100,000 at 50,000 loses 1 BTC; 1 was kept."""
    made = Book(
        "mine", (Holding("BTC", Decimal(1), "deribit"),), (held(PERPETUAL, 10_000, "100000"),)
    )
    deribit, *_ = by_group(exposure(made, flat_market("50000")), "BTC")
    assert deribit.pnl_coin == -1
    assert deribit.effective_leverage is None


def test_a_quanto_moves_with_its_underlying_and_gains_in_its_settlement_coin() -> None:
    """1,000 ETHUSD from 2,300, marked at 2,388: 88 dollars at 1e-6 BTC, 0.088 BTC."""
    made = book({"BTC": "10"}, held(QUANTO, 1_000, "2300"))
    ether, bitcoin = groups(made, "ETH"), groups(made, "BTC")
    assert list(ether) == ["at bitmex", "perpetual", "total"]
    notional = 1_000 * Decimal("0.000001") * 2_388 * Decimal("77334.5")
    for group in ether.values():
        assert group.notional_usd == notional
        assert group.pnl_coin is None  # no position is settled in ether
        assert group.pnl_usd == pytest.approx(Decimal("6805.436"))
        assert group.coin_delta == pytest.approx(2.388 * 77_334.5 / 2_389.81)
        assert group.effective_leverage is None
    assert list(bitcoin) == ["at bitmex", "at no named place", "perpetual", "total"]
    there = bitcoin["at bitmex"]
    assert (there.notional_usd, there.coin_delta) == (0, 0)
    assert there.pnl_coin == Decimal("0.088")
    assert there.dollar_delta_usd == pytest.approx(0.088 * 77_334.5)
    assert there.effective_leverage == pytest.approx(2.388 / 0.088)  # it is bitcoin that bears it


def test_a_linear_position_has_no_gain_in_the_coin_and_no_leverage_of_it() -> None:
    found = groups(book({"BTC": "1", "USDC": "1000"}, held(LINEAR, -2_000, "80000")))
    total = found["total"]
    assert total.pnl_coin is None
    assert total.pnl_usd == 5_224
    assert total.notional_usd == -154_776
    assert total.effective_leverage == 0
    assert total.dollar_delta_usd == pytest.approx(77_334.5 - 154_776)


@settings(deadline=None)
@given(mixed_books)
def test_places_and_expiries_each_add_up_to_the_total(drawn: Book) -> None:
    found = exposure(drawn, MARKET)
    for coin in ("BTC", "ETH"):
        *parts, total = by_group(found, coin)
        assert total.name == "total"
        places = [group for group in parts if group.name.startswith("at ")]
        expiries = [group for group in parts if group not in places]
        for name in SUMS:
            for group in (places, expiries):
                whole = sum(float(getattr(part, name)) for part in group)
                expected = float(getattr(total, name))
                assert whole == pytest.approx(expected, rel=1e-9, abs=1e-6), name
        for group in (places, expiries):
            gained = sum(float(part.pnl_coin or 0) for part in group)
            assert gained == pytest.approx(float(total.pnl_coin or 0), rel=1e-12, abs=1e-9)
        deltas = sum(place.dollar_delta_usd for place in places)
        assert deltas == pytest.approx(total.dollar_delta_usd, rel=1e-9, abs=1e-4)
        assert all(expiry.effective_leverage is None for expiry in expiries)


@settings(deadline=None)
@given(mixed_books)
def test_the_total_is_the_coins_own_row(drawn: Book) -> None:
    found = exposure(drawn, MARKET)
    for coin in found.coins:
        total = by_group(found, coin.coin)[-1]
        for name in ("coin_delta", "dollar_delta_usd", "coin_convexity", "dollar_convexity"):
            expected = getattr(coin, name)
            assert getattr(total, name) == pytest.approx(expected, rel=1e-9, abs=1e-4), name
        assert total.effective_leverage == pytest.approx(coin.effective_leverage)
        gained = float(coin.equity - coin.held)
        assert float(total.pnl_coin or 0) == pytest.approx(gained, abs=1e-12)
