"""Rows of losses as other suites may have them, worked out by hand, and what each refuses."""

from __future__ import annotations

from typing import Any

import pytest

from obverse.app.conformance import run_files, run_rows
from obverse.app.conformance.loss_quantities import LOSS_QUANTITIES
from obverse.app.conformance.quantities import QUANTITIES

EXACT: dict[str, Any] = {"kind": "exact"}
NEAR: dict[str, Any] = {"kind": "relative", "value": "1e-12"}
LINEAR = {"payoff": "linear", "multiplier": "1", "settlement_currency": "USD"}
INVERSE = {"payoff": "inverse", "multiplier": "1", "settlement_currency": "BTC"}
XBT = {"venue": "bitmex", "instrument": "XBTUSD", "as_of": "2019-01-01", "contract": None}

SIX = [
    {"account": name, "contracts": size, "score": score}
    for name, size, score in (
        ("1", "10", "3"),
        ("2", "10", "6"),
        ("3", "20", "1"),
        ("4", "30", "4"),
        ("5", "20", "5"),
        ("6", "10", "2"),
    )
]
SHORT = {
    "side": "short",
    "contracts": "10000",
    "mark_price": "10000",
    "equity": "0.04",
    "maintenance_rate": "0.05",
}
TIER = {"contracts": "1", "tier_caps": ["2"]}
THREE = {"profits": ["8", "4", "0.5"], "budget": "7.5"}
WEIGHTED = {"policy": "risk_weighted", "equities": ["1", "1"], "leverages": ["1", "3"]}

ROWS: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    # 10000 dollars at 10000 need 0.05; 0.04 is enough for 8000 of them
    ("partial_liquidation", SHORT,
     {"close_contracts": "2000", "uncapped_close_contracts": "2000"}, {}),
    ("partial_liquidation", SHORT | {"equity": "-0.01", "fee_rate": "0.001",
                                     "execution_price": "10000"},
     {"close_contracts": "10000"}, {}),
    ("partial_liquidation", SHORT | {"equity": "0.05"},
     {"close_contracts": "0", "uncapped_close_contracts": "0"}, {}),
    ("partial_liquidation", SHORT | {"execution_price": "11000"},
     {"close_contracts": "10000", "uncapped_close_contracts": None}, {}),
    ("partial_liquidation", SHORT | {"equity": "5000000"},
     {"close_contracts": "0"}, {"contract": None}),
    ("partial_liquidation",
     {"contracts": "15000", "tier_caps": ["2000", "5000"], "target_tier": "2"},
     {"close_contracts": "10000"}, {}),
    ("partial_liquidation", {"contracts": "1500", "tier_caps": ["2000"], "target_tier": 1},
     {"close_contracts": "0"}, {"contract": None}),
    # 1.25 at bankruptcy, 1.28 at the fill
    ("insurance_fund", {"side": "long", "contracts": "10000", "bankruptcy_price": "8000",
                        "fill_price": "7812.5"}, {"direction": "pays", "amount": "0.03"}, {}),
    ("insurance_fund", {"side": "short", "contracts": "10000", "bankruptcy_price": "8000",
                        "fill_price": "7812.5"}, {"direction": "receives", "amount": "0.03"}, {}),
    ("insurance_fund", {"side": "short", "contracts": "10000", "bankruptcy_price": "8000",
                        "fill_price": "7812.5"}, {"direction": "receives", "amount": "0.03"}, XBT),
    ("insurance_fund", {"side": "short", "bankruptcy_price": "8000", "fill_price": "8000.5"},
     {"direction": "pays"}, XBT),
    ("insurance_fund", {"side": "long", "bankruptcy_price": "8000", "fill_price": "8000.5"},
     {"direction": "receives"}, {"contract": None}),
    ("insurance_fund", {"side": "long", "contracts": "5", "bankruptcy_price": "80",
                        "fill_price": "80"}, {"direction": None, "amount": "0"}, {}),
    # e^(1 + 0.5·1.6448536269514722)
    ("insurance_fund_size", {"loss_log_mean": "1", "loss_log_volatility": "0.5",
                             "capital_cost": "0.05", "shortfall_cost": "1"},
     {"insurance_fund_size": "6.186854588195453"}, {"contract": None, "tolerance": NEAR}),
    ("insurance_fund_size", {"loss_log_mean": "1", "loss_log_volatility": "0.5",
                             "capital_cost": "2", "shortfall_cost": "1"},
     {"insurance_fund_size": "0"}, {}),
    ("adl_queue", {"positions": SIX, "close_contracts": "20", "bankruptcy_price": "650"},
     {"remaining_contracts": {"2": "0", "5": "10"}, "queue_percent": {"1": "80", "3": "100"}},
     XBT),
    ("adl_queue", {"positions": SIX, "close_contracts": "1000"},
     {"remaining_contracts": dict.fromkeys("123456", "0")}, {"contract": None}),
    ("adl_trigger", {"pool_peak": "1200000", "pool_loss": "240000", "trigger_ratio": "-0.3"},
     {"pnl_ratio": "-0.2", "adl_amount": "0"}, {}),
    ("adl_trigger", {"pool_peak": "3", "pool_loss": "2", "trigger_ratio": "-0.3"},
     {"pnl_ratio": "-0.66666666666666667", "adl_amount": "1.1"},
     {"contract": None, "tolerance": NEAR}),
    # accounts that lost have nothing to give
    ("adl_allocation", {"policy": "queue", "profits": ["8", "4", "0.5", "-3", "-12"],
                        "order": ["2", "1", "3", "5", "4"], "budget": "7.5"},
     {"haircuts": ["0.4375", "1", "0", "0", "0"]}, {}),
    ("adl_allocation", {"policy": "queue", **THREE}, {"haircuts": ["0.9375", "0", "0"]}, {}),
    ("adl_allocation", {"policy": "queue", "order": ["1", "2"], "caps": ["0.5", "0.5", "1"],
                        **THREE}, {"haircuts": ["0.5", "0.5", "0"]}, {}),
    ("adl_allocation", {"policy": "pro_rata", "profits": ["8", "4"], "budget": "24"},
     {"haircuts": ["1", "1"]}, {"contract": None}),
    ("adl_allocation", {"policy": "capped_pro_rata", **THREE},
     {"haircuts": ["0.6", "0.6", "0.6"]}, {}),
    ("adl_allocation", {"policy": "pro_rata", "caps": ["0.5", "1", "1"], **THREE},
     {"haircuts": ["0.5", "0.777777777777777778", "0.777777777777777778"]},
     {"tolerance": {"kind": "relative", "value": "1e-9"}}),
    ("adl_allocation", WEIGHTED | {"weight_exponent": "1"}, {"shares": ["0.1", "0.9"]}, {}),
    ("adl_allocation", WEIGHTED | {"weight_excess_over": "0"}, {"shares": ["0.1", "0.9"]}, {}),
    ("adl_allocation", WEIGHTED | {"weight_excess_over": "1"}, {"shares": ["0", "1"]}, {}),
    # weights 1 and 3 on profits of 10 each: 2 and 6
    ("adl_allocation", WEIGHTED | {"weight_exponent": "0", "profits": ["10", "10"],
                                   "budget": "8"},
     {"haircuts": ["0.2", "0.6"], "shares": ["0.25", "0.75"]}, {}),
    ("loss_socialisation", {"shortfall": "3", "winners": [{"account": "a", "profit": "10"},
                                                          {"account": "b", "profit": "20"}]},
     {"haircuts": {"a": "1", "b": "2"}}, {"contract": None}),
    # 5 satoshi over equal gains: the first named bears the odd one
    ("loss_socialisation",
     {"shortfall": "0.00000005", "winners": [{"account": "a", "profit": "0.1"},
                                             {"account": "b", "profit": "0.1"}]},
     {"haircuts": {"a": "0.00000003", "b": "0.00000002"}}, XBT),
]  # fmt: skip


@pytest.mark.parametrize(
    ("quantity", "given", "expect", "changes"),
    ROWS,
    ids=[f"{item[0]}-{number}" for number, item in enumerate(ROWS)],
)
def test_a_row_passes(row, quantity: str, given, expect, changes) -> None:
    contract = LINEAR if quantity.startswith(("adl", "loss")) else INVERSE
    (outcome,) = run_rows(
        [row(quantity, given, expect, **({"contract": contract} | changes))]
    ).outcomes
    assert (outcome.status, outcome.reason) == ("pass", "")


@pytest.mark.parametrize(
    ("quantity", "given", "reason"),
    [
        ("partial_liquidation", TIER | {"target_tier": "1.5"}, "whole number"),
        ("partial_liquidation", TIER | {"target_tier": "2"}, "tiers 1 to 1"),
        ("partial_liquidation", {"contracts": "1"}, "'mark_price' is missing"),
        ("insurance_fund", {"side": "up", "bankruptcy_price": "1", "fill_price": "1"}, "'up'"),
        ("insurance_fund", {"side": "long", "bankruptcy_price": "1", "fill_price": "0"}, "above"),
        ("adl_queue", {"positions": "none"}, "expected a list of objects"),
        ("adl_queue", {"positions": [{"account": "1", "score": "1"}]}, "'contracts' is missing"),
        ("adl_queue", {"positions": SIX + SIX[:1]}, "named twice"),
        ("adl_trigger", {"pool_peak": "0", "pool_loss": "1", "trigger_ratio": "-0.3"}, "pool_peak"),
        ("adl_allocation", {"policy": "lottery", **THREE}, "No allocation policy 'lottery'"),
        ("adl_allocation", {"policy": "queue", "budget": "1"}, "'profits' is missing"),
        ("adl_allocation", {"policy": "queue", "profits": ["1"], "budget": "-1"}, "below zero"),
        ("adl_allocation", {"policy": "queue", "order": ["9"], **THREE}, "no account '9'"),
        ("adl_allocation", {"policy": "capped_pro_rata", "caps": ["1"], **THREE}, "1 caps"),
        ("adl_allocation", WEIGHTED, "one of the two"),
        ("loss_socialisation", {"shortfall": "1", "winners": [
            {"account": "a", "profit": "1"}, {"account": "a", "profit": "1"}]}, "named twice"),
        ("loss_socialisation", {"shortfall": "1", "winners": [
            {"account": "a", "profit": "-1"}]}, "below zero"),
        ("loss_socialisation", {"shortfall": "NaN", "winners": []}, "not finite"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_computed_says_why(row, quantity: str, given, reason: str) -> None:
    (outcome,) = run_rows([row(quantity, given, {"x": "1"})]).outcomes
    assert outcome.status == "fail"
    assert reason in outcome.reason


def test_every_visible_row_of_losses_passes(conformance_dir) -> None:
    found = run_files(sorted(conformance_dir.glob("*.jsonl")))
    ours = [item for item in found.outcomes if item.quantity in LOSS_QUANTITIES]
    assert len(ours) >= 11
    assert {item.status for item in ours} == {"pass"}
    assert set(LOSS_QUANTITIES) <= set(QUANTITIES)
