"""Liquidation by each engine: coin is conserved, nobody is closed further than he must be."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from obverse.contracts import Amount, Instrument, Position, fill
from obverse.errors import BookError, DataError, RuleError
from obverse.risk.engines import (
    AtRisk,
    Depth,
    Level,
    Liquidation,
    at_risk,
    liquidate,
    liquidate_account,
    one_price,
)
from obverse.risk.engines.policies import engine_of
from obverse.risk.losses import InsuranceFund, restoring_slice
from obverse.risk.margin import (
    Held,
    MarginAccount,
    MarginSetting,
    MarginTerms,
    Tier,
    Tiered,
    assess,
    margin_terms,
)
from obverse.rulebooks import rulebook
from obverse.rulebooks.records import LiquidationRule

VENUES = {
    "deribit": "BTC-PERPETUAL",
    "binance": "BTCUSD_PERP",
    "bitmex": "XBTUSD",
    "bybit": "BTCUSD",
    "kraken": "PI_XBTUSD",
    "okx": "BTC-USD-SWAP",
}
AS_OF = "2025-06-01"
TWO = (Tier(Decimal(2000), Decimal("0.005")), Tier(None, Decimal("0.02")))


def of(venue: str) -> tuple[Instrument, MarginTerms, LiquidationRule]:
    book = rulebook(venue, as_of=AS_OF)
    instrument = book.instrument(VENUES[venue])
    rule = book.rules_of(instrument).liquidation
    assert rule is not None
    return instrument, margin_terms(book, instrument), rule


def position(instrument: Instrument, usd: int, price: int, *, long: bool) -> Position:
    contracts = instrument.contracts_of(usd)
    return fill(Position.flat(instrument), contracts if long else -contracts, Decimal(price))


def fund_of(instrument: Instrument, coins: str = "10") -> InsuranceFund:
    return InsuranceFund.of(instrument.accounting.currency.amount(Decimal(coins)))


@st.composite
def liquidations(draw: st.DrawFn) -> tuple[Liquidation, InsuranceFund]:
    """A position that is due, at any venue, into any depth, with any fund."""
    instrument, terms, rule = of(draw(st.sampled_from(sorted(VENUES))))
    long = draw(st.booleans())
    held = position(instrument, 1000 * draw(st.integers(1, 400)), 50_000, long=long)
    move = draw(st.integers(1, 30))
    mark = Decimal(50_000 - 500 * move if long else 50_000 + 500 * move)
    share = Fraction(draw(st.integers(1, 40)), 100)
    coins = Amount(int(abs(held.cost).units * share), held.cost.currency)
    item = AtRisk(held, coins, terms, mark)
    sizes = draw(st.lists(st.integers(1, 40_000), min_size=0, max_size=5))
    step = Decimal(-25 if long else 25)
    levels = tuple(
        Level(mark + step * place, size * instrument.lot) for place, size in enumerate(sizes)
    )
    fund = fund_of(instrument, draw(st.sampled_from(["0", "0.5", "100"])))
    fee = draw(st.sampled_from(["0", "0.0005", "0.005"]))
    depth = Depth("bids" if long else "asks", levels)
    return liquidate(item, rule, depth, fund, fee_rate=fee), fund


@settings(deadline=None, max_examples=100)
@given(drawn=liquidations())
def test_coin_is_conserved_to_the_last_unit(drawn) -> None:
    done, fund = drawn
    closed = sum((step.gain.units for step in done.steps if step.action != "takeover"), 0)
    kept = done.left.coins.units + (done.taken.coins.units if done.taken else 0)
    change = done.fund.balance.units - fund.balance.units
    assert done.before.coins.units + closed == kept + change - done.uncovered.units


@settings(deadline=None, max_examples=100)
@given(drawn=liquidations())
def test_nothing_is_closed_twice_turned_round_or_lost(drawn) -> None:
    done, _ = drawn
    held = done.before.position.contracts
    left = done.left.position.contracts
    taken = done.taken.position.contracts if done.taken else Decimal(0)
    closed = sum((s.closed for s in done.steps if s.action != "takeover"), Decimal(0))
    assert abs(left) + abs(taken) + closed == abs(held)
    assert left * held >= 0
    assert taken * held >= 0
    assert done.fund.balance.units >= 0
    assert not done.uncovered or done.fund.balance.units == 0
    if not done.left.position.contracts:
        assert done.left.coins.units >= 0


@settings(deadline=None, max_examples=100)
@given(drawn=liquidations())
def test_a_position_that_covers_its_maintenance_is_left_alone(drawn) -> None:
    done, fund = drawn
    if not done.before.is_liquidated:
        assert done.steps == ()
        assert done.left is done.before
        assert done.fund == fund
    else:
        assert done.steps or not done.depth.levels


@settings(deadline=None, max_examples=60)
@given(usd=st.integers(100, 400), share=st.integers(1, 9))
def test_an_incremental_engine_stops_at_the_first_slice_that_suffices(usd, share) -> None:
    instrument, terms, rule = of("deribit")
    assert rule.engine == "incremental"
    held = position(instrument, 1000 * usd, 50_000, long=True)
    coins = Amount(held.cost.units * share // 1000, held.cost.currency)  # of 1 % that is needed
    item = AtRisk(held, coins, terms, Decimal(50_000))
    depth = one_price("bids", item.mark_price, held.contracts)
    done = liquidate(item, rule, depth, fund_of(instrument))
    assert not done.left.is_liquidated
    assert all(step.before.is_liquidated for step in done.steps)
    assert all(step.closed <= rule.slice_contracts for step in done.steps)


@settings(deadline=None, max_examples=60)
@given(usd=st.integers(10, 3000), share=st.integers(5, 12))
def test_a_walk_down_ends_at_the_first_tier_that_holds(usd, share) -> None:
    instrument, _, rule = of("okx")
    terms = MarginTerms(Tiered(TWO, "contracts", marginal=False), value_basis="mark")
    rule = LiquidationRule(**_fields(rule) | {"tiers_down": 1, "from_tier": 2})
    held = position(instrument, 1000 * usd, 50_000, long=True)
    coins = held.cost.currency.amount(Decimal(str(float(held.cost.coins) * share / 1000))
                                      .quantize(Decimal("1e-8")))  # fmt: skip
    item = AtRisk(held, coins, terms, Decimal(50_000))
    assume(item.is_liquidated)
    done = liquidate(item, rule, one_price("bids", 50_000, 10**6), fund_of(instrument))
    if item.tier == 1:  # too small to go down: the whole is taken over
        assert [step.action for step in done.steps] == ["takeover", "engine closes"]
    else:
        assert [step.action for step in done.steps] == ["order"]
        assert done.left.contracts == 2000
        assert done.left.tier == 1


def _fields(rule: LiquidationRule) -> dict[str, Any]:
    return {name: getattr(rule, name) for name in rule.__struct_fields__}


def test_okx_walked_15000_contracts_straight_down_to_tier_1() -> None:
    # OKX-08: 15,000 contracts and a tier of 2,000: 13,000 are closed.
    instrument, _, _ = of("okx")
    book = rulebook("okx", as_of="2020-06-01")
    rule = book.rules_of(book.instrument("BTC-USD-SWAP")).liquidation
    three = (Tier(Decimal(2000), Decimal("0.005")), Tier(Decimal(5000), Decimal("0.01")),
             Tier(None, Decimal("0.02")))  # fmt: skip
    terms = MarginTerms(Tiered(three, "contracts", marginal=False), value_basis="mark")
    held = position(instrument, 1_500_000, 50_000, long=True)
    item = AtRisk(held, held.cost.currency.amount("0.5"), terms, Decimal(50_000))
    done = liquidate(item, rule, one_price("bids", 50_000, 20_000), fund_of(instrument))
    assert [(step.action, step.closed) for step in done.steps] == [("order", 13_000)]
    assert done.left.contracts == 2_000


def test_kraken_sends_one_order_at_zero_equity_and_the_trader_keeps_the_rest() -> None:
    # The page's example: 1,000 contracts long from 8,000 with 0.01 coin: triggered at 7,481, limit
    # at 7,407, where nothing is left (K7).
    instrument, terms, rule = of("kraken")
    held = position(instrument, 1000, 8000, long=True)
    item = AtRisk(held, held.cost.currency.amount("0.01"), terms, Decimal(7480))
    assert item.is_liquidated
    assert not replace(item, mark_price=Decimal(7482)).is_liquidated
    assert int(item.zero_equity_price) == 7407
    depth = Depth("bids", (Level(Decimal(7450), Decimal(600)), Level(Decimal(7400), Decimal(900))))
    done = liquidate(item, rule, depth, fund_of(instrument))
    assert [step.closed for step in done.steps] == [600]
    assert done.left.contracts == 400
    assert done.left.coins.coins < Decimal("0.01")
    assert done.taken is None
    assert "Left to the trader" in str(done)


def test_binance_reduces_until_it_suffices_as_the_closed_form_says() -> None:
    instrument, terms, rule = of("binance")
    assert (rule.engine, rule.closes) == ("immediate_or_cancel", "until_met")
    held = position(instrument, 200_000, 50_000, long=True)
    item = AtRisk(held, held.cost.currency.amount("0.09"), terms, Decimal(49_000))
    assert item.is_liquidated
    depth = one_price("bids", 48_990, 10_000)
    done = liquidate(item, rule, depth, fund_of(instrument))
    expected = restoring_slice(
        instrument.payoff,
        sign=1,
        contracts=2000,
        mark_price=49_000,
        equity=item.equity,
        maintenance_rate="0.004",
        execution_price=48_990,
    )
    (step,) = done.steps
    assert step.closed == expected.in_lots(instrument.lot)
    assert not done.left.is_liquidated
    assert not done.is_shared


def test_a_takeover_pays_the_fund_what_a_better_close_leaves() -> None:
    instrument, terms, rule = of("bybit")
    held = position(instrument, 100_000, 50_000, long=True)  # 2 coins, 0.1 behind them
    item = AtRisk(held, held.cost.currency.amount("0.1"), terms, Decimal(47_800))
    assert float(item.zero_equity_price) == pytest.approx(100_000 / 2.1, abs=0.5)
    better = liquidate(item, rule, one_price("bids", 47_800, 100_000), fund_of(instrument))
    gain = 2 + Decimal("0.1") - instrument.value(100_000, 47_800).coins
    assert [step.action for step in better.steps] == ["takeover", "engine closes"]
    assert better.fund.balance.coins == 10 + gain
    assert better.left.coins.units == 0
    worse = liquidate(item, rule, one_price("bids", 40_000, 100_000), fund_of(instrument, "0.1"))
    assert worse.fund.balance.units == 0
    assert worse.uncovered.coins == Decimal("0.3")  # 2.5 − 2.1 of which the fund had 0.1
    assert worse.is_shared
    assert "Not covered: 0.30000000 BTC, for deleveraging." in str(worse)


def test_what_the_engine_cannot_close_waits_for_deleveraging() -> None:
    instrument, terms, rule = of("bybit")
    held = position(instrument, 100_000, 50_000, long=True)
    item = AtRisk(held, held.cost.currency.amount("0.1"), terms, Decimal(47_800))
    done = liquidate(item, rule, one_price("bids", 47_800, 30_000), fund_of(instrument))
    assert done.taken is not None
    assert done.taken.contracts == 70_000
    assert "Not closed: 70,000 contracts, for deleveraging." in str(done)


def test_negative_equity_is_the_funds_where_nothing_is_taken_over() -> None:
    instrument, terms, rule = of("deribit")
    held = position(instrument, 100_000, 50_000, long=True)
    item = AtRisk(held, held.cost.currency.amount("0.1"), terms, Decimal(45_000))
    done = liquidate(item, rule, one_price("bids", 45_000, 10**6), fund_of(instrument))
    assert done.left.position.contracts == 0
    assert done.left.coins.units == 0
    assert done.fund.paid.coins == pytest.approx(Decimal("0.122222222"), abs=Decimal("2e-7"))


def test_an_account_liquidates_its_isolated_positions_and_one_held_across() -> None:
    book = rulebook("deribit", as_of=AS_OF)
    held, rules, depths = [], [], []
    for symbol, usd, setting in (
        ("BTC-PERPETUAL", 2_000_000, MarginSetting()),
        ("BTC-26SEP25", 1_000_000, MarginSetting()),
        ("BTC-26DEC25", 100_000, MarginSetting("isolated", Decimal(10))),
    ):
        instrument = book.instrument(symbol)
        made = position(instrument, usd, 50_000, long=True)
        held.append(Held(made, margin_terms(book, instrument), Decimal(45_000), setting))
        rules.append((symbol, book.rules_of(instrument).liquidation))
        depths.append((symbol, one_price("bids", 45_000, 10**6)))
    currency = held[0].position.instrument.accounting.currency
    account = MarginAccount("deribit", currency, currency.amount(7), Decimal(45_000), tuple(held))
    state = assess(account)
    due = at_risk(state)
    assert [item.position.instrument.symbol for item in due] == [
        "BTC-26DEC25", "BTC-PERPETUAL", "BTC-26SEP25",
    ]  # fmt: skip
    fund = InsuranceFund.of(currency.amount(5))
    done = liquidate_account(state, rules, depths, fund)
    assert [item.before.position.instrument.symbol for item in done] == [
        "BTC-26DEC25", "BTC-PERPETUAL",
    ]  # fmt: skip
    with pytest.raises(DataError, match="expected its liquidation rule and its depth"):
        liquidate_account(state, rules[:1], depths, fund)


def test_what_does_not_fit_is_refused() -> None:
    instrument, terms, rule = of("bybit")
    held = position(instrument, 100_000, 50_000, long=True)
    item = AtRisk(held, held.cost.currency.amount("0.1"), terms, Decimal(47_000))
    fund = fund_of(instrument)
    with pytest.raises(DataError, match="depth: asks, but a long closes into bids"):
        liquidate(item, rule, one_price("asks", 47_000, 5), fund)
    with pytest.raises(DataError, match=r"fee_rate: -0\.1 is below zero"):
        liquidate(item, rule, one_price("bids", 47_000, 5), fund, fee_rate="-0.1")
    ether = rulebook("bybit", as_of=AS_OF).instrument("ETHUSD")
    with pytest.raises(BookError, match="the fund is in ETH, the position in BTC"):
        liquidate(item, rule, one_price("bids", 47_000, 5), fund_of(ether))
    with pytest.raises(BookError, match="coins in ETH, cost in BTC"):
        AtRisk(held, ether.accounting.currency.amount(1), terms, Decimal(47_000))
    with pytest.raises(RuleError, match="engine 'lottery': there are takeover, tier_walk_down"):
        engine_of(LiquidationRule(**_fields(rule) | {"engine": "lottery"}))


def test_what_finds_no_order_to_close_into_is_still_due() -> None:
    for venue in ("deribit", "kraken"):
        instrument, terms, rule = of(venue)
        held = position(instrument, 100_000, 50_000, long=True)
        item = AtRisk(held, held.cost.currency.amount("0.1"), terms, Decimal(45_000))
        done = liquidate(item, rule, Depth("bids"), fund_of(instrument))
        assert done.left.contracts == held.contracts
        assert done.is_shared
        assert "Still due" in str(done)
        assert "nothing is liquidated" not in str(done)
