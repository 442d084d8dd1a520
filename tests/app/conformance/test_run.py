from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from obverse.app.conformance import run_files, run_rows
from obverse.app.conformance.quantities import QUANTITIES
from obverse.app.conformance.rows import Malformed
from obverse.errors import DataError

HALF = {"contracts": "10000", "price": "20000"}


def _one(row):
    (outcome,) = run_rows([row]).outcomes
    return outcome


def test_a_right_expectation_passes(row) -> None:
    outcome = _one(row("contract_value", HALF, {"contract_value": "0.50"}))
    assert (outcome.status, outcome.reason) == ("pass", "")


def test_a_wrong_expectation_fails_with_the_difference(row) -> None:
    outcome = _one(row("contract_value", HALF, {"contract_value": "0.51"}))
    assert outcome.status == "fail"
    assert outcome.reason == "contract_value: off by -0.01"
    assert outcome.expected == {"contract_value": "0.51"}
    assert outcome.got == {"contract_value": 0.5}


def test_an_unknown_quantity_is_unsupported_and_named(row) -> None:
    outcome = _one(row("moon_price", {}, {"moon_price": "1"}))
    assert outcome.status == "unsupported"
    assert outcome.reason == "unknown word: quantity 'moon_price'"


def test_an_unknown_given_word_is_unsupported_and_named(row) -> None:
    outcome = _one(row("contract_value", HALF | {"phase": "full"}, {"contract_value": "0.5"}))
    assert outcome.status == "unsupported"
    assert outcome.reason == "unknown word: given 'phase'"


@pytest.fixture
def waiting(row, monkeypatch: pytest.MonkeyPatch):
    """A row of a known quantity that has no function."""
    monkeypatch.delitem(QUANTITIES, "combo_price")
    return row("combo_price", {"far_price": "2", "near_price": "1"}, {"combo_price": "1"}, id="C")


def test_a_known_quantity_without_a_function_is_not_yet_supported(waiting) -> None:
    outcome = _one(waiting)
    assert (outcome.status, outcome.reason) == ("unsupported", "not yet supported")


def test_a_row_that_expects_nothing_does_not_pass(row) -> None:
    assert _one(row("contract_value", HALF, {})).reason == "expect: nothing to compare"


def test_a_key_that_is_not_computed_fails(row) -> None:
    outcome = _one(row("contract_value", HALF, {"contract_value": "0.5", "margin": "1"}))
    assert (outcome.status, outcome.reason) == ("fail", "margin: not computed")


@pytest.mark.parametrize(
    ("quantity", "given", "reason"),
    [
        ("contract_value", {"contracts": "1"}, "given 'price' is missing"),
        ("contract_value", {"contracts": "1", "price": "0"}, "above zero"),
        ("contract_value", {"contracts": "1", "price": 2}, "expected text"),
        ("average_entry", {"side": "long", "fills": [{"contracts": "1"}]}, "'price' is missing"),
        ("average_entry", {"side": "long", "fills": "10 at 20"}, "expected a list"),
        ("pnl", {"side": "up", "contracts": "1", "entry_price": "1", "exit_price": "2"}, "'up'"),
        ("fee", HALF | {"liquidity": "free", "rate": "0"}, "liquidity 'free'"),
        ("position_size", {"margin": "1", "leverage": "0", "price": "1"}, "leverage"),
        ("carry_price", {"spot_price": "1", "rate": "900", "maturity_years": "9"}, "computed"),
        ("volume_weighted_price", {"turnover": "0", "contracts": "1"}, "zero has no price"),
    ],
)
def test_a_row_that_cannot_be_computed_fails_and_says_why(row, quantity, given, reason) -> None:
    good = row("contract_value", HALF, {"contract_value": "0.5"})
    bad, after = run_rows([row(quantity, given, {"x": "1"}), good]).outcomes
    assert bad.status == "fail"
    assert reason in bad.reason
    assert after.status == "pass"


def test_generic_rows_never_round(row) -> None:
    third = row(
        "contract_value", {"contracts": "1", "price": "3"}, {"contract_value": "0.33333333"}
    )
    assert _one(third).status == "fail"


def _bitmex(row, expect: str, as_of: str, **tolerance):
    return row(
        "contract_value",
        {"contracts": "300", "price": "30000"},
        {"contract_value": expect},
        venue="bitmex",
        instrument="XBTUSD",
        as_of=as_of,
        contract=None,
        tolerance=tolerance or {"kind": "exact"},
    )


def test_bitmex_rows_round_per_lot_of_the_day(row) -> None:
    # A contract is 3333.33 satoshi, a lot of 100 is 333333.33.
    assert _one(_bitmex(row, "0.00999900", "2021-06-08")).status == "pass"
    assert _one(_bitmex(row, "0.00999900", "2021-06-09")).status == "fail"
    assert _one(_bitmex(row, "0.00999999", "2021-06-09")).status == "pass"
    assert _one(_bitmex(row, "0.00999999", "2021-06-08")).status == "fail"


def test_the_unrounded_number_passes_only_where_equality_is_not_asked(row) -> None:
    assert _one(_bitmex(row, "0.01", "2021-06-08")).status == "fail"
    near = {"kind": "absolute", "value": "1e-20"}
    assert _one(_bitmex(row, "0.01", "2021-06-08", **near)).status == "pass"
    assert _one(_bitmex(row, "0.009999", "2021-06-08", **near)).status == "pass"
    assert _one(_bitmex(row, "0.0099999", "2021-06-08", **near)).status == "fail"


def test_an_input_finer_than_the_venues_unit_is_computed_unrounded(row) -> None:
    fine = row(
        "average_entry",
        {"side": "long", "contracts": "10", "cost": "0.0016000000000001"},
        {"average_price": "6250"},
        venue="bybit",
        instrument="BTCUSD",
        as_of="2020-04-10",
        contract=None,
        tolerance={"kind": "decimals", "places": 4},
    )
    assert _one(fine).status == "pass"


def test_what_misses_unrounded_too_says_by_how_much(row) -> None:
    fine = {"side": "long", "contracts": "10", "cost": "0.0016000000000001"}
    at = {"venue": "bybit", "instrument": "BTCUSD", "as_of": "2020-04-10", "contract": None}
    near = {"kind": "decimals", "places": 4}
    outcome = _one(row("average_entry", fine, {"average_price": "6251"}, tolerance=near, **at))
    assert outcome.status == "fail"
    assert outcome.reason.startswith("average_price: off by -1.0000")


def test_a_malformed_line_fails_without_stopping_the_rest(row) -> None:
    good = row("contract_value", HALF, {"contract_value": "0.5"})
    found = run_rows([good, Malformed("f:2", "not a row: no"), good], "f")
    assert [item.status for item in found.outcomes] == ["pass", "fail", "pass"]
    assert found.outcomes[1].id == "f:2"
    assert (found.count("pass"), found.count("fail"), found.count("unsupported")) == (2, 1, 0)


def test_the_tally_groups_in_order_of_appearance(row, waiting) -> None:
    good = row("contract_value", HALF, {"contract_value": "0.5"})
    wrong = row("contract_value", HALF, {"contract_value": "1"})
    found = run_rows([waiting, good, wrong, good]).tally("quantity")
    assert found == [
        (("combo_price",), Counter(unsupported=1)),
        (("contract_value",), Counter({"pass": 2, "fail": 1})),
    ]


def test_json_has_the_documented_shape(row, waiting) -> None:
    good = row("contract_value", HALF, {"contract_value": "0.5"}, id="A")
    bad = row("contract_value", HALF, {"contract_value": "1"}, id="B")
    made = run_rows([good, bad, waiting, good]).to_json()
    assert list(made) == ["passed", "failed", "unsupported", "rows"]
    assert (made["passed"], made["failed"], made["unsupported"]) == (2, 1, 1)
    keys = ["id", "venue", "quantity", "status", "expected", "got", "reason"]
    assert [list(item) for item in made["rows"]] == [keys] * 4
    assert made["rows"][0] == {
        "id": "A",
        "venue": "generic",
        "quantity": "contract_value",
        "status": "pass",
        "expected": {"contract_value": "0.5"},
        "got": {"contract_value": "0.5"},
        "reason": "",
    }
    assert made["rows"][2]["got"] is None
    assert json.loads(json.dumps(made)) == made


def test_a_file_that_is_not_there_stops_everything(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        run_files([tmp_path / "none.jsonl"])


def test_no_visible_row_fails_and_the_first_fifteen_all_pass(
    conformance_dir: Path, first_fifteen: frozenset[str]
) -> None:
    paths = sorted(conformance_dir.glob("*.jsonl"))
    assert {path.stem for path in paths} >= {"venues", "peers", "papers", "inferred", "traps"}
    found = run_files(paths)
    assert [item for item in found.outcomes if item.status == "fail"] == []
    first = [item for item in found.outcomes if item.quantity in first_fifteen]
    assert len(first) >= 108
    assert {item.status for item in first} == {"pass"}
