"""How rules of margin and liquidation can fail to hold together, with file, line and reason."""

from __future__ import annotations

import pytest
from small_rulebook import PATH, TEXT, line_of, read

from obverse.errors import LocatedError

RULES = """
[[liquidation]]
products = ["perpetual"]
from = 2020-01-01
engine = "tier_walk_down"
tiers_down = 2
from_tier = 3
loss_sharing = "deleveraging"
score = "profit_times_leverage"
fund_fall = 0.30
fund_fall_stop = 0.25
source = ["H1"]

[[liquidation]]
products = ["future"]
from = 2020-02-01
engine = "incremental"  # of the future
slice_contracts = 200
residual = "trader"
loss_sharing = "session_winners"
settlement_price_too = true
source = ["H1"]

[[portfolio_margin]]
products = ["perpetual"]
from = 2024-06-01
price_range = 0.16
buckets = 4
gain_offset = 0.6
minimum_annualised_move = 0.01
maintenance_factor = 0.8
volatility_up = 0.5
volatility_down = 0.2
power_short = 0.30
power_long = 0.13
source = ["H1"]
"""
WHOLE = TEXT + RULES
TIERS = WHOLE[WHOLE.index('style = "marginal"') : WHOLE.index(']\nsource = ["H1"]\n\n[[liq')] + "]"
FIRST_TIER = "{ cap = 10, initial_rate = 0.01, maintenance_rate = 0.005 }"
STEP = """style = "step_whole_position"
value_basis = "entry"
step = { base_limit = 200, step = 100, base_initial_rate = 0.01, base_maintenance_rate = 0.005 }"""
LINEAR = """style = "linear_in_size"
value_basis = "mark"
linear = { base_initial_rate = 0.02, base_maintenance_rate = 0.01, slope_per_coin = 0.00005 }"""


def made(*changes: tuple[str, str]) -> str:
    """The rulebook with changes."""
    text = WHOLE
    for old, new in changes:
        assert old in text, f"{old!r} is not there"
        text = text.replace(old, new, 1)
    return text


def faults(text: str) -> list[str]:
    with pytest.raises(LocatedError) as refused:
        read(text)
    return str(refused.value).splitlines()


def tier(text: str) -> tuple[str, str]:
    return FIRST_TIER, text


# One thing is changed, or a few; each fault is on the line of the part named.
MARGIN: dict[str, tuple[list[tuple[str, str]], str, str]] = {
    "maintenance below zero": (
        [tier("{ cap = 10, initial_rate = 0.01, maintenance_rate = -0.005 }")],
        "margin[0].tiers[0].maintenance_rate: -0.005 is not a rate from 0 to below 1",
        "-0.005",
    ),
    "maintenance of everything": (
        [("initial_rate = 0.04, maintenance_rate = 0.02", "maintenance_rate = 1")],
        "margin[0].tiers[2].maintenance_rate: 1 is not a rate from 0 to below 1",
        "maintenance_rate = 1 }",
    ),
    "an initial margin of more than everything": (
        [("initial_rate = 0.04", "initial_rate = 1.04")],
        "margin[0].tiers[2].initial_rate: 1.04 is not a rate above 0, up to 1",
        "1.04",
    ),
    "an initial margin of nothing": (
        [tier("{ cap = 10, initial_rate = 0, maintenance_rate = 0 }")],
        "margin[0].tiers[0].initial_rate: 0 is not a rate above 0, up to 1",
        "initial_rate = 0,",
    ),
    "initial below maintenance": (
        [tier("{ cap = 10, initial_rate = 0.004, maintenance_rate = 0.005 }")],
        "margin[0].tiers[0].initial_rate: 0.004 is below maintenance_rate 0.005",
        "0.004",
    ),
    "initial rates that fall": (
        [
            (
                "initial_rate = 0.04, maintenance_rate = 0.02",
                "initial_rate = 0.019, maintenance_rate = 0.012",
            )
        ],
        "margin[0].tiers[2]: initial_rate falls as size grows",
        "0.019",
    ),
    "a cap of nothing": (
        [tier("{ cap = 0, initial_rate = 0.01, maintenance_rate = 0.005 }")],
        "margin[0].tiers[0].cap: 0 is not above zero",
        "cap = 0,",
    ),
    "a tier of no leverage": (
        [tier("{ cap = 10, max_leverage = 0.5, maintenance_rate = 0.005 }")],
        "margin[0].tiers[0].max_leverage: 0.5 is not a leverage of 1 or more",
        "max_leverage = 0.5",
    ),
    "a tier that leaves initial margin open": (
        [tier("{ cap = 10, maintenance_rate = 0.005 }")],
        "margin[0].tiers[0]: says neither initial_rate nor max_leverage",
        "{ cap = 10, maintenance_rate = 0.005 }",
    ),
    "a leverage below zero": (
        [('value_basis = "mark"', 'max_leverage = -50\nvalue_basis = "mark"')],
        "margin[0].max_leverage: -50 is not a leverage of 1 or more",
        "max_leverage = -50",
    ),
    "contracts that are counted in coin": (
        [('"marginal"', '"step_by_contracts"')],
        "margin[0].tier_unit: style 'step_by_contracts' needs tier_unit 'contracts'",
        'tier_unit = "coin"',
    ),
    "a unit of no tiers": (
        [(TIERS, STEP + '\ntier_unit = "coin"')],
        "margin[0].tier_unit: there are no tiers that it could be the unit of",
        'tier_unit = "coin"',
    ),
    "a closing fee at the mark beside margin at entry": (
        [(TIERS, STEP + '\nclosing_fee = "at_mark"')],
        "margin[0].closing_fee: 'at_mark' needs value_basis 'mark', not 'entry'",
        "closing_fee",
    ),
    "a closing fee on entry value beside margin at the mark": (
        [(TIERS, LINEAR + '\nclosing_fee = "on_entry_and_margin"')],
        "margin[0].closing_fee: 'on_entry_and_margin' needs value_basis 'entry', not 'mark'",
        "closing_fee",
    ),
    "a step of nothing": (
        [(TIERS, STEP), ("step = 100", "step = 0")],
        "margin[0].step.step: 0 is not above zero",
        "step = {",
    ),
    "a limit below zero": (
        [(TIERS, STEP), ("base_limit = 200", "base_limit = -200")],
        "margin[0].step.base_limit: -200 is not above zero",
        "step = {",
    ),
    "a step's initial below its maintenance": (
        [(TIERS, STEP), ("base_initial_rate = 0.01", "base_initial_rate = 0.001")],
        "margin[0].step.base_initial_rate: 0.001 is below base_maintenance_rate 0.005",
        "step = {",
    ),
    "a slope downward": (
        [(TIERS, LINEAR), ("0.00005", "-0.00005")],
        "margin[0].linear.slope_per_coin: -0.00005 is below zero",
        "linear = {",
    ),
    "a line that begins above everything": (
        [(TIERS, LINEAR), ("base_maintenance_rate = 0.01", "base_maintenance_rate = 1.01")],
        "margin[0].linear.base_maintenance_rate: 1.01 is not a rate from 0 to below 1",
        "linear = {",
    ),
    "more places of margin than the unit has": (
        [("exponent = 8", 'margin = { places = 9, rounding = "ceiling" }\nexponent = 8')],
        "rounding[0].margin: places are not from 0 to the exponent 8",
        "margin = { places",
    ),
    "places of the closing fee below zero": (
        [("exponent = 8", 'closing_fee = { places = -1, rounding = "floor" }\nexponent = 8')],
        "rounding[0].closing_fee: places are not from 0 to the exponent 8",
        "closing_fee = { places",
    ),
    "a liquidation fee of everything": (
        [("taker = 0.0005", "liquidation = 1\ntaker = 0.0005")],
        "fees[0].liquidation: is not a rate below 100 %",
        "liquidation = 1",
    ),
}
LIQUIDATION: dict[str, tuple[list[tuple[str, str]], str, str]] = {
    "an incremental engine without a slice": (
        [("slice_contracts = 200\n", "")],
        "liquidation[1].engine: engine 'incremental' needs slice_contracts",
        'engine = "incremental"',
    ),
    "a slice of another engine": (
        [("tiers_down = 2", "tiers_down = 2\nslice_contracts = 100")],
        "liquidation[0].slice_contracts: engine 'tier_walk_down' does not take 'slice_contracts'",
        "slice_contracts = 100",
    ),
    "a slice of nothing": (
        [("slice_contracts = 200", "slice_contracts = 0")],
        "liquidation[1].slice_contracts: 0 is not above zero",
        "slice_contracts = 0",
    ),
    "tiers of another engine": (
        [('"tier_walk_down"', '"takeover"')],
        "liquidation[0].tiers_down: engine 'takeover' does not take 'tiers_down'",
        "tiers_down = 2",
    ),
    "a walk on the spot": (
        [("tiers_down = 2", "tiers_down = 0")],
        "liquidation[0].tiers_down: 0 is not 1 or more",
        "tiers_down = 0",
    ),
    "a walk by steps and to a target": (
        [("tiers_down = 2", "tiers_down = 2\ntarget_tier = 2")],
        "liquidation[0].target_tier: is of no use beside tiers_down",
        "target_tier = 2",
    ),
    "a walk to no tier": (
        [("tiers_down = 2", "target_tier = 0")],
        "liquidation[0].target_tier: 0 is not 1 or more",
        "target_tier = 0",
    ),
    "a walk that begins where it ends": (
        [("tiers_down = 2", "target_tier = 3")],
        "liquidation[0].from_tier: 3 is not above target_tier 3",
        "from_tier = 3",
    ),
    "an order that stops, of an engine without one order": (
        [("tiers_down = 2", 'tiers_down = 2\ncloses = "until_met"')],
        "liquidation[0].closes: engine 'tier_walk_down' does not take 'closes'",
        "closes",
    ),
    "a queue that nobody is taken from": (
        [('loss_sharing = "deleveraging"', 'loss_sharing = "session_winners"')],
        "liquidation[0].score: loss_sharing 'session_winners' does not take 'score'",
        "score =",
    ),
    "a price of deleveraging without it": (
        [("slice_contracts = 200", 'slice_contracts = 200\ndeleveraging_price = "mark"')],
        "liquidation[1].deleveraging_price: loss_sharing 'session_winners' does not take",
        "deleveraging_price",
    ),
    "a fall of more than the fund": (
        [("fund_fall = 0.30", "fund_fall = 1.30")],
        "liquidation[0].fund_fall: 1.30 is not a fraction above 0, up to 1",
        "fund_fall = 1.30",
    ),
    "a stop at the beginning": (
        [("fund_fall_stop = 0.25", "fund_fall_stop = 0.30")],
        "liquidation[0].fund_fall_stop: 0.30 is not from 0 to below fund_fall 0.30",
        "fund_fall_stop = 0.30",
    ),
    "a stop of what never begins": (
        [("fund_fall = 0.30\n", "")],
        "liquidation[0].fund_fall_stop: needs a fund_fall",
        "fund_fall_stop",
    ),
    "a settlement price of a perpetual": (
        [("tiers_down = 2", "tiers_down = 2\nsettlement_price_too = true  # of the perpetual")],
        "liquidation[0].settlement_price_too: a perpetual (perpetual) has no settlement price",
        "# of the perpetual",
    ),
    "a liquidation that begins late": (
        [("from = 2020-02-01\nengine", "from = 2020-03-01\nengine")],
        "liquidation[1].from: future has no liquidation from 2020-02-01T00:00:00Z until 2020-03-01",
        "from = 2020-03-01",
    ),
}
PORTFOLIO: dict[str, tuple[list[tuple[str, str]], str, str]] = {
    "a fall to zero": (
        [("price_range = 0.16", "price_range = 1")],
        "portfolio_margin[0].price_range: 1 is not a fraction between 0 and 1",
        "price_range",
    ),
    "a grid of one point": (
        [("buckets = 4", "buckets = 0")],
        "portfolio_margin[0].buckets: 0 is not 1 or more",
        "buckets",
    ),
    "gains that count more than whole": (
        [("gain_offset = 0.6", "gain_offset = 1.6")],
        "portfolio_margin[0].gain_offset: 1.6 is not a fraction from 0 to 1",
        "gain_offset",
    ),
    "a roll below zero": (
        [("move = 0.01", "move = -0.01")],
        "portfolio_margin[0].minimum_annualised_move: -0.01 is not a fraction from 0 to 1",
        "minimum_annualised_move",
    ),
    "no maintenance": (
        [("maintenance_factor = 0.8", "maintenance_factor = 0")],
        "portfolio_margin[0].maintenance_factor: 0 is not above 0, up to 1",
        "maintenance_factor",
    ),
    "a volatility that only rises": (
        [("volatility_down = 0.2\n", "")],
        "portfolio_margin[0].volatility_down: is missing beside volatility_up",
        "[[portfolio_margin]]",
    ),
    "a power below zero": (
        [("power_long = 0.13", "power_long = -0.13")],
        "portfolio_margin[0].power_long: -0.13 is below zero",
        "power_long",
    ),
}
ALL = {**MARGIN, **LIQUIDATION, **PORTFOLIO}


def test_the_rules_hold_together() -> None:
    file = read(WHOLE)
    assert [rule.engine for rule in file.liquidation] == ["tier_walk_down", "incremental"]
    for style in (STEP, LINEAR):
        assert read(made((TIERS, style))).margin[0].style in style


@pytest.mark.parametrize("case", ALL)
def test_rules_that_do_not_hold_together_are_refused_where_they_break(case: str) -> None:
    changes, reason, place = ALL[case]
    text = made(*changes)
    start = f"{PATH}:{line_of(text, place)}: {reason}"
    found = faults(text)
    assert any(fault.startswith(start) for fault in found), found


def test_an_initial_margin_of_all_is_a_leverage_of_one() -> None:
    margin = read(made(("initial_rate = 0.04", "initial_rate = 1"))).margin[0]
    assert margin.tiers[2].initial_rate == 1


def test_a_tier_may_leave_its_initial_margin_to_the_leverage_of_the_whole() -> None:
    text = made(
        tier("{ cap = 10, maintenance_rate = 0.005 }"),
        ("tier_unit", "max_leverage = 100\ntier_unit"),
    )
    assert read(text).margin[0].tiers[0].initial_rate is None


def test_portfolio_margin_may_come_after_its_product_but_not_pause() -> None:
    file = read(WHOLE)
    assert file.products[0].begins < file.portfolio_margin[0].begins
    ended = made(("from = 2024-06-01", "from = 2024-06-01\nuntil = 2025-01-01"))
    assert any("perpetual has no portfolio_margin after 2025-01-01" in why for why in faults(ended))
