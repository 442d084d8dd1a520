"""The screen against a plain reckoning of one row at a time, and what it says of each row."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import obverse as ob
from obverse.analysis.arbitrage import (
    Assumptions,
    FundingOutlook,
    Leg,
    Outlooks,
    SpotTerms,
    bounds,
    legs_of,
    rows,
    screen,
)
from obverse.analysis.arbitrage.depths import WALKED, Depth
from obverse.analysis.arbitrage.outlooks import steady
from obverse.errors import DataError
from obverse.pricing import Carry, TradeFees, cash_and_carry, reverse_cash_and_carry

AT = datetime(2026, 2, 1, 12, tzinfo=UTC)
NEAR, FAR, LAST = (AT + timedelta(days=days) for days in (30, 90, 180))
PLAIN = Assumptions(settlement_basis_bp=0, withdrawal_days=0)


def leg(contract: Any = "future", **changes: Any) -> Leg:
    plain: dict[str, Any] = {
        "venue": "deribit",
        "symbol": changes.get("symbol", contract),
        "underlying": "BTC",
        "contract": contract,
        "expiry": NEAR if contract == "future" else None,
        "mark_usd": 100.0,
        "bid_usd": 99.9,
        "ask_usd": 100.1,
        "depth_usd": 1e9,
        "taker_fee_rate": 0.0005,
        "delivery_fee_rate": 0.00025 if contract == "future" else 0.0,
        "initial_margin_rate": 1.0 if contract == "spot" else 0.05,
    }
    return Leg(**plain | changes)


def quoted(price: float, half: float = 0.1) -> dict[str, float]:
    return {"mark_usd": price, "bid_usd": price - half, "ask_usd": price + half}


def plain_net(one: Leg, two: Leg, years: float, assumed: Assumptions) -> float:
    """One pair reckoned by hand: buy the cheap leg, sell the rich one, to the end."""
    rich, cheap = (one, two) if mid(one) >= mid(two) else (two, one)
    net = math.log(mid(rich) / mid(cheap))
    for each, position in ((rich, -1), (cheap, 1)):
        half = (each.ask_usd - each.bid_usd) / 2 / mid(each)
        delivered = each.contract == "future"
        net -= half + each.taker_fee_rate
        net -= each.delivery_fee_rate if delivered else half + each.taker_fee_rate
        if delivered:
            net -= assumed.settlement_basis_bp / 1e4
        if each.funding is not None:
            net -= position * each.funding.expected(years)
        if each.contract == "spot" and position > 0:
            net -= (assumed.dollar_rate - assumed.coin_yield) * years
        if each.contract == "spot" and position < 0:
            net += (assumed.dollar_rate - assumed.coin_borrow_rate) * years
    return net


def mid(each: Leg) -> float:
    return (each.bid_usd + each.ask_usd) / 2


@settings(max_examples=60, deadline=None)
@given(
    spot=st.floats(50, 150),
    future=st.floats(50, 150),
    perpetual=st.floats(50, 150),
    half=st.floats(0.001, 1),
    now=st.floats(-0.001, 0.001),
    shock=st.floats(0, 0.001),
)
def test_each_row_is_the_plain_reckoning(
    spot: float, future: float, perpetual: float, half: float, now: float, shock: float
) -> None:
    outlook = FundingOutlook(now, 1e-4, 0.7, shock, 100)
    legs = [
        leg("spot", **quoted(spot, half)),
        leg("future", **quoted(future, half)),
        leg("perpetual", funding=outlook, **quoted(perpetual, half)),
    ]
    assumed = Assumptions(coin_yield=0.01)
    found = rows(legs, AT, assumed)
    by_sort = {pair.sort: place for place, pair in enumerate(found.pairs)}
    assert set(by_sort) == {"spot-future", "spot-perpetual", "perpetual-future"}
    month = 30 / 365
    for sort, one, two in (
        ("spot-future", 0, 1),
        ("spot-perpetual", 0, 2),
        ("perpetual-future", 2, 1),
    ):
        place = by_sort[sort]
        assert found.years[place] == pytest.approx(month)
        wanted = plain_net(legs[one], legs[two], month, assumed)
        assert found.net[place] == pytest.approx(wanted, abs=1e-12)
    both = found.funding_deviation[[by_sort["spot-perpetual"], by_sort["perpetual-future"]]]
    assert both == pytest.approx([outlook.deviation(month)] * 2, abs=1e-15)
    assert found.funding_deviation[by_sort["spot-future"]] == 0


def test_a_coin_that_is_bought_is_its_own_margin_and_a_short_one_is_lent() -> None:
    rich = rows([leg("spot"), leg("future", **quoted(110))], AT, PLAIN)
    assert rich.capital.tolist() == [1.0]
    cheap = rows([leg("spot"), leg("future", **quoted(90))], AT, PLAIN)
    assert cheap.capital.tolist() == [1.05]
    two = rows([leg("perpetual"), leg("future", **quoted(110))], AT, PLAIN)
    assert two.capital == pytest.approx([0.1])


def test_a_curve_on_a_straight_line_of_rates_pays_nothing() -> None:
    rate = 0.1
    legs = [
        leg(symbol=f"F{n}", expiry=expiry, **quoted(100 * math.exp(rate * days / 365), 1e-9))
        for n, (expiry, days) in enumerate(((NEAR, 30), (FAR, 90), (LAST, 180)))
    ]
    found = rows(legs, AT, PLAIN)
    (place,) = (n for n, pair in enumerate(found.pairs) if pair.sort == "curve")
    assert found.gross[place] == pytest.approx(0, abs=1e-12)
    assert found.pairs[place].near_weight == pytest.approx(90 / 150)
    assert found.years[place] == pytest.approx(30 / 365)


def test_the_same_contract_at_two_venues_waits_for_its_coins() -> None:
    legs = [leg(symbol="A"), leg(symbol="B", venue="okx", **quoted(103))]
    quick, slow = (rows(legs, AT, Assumptions(withdrawal_days=days)) for days in (0, 10))
    assert [pair.sort for pair in quick.pairs] == ["cross-venue"]
    assert slow.delay[0] == pytest.approx(10 / 365 * 0.04 * slow.capital[0])
    assert slow.net[0] == pytest.approx(quick.net[0] - slow.delay[0])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"depth_usd": 5000.0}, "future has 5,000 USD at its best price"),
        ({"bid_usd": None, "ask_usd": None}, "no bid and ask recorded: future"),
        (
            {"bid_usd": None, "ask_usd": None, "depth_usd": 5000.0, "depth_of": WALKED},
            "future has 5,000 USD in its recorded order book",
        ),
        ({"refusal": "too large"}, "too large"),
        ({}, ""),
    ],
)
def test_a_row_that_cannot_be_executed_says_why(changes: dict[str, Any], reason: str) -> None:
    legs = [leg("spot"), leg("future", **{**quoted(120), **changes})]
    found = screen(legs, AT, Decimal(10_000), PLAIN, source="made")
    assert found.reasons == (reason,)
    assert found.table().records()[0]["reason"] == reason


def test_funding_without_a_history_has_an_unknown_uncertainty_not_none() -> None:
    known = FundingOutlook(0.0001, 0.0001, 0.5, 0.0001, 300)
    for outlook, unknown in ((steady(0.0001), True), (known, False)):
        legs = [leg("spot"), leg(**quoted(120)), leg("perpetual", funding=outlook, **quoted(101))]
        found = screen(legs, AT, Decimal(100), PLAIN, source="made")
        for row in found.table().records():
            is_unknown = unknown and "perpetual" in str(row["sort"])
            assert (row["uncertain_bp"] is None) == is_unknown
            assert (row["funding_deviation"] is None) == is_unknown


def test_what_a_perpetual_without_a_funding_rate_brings_is_not_known() -> None:
    legs = [leg("spot"), leg(**quoted(120)), leg("perpetual", **quoted(101))]
    found = screen(legs, AT, Decimal(100), PLAIN, source="made")
    *known, one, two = found.table().records()
    assert [row["sort"] for row in known] == ["spot-future"]
    for row in (one, two):
        assert row["net_bp"] is row["return_on_margin"] is row["uncertain_bp"] is None
        assert row["reason"] == "no funding rate recorded: perpetual"


def test_one_that_costs_more_than_it_brings_says_so_and_comes_last() -> None:
    legs = [leg("spot"), leg(**quoted(120)), leg(symbol="B", expiry=FAR, **quoted(100.5))]
    found = screen(legs, AT, Decimal(10_000), PLAIN, source="made")
    assert found.reasons[found.order[-1]] == "costs more than it brings"
    assert found.reasons[found.order[0]] == ""
    assert "1 of" in found.table().title or "of 2" in found.table().title


def test_bounds_are_where_the_carry_trades_earn_nothing() -> None:
    spot, future = leg("spot"), leg(**quoted(101))
    assumed = Assumptions(dollar_rate=0.05, coin_yield=0.01, coin_borrow_rate=0.01)
    (bound,) = bounds([spot, future], AT, assumed)
    fees = TradeFees(spot=0.0005 + 0.001, future=0.0005 + 0.1 / 101, delivery=0.00025)
    carry = Carry(dollar_rate=0.05, coin_yield=0.01)
    years = 30 / 365
    assert cash_and_carry(100.0, bound.upper_usd, years, carry, fees).profit_usd == pytest.approx(
        0, abs=1e-9
    )
    reverse = reverse_cash_and_carry(100.0, bound.lower_usd, years, carry, fees)
    assert reverse.profit_coin == pytest.approx(0, abs=1e-12)
    assert bound.lower_usd < bound.fair_usd < bound.upper_usd
    assert bound.verdict == "rich"


def test_a_perpetuals_bounds_are_its_costs_around_the_anchored_price() -> None:
    assumed = Assumptions(dollar_rate=0.05, coin_yield=0.0)
    (bound,) = bounds([leg("spot"), leg("perpetual")], AT, assumed, dead_band_8h=0.0005)
    assert bound.fair_usd == pytest.approx(100 * 1095 / (1095 - 0.05))
    assert bound.upper_usd - bound.fair_usd == pytest.approx(100 * (4 * 0.0015 + 0.0005))
    assert bound.verdict == "within"
    with pytest.raises(DataError, match="no spot"):
        bounds([leg("perpetual")], AT, assumed)


def test_legs_of_a_market_have_its_fees_margins_and_refusals() -> None:
    market = ob.market.simulated(seed=7, venue="deribit")
    book = ob.rulebook("deribit", as_of=market.asked)
    legs = legs_of(
        market["BTC"], book, size_usd=Decimal(1_000_000), spot=SpotTerms(), outlooks=Outlooks()
    )
    assert [each.contract for each in legs[:2]] == ["spot", "perpetual"]
    perpetual = legs[1]
    assert perpetual.taker_fee_rate == float(
        book.fee_rate(book.instrument("BTC-PERPETUAL"), "taker")
    )
    assert perpetual.initial_margin_rate > 0.02
    assert perpetual.funding is not None
    small = legs_of(market["BTC"], book, size_usd=Decimal(5), spot=SpotTerms(), outlooks=Outlooks())
    assert small[1].refusal.startswith("5 USD is less than one lot")


def test_a_walked_book_gives_the_prices_of_the_size() -> None:
    market = ob.market.simulated(seed=7, venue="deribit")
    book = ob.rulebook("deribit", as_of=market.asked)
    depths = {
        "BTC-PERPETUAL": Depth(5e6, WALKED, 50.0, 51.0),
        "ETH-PERPETUAL": Depth(2e6),
    }

    def perpetual(coin: str, known: Outlooks) -> Leg:
        terms = SpotTerms()
        return legs_of(market[coin], book, size_usd=Decimal(100), spot=terms, outlooks=known)[1]

    walked, best = (perpetual(coin, Outlooks(depths=depths)) for coin in ("BTC", "ETH"))
    assert (walked.bid_usd, walked.ask_usd, walked.depth_usd) == (50, 51, 5e6)
    plain = perpetual("ETH", Outlooks())
    assert (best.bid_usd, best.ask_usd) == (plain.bid_usd, plain.ask_usd)
    assert (best.depth_usd, plain.depth_usd) == (2e6, None)


@pytest.mark.parametrize("size", ["0", "-1", "NaN", "Infinity"])
def test_a_size_that_is_none_is_refused(size: str) -> None:
    with pytest.raises(DataError, match="size"):
        screen([leg("spot"), leg()], AT, Decimal(size), PLAIN, source="made")


def test_bad_legs_assumptions_and_lonely_instruments_are_refused() -> None:
    with pytest.raises(DataError, match="above ask"):
        leg(bid_usd=101.0, ask_usd=100.0)
    with pytest.raises(DataError, match="not a price"):
        leg(mark_usd=float("nan"))
    with pytest.raises(DataError, match="horizon"):
        Assumptions(horizon_days=0)
    with pytest.raises(DataError, match="below zero"):
        Assumptions(withdrawal_days=-1)
    with pytest.raises(DataError, match="half-spread"):
        SpotTerms(half_spread_bp=-1)
    with pytest.raises(DataError, match="no two"):
        rows([leg("spot")], AT, PLAIN)
    with pytest.raises(DataError, match="no two"):
        rows([leg("spot"), leg(expiry=AT)], AT, PLAIN)


def test_a_screen_draws_its_bounds() -> None:
    found = screen([leg("spot"), leg(**quoted(101))], AT, Decimal(1000), PLAIN, source="made")
    axes = found.plot()
    assert axes.get_title(loc="left").startswith("Contracts between")
    assert "rich" in str(found.bounds_table())
