"""A book in scenarios: the ladder's twin, gains that add up, margin where it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pytest
from books import JUNE_FUTURE, MARKET, PERPETUAL, as_simulated, book, flat_market, held, mixed_books
from hypothesis import given, settings
from hypothesis import strategies as st

from obverse.errors import DataError
from obverse.market import Market
from obverse.risk import Book, BookExposure, exposure, ladder
from obverse.risk.scenarios import BasisShock, Scenario, run_scenarios

LONG = book({"BTC": "2", "USD": "1000"}, held(PERPETUAL, 8_000, "80000"))
HALF = Scenario("half", move=Decimal("-0.5"))
UP = Scenario("up", move=Decimal("0.25"))


@settings(deadline=None, max_examples=30)
@given(mixed_books, st.decimals("-0.9", "3", places=2))
def test_one_coins_parallel_move_is_the_ladders_rung(made: Book, move: Decimal) -> None:
    run = run_scenarios(made, MARKET, [Scenario("move", moves={"BTC": move})])
    (outcome,) = run.outcomes
    found = exposure(made, MARKET)
    (rung,) = ladder(found, MARKET, "BTC", (move,)).rungs
    if not found.coins:
        return
    own = outcome.coin("BTC")
    assert own.equity_coin == rung.equity_coin
    assert float(own.equity_usd) == pytest.approx(float(rung.equity_usd), rel=1e-12, abs=1e-6)
    assert float(outcome.equity_usd) == pytest.approx(float(rung.book_usd), rel=1e-12, abs=1e-6)


@settings(deadline=None, max_examples=30)
@given(mixed_books, st.decimals("-0.9", "3", places=2))
def test_positions_gains_are_the_change_of_the_coins(made: Book, move: Decimal) -> None:
    (outcome,) = run_scenarios(made, MARKET, [Scenario("move", move=move)]).outcomes
    for own in outcome.coins:
        gains = [
            item.gain.coins for item in outcome.positions if item.gain.currency.code == own.coin
        ]
        assert sum(gains, Decimal(0)) == pytest.approx(own.change_coin, abs=Decimal("1e-20"))


@given(st.decimals("-0.9", "9", places=3))
def test_a_hedged_book_stands_still_in_dollars(move: Decimal) -> None:
    """1 BTC held and 80,000 USD sold at 80,000, marked there: a synthetic dollar."""
    market = flat_market("80000")
    made = book({"BTC": "1"}, held(PERPETUAL.without_rounding(), -8_000, "80000"))
    (outcome,) = run_scenarios(made, market, [Scenario("move", move=move)]).outcomes
    assert float(outcome.equity_usd) == pytest.approx(80_000, abs=1e-6)


def test_the_basis_is_what_a_basis_book_feels() -> None:
    """Long the coin and short the June future: without its basis the short gains it."""
    made = book({"BTC": "1"}, held(JUNE_FUTURE, -7_860, "78604.47"))
    run = run_scenarios(made, MARKET, [Scenario("gone", basis=BasisShock(factor=Decimal(0)))])
    (position,) = run.outcomes[0].positions
    assert (position.mark_before, position.mark_after) == (Decimal("78604.47"), Decimal("77334.5"))
    gain = 78_600 / 77334.5 - 78_600 / 78604.47
    assert float(position.gain.coins) == pytest.approx(gain, abs=1e-9)
    assert run.outcomes[0].coin("BTC").price_usd == Decimal("77334.5")


def test_volatility_alone_changes_nothing_and_is_said() -> None:
    run = run_scenarios(LONG, MARKET, [Scenario("volatile", volatility=Decimal(3))])
    assert run.outcomes[0].change_usd == 0
    assert "Futures do not depend on volatility" in str(run)
    assert "volatility" not in str(run_scenarios(LONG, MARKET, [HALF]))


def test_the_worst_scenario_in_dollars_and_in_coin() -> None:
    made = book({"BTC": "2"}, held(PERPETUAL, -24_000, "80000"))
    run = run_scenarios(made, MARKET, [HALF, UP])
    assert run.worst.scenario.name == "up"
    assert run.worst_in("BTC").scenario.name == "up"
    assert run.outcome("half").change_usd > 0


def test_margin_is_worked_out_on_the_shocked_market() -> None:
    def ratios(valued: BookExposure, market: Market) -> Mapping[str, Decimal | None]:
        assert valued.coins[0].index_usd == market["BTC"].index
        return {"deribit BTC": market["BTC"].index / 10_000, "okx BTC": None}

    run = run_scenarios(LONG, MARKET, [HALF], margin_ratios=ratios)
    assert run.now.lowest_margin == ("deribit BTC", Decimal("7.73345"))
    assert run.outcomes[0].lowest_margin == ("deribit BTC", Decimal("3.866725"))
    records = run.to_frame("records")
    assert [row["account"] for row in records] == ["deribit BTC"] * 2


def test_without_margin_there_is_no_column_of_it() -> None:
    run = run_scenarios(LONG, MARKET, [HALF])
    assert run.now.lowest_margin is None
    assert "margin" not in str(run.table().columns).lower()


def test_runs_ladders_and_outcomes_print() -> None:
    run = run_scenarios(LONG, as_simulated(MARKET), [HALF, UP], title="My scenarios")
    assert str(run).startswith("My scenarios (simulated)\n")
    rows = run.ladder("BTC").to_frame("records")
    assert [row["scenario"] for row in rows] == ["now", "half", "up"]
    assert rows[1]["price_usd"] == 38667.25
    assert rows[1]["change_coin"] == pytest.approx(80_000 * (1 / 77388 - 2 / 77388), abs=1e-8)
    assert "BTC-PERPETUAL" in str(run.outcome("half"))


def test_a_book_worth_nothing_has_no_change_in_per_cent() -> None:
    run = run_scenarios(book({"USD": "-1"}), MARKET, [HALF])
    assert run.to_frame("records")[1]["change"] is None


def test_a_coin_that_the_market_has_not_is_said() -> None:
    run = run_scenarios(LONG, MARKET, [Scenario("x", moves={"SOL": Decimal("-0.5")})])
    assert "Not in the market, so not moved: SOL." in str(run)


@pytest.mark.parametrize(
    ("scenarios", "message"), [([], "there is none"), ([HALF, HALF], "'half' is there twice")]
)
def test_none_and_two_of_one_name_are_refused(scenarios: list[Scenario], message: str) -> None:
    with pytest.raises(DataError, match=message):
        run_scenarios(LONG, MARKET, scenarios)


def test_unknown_names_suggest_the_nearest() -> None:
    run = run_scenarios(LONG, MARKET, [HALF])
    with pytest.raises(DataError, match="Did you mean 'half'"):
        run.outcome("hafl")
    with pytest.raises(DataError, match="it has BTC"):
        run.ladder("SOL")
