"""Options on a future in dollars and in coin: Haug's table, parity, deltas, limits, the door."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.errors import DataError
from obverse.pricing import Option, black76_price, implied_future, inverse_option

futures = st.floats(0.01, 1e6)
ratios = st.floats(0.05, 20)
years = st.floats(1 / 8760, 3)
volatilities = st.floats(0.05, 2)
options = st.sampled_from(("call", "put"))

# Haug (1998), as in the QuantLib test suite: F = 90, 100, 110 at K = 100, r = 10 %.
HAUG = {
    (0.1, 0.15): ((0.0205, 1.8734, 9.9413), (9.9210, 1.8734, 0.0408)),
    (0.1, 0.25): ((0.3150, 3.1217, 10.3556), (10.2155, 3.1217, 0.4551)),
    (0.1, 0.35): ((0.9474, 4.3693, 11.1381), (10.8479, 4.3693, 1.2376)),
    (0.5, 0.15): ((0.8069, 4.0232, 10.5769), (10.3192, 4.0232, 1.0646)),
    (0.5, 0.25): ((2.7026, 6.6997, 12.7857), (12.2149, 6.6997, 3.2734)),
    (0.5, 0.35): ((4.9329, 9.3679, 15.3086), (14.4452, 9.3679, 5.7963)),
}


@pytest.mark.parametrize(("maturity", "volatility"), HAUG)
def test_haugs_table(maturity: float, volatility: float) -> None:
    for option, row in zip(("call", "put"), HAUG[maturity, volatility], strict=True):
        for future, price in zip((90, 100, 110), row, strict=True):
            found = black76_price(
                option,
                future_usd=future,
                strike_usd=100,
                maturity_years=maturity,
                volatility=volatility,
                rate=0.1,
            )
            assert found == pytest.approx(price, abs=6e-5)


def _at(option: Option, future: float, ratio: float, maturity: float, volatility: float) -> Any:
    return inverse_option(
        option,
        future_usd=future,
        strike_usd=future * ratio,
        maturity_years=maturity,
        volatility=volatility,
    )


def test_the_worked_inverse_option_in_coin() -> None:
    """Obverse theory notes, section 5: seven days at 60 %, at the money."""
    found = _at("call", 50_000, 1, 7 / 365, 0.6)
    assert found.price_coin == pytest.approx(0.0331389683551544, abs=1e-15)
    assert found.net_delta_coin == pytest.approx(0.483430515822424, abs=1e-14)
    assert found.dollar_delta_coin == pytest.approx(0.483430515822424 + 0.0331389683551544)
    assert repr(found) == (
        "0.033139 coin, delta +0.516569 coin against dollars, +0.483431 coin net of the premium"
    )


@given(options, futures, ratios, years, volatilities)
def test_the_coin_price_is_the_undiscounted_dollar_price_over_the_future(
    option: Option, future: float, ratio: float, maturity: float, volatility: float
) -> None:
    dollars = black76_price(
        option,
        future_usd=future,
        strike_usd=future * ratio,
        maturity_years=maturity,
        volatility=volatility,
    )
    coin = _at(option, future, ratio, maturity, volatility).price_coin
    assert coin == pytest.approx(dollars / future, rel=1e-9, abs=1e-13)


@given(futures, ratios, years, volatilities)
def test_parity_in_coin(future: float, ratio: float, maturity: float, volatility: float) -> None:
    call = _at("call", future, ratio, maturity, volatility)
    put = _at("put", future, ratio, maturity, volatility)
    assert call.price_coin - put.price_coin == pytest.approx(1 - ratio, abs=1e-12)
    assert call.dollar_delta_coin - put.dollar_delta_coin == pytest.approx(1)
    assert call.net_delta_coin - put.net_delta_coin == pytest.approx(ratio)
    found = implied_future(
        call_coin=call.price_coin, put_coin=put.price_coin, strike_usd=future * ratio
    )
    assert found == pytest.approx(future, rel=1e-9)


@given(futures, ratios, years, volatilities, st.floats(-0.3, 0.6))
def test_parity_in_dollars(
    future: float, ratio: float, maturity: float, volatility: float, rate: float
) -> None:
    strike = future * ratio
    call, put = (
        black76_price(
            option,
            future_usd=future,
            strike_usd=strike,
            maturity_years=maturity,
            volatility=volatility,
            rate=rate,
        )
        for option in ("call", "put")
    )
    due = (future - strike) * math.exp(-rate * maturity)
    assert call - put == pytest.approx(due, abs=1e-10 * future)


@given(options, st.floats(0.3, 3), st.floats(0.02, 2), st.floats(0.2, 1.5))
def test_net_delta_is_the_slope_of_the_coin_price(
    option: Option, ratio: float, maturity: float, volatility: float
) -> None:
    """F·d(V/F)/dF by a centred difference; and the dollar delta less the premium."""
    step = 1e-4
    strike = 60_000 * ratio
    up, down = (
        inverse_option(
            option,
            future_usd=60_000 * math.exp(move),
            strike_usd=strike,
            maturity_years=maturity,
            volatility=volatility,
        ).price_coin
        for move in (step, -step)
    )
    found = _at(option, 60_000, ratio, maturity, volatility)
    assert found.net_delta_coin == pytest.approx((up - down) / (2 * step), abs=1e-5)
    assert found.net_delta_coin == pytest.approx(
        found.dollar_delta_coin - found.price_coin, abs=1e-12
    )


@given(options, futures, ratios, years, volatilities)
def test_a_higher_strike_is_worth_less_to_call_and_more_to_put(
    option: Option, future: float, ratio: float, maturity: float, volatility: float
) -> None:
    here = _at(option, future, ratio, maturity, volatility).price_coin
    above = _at(option, future, ratio * 1.1, maturity, volatility).price_coin
    if option == "call":
        assert 0 <= above <= here <= 1
    else:
        assert 0 <= here <= above


@given(options, ratios, years, st.floats(0.1, 2))
def test_volatility_never_makes_an_option_cheaper(
    option: Option, ratio: float, maturity: float, volatility: float
) -> None:
    calm = _at(option, 100, ratio, maturity, volatility).price_coin
    wild = _at(option, 100, ratio, maturity, volatility * 1.2).price_coin
    assert wild >= calm - 1e-15


def test_far_in_the_money_a_call_tends_to_one_coin_and_a_put_has_no_bound() -> None:
    prices = [_at("call", 1e6, 10.0**-n, 0.25, 0.8).price_coin for n in range(1, 9)]
    assert prices == sorted(prices)
    assert 1 - prices[-1] == pytest.approx(1e-8, rel=1e-6)
    found = _at("call", 1e6, 1e-8, 0.25, 0.8)
    assert found.dollar_delta_coin == 1
    assert found.net_delta_coin == pytest.approx(1e-8)  # all of a coin, no dollars: no hedge
    put = _at("put", 1, 50, 0.25, 0.8)
    assert put.price_coin == pytest.approx(49)
    assert put.net_delta_coin == pytest.approx(-50)


def test_far_out_of_the_money_a_price_is_small_and_not_zero() -> None:
    found = _at("call", 50_000, 4, 7 / 365, 0.6)
    assert 0 < found.price_coin < 1e-60
    assert 0 < found.net_delta_coin < 1e-58


@pytest.mark.parametrize(("maturity", "volatility"), [(0.0, 0.6), (0.5, 0.0)])
def test_with_nothing_left_to_chance_the_payoff_is_the_price(
    maturity: float, volatility: float
) -> None:
    """(S − K)/S and its slope K/S; at the strike the middle of both sides."""
    at = {"strike_usd": 100.0, "maturity_years": maturity, "volatility": volatility}
    paid = inverse_option("call", future_usd=125, **at)
    assert (paid.price_coin, paid.dollar_delta_coin, paid.net_delta_coin) == pytest.approx(
        (0.2, 1, 0.8)
    )
    for_nothing = inverse_option("put", future_usd=125, **at)
    assert (for_nothing.price_coin, for_nothing.net_delta_coin) == (0, 0)
    put = inverse_option("put", future_usd=80, **at)
    assert (put.price_coin, put.dollar_delta_coin, put.net_delta_coin) == pytest.approx(
        (0.25, -1, -1.25)
    )
    at_the_strike = inverse_option("call", future_usd=100, **at)
    assert at_the_strike.price_coin == 0
    assert at_the_strike.dollar_delta_coin == at_the_strike.net_delta_coin == 0.5
    in_dollars = black76_price("call", future_usd=125, rate=0.04, **at)
    assert in_dollars == pytest.approx(25 * math.exp(-0.04 * maturity))


@pytest.mark.parametrize("value", [math.nan, math.inf, -1.0])
@pytest.mark.parametrize("name", ["future_usd", "strike_usd", "maturity_years", "volatility"])
def test_inputs_that_are_no_prices_are_refused(name: str, value: float) -> None:
    terms = {"future_usd": 1.0, "strike_usd": 1.0, "maturity_years": 1.0, "volatility": 1.0}
    with pytest.raises(DataError, match=name):
        black76_price("call", **terms | {name: value})
    with pytest.raises(DataError, match=name):
        inverse_option("put", **terms | {name: value})


def test_prices_of_zero_rates_of_nothing_and_other_words_are_refused() -> None:
    terms = {"future_usd": 1.0, "strike_usd": 1.0, "maturity_years": 1.0, "volatility": 1.0}
    for name in ("future_usd", "strike_usd"):
        with pytest.raises(DataError, match=f"{name}: 0.0 is not a finite number above zero"):
            inverse_option("call", **terms | {name: 0.0})
    with pytest.raises(DataError, match="rate: nan"):
        black76_price("call", rate=math.nan, **terms)
    with pytest.raises(DataError, match="beyond any price"):
        black76_price("call", rate=-1e5, **terms)
    for price in (black76_price, inverse_option):
        with pytest.raises(DataError, match="option 'digital'"):
            price("digital", **terms)
    for far in ({"future_usd": 1e-300, "strike_usd": 1e300}, {"future_usd": 5e-324}):
        with pytest.raises(DataError, match="too far apart"):
            inverse_option("put", **terms | {"volatility": 0.0} | far)


def test_prices_that_no_future_explains_are_refused() -> None:
    assert implied_future(call_coin=0.2, put_coin=0, strike_usd=100) == pytest.approx(125)
    with pytest.raises(DataError, match="less than one coin"):
        implied_future(call_coin=1.5, put_coin=0.5, strike_usd=100)
    with pytest.raises(DataError, match="put_coin: nan"):
        implied_future(call_coin=0.5, put_coin=math.nan, strike_usd=100)
    with pytest.raises(DataError, match="strike_usd: 0"):
        implied_future(call_coin=0.5, put_coin=0.5, strike_usd=0)
