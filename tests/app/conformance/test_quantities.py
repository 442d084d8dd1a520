"""What each function answers beyond the published rows: signs, rounding, choices between inputs."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from obverse.app.conformance.case import Case
from obverse.app.conformance.quantities import compute
from obverse.errors import DataError

QUANTO = {"payoff": "quanto", "multiplier": "0.000001", "settlement_currency": "XBT"}
LINEAR = {"payoff": "linear", "multiplier": "0.01", "settlement_currency": "USDT"}
TRADE = {"contracts": "10000", "entry_price": "10000", "exit_price": "12500"}


@pytest.fixture
def computed(row):
    """Compute a quantity of a generic contract, or of a venue's instrument."""

    def run(quantity: str, given: dict, **changes):
        if "venue" in changes:
            changes = {"contract": None} | changes
        return compute(Case(row(quantity, given, {}, **changes)))

    return run


def test_contract_value_is_a_magnitude(computed) -> None:
    assert computed("contract_value", {"contracts": "100", "price": "8"}) == {
        "contract_value": Decimal("12.5")
    }


def test_a_long_and_a_short_of_one_trade_mirror_each_other(computed) -> None:
    long = computed("pnl", TRADE | {"side": "long"})
    short = computed("pnl", TRADE | {"side": "short"})
    assert long == {"pnl": Decimal("0.2"), "pnl_usd": Decimal(2500)}
    assert short == {"pnl": Decimal("-0.2"), "pnl_usd": Decimal(-2500)}


def test_a_linear_gain_is_in_dollars_already(computed) -> None:
    found = computed("pnl", TRADE | {"side": "long"}, contract=LINEAR)
    assert found == {"pnl": Decimal(250_000), "pnl_usd": Decimal(250_000)}


def test_a_quanto_gain_is_not_valued_at_another_coins_price(computed) -> None:
    assert computed("pnl", TRADE | {"side": "long"}, contract=QUANTO) == {"pnl": Decimal(25)}


def test_an_average_is_harmonic_for_inverse_and_arithmetic_for_linear(computed) -> None:
    fills = [{"contracts": "100", "price": "10"}, {"contracts": "100", "price": "30"}]
    given = {"side": "short", "fills": fills}
    assert computed("average_entry", given)["average_price"] == 15
    assert computed("average_entry", given, contract=LINEAR)["average_price"] == 20
    assert computed("average_entry", given, contract=LINEAR)["cost"] == 40


def test_a_position_that_is_closed_has_no_average(computed) -> None:
    fills = [{"contracts": "5", "price": "10"}, {"contracts": "5", "price": "9", "side": "sell"}]
    found = computed("average_entry", {"side": "long", "fills": fills})
    assert found == {"average_price": None, "cost": 0}


def test_a_fills_own_side_stands_in_for_the_rows(computed) -> None:
    fills = [{"contracts": "5", "price": "10", "side": "buy"}]
    assert computed("average_entry", {"fills": fills})["average_price"] == 10


def test_bitmex_averages_down_for_longs_and_up_for_shorts(computed) -> None:
    fills = [{"contracts": "100", "price": "33333.5"}, {"contracts": "200", "price": "33334"}]
    at = {"venue": "bitmex", "instrument": "XBTUSD", "as_of": "2021-07-01"}
    long = computed("average_entry", {"side": "long", "fills": fills}, **at)
    short = computed("average_entry", {"side": "short", "fills": fills}, **at)
    # Lots cost 299999 and twice 299994 satoshi: 899987 / 3 is between 299995 and 299996.
    assert long["cost"] == short["cost"] == Decimal("0.00899987")
    assert round(long["average_price"], 9) == round(Decimal(10**10) / 299995, 9)
    assert round(short["average_price"], 9) == round(Decimal(10**10) / 299996, 9)


@pytest.mark.parametrize("liquidity", ["maker", "taker", "delivery", "liquidation"])
def test_a_given_rate_overrides_the_venues(computed, liquidity: str) -> None:
    given = {"usd_amount": "100000", "price": "50000", "liquidity": liquidity, "rate": "-0.01"}
    at = {"venue": "deribit", "instrument": "BTC-PERPETUAL", "as_of": "2024-06-01"}
    assert computed("fee", given, **at) == {"fee": Decimal("-0.02")}


@pytest.mark.parametrize(
    ("liquidity", "fee"),
    [("maker", "0"), ("taker", "0.001"), ("delivery", "0.0005"), ("liquidation", "0.015")],
)
def test_without_a_rate_the_venues_own_is_taken(computed, liquidity: str, fee: str) -> None:
    given = {"usd_amount": "100000", "price": "50000", "liquidity": liquidity}
    at = {"venue": "deribit", "instrument": "BTC-PERPETUAL", "as_of": "2024-06-01"}
    assert computed("fee", given, **at) == {"fee": Decimal(fee)}


def test_bitmex_truncates_the_fee_of_each_fill(computed) -> None:
    # 0.0005 of 333333 satoshi is 166.67: two fills pay 332, one of twice the size pays 333.
    fill = {"contracts": "100", "price": "30000"}
    at = {"venue": "bitmex", "instrument": "XBTUSD", "as_of": "2021-09-01"}
    terms = {"liquidity": "taker", "rate": "0.0005"}
    apart = computed("fee", terms | {"fills": [fill, fill]}, **at)
    whole = computed("fee", terms | fill | {"contracts": "200"}, **at)
    assert (apart["fee"], whole["fee"]) == (Decimal("0.00000332"), Decimal("0.00000333"))


def test_bybit_truncates_delivery_fees_and_no_others(computed) -> None:
    # 0.0005 of 0.94339623 is 0.000471698...
    given = {"contracts": "10000", "price": "10600", "rate": "0.0005"}
    at = {"venue": "bybit", "instrument": "BTCUSDH21", "as_of": "2021-01-15"}
    delivered = computed("fee", given | {"liquidity": "delivery"}, **at)
    taken = computed("fee", given | {"liquidity": "taker"}, **at)
    assert (delivered["fee"], taken["fee"]) == (Decimal("0.00047169"), Decimal("0.0004717"))


def test_an_unknown_liquidity_is_refused_even_with_a_rate(computed) -> None:
    with pytest.raises(DataError, match="liquidity 'free'"):
        computed("fee", {"contracts": "1", "price": "1", "liquidity": "free", "rate": "0"})


def test_equity_marks_an_open_position_only_at_a_given_mark(computed) -> None:
    given = {
        "starting_balance": "1",
        "fills": [{"side": "buy", "contracts": "1000", "price": "1000", "fee_rate": "0"}],
    }
    assert computed("equity", given) == {"equity": 1, "position_contracts": 1000}
    marked = computed("equity", given | {"mark_price": "500"})
    assert marked == {"equity": 0, "position_contracts": 1000}


def test_a_fee_of_the_fill_stands_over_its_rate(computed) -> None:
    fill = {"side": "sell", "contracts": "10", "price": "10", "fee": "-0.1", "fee_rate": "0.5"}
    found = computed("equity", {"starting_balance": "0", "fills": [fill], "funding": ["0.02"]})
    assert found == {"equity": Decimal("0.12"), "position_contracts": -10}


def test_size_by_value_margin_and_dollars(computed) -> None:
    at = {"venue": "okx", "instrument": "BTC-USD-SWAP", "as_of": "2024-01-15"}
    size = {"price": "50000"}
    assert computed("position_size", size | {"coin_value": "0.5"}, **at) == {"contracts": 250}
    by_margin = size | {"margin": "0.1", "leverage": "5"}
    assert computed("position_size", by_margin, **at) == {"contracts": 250}
    assert computed("position_size", {"usd_amount": "25000"}, **at) == {"contracts": 250}


def test_return_takes_a_gain_that_is_given_before_one_at_the_mark(computed) -> None:
    given = {"side": "long", "contracts": "100", "entry_price": "100", "leverage": "4"}
    at_mark = computed("return_on_equity", given | {"mark_price": "200"})
    assert at_mark == {"return_on_equity": 2, "return_on_value": Decimal("0.5")}
    told = computed("return_on_equity", given | {"unrealized_pnl": "-0.25", "mark_price": "200"})
    assert told == {"return_on_equity": -1, "return_on_value": Decimal("-0.25")}


def test_a_full_hedge_is_worth_its_dollars_at_any_price(computed) -> None:
    given = {"coin_holding": "2", "side": "short", "contracts": "20000", "entry_price": "10000"}
    for price in ("5000", "10000", "64000"):
        found = computed("hedge", given | {"exit_price": price})
        assert found["usd_value"] == 20_000
        assert found["coin_total"] == Decimal(20_000) / Decimal(price)


def test_a_quanto_hedge_depends_on_the_coin_it_settles_in(computed) -> None:
    given = {
        "side": "short",
        "contracts": "200000",
        "entry_price": "300",
        "exit_price": "330",
        "settlement_price_entry": "30000",
        "settlement_price_exit": "33000",
        "underlying_holding": "6000",
    }
    assert computed("quanto_hedge", given, contract=QUANTO) == {
        "contract_value": 60,
        "underlying_equivalent": 6000,
        "pnl": -6,
        "pnl_usd": -198_000,
        "holding_pnl_usd": 180_000,
        "net_pnl_usd": -18_000,
    }


def test_a_spread_may_be_below_zero_and_needs_both_legs(computed) -> None:
    found = computed(
        "combo_price", {"far_price": "99.5", "near_price": "101", "far_mark_price": "9"}
    )
    assert found == {"combo_price": Decimal("-1.5")}


def test_a_perpetual_has_no_expiry(computed) -> None:
    at = {"venue": "kraken", "instrument": "PI_ETHUSD", "as_of": "2022-06-01"}
    assert computed("expiry", {}, **at) == {"expiry": None}


def test_a_volume_weighted_price_is_dollars_over_turnover(computed) -> None:
    at = {"venue": "deribit", "instrument": "BTC-PERPETUAL", "as_of": "2024-06-01"}
    given = {"turnover": "12.5", "contracts": "37500"}
    assert computed("volume_weighted_price", given, **at) == {"volume_weighted_price": 30_000}


def test_carry_without_time_or_rates_is_spot(computed) -> None:
    assert computed(
        "carry_price", {"spot_price": "70000", "rate": "0.2", "maturity_years": "0"}
    ) == {"future_price": 70_000}
    flat = {"spot_price": "70000", "rate": "0.02", "storage_rate": "0.01", "maturity_years": "2"}
    assert computed("carry_price", flat | {"convenience_yield": "0.03"})[
        "future_price"
    ] == pytest.approx(70_000)


def test_generic_values_keep_more_decimals_than_any_tolerance_asks(computed) -> None:
    value = computed("contract_value", {"contracts": "1", "price": "7"})["contract_value"]
    assert abs(Fraction(value) - Fraction(1, 7)) < Fraction(1, 10**39)


def test_a_missing_input_is_named(computed) -> None:
    with pytest.raises(DataError, match="given 'exit_price' is missing"):
        computed("pnl", {"side": "long", "contracts": "1", "entry_price": "1"})
