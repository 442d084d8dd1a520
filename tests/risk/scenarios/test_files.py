"""Scenario files: the page and the example are good files, faults have line and field."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

import obverse as ob
from obverse.errors import DataError, LocatedError
from obverse.risk.scenarios import (
    CurvePoint,
    ScenarioFile,
    built_in_scenarios,
    read_scenarios,
    records,
    scenario_named,
    shocked_market,
)

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "scenario-files.md").read_text(encoding="utf-8")
(EXAMPLE,) = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
AS_OF = datetime(2026, 2, 1, tzinfo=UTC)
CASCADE = EXAMPLE[EXAMPLE.index("[[cascades]]") :]


def read(text: str) -> ScenarioFile:
    return read_scenarios(text, "my.toml", AS_OF)


def test_the_pages_example_is_a_good_file() -> None:
    found = read(EXAMPLE)
    (scenario,) = found.scenarios
    assert scenario.move_of("BTC") == Decimal("-0.25")
    assert scenario.moves == {"ETH": Decimal("-0.33")}
    assert scenario.volatility == 2
    assert scenario.basis.perpetual_shift == Decimal("-0.005")
    assert scenario.curve.points == (
        CurvePoint(Decimal(-50), expiry=date(2026, 12, 25)),
        CurvePoint(Decimal(0), days=400),
    )
    (day,) = found.days
    assert day.moves["BTC"] == (Decimal("-0.075"), Decimal("-0.175"), Decimal("-0.1225"))
    (plan,) = found.cascades
    assert plan.accounts[0].position.contracts == 3_000_000


@pytest.mark.parametrize(
    "record",
    [
        records.BasisRow,
        records.PointRow,
        records.CurveRow,
        records.ScenarioRow,
        records.DayRow,
        records.CascadeRow,
        records.AccountRow,
    ],
)
def test_every_field_is_on_the_page(record: type[msgspec.Struct]) -> None:
    assert [name for name in record.__struct_fields__ if f"`{name}`" not in PAGE] == []


def test_the_example_file_runs_on_the_simulated_market() -> None:
    text = (ROOT / "examples" / "scenarios.toml").read_text(encoding="utf-8")
    market = ob.market.simulated(seed=7)
    found = read_scenarios(text, "scenarios.toml", market.asked)
    for scenario in (*found.scenarios, *found.days[0].scenarios()):
        assert shocked_market(market, scenario).simulated
    cascade = found.cascades[0].run(market)
    assert len(cascade.waves) == 2
    assert cascade.went("untouched") == ()
    assert cascade.went("deleveraged") == ("market maker", "miner")


def test_the_built_in_scenarios_run_on_the_simulated_market() -> None:
    market = ob.market.simulated(seed=7)
    for scenario in built_in_scenarios():
        assert shocked_market(market, scenario)
    named = [scenario for scenario in built_in_scenarios() if scenario.name[:2] == "20"]
    assert len(named) >= 8
    assert all(scenario.source for scenario in named)


def test_a_scenario_is_found_by_its_name() -> None:
    assert scenario_named("Fall 30").move == Decimal("-0.3")
    with pytest.raises(DataError, match="Did you mean '2020-03-12"):
        scenario_named("2020-03-21")
    with pytest.raises(DataError, match="there are none"):
        scenario_named("x", [])


def scenario(line: str) -> str:
    return f'[[scenarios]]\nname = "a"\n{line}\n'


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("", "my.toml: ", "holds nothing"),
        (scenario("move = -1"), "my.toml:3: scenarios[0].move", "leaves no price"),
        (scenario("move = -30"), "my.toml:3: scenarios[0].move", "-0.3 is -30 %"),
        (scenario("move = 30"), "my.toml:3: scenarios[0].move", "30 is 3000%"),
        (scenario("moves = { BTC = -2 }"), "my.toml:3: scenarios[0].moves.BTC", "no price"),
        (scenario("move = nan"), "my.toml:3: scenarios[0].move", "not finite"),
        (scenario("volatility = 0"), "my.toml:3: scenarios[0].volatility", "above zero"),
        (scenario("movs = { BTC = 1 }"), "my.toml:3: scenarios[0].movs", "did you mean"),
        (scenario('move = "x"'), "my.toml:3: scenarios[0].move", "decimal"),
        (
            scenario("curve.points = [{ bp = 1 }]"),
            "my.toml:3: scenarios[0].curve.points[0]",
            "days or expiry",
        ),
        ('[[scenarios]]\nname = ""', "my.toml:2: scenarios[0].name", "is empty"),
        (scenario("") * 2, "my.toml:5: scenarios[1].name", "'a' is there twice"),
        ("[[days]]\nday = 2026-01-01\nprices = { BTC = [1] }", "my.toml:3", "at least one more"),
        ("[[days]]\nday = 2026-01-01\nprices = { BTC = [1, 0] }", "my.toml:3", "not above zero"),
        (
            "[[days]]\nday = 2026-01-01\nprices = { BTC = [1, 2], ETH = [1, 2, 3] }",
            "my.toml:3: days[0].prices",
            "as many",
        ),
        (
            "[[days]]\nday = 2026-01-01\nstep_minutes = 0\nprices = { BTC = [1, 2] }",
            "my.toml:3: days[0].step_minutes",
            "not above zero",
        ),
        ("[[scenarios]\n", "my.toml", "not TOML"),
    ],
    ids=range(17),
)
def test_a_fault_has_its_line_and_field(text: str, place: str, reason: str) -> None:
    with pytest.raises(LocatedError) as caught:
        read(text)
    assert str(caught.value).startswith(place)
    assert reason in str(caught.value)


def test_all_faults_are_told_at_once_in_the_files_order() -> None:
    text = scenario("move = -1") + CASCADE.replace("leverage = 10", "leverage = 0")
    with pytest.raises(LocatedError) as caught:
        read(text)
    assert [fault.line for fault in caught.value.faults] == [3, 17]
