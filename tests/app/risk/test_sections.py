"""The sections of a risk sheet: ladders, tail risk, scenarios, venues, paths, explanations."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

from obverse.app.report.section import Section
from obverse.app.risk.charts import charts
from obverse.app.risk.explain import explained, lines_table
from obverse.app.risk.histories import Histories
from obverse.app.risk.scenario_sections import scenario_sections
from obverse.app.risk.sections import ladder_sections, tail_sections
from obverse.app.risk.state import State
from obverse.app.risk.through import through_paths, through_sections
from obverse.app.risk.venue_sections import side_by_side_sections, side_by_sides
from obverse.contracts import instant
from obverse.errors import DataError
from obverse.risk import Book, Holding
from obverse.risk.side_by_side import SideBySide

COINS = Book("coins", (Holding("BTC", Decimal(1), "deribit"),))


@pytest.fixture(scope="module")
def long(states: dict[str, State]) -> State:
    return states["leveraged_long"]


def _without_history(state: State) -> State:
    return replace(state, histories=Histories("nothing", {}, {"BTC": "one instant only"}))


def test_each_coin_that_moves_an_account_has_its_ladder(states: dict[str, State]) -> None:
    assert [item.underlying for item in ladder_sections(states["leveraged_long"])] == ["BTC"]
    coins = [item.underlying for item in ladder_sections(states["basis_desk"])]
    assert coins == ["BTC", "BTC", "ETH"]


def test_a_book_without_positions_has_no_ladder_and_no_chart(stated) -> None:
    state = stated(COINS)
    assert list(ladder_sections(state)) == []
    assert charts(state, [], []) == []
    assert list(explained(state)) == []


def test_tail_risk_grows_with_the_level_and_is_the_same_again(long: State) -> None:
    def tails(level: float, days: int = 1) -> list[Section]:
        return list(tail_sections(long, level, days))

    assert [item.key for item in tails(0.99)] == ["tail_historical", "tail_filtered"]
    assert [item.table for item in tails(0.99)] == [item.table for item in tails(0.99)]
    assert tails(0.9)[0].table.rows != tails(0.99)[0].table.rows


def test_tail_risk_without_a_history_says_what_to_give(long: State) -> None:
    (found,) = tail_sections(_without_history(long), 0.99, 1)
    ((reason,),) = found.table.rows
    assert reason == "BTC: one instant only. --history FILE gives another one."


def test_a_scenario_is_found_by_name_and_a_wrong_one_names_the_rest(long: State) -> None:
    keys = [item.key for item in scenario_sections(long, "fall 30")]
    assert keys == ["scenarios", "scenario_accounts", "scenario_ladder", "scenario_positions"]
    with pytest.raises(DataError, match="'worst day' of the market's history, or a scenario file"):
        list(scenario_sections(long, "fall thirty"))


def test_worst_days_are_of_the_coins_held(long: State) -> None:
    titles = [i.table.title for i in scenario_sections(long, "worst-day") if i.key == "scenarios"]
    assert len(titles) == 2
    assert "worst day of BTC for a long" in titles[0]
    assert "worst day of BTC for a short" in titles[1]
    (untold,) = scenario_sections(_without_history(long), "worst day")
    assert untold.table.rows == (("one instant only",),)


def test_a_file_may_have_scenarios_and_a_cascade(long: State, examples: Path) -> None:
    keys = {item.key for item in scenario_sections(long, str(examples / "scenarios.toml"))}
    assert {"scenarios", "cascade"} <= keys


def test_every_inverse_position_is_laid_side_by_side(states: dict[str, State]) -> None:
    desk = states["basis_desk"]
    found = side_by_sides(desk)
    assert len(found) == sum(1 for item in desk.book.positions if item.contracts)
    for item in found:
        if isinstance(item, SideBySide):
            own = item.places[0].venue
            assert own == item.position.instrument.venue
    assert [item.key for item in side_by_side_sections(found)] == ["side_by_side"] * len(found)


def test_paths_are_of_each_account_or_say_why_not(long: State) -> None:
    start = instant("2026-11-01")
    (section,) = through_sections(through_paths(long, start))
    assert (section.key, section.underlying) == ("margin_calls", "BTC")
    (untold,) = through_sections(through_paths(_without_history(long), start))
    assert untold.table.rows == (("BTC: one instant only",),)
    with pytest.raises(DataError, match="no two prices after it"):
        through_paths(long, long.market.asked)


def test_the_lines_lead_from_the_wallet_to_what_is_available(long: State) -> None:
    (item,) = long.accounts
    said = {row["name"]: str(row["value"]) for row in lines_table(item).records()}
    state = item.state
    assert said["wallet balance"] == str(state.wallet)
    assert said["available"] == str(state.available)
    assert said["margin ratio"] == f"{state.margin_ratio:.4f}"
    (position,) = state.positions
    assert said["BTC-PERPETUAL liquidation price"] == f"{position.liquidation_price:,.2f} USD"


def test_rules_are_of_each_product_and_have_their_sources(states: dict[str, State]) -> None:
    sections = list(explained(states["basis_desk"]))
    lines = [item for item in sections if item.key == "lines"]
    assert len(lines) == len(states["basis_desk"].accounts)
    rules = [item for item in sections if item.key == "rules"]
    assert len(rules) >= len(lines)
    for item in rules:
        assert any("http" in str(cell) for row in item.table.rows for cell in row)


def test_a_chart_each_account_and_coin_position_and_path(long: State) -> None:
    paths = through_paths(long, instant("2026-11-10"))
    found = charts(long, side_by_sides(long), paths)
    assert len(found) == 3
    assert len({id(figure) for figure in found}) == 3
    plt.close("all")


def test_drawn_ladders_are_fine_and_pass_the_liquidation_price(long: State) -> None:
    (ladder,) = long.drawn_ladders()
    assert len(ladder.rungs) == 41
    (joint,) = ladder.now.state.joint
    assert joint.below is not None
    assert ladder.rungs[0].price_usd < joint.below < ladder.rungs[-1].price_usd
