"""The quantities of options and of factor models, computed by the public functions."""

from __future__ import annotations

from collections.abc import Callable

from obverse.app.conformance.case import Case
from obverse.app.conformance.results import Result
from obverse.errors import DataError
from obverse.pricing import (
    GibsonSchwartz,
    Option,
    Quanto,
    SpreadLegs,
    black76_price,
    calendar_spread_option_price,
    cash_or_nothing_price,
    everlasting_price,
    expected_convenience_yield,
    expected_log_spot,
    inverse_option,
    one_factor_future_price,
    quanto_option_price,
    two_factor_expected_spot,
    two_factor_future_price,
    two_factor_option_price,
)


def option_price(case: Case) -> Result:
    """Price of an option by the model that the row names."""
    return _OPTION_MODELS[_model(case, *_OPTION_MODELS)](case)


def _black76(case: Case) -> Result:
    price = black76_price(
        _option(case),
        future_usd=case.real("future_price"),
        strike_usd=case.real("strike"),
        maturity_years=case.real("maturity_years"),
        volatility=case.real("volatility"),
        rate=case.real("rate"),
    )
    return {"option_price": price}


def _black76_coin(case: Case) -> Result:
    found = inverse_option(
        _option(case),
        future_usd=case.real("future_price"),
        strike_usd=case.real("strike"),
        maturity_years=case.real("maturity_years"),
        volatility=case.real("volatility"),
    )
    return {"option_price": found.price_coin, "net_delta": found.net_delta_coin}


def _quanto(case: Case) -> Result:
    quanto = Quanto(
        foreign_rate=case.real("foreign_rate"),
        exchange_volatility=case.real("exchange_volatility"),
        correlation=case.real("correlation"),
    )
    price = quanto_option_price(
        _option(case),
        quanto,
        spot_price=case.real("spot_price"),
        strike=case.real("strike"),
        maturity_years=case.real("maturity_years"),
        volatility=case.real("volatility"),
        rate=case.real("rate"),
        dividend_yield=case.real("dividend_yield"),
    )
    return {"option_price": price}


def _cash_or_nothing(case: Case) -> Result:
    price = cash_or_nothing_price(
        _option(case),
        spot_usd=case.real("spot_price"),
        strike_usd=case.real("strike"),
        maturity_years=case.real("maturity_years"),
        volatility=case.real("volatility"),
        rate=case.real("rate"),
        dividend_yield=case.real("dividend_yield"),
        cash_usd=case.real("cash"),
    )
    return {"option_price": price}


def _everlasting(case: Case) -> Result:
    price = everlasting_price(
        _option(case),
        spot_usd=case.real("spot_price"),
        strike_usd=case.real("strike"),
        kappa=case.real("kappa"),
        volatility=case.real("volatility"),
        drift=case.real("drift"),
    )
    return {"option_price": price}


def _gibson_schwartz(case: Case) -> Result:
    price = two_factor_option_price(
        _option(case),
        _two_factors(case, "risk_neutral_yield_mean"),
        strike_usd=case.real("strike"),
        expiry_years=case.real("expiry_years"),
        maturity_years=case.real("maturity_years"),
        rate=case.real("rate"),
    )
    return {"option_price": price}


def calendar_spread_option(case: Case) -> Result:
    """Price of an option on one future less another."""
    _model(case, "kirk")
    legs = SpreadLegs(
        future_1_usd=case.real("future_price_1"),
        future_2_usd=case.real("future_price_2"),
        volatility_1=case.real("volatility_1"),
        volatility_2=case.real("volatility_2"),
        correlation=case.real("correlation"),
    )
    price = calendar_spread_option_price(
        _option(case),
        legs,
        strike_usd=case.real("strike"),
        maturity_years=case.real("maturity_years"),
        rate=case.real("rate"),
    )
    return {"option_price": price}


def two_factor_future(case: Case) -> Result:
    """Future price with a mean-reverting convenience yield."""
    _model(case, "gibson_schwartz")
    model = _two_factors(case, "risk_neutral_yield_mean")
    maturity = case.real("maturity_years")
    price = two_factor_future_price(model, maturity_years=maturity, rate=case.real("rate"))
    return {"future_price": price}


def two_factor_expectation(case: Case) -> Result:
    """Expected spot and convenience yield in the real world."""
    _model(case, "gibson_schwartz")
    model = _two_factors(case, "yield_mean")
    horizon = case.real("horizon_years")
    spot = two_factor_expected_spot(model, horizon_years=horizon, drift=case.real("drift"))
    held = expected_convenience_yield(model, horizon_years=horizon)
    return {"expected_spot": spot, "expected_convenience_yield": held}


def one_factor_future(case: Case) -> Result:
    """Expected log spot, and with a volatility the future price, of a mean-reverting log price."""
    _model(case, "schwartz")
    spot, maturity = case.real("spot_price"), case.real("maturity_years")
    mean, speed = case.real("log_mean"), case.real("mean_reversion")
    found: Result = {
        "expected_log_spot": expected_log_spot(
            spot, log_mean=mean, mean_reversion=speed, maturity_years=maturity
        )
    }
    if "volatility" in case:
        found["future_price"] = one_factor_future_price(
            spot,
            log_mean=mean,
            mean_reversion=speed,
            volatility=case.real("volatility"),
            maturity_years=maturity,
        )
    return found


def _two_factors(case: Case, mean: str) -> GibsonSchwartz:
    return GibsonSchwartz(
        spot_usd=case.real("spot_price"),
        convenience_yield=case.real("convenience_yield"),
        yield_mean=case.real(mean),
        mean_reversion=case.real("mean_reversion"),
        spot_volatility=case.real("spot_volatility"),
        yield_volatility=case.real("yield_volatility"),
        correlation=case.real("correlation"),
    )


def _option(case: Case) -> Option:
    return case.text("option")  # type: ignore[return-value]  # the price refuses other words


def _model(case: Case, *models: str) -> str:
    model = case.text("model")
    if model not in models:
        raise DataError(f"model {model!r}: expected one of {', '.join(models)}.")
    return model


_OPTION_MODELS: dict[str, Callable[[Case], Result]] = {
    "black76": _black76,
    "black76_coin": _black76_coin,
    "quanto": _quanto,
    "cash_or_nothing": _cash_or_nothing,
    "everlasting": _everlasting,
    "gibson_schwartz": _gibson_schwartz,
}

OPTION_QUANTITIES: dict[str, Callable[[Case], Result]] = {
    "option_price": option_price,
    "calendar_spread_option": calendar_spread_option,
    "two_factor_future_price": two_factor_future,
    "two_factor_expectation": two_factor_expectation,
    "one_factor_future_price": one_factor_future,
}
"""From a quantity's word to the function that computes it."""
