"""What makes a rulebook hold together: each way it can fail, with file, line and reason."""

from __future__ import annotations

import pytest
from small_rulebook import PATH, TEXT, changed, entry, line_of, read

from obverse.errors import LocatedError

SECOND = "from = 2021-06-08T04:30:00Z"  # the second specification, of the perpetual
FIRST = "from = 2020-01-01\nmultiplier"  # the first one, of both products
LINEAR = "linear = { base_initial_rate = 0.1, base_maintenance_rate = 0.1, slope_per_coin = 1 }"


def refusal(text: str) -> list[str]:
    """Say why a rulebook is refused, a fault a line."""
    with pytest.raises(LocatedError) as refused:
        read(text)
    assert all(fault.path == PATH for fault in refused.value.faults)
    return str(refused.value).splitlines()


def test_the_small_rulebook_holds_together() -> None:
    later = entry("specification", 'products = ["future"]\nfrom = 2022-01-01')
    assert read(TEXT + later).specification[2].begins.year == 2022


# One thing is changed; the fault is on the line of the change, or of the part named.
FAULTS: dict[str, tuple[str, str, str] | tuple[str, str, str, str]] = {
    "a product twice": (
        'id = "future"',
        'id = "perpetual" # two',
        "products[1].id: 'perpetual' is there twice",
    ),
    "a product before its rulebook": (
        "from = 2020-01-01  #",
        "from = 2020-01-02  #",
        "products[0].from: begins before the rulebook does",
        'from = 2020-01-01\nsource = ["H1"]\n\n[[products]]',
    ),
    "a product that ends before it begins": (
        "from = 2020-02-01",
        "until = 2020-01-15\nfrom = 2020-02-01",
        "products[1].until: is not after 'from'",
    ),
    "a rulebook that ends before it begins": (
        "from = 2020-01-01",
        "until = 2019-01-01\nfrom = 2020-01-01",
        "until: is not after 'from'",
    ),
    "an unknown field in a symbol": (
        "{YYMMDD}",
        "{YYYYMMDD}",
        "products[1].symbol: symbol pattern 'BTC-{YYYYMMDD}'",
    ),
    "a symbol of two near legs": ("{YYMMDD}", "{YYMMDD}_{YYMMDD}", "products[1].symbol: symbol"),
    "a lower-case symbol": ("BTC-PERP", "btc-perp", "products[0].symbol: symbol pattern"),
    "a rule for nobody": (
        'products = ["perpetual"]',
        'products = ["perpetul"]',
        "specification[1].products: no product 'perpetul'; did you mean 'perpetual'?",
    ),
    "a perpetual with a calendar": (
        'products = ["future"]\nfrom = 2020-02-01\ncycles',
        'products = ["future", "perpetual"]\nfrom = 2020-02-01\ncycles',
        "calendar[0].products: a perpetual (perpetual) has no calendar",
    ),
    "a rule without a source": (
        'delivery = 0.0002\nsource = ["H2"]',
        "delivery = 0.0002\nsource = []",
        "fees[0].source: names no source",
        "source = []",
    ),
    "a product without a source": (
        'from = 2020-02-01\nsource = ["H1"]',
        "from = 2020-02-01\nsource = []",
        "products[1].source: names no source",
        "source = []",
    ),
    "an unknown source": (
        'delivery = 0.0002\nsource = ["H2"]',
        'delivery = 0.0002\nsource = ["H2", "H3"]',
        "fees[0].source: 'H3' is not among [sources]",
        '"H3"',
    ),
    "a late start": (
        "from = 2020-02-01\nmethod",
        "from = 2020-02-02\nmethod",
        "delivery[0].from: future has no delivery from 2020-02-01T00:00:00Z until 2020-02-02T00:0",
    ),
    "an early end": (
        "from = 2020-01-01\nmethod",
        "until = 2025-01-01\nfrom = 2020-01-01\nmethod",
        "session[0].until: perpetual has no session after 2025-01-01T00:00:00Z",
    ),
    "an overlap": (
        FIRST,
        FIRST.replace("\n", "\nuntil = 2021-06-08T04:30:01Z\n"),
        "specification[1].from: overlaps the specification of perpetual from 2020-01-01T00:00:00Z",
        SECOND,
    ),
    "two from one instant": (
        SECOND,
        "from = 2020-01-01 # again",
        "specification[1].from: overlaps the specification of perpetual from 2020-01-01T00:00:00Z",
    ),
    "a rule that ends before it begins": (
        SECOND,
        f"until = 2021-01-01\n{SECOND}",
        "specification[1].until: is not after 'from'",
    ),
    "a tick of zero": ("tick = 0.5", "tick = 0.0", "specification[0].tick: 0.0 is not above zero"),
    "a lot below zero": ("lot = 1\n", "lot = -1\n", "specification[0].lot: -1 is not above zero"),
    "a contract of nothing": (
        "multiplier = 1\ntick = 0.1",
        "multiplier = 0\ntick = 0.1",
        "specification[1].multiplier: 0 is not above zero",
    ),
    "a fee of everything": ("0.0005", "1.0", "fees[0].taker: is not a rate below 100 %"),
    "more places than the unit has": (
        "fee = { places = 8",
        "fee = { places = 9",
        "rounding[0].fee: places are not from 0 to the exponent 8",
    ),
    "places below zero": (
        "fee = { places = 6",
        "fee = { places = -1",
        "rounding[0].delivery_fee: places are not from 0",
    ),
    "an absurd unit": ("exponent = 8", "exponent = 80", "rounding[0].exponent: a unit has 0 to 40"),
    "a bad time zone": (
        "Europe/London",
        "Europe/Atlantis",
        "calendar[0].time_zone: time zone: 'Europe/Atlantis' is not known",
    ),
    "a time zone that is a path": ("Europe/London", "../../etc", "calendar[0].time_zone: "),
    "a cycle that lists nothing": (
        "weekly = 2",
        "weekly = 0",
        "calendar[0]: calendar: 0 weekly contracts",
        "[[calendar]]",
    ),
    "a move of no delivery": (
        '"shared"',
        '"shared"\nmoved = [{ from = 2020-12-24, to = 2020-12-23 }]',
        "calendar[0]: calendar: 2020-12-24 is moved, but no cycle delivers on it",
        "[[calendar]]",
    ),
    "caps that fall": (
        "cap = 20, initial",
        "cap = 10, initial_rate = 0.02, maintenance_rate = 0.011 }, # initial",
        "margin[0].tiers[1]: caps do not ascend",
    ),
    "no limit before the last": (
        "cap = 10, ",
        "",
        "margin[0].tiers[1]: caps do not ascend",
        "cap = 20",
    ),
    "rates that fall": (
        "maintenance_rate = 0.02 }",
        "maintenance_rate = 0.001 }",
        "margin[0].tiers[2]: maintenance_rate falls as size grows",
    ),
    "tiers without a unit": (
        'tier_unit = "coin"\n',
        "",
        "margin[0].tier_unit: tiers need a tier_unit",
        "[[margin]]",
    ),
    "numbers of another style": (
        "tiers = [",
        f"{LINEAR}\ntiers = [",
        "margin[0].linear: style 'marginal' does not take 'linear'",
    ),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_rulebook_that_does_not_hold_together_is_refused_where_it_breaks(case: str) -> None:
    old, new, reason, *place = FAULTS[case]
    text = changed((old, new))
    line = line_of(text, place[0] if place else new)
    found = refusal(text)
    assert any(fault.startswith(f"{PATH}:{line}: {reason}") for fault in found), found


def test_a_gap_is_told_to_the_second() -> None:
    until = FIRST.replace("\n", "\nuntil = 2021-06-08T04:29:59Z\n")
    text = changed((FIRST, until), ('["perpetual"]\nfrom', '["*"]\nfrom'))
    reason = "has no specification from 2021-06-08T04:29:59Z until 2021-06-08T04:30:00Z"
    start = f"{PATH}:{line_of(text, SECOND)}: specification[1].from:"
    assert refusal(text) == [f"{start} {product} {reason}" for product in ("perpetual", "future")]


def test_a_rule_may_end_as_the_next_begins() -> None:
    file = read(changed((FIRST, FIRST.replace("\n", "\nuntil = 2021-06-08T04:30:00Z\n")),
                        ('["perpetual"]\nfrom', '["*"]\nfrom')))  # fmt: skip
    first, second = file.specification
    assert first.until == second.begins


@pytest.mark.parametrize(
    ("style", "missing"), [("step_whole_position", "step"), ("linear_in_size", "linear")]
)
def test_each_margin_style_has_its_own_numbers(style: str, missing: str) -> None:
    found = "\n".join(refusal(changed(('style = "marginal"', f'style = "{style}"'))))
    assert f"margin[0].{missing}: style '{style}' needs '{missing}'" in found
    assert f"margin[0].tiers: style '{style}' does not take 'tiers'" in found


@pytest.mark.parametrize("kind", ["specification", "fees", "rounding", "session", "margin"])
def test_a_product_that_a_kind_of_rule_leaves_out_is_named(kind: str) -> None:
    """A fee of one cycle alone does not stand in for the general one either."""
    text = changed((f'[[{kind}]]\nproducts = ["*"]', f'[[{kind}]]\nproducts = ["perpetual"]'))
    product = line_of(text, 'id = "future"') - 1
    assert f"{PATH}:{product}: products[1]: future has no {kind}" in refusal(text)


def test_fees_of_one_cycle_may_not_overlap_either() -> None:
    again = entry("fees", 'products = ["future"]\nfrom = 2020-02-01\ncycle = "weekly"')
    assert any("overlaps the fees of future" in fault for fault in refusal(TEXT + again))
    monthly = again.replace("weekly", "monthly")
    assert len(read(TEXT + monthly).fees) == 3


def test_all_faults_are_told_in_the_order_of_their_lines() -> None:
    spoiled = changed(("= 0.0005", "= 2"), ("tick = 0.5", "tick = 0"), ("Europe/London", "Nowhere"))
    lines = [int(fault.split(":")[1]) for fault in refusal(spoiled)]
    assert len(lines) == 3
    assert lines == sorted(lines)


def test_a_product_that_left_needs_no_rules_after_it() -> None:
    file = read(
        changed(
            ("from = 2020-02-01\nsource", "from = 2020-02-01\nuntil = 2025-01-01\nsource"),
            ("from = 2020-02-01\nmethod", "from = 2020-02-01\nuntil = 2025-01-01\nmethod"),
        )
    )
    assert file.products[1].until == file.delivery[0].until
