"""The liquidation threshold as a quantity of the conformance format."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from obverse.app.conformance import run_rows

GIVEN = {
    "payoff": "inverse", "side": "short", "margin": "0.2", "hedge_ratio": "1",
    "maintenance_rate": "0.005",
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "0.24375"),  # 0.195/0.8
        ({"side": "long"}, "-0.1625"),  # −0.195/1.2
        ({"payoff": "linear", "maintenance_rate": "0"}, "0.2"),
        ({"payoff": "linear", "side": "long", "maintenance_rate": "0"}, "-0.2"),
        ({"margin": "1"}, None),
        ({"margin": "0.4", "hedge_ratio": "2"}, "0.24375"),
    ],
)
def test_a_threshold_is_computed(row: Callable[..., Any], change, expected) -> None:
    given = GIVEN | change
    asked = row("liquidation_threshold_return", given, {"threshold_return": expected})
    (outcome,) = run_rows([asked]).outcomes
    assert (outcome.status, outcome.reason) == ("pass", "")
