"""What the shipped rulebooks say of margin and liquidation, against the published tables."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from strategies import venue_days

from obverse.contracts.instants import instant
from obverse.rulebooks import rulebook, venue_file, venues
from obverse.rulebooks.in_force import ProductRules
from obverse.rulebooks.records import LinearInSize, LiquidationRule, Margin, Step, Tier
from obverse.rulebooks.series import series

TICK = timedelta(microseconds=1)
LAST = "2026-09-22"
"""BitMEX's last day; the others' newest rules are in force on it."""

each_venue = pytest.mark.parametrize("venue", venues())


def rules(venue: str, product: str, as_of: str = LAST) -> ProductRules:
    return rulebook(venue, as_of=as_of).products[product]


def margin(venue: str, product: str, as_of: str = LAST) -> Margin:
    found = rules(venue, product, as_of).margin
    assert found is not None
    return found


def liquidation(venue: str, product: str, as_of: str = LAST) -> LiquidationRule:
    found = rules(venue, product, as_of).liquidation
    assert found is not None
    return found


def step(*numbers: str) -> Step:
    limit, each, initial, maintenance = map(Decimal, numbers)
    return Step(
        base_limit=limit, step=each, base_initial_rate=initial, base_maintenance_rate=maintenance
    )


def line(*numbers: str) -> LinearInSize:
    initial, maintenance, slope = map(Decimal, numbers)
    return LinearInSize(
        base_initial_rate=initial, base_maintenance_rate=maintenance, slope_per_coin=slope
    )


def per_cent(tiers: list[Tier]) -> list[tuple[str | None, str, str]]:
    """Each tier's cap, initial and maintenance rate in per cent."""
    return [
        (
            None if tier.cap is None else f"{tier.cap.normalize():f}",
            f"{((tier.initial_rate or Decimal(0)) * 100).normalize():f}",
            f"{(tier.maintenance_rate * 100).normalize():f}",
        )
        for tier in tiers
    ]


# Every position can be liquidated


@given(venue_days())
def test_every_perpetual_and_future_has_a_liquidation_at_every_date(
    day: tuple[str, datetime],
) -> None:
    venue, moment = day
    for item in rulebook(venue, as_of=moment).products.values():
        assert (item.liquidation is None) == (item.product.kind == "spread")


@each_venue
def test_liquidation_begins_with_the_product_and_does_not_pause(venue: str) -> None:
    file = venue_file(venue)
    for product in file.products:
        if product.kind == "spread":
            continue
        found = [entry for _, entry in series(file, "liquidation", product)]
        assert found[0].begins <= product.begins
        for entry, later in pairwise(found):
            assert entry.until in (None, later.begins)
        assert found[-1].until is None or found[-1].until == product.until


@each_venue
def test_a_liquidation_says_what_it_is_not_sure_of(venue: str) -> None:
    """No venue dates its pages on liquidation."""
    assert all(rule.uncertain for rule in venue_file(venue).liquidation)


def test_engines_and_what_pays_for_a_loss_are_each_venues_own() -> None:
    found = {venue: liquidation(venue, "btc_perpetual") for venue in venues()}
    assert {venue: (rule.engine, rule.loss_sharing) for venue, rule in found.items()} == {
        "binance": ("immediate_or_cancel", "deleveraging"),
        "bitmex": ("tier_walk_down", "deleveraging"),
        "bybit": ("tier_walk_down", "deleveraging"),
        "deribit": ("incremental", "session_winners"),
        "kraken": ("immediate_or_cancel", "opposite_positions"),
        "okx": ("tier_walk_down", "deleveraging"),
    }
    assert {venue for venue, rule in found.items() if rule.residual == "trader"} == {
        "deribit",
        "kraken",
    }
    assert (found["binance"].closes, found["kraken"].closes) == ("until_met", "whole")
    assert found["deribit"].slice_contracts == 200


def test_prices_of_liquidation_are_rounded_each_venues_way() -> None:
    assert {venue: liquidation(venue, "btc_perpetual").price_rounding for venue in venues()} == {
        "binance": "none",
        "bitmex": "lot_units_and_tick",
        "bybit": "tick",
        "deribit": "none",
        "kraken": "none",
        "okx": "one_tick_early",
    }


def test_where_the_closing_fee_stands_and_which_way_it_is_rounded() -> None:
    assert {venue: margin(venue, "btc_perpetual").closing_fee for venue in venues()} == {
        "binance": "none",
        "bitmex": "on_entry_and_margin",
        "bybit": "at_bankruptcy",
        "deribit": "none",
        "kraken": "none",
        "okx": "at_mark",
    }
    up = {
        venue
        for venue in venues()
        if (kept := rules(venue, "btc_perpetual").rounding.closing_fee) is not None
        and (kept.places, kept.rounding) == (8, "away_from_zero")
    }
    assert up == {"bitmex", "bybit"}


# BitMEX


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        ("2016-06-01", ("100", "50", "0.02", "0.005")),
        ("2018-08-27", ("200", "100", "0.01", "0.005")),
        ("2021-08-31T05:59:59Z", ("200", "100", "0.01", "0.0035")),
        ("2021-08-31T06:00:00Z", ("200", "150", "0.01", "0.0035")),
        (LAST, ("200", "150", "0.01", "0.005")),
    ],
)
def test_steps_of_bitmex(as_of: str, expected: tuple[str, ...]) -> None:
    assert margin("bitmex", "btc_perpetual", as_of).step == step(*expected)


def test_the_steps_of_bitmex_grew_at_six_in_the_morning() -> None:
    at = instant("2021-08-31T06:00Z")
    steps = {
        product: tuple(
            found.step.step
            for moment in (at - TICK, at)
            if (found := rulebook("bitmex", as_of=moment).products[product].margin)
            and found.step is not None
        )
        for product in ("btc_perpetual", "eth_quanto_perpetual")
    }
    assert steps == {
        "btc_perpetual": (Decimal(100), Decimal(150)),
        "eth_quanto_perpetual": (Decimal(75), Decimal(100)),
    }


def test_the_futures_of_bitmex_went_back_to_half_a_per_cent_in_march_2024() -> None:
    assert margin("bitmex", "btc_future", "2024-03-18").step == step("75", "75", "0.01", "0.0035")
    assert margin("bitmex", "btc_future", "2024-03-20").step == step("75", "75", "0.01", "0.005")


# Deribit


@pytest.mark.parametrize(
    ("product", "as_of", "expected"),
    [
        ("btc_future", "2017-01-01", ("0.1", "0.05", "0")),
        ("btc_future", "2017-03-10", ("0.15", "0.075", "0")),
        ("btc_perpetual", "2019-01-01", ("0.02", "0.015", "0.00005")),
        ("btc_perpetual", "2022-01-10", ("0.01", "0.00525", "0.00005")),
        ("btc_perpetual", "2022-01-11", ("0.02", "0.01", "0.00005")),
        ("eth_perpetual", "2022-01-10", ("0.02", "0.01", "0.000002")),
        ("eth_perpetual", "2022-01-11", ("0.02", "0.01", "0.000004")),
    ],
)
def test_base_rates_of_deribit(product: str, as_of: str, expected: tuple[str, ...]) -> None:
    found = margin("deribit", product, as_of)
    assert (found.style, found.linear) == ("linear_in_size", line(*expected))
    assert (found.initial_basis, found.value_basis) == ("mark", "mark")


@pytest.mark.parametrize(
    ("product", "as_of", "expected"),
    [
        ("btc_perpetual", "2017-08-01", ("0.175", "0", "0", "1", None)),
        ("btc_perpetual", "2018-08-14", ("0.125", "0", "0.01", "1", "0.5")),
        ("btc_future", "2020-01-01", ("0.1", "0", "0.005", "1", "0.3")),
        ("btc_future", "2024-06-01", ("0.16", "0", "0.01", "0.8", "0.3")),
        ("eth_perpetual", "2026-02-15", ("0.18", "0.6", "0.005", "0.8", "0.3")),
    ],
)
def test_portfolio_margin_of_deribit(
    product: str, as_of: str, expected: tuple[str | None, ...]
) -> None:
    product = product if as_of > "2018-08" else "btc_future"
    rule = rules("deribit", product, as_of).portfolio_margin
    assert rule is not None
    assert (
        rule.price_range,
        rule.gain_offset,
        rule.minimum_annualised_move,
        rule.maintenance_factor,
        rule.power_short,
    ) == tuple(None if number is None else Decimal(number) for number in expected)
    assert rule.buckets == 4
    assert rule.uncertain


def test_portfolio_margin_is_deribits_and_came_in_july_2017() -> None:
    assert [venue for venue in venues() if venue_file(venue).portfolio_margin] == ["deribit"]
    assert rules("deribit", "btc_future", "2017-07-19").portfolio_margin is None
    assert rules("deribit", "btc_future", "2017-07-20").portfolio_margin is not None


# Binance


@pytest.mark.parametrize(
    ("as_of", "caps", "deductions"),
    [
        (
            "2021-04-15",
            ["10", "20", "30", "50", "100", "200", "400"],
            ["0", "0.01", "0.11", "0.56", "1.81", "6.81", "11.81"],
        ),
        (
            "2021-08-01",
            ["5", "10", "20", "50", "100", "200", "400"],
            ["0", "0.005", "0.055", "0.355", "1.605", "6.605", "11.605"],
        ),
    ],
)
def test_the_ladder_of_binance_gives_the_deductions_that_it_prints(
    as_of: str, caps: list[str], deductions: list[str]
) -> None:
    """A bracket's deduction is what keeps maintenance continuous at the cap below it."""
    tiers = margin("binance", "btc_perpetual", as_of).tiers
    found = [Decimal(0)]
    for low, high in pairwise(tiers):
        assert low.cap is not None
        found.append(found[-1] + low.cap * (high.maintenance_rate - low.maintenance_rate))
    assert [tier.cap for tier in tiers] == [Decimal(cap) for cap in caps]
    assert found == [Decimal(deduction) for deduction in deductions]
    assert [tier.max_leverage for tier in tiers] == [125, 100, 50, 20, 10, 5, 4]


def test_ether_at_binance_has_less_leverage_than_bitcoin() -> None:
    tiers = margin("binance", "eth_perpetual").tiers
    assert [tier.cap for tier in tiers] == [100, 500, 1000, 2000, 4000, 6000, 8000]
    assert [tier.max_leverage for tier in tiers] == [100, 75, 50, 20, 10, 5, 4]


def test_an_isolated_margin_at_binance_pays_its_own_opening_fee() -> None:
    paying = {venue for venue in venues() if margin(venue, "btc_future").opening_fee == "margin"}
    assert paying == {"binance"}


# Bybit


def test_margin_of_bybit_moved_from_entry_and_steps_to_the_mark_and_brackets() -> None:
    old = margin("bybit", "btc_perpetual", "2020-01-15")
    assert (old.style, old.value_basis) == ("step_whole_position", "entry")
    assert old.step == step("150", "150", "0.01", "0.005")
    new = margin("bybit", "btc_perpetual")
    assert (new.style, new.value_basis) == ("marginal_with_deduction", "mark")
    assert per_cent(new.tiers[:3]) == [
        ("150", "1", "0.5"),
        ("300", "1.5", "1"),
        ("450", "2", "1.5"),
    ]
    for product in ("eth_perpetual", "eos_perpetual", "xrp_perpetual"):
        assert margin("bybit", product).tiers[0].maintenance_rate == Decimal("0.01")


def test_only_futures_of_bybit_are_liquidated_on_the_settlement_price_too() -> None:
    found = {
        (venue, product)
        for venue in venues()
        for product, item in rulebook(venue, as_of=LAST).products.items()
        if item.liquidation is not None and item.liquidation.settlement_price_too
    }
    assert found == {("bybit", "btc_future"), ("bybit", "eth_future")}


def test_the_fund_of_bybit_may_fall_by_three_tenths() -> None:
    assert liquidation("bybit", "btc_perpetual", "2024-01-01").fund_fall is None
    for product in ("btc_perpetual", "btc_future"):
        rule = liquidation("bybit", product)
        assert (rule.fund_fall, rule.fund_fall_stop) == (Decimal("0.3"), Decimal("0.25"))


# OKX


def test_okx_went_from_the_first_tier_to_two_tiers_at_a_time() -> None:
    old, new = (liquidation("okx", "btc_perpetual", day) for day in ("2020-06-01", LAST))
    assert (old.from_tier, old.target_tier, old.tiers_down) == (3, 1, None)
    assert (new.from_tier, new.tiers_down) == (3, 2)
    assert (old.loss_sharing, new.loss_sharing) == ("session_winners", "deleveraging")
    assert (new.fund_fall, new.deleveraging_price) == (Decimal("0.3"), "mark")


def test_from_tier_three_on_a_swap_at_okx_had_more_than_twelve_thousand_contracts() -> None:
    tiers = margin("okx", "btc_perpetual", "2020-06-01").tiers
    assert [tier.cap for tier in tiers[:2]] == [2000, 12000]
    rises = {high.maintenance_rate - low.maintenance_rate for low, high in pairwise(tiers[1:])}
    assert rises == {Decimal("0.005")}


# Kraken

KRAKEN = {
    "btc_perpetual": [
        ("500000", "2", "1"), ("1000000", "4", "2"), ("3000000", "6", "3"), ("6000000", "10", "5"),
        ("12000000", "15", "7.5"), ("20000000", "25", "12.5"), ("50000000", "30", "15"),
        ("75000000", "40", "20"),
    ],
    "eth_perpetual": [
        ("250000", "2", "1"), ("500000", "4", "2"), ("2000000", "6", "3"), ("5000000", "10", "5"),
        ("8000000", "15", "7.5"), ("15000000", "25", "12.5"), ("30000000", "30", "15"),
        (None, "40", "20"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("product", KRAKEN)
def test_brackets_of_kraken(product: str) -> None:
    found = margin("kraken", product)
    assert (found.style, found.tier_unit) == ("marginal", "contracts")
    assert per_cent(found.tiers) == KRAKEN[product]


def test_the_futures_of_kraken_had_three_brackets_in_2019() -> None:
    assert per_cent(margin("kraken", "btc_future", "2019-06-01").tiers) == [
        ("500000", "2", "1"),
        ("1000000", "4", "2"),
        (None, "6", "3"),
    ]


@pytest.mark.parametrize("product", rulebook("kraken", as_of="2022-01-01").products)
def test_maintenance_at_kraken_is_half_of_initial(product: str) -> None:
    for tier in margin("kraken", product, "2022-01-01").tiers:
        assert tier.initial_rate == 2 * tier.maintenance_rate
