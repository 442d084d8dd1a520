"""Rows of margin as other suites may have them, worked out by hand, and what each refuses."""

from __future__ import annotations

from typing import Any

import pytest

from obverse.app.conformance import run_files, run_rows
from obverse.app.conformance.margin_quantities import MARGIN_QUANTITIES
from obverse.app.conformance.quantities import QUANTITIES

LONG = {"side": "long", "contracts": "100000", "entry_price": "50000"}  # two coins
NEAR: dict[str, Any] = {"kind": "relative", "value": "1e-9"}

ROWS: list[tuple[str, dict[str, Any], dict[str, str]]] = [
    ("initial_margin", LONG | {"leverage": "10"}, {"initial_margin": "0.2"}),
    ("maintenance_margin", LONG | {"rate": "0.005"}, {"maintenance_margin": "0.01"}),
    # 2.2 of value at the bankruptcy price, times the fee
    ("closing_fee_reserve", LONG | {"leverage": "10", "taker_fee_rate": "0.0005"},
     {"closing_fee_reserve": "0.0011"}),
    # 100000 over 2.2 coins
    ("bankruptcy_price", LONG | {"leverage": "10", "mode": "isolated"},
     {"bankruptcy_price": "45454.545454545"}),
    # 0.2 + 2 − V = 0.005·V
    ("liquidation_price", LONG | {"leverage": "10", "mode": "isolated",
                                  "maintenance_rate": "0.005"},
     {"liquidation_price": "45681.818181818"}),
    ("liquidation_price", LONG | {"side": "short", "leverage": "10", "mode": "isolated",
                                  "maintenance_rate": "0.005"},
     {"liquidation_price": "55277.777777778"}),
    # 2 behind it at 1x less half a coin of loss, over 1 % of 2.5
    ("margin_ratio", LONG | {"mark_price": "40000", "leverage": "1", "mode": "isolated",
                             "maintenance_rate": "0.01"},
     {"margin_ratio": "60"}),
]  # fmt: skip


@pytest.mark.parametrize(("quantity", "given", "expected"), ROWS)
def test_a_quantity_of_margin_is_computed(row, quantity: str, given, expected) -> None:
    asked = row(quantity, given, expected, tolerance=NEAR)
    (outcome,) = run_rows([asked]).outcomes
    assert (outcome.status, outcome.reason) == ("pass", "")


def test_every_visible_row_of_margin_passes(conformance_dir) -> None:
    found = run_files(sorted(conformance_dir.glob("*.jsonl")))
    ours = [item for item in found.outcomes if item.quantity in MARGIN_QUANTITIES]
    assert len(ours) >= 60
    assert {item.status for item in ours} == {"pass"}
    assert set(MARGIN_QUANTITIES) <= set(QUANTITIES)
