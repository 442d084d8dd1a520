"""Liquidation cascades: coin is conserved, and the more impact the more accounts fall."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from books import JUNE_FUTURE, PERPETUAL, held
from cascades import (
    BTC,
    DEEP,
    LONGS,
    START,
    TERMS,
    account,
    accounts,
    all_rules,
    coins,
    impacts,
    moves,
    rules,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from obverse.contracts import Currency, Position
from obverse.errors import AmountError, BookError, DataError, DefectError
from obverse.risk.margin import Backing, liquidation_value
from obverse.risk.scenarios import (
    Cascade,
    CascadeAccount,
    CascadeRules,
    LossSharing,
    MarketImpact,
    run_cascade,
)


def run(
    made: list[CascadeAccount],
    move: str | Decimal,
    impact: MarketImpact = DEEP,
    by: CascadeRules | None = None,
) -> Cascade:
    """A cascade from the start price."""
    return run_cascade(made, start_price=START, move=move, impact=impact, rules=by or rules("1000"))


def test_a_deep_market_closes_those_whose_price_was_crossed_and_nobody_else() -> None:
    found = run(LONGS, "-0.12")
    assert found.went("bankrupt") == ("10x",)
    assert found.went("untouched") == ("5x", "3x", "1x")
    assert (found.final_price, found.move) == (44_000, Decimal("-0.12"))


@settings(deadline=None, max_examples=60)
@given(accounts(), moves)
def test_without_impact_exactly_the_accounts_beyond_their_liquidation_price_are_closed(
    made: list[CascadeAccount], move: Decimal
) -> None:
    found = run(made, move)
    price = START * (1 + move)
    beyond = set()
    for item in made:
        position = item.position
        entry = position.average_price
        value = liquidation_value(position, TERMS, Backing(item.margin.fraction))
        now = abs(position.instrument.payoff.value(position.contracts, price))
        assert entry is not None
        if value is not None and (now >= value if position.contracts > 0 else now <= value):
            beyond.add(item.name)
        elif item.must_close(Decimal(entry)):
            return  # never had enough, at any price: it has no price to cross
    assert {fate.account for fate in found.fates if fate.wave is not None} == beyond
    assert len(found.waves) <= 1


@settings(deadline=None, max_examples=80)
@given(accounts(), moves, impacts, all_rules)
def test_coin_is_conserved_and_only_profit_is_taken(
    made: list[CascadeAccount], move: Decimal, impact: MarketImpact, by: CascadeRules
) -> None:
    """What accounts, fund and counterparties gain sums to nothing, to the last unit."""
    found = run(made, move, impact, by)
    zero = BTC.zero
    changes = sum((fate.equity_after - fate.equity_before for fate in found.fates), zero)
    start = sum((item.position.pnl(price=START) for item in made), zero)
    ended = zero
    for item, fate in zip(made, found.fates, strict=True):
        ended += item.position.pnl(price=fate.closed_at or found.final_price)
        assert fate.haircut.units >= 0
        if fate.wave is None:
            assert not fate.bad_debt
        else:
            assert fate.equity_after.units >= 0
    paid_by_nobody = found.uncovered
    fund = found.fund.balance - by.fund
    assert changes + fund == (ended - start) + paid_by_nobody
    assert found.fund.balance.units >= 0
    assert len(found.waves) <= len(made)
    names = [name for wave in found.waves for name in wave.accounts]
    assert len(set(names)) == len(names)


@settings(deadline=None, max_examples=60)
@given(accounts(side=1), st.decimals("-0.5", "0", places=3), impacts, st.floats(1, 5))
def test_more_impact_closes_more_and_falls_further(
    made: list[CascadeAccount], move: Decimal, impact: MarketImpact, times: float
) -> None:
    stronger = MarketImpact(
        impact.depth_coin, impact.price_change * Decimal(f"{times:.3f}"), impact.law
    )
    less, more = run(made, move, impact), run(made, move, stronger)
    assert more.final_price <= less.final_price
    assert more.liquidated_contracts >= less.liquidated_contracts
    assert more.bad_debt >= less.bad_debt


@settings(deadline=None, max_examples=40)
@given(accounts(side=1), impacts)
def test_a_deeper_first_move_closes_no_fewer(
    made: list[CascadeAccount], impact: MarketImpact
) -> None:
    sizes = [run(made, move, impact).liquidated_contracts for move in ("0", "-0.1", "-0.3", "-0.5")]
    assert sizes == sorted(sizes)


def test_each_closing_pulls_the_next_one_down() -> None:
    """The first move closes 10x alone; its 10.9 BTC pull the next one down."""
    impact = MarketImpact(Decimal(40), Decimal("0.5"), "linear")
    found = run(LONGS, "-0.085", impact)
    assert [wave.accounts for wave in found.waves] == [("10x",), ("5x",), ("3x",)]
    assert found.went("untouched") == ("1x",)
    prices = [found.shocked_price] + [wave.price_after for wave in found.waves]
    assert prices == sorted(prices, reverse=True)
    # 1,600,000 USD at 45,750 are 34.97 BTC, 0.874 depths at 50 %: the price over 1.4372.
    sold = Fraction(1_600_000, 45_750)
    expected = Fraction(45_750) / (1 + sold / 40 / 2)
    assert float(found.final_price) == pytest.approx(float(expected), rel=1e-20)
    assert found.waves[1].price_before == found.waves[0].price_after


def test_a_rise_closes_shorts() -> None:
    found = run([account("short", -50_000, "1"), account("long", 50_000, "1")], "0.2")
    assert found.went("bankrupt") == ("short",)
    assert found.went("untouched") == ("long",)


def test_what_is_left_goes_to_the_fund_or_stays() -> None:
    """Long 10 BTC at 50,000 with 1: at 45,600 it lost 0.964912281 and has 0.035087719 left."""
    taken = run([LONGS[0]], "-0.088", by=rules("2"))
    kept = run([LONGS[0]], "-0.088", by=rules("2", residual="trader"))
    left = coins("0.035087719")
    assert taken.went("liquidated") == kept.went("liquidated") == ("10x",)
    assert (taken.fates[0].equity_after, taken.fund_change) == (BTC.zero, left)
    assert (kept.fates[0].equity_after, kept.fund_change) == (left, BTC.zero)


def test_the_fee_goes_to_the_fund_as_far_as_the_account_has_it() -> None:
    by = rules("2", residual="trader", fee_rate=Decimal("0.001"))
    found = run([LONGS[0]], "-0.088", by=by)
    assert found.fund_change == coins("0.010964912")  # of 10.964912281 BTC
    dear = rules("2", residual="trader", fee_rate=Decimal("0.1"))
    assert run([LONGS[0]], "-0.088", by=dear).fates[0].equity_after == BTC.zero


def test_the_fund_pays_first_and_winners_the_rest() -> None:
    """10x is 0.363636364 short of it at 44,000; the fund has 0.3, the short gained 1.36."""
    made = [LONGS[0], account("short", -50_000, "2")]
    found = run(made, "-0.12", by=rules("0.3"))
    bankrupt, winner = found.fates
    assert bankrupt.bad_debt == coins("0.363636364")
    assert found.fund.balance == BTC.zero
    assert (winner.fate, winner.haircut) == ("deleveraged", coins("0.063636364"))
    assert winner.equity_after == coins("2") + coins("1.363636364") - coins("0.063636364")
    assert not found.uncovered


def test_what_nobody_can_pay_is_said() -> None:
    found = run([LONGS[0]], "-0.12", by=rules("0.3"))
    assert found.uncovered == coins("0.063636364")
    assert found.counterparties_change == coins("1.363636364") - coins("0.063636364")
    assert "0.06363636 BTC was paid by nobody" in str(found)


def test_a_deleveraged_account_may_fall_in_a_later_wave() -> None:
    """The short's profit, which kept it above its needs, is taken; then it is closed."""
    made = [account("long", 50_000, "0.4"), account("short", -50_000, "0.05", "51000")]
    found = run(made, "-0.065", by=rules())
    assert found.fates[1].haircut > BTC.zero
    assert found.went("deleveraged") or found.fates[1].wave == 2


def test_it_is_a_scenario_for_a_book() -> None:
    impact = MarketImpact(Decimal(40), Decimal("0.5"), "linear")
    found = run(LONGS, "-0.085", impact)
    scenario = found.scenario()
    assert scenario.move_of("BTC") == found.final_price / START - 1
    assert scenario.move_of("ETH") == 0


def test_a_cascade_prints_its_accounts_and_its_path() -> None:
    impact = MarketImpact(Decimal(40), Decimal("0.5"), "linear")
    found = run(LONGS, "-0.085", impact)
    assert str(found).startswith("Cascade 'cascade': where each account went")
    rows = found.path().to_frame("records")
    assert [row["accounts"] for row in rows] == [1, 1, 1]
    assert rows[0]["price_before_usd"] == 45_750
    simulated = run_cascade(
        LONGS, start_price=START, move=0, impact=DEEP, rules=rules(), simulated=True
    )
    assert "(simulated)" in str(simulated)
    assert simulated.waves == ()
    assert str(simulated.path())


def test_a_cascade_that_does_not_add_up_is_our_defect() -> None:
    found = run(LONGS, "-0.12", by=rules("0.3"))
    parts = {name: getattr(found, name) for name in Cascade.__dataclass_fields__}
    with pytest.raises(DefectError, match="not accounted for"):
        Cascade(**(parts | {"uncovered": coins("1")}))
    with pytest.raises(DefectError, match="made or lost"):
        Cascade(**(parts | {"fund": replace(found.fund, received=coins("1"))}))


OTHER = CascadeAccount("other", held(JUNE_FUTURE, 10, "50000"), coins("1"), TERMS)


@pytest.mark.parametrize(
    ("made", "message"),
    [
        ([], "no account"),
        ([LONGS[0], LONGS[0]], "named twice"),
        ([LONGS[0], OTHER], "one contract"),
    ],
)
def test_accounts_that_do_not_go_together_are_refused(
    made: list[CascadeAccount], message: str
) -> None:
    with pytest.raises(BookError, match=message):
        run(made, "-0.1")


def test_an_account_without_position_or_margin_is_refused() -> None:
    with pytest.raises(BookError, match="no position"):
        CascadeAccount("flat", Position.flat(PERPETUAL), coins("1"), TERMS)
    for margin in (BTC.zero, Currency("ETH").amount("1")):
        with pytest.raises(BookError, match="expected BTC above 0"):
            CascadeAccount("poor", held(PERPETUAL, 1, "50000"), margin, TERMS)


@pytest.mark.parametrize(
    ("start", "move", "error", "message"),
    [
        ("50000", "-1", DataError, "leaves no price"),
        ("50000", "NaN", AmountError, "move"),
        ("0", "-0.1", AmountError, "start_price"),
        ("inf", "-0.1", AmountError, "start_price"),
    ],
)
def test_prices_that_are_none_are_refused(
    start: str, move: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        run_cascade(LONGS, start_price=start, move=move, impact=DEEP, rules=rules())


def test_rules_that_no_venue_can_mean_are_refused() -> None:
    with pytest.raises(BookError, match="fund is in ETH"):
        run(LONGS, "-0.1", by=CascadeRules(Currency("ETH").amount("1")))
    with pytest.raises(DataError, match="fee_rate"):
        rules(fee_rate=Decimal(-1))
    with pytest.raises(DataError, match="fund or trader"):
        rules(residual="bank")
    with pytest.raises(AmountError, match="zero or more"):
        run(LONGS, "-0.1", by=rules("-1"))
    with pytest.raises(ValueError, match="queue and pro_rata"):
        LossSharing("lottery")  # type: ignore[arg-type]
