"""A book's accounts: whose coins stand behind which positions, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from books import (
    ETHER,
    MARCH,
    MARCH_FUTURE,
    MARKET,
    PERPETUAL,
    as_simulated,
    flat_market,
    held,
    market_of,
    perpetual,
    snapshot,
)

from obverse.contracts import Position
from obverse.errors import BookError, DataError
from obverse.risk import Book, Holding
from obverse.risk.accounts import account_of, book_accounts, margin_ratios
from obverse.risk.book import AccountSetting
from obverse.risk.margin import MarginSetting, Order

LONG = held(PERPETUAL, 10_000, "80000")


def kept(*amounts: tuple[str, str]) -> tuple[Holding, ...]:
    """Holdings at Deribit."""
    return tuple(Holding(coin, Decimal(amount), "deribit") for coin, amount in amounts)


def mine(coins: str, *positions: Position, **more: object) -> Book:
    """A book with so many bitcoins at Deribit."""
    return Book("by hand", kept(("BTC", coins)), positions, **more)  # type: ignore[arg-type]


def end_of_long(usd: float, entry: float, coins: float) -> float:
    """Deribit's cross long: coins + usd/entry − V = 0.01·V + 0.00005·V², price usd/V."""
    worth = coins + usd / entry
    value = (-1.01 + (1.01**2 + 4 * 0.00005 * worth) ** 0.5) / (2 * 0.00005)
    return usd / value


def test_a_cross_account_by_hand() -> None:
    """0.5 BTC behind 100,000 USD from 80,000, marked at 77,388."""
    (account,) = book_accounts(mine("0.5", LONG), MARKET)
    value = 100_000 / 77_388
    state = account.state
    assert account.name == "deribit BTC"
    assert float(state.wallet.coins) == 0.5
    assert float(state.pnl.coins) == pytest.approx(1.25 - value, abs=2e-8)
    assert float(state.margin_balance.coins) == pytest.approx(0.5 + 1.25 - value, abs=2e-8)
    needed = 0.01 * value + 0.00005 * value**2
    assert float(state.maintenance.coins) == pytest.approx(needed, abs=2e-8)
    assert float(state.margin_ratio or 0) == pytest.approx((1.75 - value) / needed, rel=1e-5)
    assert state.status == "healthy"
    (position,) = state.positions
    assert float(position.liquidation_price or 0) == pytest.approx(
        end_of_long(100_000, 80_000, 0.5), rel=1e-7
    )


def test_at_its_liquidation_price_the_ratio_is_one() -> None:
    price = end_of_long(100_000, 80_000, 0.5)
    at_end = mine("0.5", LONG)
    just = margin_ratios(at_end, flat_market(f"{price:.4f}"))["deribit BTC"]
    above = margin_ratios(at_end, flat_market(f"{price * 1.0005:.4f}"))["deribit BTC"]
    below = margin_ratios(at_end, flat_market(f"{price * 0.9995:.4f}"))["deribit BTC"]
    assert float(just or 0) == pytest.approx(1, abs=1e-5)
    assert above is not None
    assert below is not None
    assert above > 1 > below


def test_coins_elsewhere_stand_behind_nothing_and_that_is_said() -> None:
    cold = Book("cold", (Holding("BTC", Decimal(5), "cold storage"),), (LONG,))
    (account,) = book_accounts(cold, MARKET)
    assert account.state.wallet.coins == 0
    (note,) = [words for words in account.notes if "keeps no BTC at deribit" in words]
    assert "5 BTC lie elsewhere" in note
    (paid,) = book_accounts(mine("5", LONG), MARKET)
    assert not any("keeps no BTC" in words for words in paid.notes)


def test_one_account_a_coin_and_none_for_a_flat_position() -> None:
    ether = held(ETHER, 1_000, "2400")
    both = Book("both", kept(("BTC", "1"), ("ETH", "10")), (LONG, ether))
    assert [item.name for item in book_accounts(both, MARKET)] == ["deribit BTC", "deribit ETH"]
    assert book_accounts(mine("1", Position.flat(PERPETUAL)), MARKET) == ()
    assert book_accounts(mine("1"), MARKET) == ()
    assert margin_ratios(mine("1"), MARKET) == {}


def test_positions_in_one_coin_share_their_balance() -> None:
    """A short of the same dollars in a future offsets the long's PnL, not its requirement."""
    hedge = held(MARCH_FUTURE, -10_000, "80000")
    (alone,) = book_accounts(mine("0.5", LONG), MARKET)
    (hedged,) = book_accounts(mine("0.5", LONG, hedge), MARKET)
    assert hedged.state.maintenance > alone.state.maintenance
    gain = 100_000 / 77_723.48 - 1.25
    moved = hedged.state.pnl.coins - alone.state.pnl.coins
    assert float(moved) == pytest.approx(gain, abs=2e-8)
    assert [item.held.symbol for item in hedged.state.positions] == ["BTC-PERPETUAL", "BTC-27MAR26"]


def test_an_isolated_position_takes_its_margin_out_of_the_balance() -> None:
    setting = MarginSetting(mode="isolated", leverage=Decimal(10))
    (account,) = book_accounts(mine("0.5", LONG, settings=(setting,)), MARKET)
    state = account.state
    assert float(state.isolated.coins) == pytest.approx(1.25 / 10, abs=2e-8)
    assert float(state.cross_equity.coins) == pytest.approx(0.5 - 0.125, abs=2e-8)
    (position,) = state.positions
    assert float(position.liquidation_price or 0) == pytest.approx(
        end_of_long(100_000, 80_000, 0.125), rel=1e-7
    )
    assert state.margin_ratio is None
    assert state.thinnest_ratio == position.margin_ratio


def test_margin_posted_above_the_wallet_is_said() -> None:
    setting = MarginSetting(mode="isolated", posted=Decimal(2))
    (account,) = book_accounts(mine("0.5", LONG, settings=(setting,)), MARKET)
    assert any("is more than the wallet has" in words for words in account.notes)


def test_the_thinnest_ratio_is_of_all_positions() -> None:
    thin = MarginSetting(mode="isolated", leverage=Decimal(20))
    other = held(MARCH_FUTURE, 1_000, "77000")
    (account,) = book_accounts(mine("3", LONG, other, settings=(thin, MarginSetting())), MARKET)
    isolated, _ = account.state.positions
    assert isolated.margin_ratio is not None
    assert account.state.margin_ratio is not None
    assert account.state.thinnest_ratio == isolated.margin_ratio < account.state.margin_ratio
    assert margin_ratios(mine("3", LONG, other, settings=(thin, MarginSetting())), MARKET) == {
        "deribit BTC": isolated.margin_ratio
    }


def test_collateral_counts_at_its_price_less_the_haircut() -> None:
    """1,000 USDC at 10 % off and 2 ETH at 20 % off, in bitcoin at the index."""
    setting = AccountSetting(
        "deribit", "BTC", haircuts={"USDC": Decimal("0.1"), "ETH": Decimal("0.2")}
    )
    holdings = kept(("BTC", "0.5"), ("USDC", "1000"), ("ETH", "2"))
    (account,) = book_accounts(Book("c", holdings, (LONG,), accounts=(setting,)), MARKET)
    worth = (1000 * 0.9 + 2 * 2389.81 * 0.8) / 77_334.5
    assert float(account.state.collateral.coins) == pytest.approx(worth, abs=2e-8)
    (bare,) = book_accounts(mine("0.5", LONG), MARKET)
    gap = account.state.margin_balance.coins - bare.state.margin_balance.coins
    assert float(gap) == pytest.approx(worth, abs=3e-8)
    assert any("USDC counts as one dollar each" in words for words in account.notes)


def test_portfolio_margin_is_asked_of_all_positions_together() -> None:
    setting = AccountSetting("deribit", "BTC", mode="portfolio")
    legs = (LONG, held(MARCH_FUTURE, -10_000, "80000"))
    (together,) = book_accounts(mine("2", *legs, accounts=(setting,)), MARKET)
    (alone,) = book_accounts(mine("2", LONG, accounts=(setting,)), MARKET)
    (across,) = book_accounts(mine("2", *legs), MARKET)
    assert together.matrix is not None
    assert across.matrix is None
    assert together.state.initial < alone.state.initial
    assert float(together.state.maintenance.coins) == pytest.approx(
        float(together.matrix.maintenance_margin), abs=1e-7
    )


def test_portfolio_margin_holds_nothing_isolated() -> None:
    account = AccountSetting("deribit", "BTC", mode="portfolio")
    isolated = MarginSetting(mode="isolated", leverage=Decimal(10))
    with pytest.raises(BookError, match="holds no isolated positions"):
        book_accounts(mine("2", LONG, accounts=(account,), settings=(isolated,)), MARKET)


def test_a_resting_order_reserves_margin_and_an_order_alone_makes_an_account() -> None:
    order = Order(PERPETUAL, Decimal(10_000), Decimal(70_000))
    (with_order,) = book_accounts(mine("2", LONG, orders=(order,)), MARKET)
    (without,) = book_accounts(mine("2", LONG), MARKET)
    assert without.state.order_margin.coins == 0
    assert with_order.state.order_margin.coins > 0
    gap = without.state.available.coins - with_order.state.available.coins
    assert gap == with_order.state.order_margin.coins
    (alone,) = book_accounts(mine("2", orders=(order,)), MARKET)
    assert alone.state.positions == ()
    assert alone.state.order_margin.coins > 0


def test_funding_that_will_be_owed_counts_only_where_the_venue_counts_it() -> None:
    quote = replace(perpetual("BTC-PERPETUAL", "50000"), funding_rate_8h=Decimal("0.001"))
    market = market_of(snapshot("BTC", "50000", [quote]))
    (account,) = book_accounts(mine("2", LONG), market)
    (item,) = account.state.account.held
    assert float(item.funding_owed) == pytest.approx(100_000 / 50_000 * 0.001)
    (plain,) = book_accounts(mine("2", LONG), flat_market("50000"))
    assert plain.state.account.held[0].funding_owed == Fraction(0)
    assert not item.terms.predicted_funding  # at Deribit
    ours, theirs = account.state.positions[0], plain.state.positions[0]
    assert ours.liquidation_price == theirs.liquidation_price


def test_two_legs_are_said_to_be_in_hedge_mode() -> None:
    (account,) = book_accounts(mine("2", LONG, held(PERPETUAL, -5_000, "78000")), MARKET)
    assert any("two legs" in words for words in account.notes)


def test_an_expired_contract_is_refused() -> None:
    """Though the market's last snapshot is of before its delivery."""
    after = replace(MARKET, asked=MARCH)
    ends = mine("2", held(MARCH_FUTURE, 10, "80000"))
    with pytest.raises(BookError, match=r"BTC-27MAR26 expired at .*take it out"):
        book_accounts(ends, after)
    waits = mine("2", orders=(Order(MARCH_FUTURE, Decimal(10), Decimal(70_000)),))
    with pytest.raises(BookError, match=r"BTC-27MAR26 expired at"):
        book_accounts(waits, after)
    before = replace(MARKET, asked=MARCH - timedelta(seconds=1))
    assert len(book_accounts(ends, before)) == 1


def test_a_coin_without_a_price_is_refused() -> None:
    with pytest.raises((BookError, DataError), match="ETH"):
        book_accounts(mine("2", held(ETHER, 10, "2400")), flat_market("50000"))


def test_a_debt_is_worked_out_as_one() -> None:
    (account,) = book_accounts(mine("-1", LONG), MARKET)
    assert account.state.margin_balance.coins < 0
    assert account.state.status not in ("healthy", "margin call")
    assert account.state.available.coins < 0


def test_the_account_of_an_instrument_is_the_books_or_an_empty_one() -> None:
    owned = Book("b", kept(("BTC", "1"), ("ETH", "7")), (LONG,))
    accounts = book_accounts(owned, MARKET)
    assert account_of(owned, MARKET, accounts, MARCH_FUTURE) is accounts[0].state.account
    empty = account_of(owned, MARKET, accounts, ETHER)
    assert (empty.coin.code, empty.balance.coins, empty.held) == ("ETH", 7, ())
    assert empty.index_price == Decimal("2389.81")


def test_an_account_prints_as_its_strip() -> None:
    (account,) = book_accounts(mine("0.5", LONG), as_simulated(MARKET))
    text = str(account)
    words = ["wallet balance", "unrealised PnL", "margin balance", "available", "maintenance"]
    places = [text.index(each) for each in words]
    assert places == sorted(places)
