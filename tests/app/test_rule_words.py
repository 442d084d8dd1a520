"""Rules in words: what a line says of an entry, and what it leaves out."""

from __future__ import annotations

from decimal import Decimal

import pytest

from obverse.app.rule_words import describe
from obverse.contracts.instants import instant
from obverse.rulebooks.records import LiquidationRule, Margin, Tier

PRODUCTS, BEGINS, SOURCE = ["*"], instant("2020-01-01"), ["H1"]


def tiers(*rows: tuple[int | None, str | None, str, int | None]) -> str:
    made = [
        Tier(
            cap=None if cap is None else Decimal(cap),
            initial_rate=None if initial is None else Decimal(initial),
            maintenance_rate=Decimal(maintenance),
            max_leverage=None if leverage is None else Decimal(leverage),
        )
        for cap, initial, maintenance, leverage in rows
    ]
    rule = Margin(
        products=PRODUCTS,
        begins=BEGINS,
        source=SOURCE,
        style="marginal",
        value_basis="mark",
        tier_unit="coin",
        tiers=made,
    )
    return describe(rule).rpartition("tier unit coin; ")[2]


def test_what_holds_or_not_is_said_by_its_name_alone() -> None:
    rule = LiquidationRule(
        products=PRODUCTS,
        begins=BEGINS,
        source=SOURCE,
        engine="takeover",
        loss_sharing="deleveraging",
        bankruptcy_fee=True,
    )
    assert describe(rule) == "engine takeover; bankruptcy fee; loss sharing deleveraging"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([(None, "0.05", "0.025", None)], "tiers any size 0.05/0.025"),
        (
            [(5, "0.008", "0.004", 125), (None, None, "0.010", 50)],
            "tiers 2, initial / maintenance: to 5 0.008/0.004, above 50x/0.01",
        ),
        (
            [(cap, "0.02", "0.01", None) for cap in (1, 2, 3, 4)],
            "tiers 4, initial / maintenance: to 1 0.02/0.01, to 2 0.02/0.01, last to 4 0.02/0.01",
        ),
    ],
    ids=["one", "two", "many"],
)
def test_tiers_are_counted_and_their_ends_are_told(
    rows: list[tuple[int | None, str | None, str, int | None]], expected: str
) -> None:
    assert tiers(*rows) == expected
