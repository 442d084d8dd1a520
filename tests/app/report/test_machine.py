from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path
from typing import Any

import pytest

from obverse.app.report import Report, report
from obverse.market import Market, read


@pytest.fixture(scope="module")
def made(market: Market, examples: Path) -> Report:
    return report(market, examples / "basis_desk.toml")


@pytest.fixture(scope="module")
def tree(made: Report) -> dict[str, Any]:
    return made.to_json()


@pytest.fixture(scope="module")
def lines(made: Report) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(made.to_csv())))


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in _leaves(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in _leaves(item)]
    return [value]


def test_json_is_strictly_valid_and_finite(tree: dict[str, Any]) -> None:
    again = json.loads(json.dumps(tree, allow_nan=False))
    assert again == tree
    assert all(math.isfinite(leaf) for leaf in _leaves(tree) if isinstance(leaf, float))
    assert not {"nan", "NaN", "inf", "Infinity"} & {leaf for leaf in _leaves(tree) if leaf}


def test_json_says_what_it_is_of(tree: dict[str, Any]) -> None:
    assert tree["as_of"] == "2026-11-20T12:00:00Z"
    assert (tree["venue"], tree["simulated"]) == ("deribit", True)
    assert tree["book"] == "Basis desk"
    assert "simulated" in tree["source"]


def test_a_report_without_a_book_has_none(market: Market) -> None:
    assert report(market, underlyings=["BTC"]).to_json()["book"] is None


def test_json_has_every_section_with_a_unit_for_every_field(
    made: Report, tree: dict[str, Any]
) -> None:
    assert [(item["section"], item["underlying"] or "") for item in tree["sections"]] == [
        (item.key, item.underlying) for item in made.sections
    ]
    for section in tree["sections"]:
        assert section["rows"], section["section"]
        for row in section["rows"]:
            assert list(row) == list(section["units"])


def test_amounts_are_exact_text_and_rates_are_fractions(tree: dict[str, Any]) -> None:
    positions = next(item for item in tree["sections"] if item["section"] == "positions")
    assert positions["rows"][0]["contracts"] == "-370000"
    assert positions["units"]["pnl"] == "BTC"
    curve = next(item for item in tree["sections"] if item["section"] == "curve")
    assert all(abs(row["simple_rate"]) < 1 for row in curve["rows"])
    assert curve["units"]["simple_rate"] == "fraction per year"
    assert curve["units"]["basis_rate"] == "fraction"
    assert curve["rows"][0]["expiry"] == "2026-11-21T08:00:00Z"
    assert curve["rows"][0]["listed"] is True


def test_sensitivities_have_a_section_of_their_own(
    tree: dict[str, Any], lines: list[dict[str, str]]
) -> None:
    coins = {s["underlying"]: s for s in tree["sections"] if s["section"] == "sensitivity"}
    assert list(coins) == ["BTC", "ETH"]
    total = coins["BTC"]["rows"][-1]
    assert total["name"] == "total"
    assert coins["BTC"]["units"]["dollar_delta_usd"] == "USD"
    whole = next(s for s in tree["sections"] if s["section"] == "coins")["rows"][0]
    assert total["dollar_delta_usd"] == pytest.approx(whole["dollar_delta_usd"])
    (shown,) = (
        line["value"]
        for line in lines
        if (line["section"], line["underlying"]) == ("sensitivity", "BTC")
        and (line["item"], line["field"]) == ("total", "dollar_delta_usd")
    )
    assert float(shown) == total["dollar_delta_usd"]


def test_csv_has_a_line_for_every_number(made: Report, lines: list[dict[str, str]]) -> None:
    assert list(lines[0]) == [
        "section", "underlying", "row", "item", "field", "unit", "value", "simulated",
    ]  # fmt: skip
    cells = sum(len(row) - 1 for item in made.sections for row in item.table.records())
    assert len(lines) == cells
    assert "note" not in {line["field"] for line in lines}  # it is for people alone


def test_every_line_of_a_csv_says_whether_the_market_is_simulated(
    lines: list[dict[str, str]], deribit_data: Path
) -> None:
    assert {line["simulated"] for line in lines} == {"true"}
    recorded = report(read(deribit_data, at="2026-02-01T00:00:00Z"), underlyings=["BTC"])
    found = csv.DictReader(io.StringIO(recorded.to_csv()))
    assert {line["simulated"] for line in found} == {"false"}


def test_csv_reads_back_to_the_numbers_of_json(
    tree: dict[str, Any], lines: list[dict[str, str]]
) -> None:
    curve = next(item for item in tree["sections"] if item["section"] == "curve")
    marks = [
        line["value"]
        for line in lines
        if (line["section"], line["underlying"], line["field"]) == ("curve", "BTC", "mark_usd")
    ]
    assert [float(value) for value in marks] == [float(row["mark_usd"]) for row in curve["rows"]]
    assert {line["unit"] for line in lines if line["field"] == "mark_usd"} == {"USD"}


def test_csv_has_no_numbers_made_for_reading(lines: list[dict[str, str]]) -> None:
    numeric = [line["value"] for line in lines if line["unit"] and line["value"]]
    assert len(numeric) > 500
    assert all(math.isfinite(float(value)) for value in numeric)


def test_a_face_reaches_machines_too(made: Report) -> None:
    units = [item["units"] for item in made.facing("coin").to_json()["sections"]]
    assert not any("pnl_usd" in fields for fields in units)
    assert any("pnl" in fields for fields in units)
    assert ",pnl_usd," not in made.facing("coin").to_csv()
    assert ",pnl_usd," in made.to_csv()
