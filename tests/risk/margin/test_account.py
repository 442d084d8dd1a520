"""Accounts: what one may hold, what it needs, and where it ends."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from obverse.contracts import Position
from obverse.errors import AmountError, BookError
from obverse.risk.margin import (
    Collateral,
    Held,
    MarginAccount,
    MarginSetting,
    Order,
    ScenarioMargin,
    assess,
    margin_terms,
)
from obverse.rulebooks import rulebook

from . import draws

MARK = Decimal(50_000)


def held(
    style: str,
    usd: int,
    entry: str = "50000",
    *,
    long: bool = True,
    mark: Decimal = MARK,
    setting: MarginSetting | None = None,
) -> Held:
    instrument, terms = draws.product(style)
    position = draws.opened(instrument, usd, Decimal(entry), long=long)
    return Held(position, terms, mark, setting or MarginSetting())


@settings(deadline=None)
@given(
    style=draws.styles,
    usd=draws.usd_lots,
    mark=st.decimals("20000", "120000", places=0),
    coins=st.decimals("0", "200", places=2),
    long=st.booleans(),
)
def test_the_strip_adds_up(style, usd, mark, coins, long) -> None:
    item = held(style, usd * 1000, mark=mark, long=long)
    state = assess(draws.account(item, coins=coins, index=mark))
    assert state.margin_balance == state.wallet + state.pnl
    assert state.cross_equity == state.margin_balance
    assert state.available == state.margin_balance - state.initial
    statuses = {"bankrupt": state.cross_equity.units < 0,
                "liquidation": 0 <= state.cross_equity.units < state.maintenance.units}  # fmt: skip
    for status, holds in statuses.items():
        assert (state.status == status) == holds


@settings(deadline=None, max_examples=60)
@given(
    style=draws.styles,
    usd=draws.usd_lots,
    coins=st.decimals("0.01", "60", places=2),
    long=st.booleans(),
)
def test_the_margin_ratio_is_one_at_the_joint_price_and_monotone_around_it(
    style, usd, coins, long
) -> None:
    item = held(style, usd * 1000, long=long)
    account = draws.account(item, coins=coins)
    state = assess(account, {"BTC": MARK})
    assume(state.status in ("healthy", "margin call"))
    (joint,) = state.joint
    end = joint.below if long else joint.above
    assume(end is not None and 1 < end < 10_000_000)

    def ratio(price: Fraction) -> Fraction:
        moved = replace(item, mark_price=Decimal(round(price, 8).numerator)
                        / round(price, 8).denominator)  # fmt: skip
        found = assess(replace(account, held=(moved,), index_price=moved.mark_price))
        return found.cross_equity.fraction / found.maintenance.fraction

    prices = [Fraction(end) * Fraction(step) for step in ("0.9", "0.99", "1.01", "1.1")]
    ratios = [ratio(price) for price in prices]
    assert ratios == sorted(ratios, reverse=not long)
    assert ratio(Fraction(end)) == pytest.approx(1, abs=0.02)
    lost = ratios[1] if long else ratios[2]
    kept = ratios[2] if long else ratios[1]
    assert lost < 1 < kept


@settings(deadline=None, max_examples=60)
@given(
    style=draws.styles,
    first=st.integers(-2000, 2000).filter(bool),
    coins=st.decimals("0.01", "100", places=2),
    leverage=st.decimals("2", "20", places=0),
)
def test_isolated_margin_is_taken_out_of_the_balance_and_nothing_else(
    style, first, coins, leverage
) -> None:
    setting = draws.isolated(leverage)
    alone = held(style, abs(first) * 1000, long=first > 0, setting=setting)
    state = assess(draws.account(alone, coins=coins))
    assert state.initial.units == 0
    assert state.maintenance.units == 0
    assert state.margin_ratio is None
    assert state.joint == ()
    assert state.cross_equity.fraction <= state.wallet.fraction - alone_margin(alone, leverage)
    richer = assess(draws.account(alone, coins=coins + 100))
    assert richer.positions[0].liquidation_price == state.positions[0].liquidation_price


def alone_margin(item: Held, leverage: Decimal) -> Fraction:
    """Entry value over leverage, less the opening fee where it comes out of the margin."""
    cost = abs(item.position.cost.fraction)
    fee = cost * item.terms.taker_fee_rate if item.terms.opening_fee == "margin" else 0
    return cost / Fraction(leverage) - fee - Fraction(1, 10**8)


@settings(deadline=None, max_examples=40)
@given(
    first=st.integers(-3000, 3000).filter(bool),
    second=st.integers(-3000, 3000).filter(bool),
    coins=st.decimals("0.5", "40", places=1),
)
def test_two_positions_fail_together_where_a_search_finds_it(first, second, coins) -> None:
    book = rulebook("deribit", as_of="2026-02-01")
    items = []
    for symbol, usd, mark in (("BTC-PERPETUAL", first, "50000"), ("BTC-26JUN26", second, "52000")):
        instrument = book.instrument(symbol)
        position = draws.opened(instrument, abs(usd) * 1000, Decimal(50_000), long=usd > 0)
        items.append(Held(position, margin_terms(book, instrument), Decimal(mark)))
    account = draws.account(*items, coins=coins)
    state = assess(account, {"BTC": MARK})
    assume(state.status in ("healthy", "margin call"))
    (joint,) = state.joint

    def gap(ratio: float) -> float:
        total = float(coins)
        for item in items:
            contracts = float(item.position.contracts) * 10
            value = contracts / (float(item.mark_price) * ratio)
            total += float(item.position.cost.fraction) - value
            total -= abs(value) * (0.01 + 0.00005 * abs(value))
        return total

    for end, ratios in (
        (joint.below, [1 - n / 2000 for n in range(1999)]),
        (joint.above, [1 + n / 500 for n in range(5000)]),
    ):
        lost = [ratio for ratio in ratios if gap(ratio) < 0]
        if end is None:
            assert lost == []
        elif lost:
            assert float(end) / 50_000 == pytest.approx(lost[0], abs=0.003)


def test_collateral_counts_less_its_haircut() -> None:
    item = held("marginal, coin", 100_000)
    plain = assess(draws.account(item, coins="1"))
    backed = draws.account(
        item,
        coins="1",
        collateral=(Collateral("USDC", Decimal(10_000), Decimal(1), Decimal("0.1")),),
    )
    state = assess(backed)
    assert state.collateral.coins == Decimal("0.18")  # 9,000 dollars at 50,000
    assert state.margin_balance.coins == plain.margin_balance.coins + Decimal("0.18")
    assert state.positions[0].liquidation_price < plain.positions[0].liquidation_price


def test_hedged_legs_share_a_mode_and_are_margined_each() -> None:
    longs, shorts = held("marginal, coin", 100_000), held("marginal, coin", 60_000, long=False)
    state = assess(draws.account(longs, shorts, coins="2"))
    alone = [assess(draws.account(one, coins="2")).maintenance for one in (longs, shorts)]
    assert state.maintenance == alone[0] + alone[1]
    mixed = held("marginal, coin", 60_000, long=False, setting=draws.isolated("5"))
    with pytest.raises(BookError, match="one leg is cross, the other isolated"):
        draws.account(longs, mixed, coins="2")


def test_orders_reserve_their_margin_and_a_call_takes_no_order() -> None:
    item = held("marginal, coin", 100_000)
    order = Order(item.position.instrument, Decimal(500), Decimal(45_000), Decimal(5))
    account = draws.account(item, coins="0.3", orders=((order, item.terms),))
    state = assess(account)
    assert state.order_margin.fraction == pytest.approx(50_000 / 45_000 / 5, rel=1e-7)
    assert state.available == state.cross_equity - state.initial - state.order_margin
    poor = assess(replace(account, balance=account.coin.amount(Decimal("0.2"))))
    assert (poor.status, poor.available.units < 0) == ("margin call", True)


def test_negative_equity_is_a_result_without_a_nan() -> None:
    item = held("marginal, coin", 1_000_000, mark=Decimal(20_000))
    state = assess(draws.account(item, coins="1", index=Decimal(20_000)))
    assert state.status == "bankrupt"
    assert state.leverage is None
    assert state.margin_ratio < 0
    assert state.joint[0].now
    (position,) = state.positions
    assert position.leverage is None
    assert position.is_liquidated


def test_a_mark_far_from_the_index_moves_collateral_at_the_index_alone() -> None:
    item = held("marginal, coin", 100_000, mark=Decimal(25_000))
    collateral = (Collateral("USDC", Decimal(100_000), Decimal(1)),)
    state = assess(draws.account(item, coins="1", collateral=collateral))
    assert state.collateral.coins == 2  # at the index of 50,000, not at the mark
    assert state.pnl.coins == -2


def test_portfolio_margin_is_of_the_whole_account() -> None:
    item = held("linear in size", 100_000)
    asked = ScenarioMargin(Fraction("0.4"), Fraction("0.3"))
    account = draws.account(item, coins="1", mode="portfolio", scenario_margin=asked)
    state = assess(account, {"BTC": MARK})
    assert (state.initial.coins, state.maintenance.coins) == (Decimal("0.4"), Decimal("0.3"))
    assert state.positions[0].liquidation_price is None
    # 1 + 2 − V = 0.3·V/2
    assert float(state.joint[0].below) == pytest.approx(100_000 / (3 / 1.15))


ISOLATED = draws.isolated("5")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MarginSetting("hedged"), "expected isolated or cross"),  # type: ignore[arg-type]
        (lambda: MarginSetting("cross", posted=Decimal(1)), "this one is held across"),
        (lambda: MarginSetting("isolated"), "needs its leverage or the margin posted"),
        (lambda: MarginSetting("isolated", posted=Decimal(0)), "posted margin: 0 is not above"),
        (lambda: MarginSetting(leverage=Decimal(-2)), "leverage: -2 is not above zero"),
        (lambda: Collateral("USDC", Decimal(-1), Decimal(1)), "-1 is a debt, not collateral"),
        (lambda: Collateral("USDC", Decimal(1), Decimal(1), Decimal(2)), "2 is not from 0 to 1"),
        (lambda: draws.account(held("marginal, coin", 1000), collateral=(
            Collateral("BTC", Decimal(1), Decimal(5)),)), "it is the account's own coin"),
        (lambda: draws.account(held("marginal, coin", 1000), mode="isolated"), "portfolio account"
         "|expected cross or portfolio"),
        (lambda: draws.account(held("marginal, coin", 1000), mode="portfolio"), "needs its margin"),
        (lambda: draws.account(held("marginal, coin", 1000), held("marginal, coin", 2000)),
         "two long positions; add them first"),
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_refused(make, message) -> None:
    with pytest.raises(BookError, match=message):
        make()


def test_a_portfolio_account_holds_no_isolated_position() -> None:
    asked = ScenarioMargin(Fraction(1), Fraction(1))
    item = held("linear in size", 100_000, setting=ISOLATED)
    with pytest.raises(BookError, match="BTC-PERPETUAL: portfolio margin holds no isolated"):
        draws.account(item, mode="portfolio", scenario_margin=asked)


def test_one_account_holds_one_coin() -> None:
    book = rulebook("deribit", as_of="2026-02-01")
    ether = book.instrument("ETH-PERPETUAL")
    position = draws.opened(ether, 10_000, Decimal(3000), long=True)
    other = Held(position, margin_terms(book, ether), Decimal(3000))
    with pytest.raises(BookError, match="ETH-PERPETUAL settles in ETH, but the account"):
        draws.account(held("linear in size", 100_000), other)
    item = held("linear in size", 100_000)
    coin = item.position.instrument.accounting.currency
    wallet = ether.accounting.currency.amount(1)
    with pytest.raises(BookError, match="the balance is in ETH, the account in BTC"):
        MarginAccount("deribit", coin, wallet, MARK, (item,))


@pytest.mark.parametrize("mark", ["0", "-1", "NaN", "Infinity"])
def test_a_mark_that_is_no_price_is_refused(mark) -> None:
    with pytest.raises(AmountError, match="mark of BTCUSD_PERP"):
        held("marginal, coin", 1000, mark=Decimal(mark))


def test_a_flat_position_is_not_held() -> None:
    instrument, terms = draws.product("marginal, coin")
    with pytest.raises(BookError, match="a flat position has no margin"):
        Held(Position.flat(instrument), terms, MARK)


@pytest.mark.parametrize("amount", ["NaN", "Infinity"])
def test_collateral_that_is_no_number_is_refused(amount) -> None:
    with pytest.raises(AmountError, match="amount of collateral USDC"):
        Collateral("USDC", Decimal(amount), Decimal(1))


def test_isolated_margin_beyond_the_wallet_is_a_call_and_no_bankruptcy() -> None:
    item = held("marginal, coin", 100_000, setting=draws.isolated("5"))
    state = assess(draws.account(item, coins="0.1"))
    assert state.cross_equity.units < 0
    assert state.status == "margin call"


def test_brackets_are_laid_out_as_far_as_the_balance_reaches() -> None:
    # 1,000 dollars before 20.33 coins: it fails near 49 dollars, three brackets up.
    account = draws.account(held("marginal, coin", 1000), coins="20.33")
    (joint,) = assess(account, {"BTC": MARK}).joint
    item = replace(account.held[0], mark_price=round(joint.below, 8))
    state = assess(replace(account, held=(item,), index_price=item.mark_price))
    assert float(state.margin_ratio) == pytest.approx(1, abs=1e-4)
