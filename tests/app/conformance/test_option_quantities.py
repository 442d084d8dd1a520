"""Every visible row of options and factor models passes; models and words are refused by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from obverse.app.conformance.case import Case
from obverse.app.conformance.option_quantities import OPTION_QUANTITIES
from obverse.app.conformance.quantities import compute
from obverse.app.conformance.run import run_files
from obverse.errors import DataError

INVERSE = {
    "model": "black76_coin",
    "future_price": "50000",
    "strike": "40000",
    "maturity_years": "0.25",
    "volatility": "0.7",
}
EVERLASTING = {
    "model": "everlasting",
    "spot_price": "110",
    "strike": "100",
    "kappa": "12",
    "drift": "0.05",
    "volatility": "0.8",
}
DIGITAL = {
    "model": "cash_or_nothing",
    "spot_price": "100",
    "strike": "80",
    "dividend_yield": "0.06",
    "rate": "0.06",
    "volatility": "0.35",
    "maturity_years": "0.75",
    "cash": "10",
}
TWO_FACTORS = {
    "model": "gibson_schwartz",
    "spot_price": "80",
    "convenience_yield": "0.05",
    "rate": "0.03",
    "risk_neutral_yield_mean": "0.02",
    "mean_reversion": "1.5",
    "spot_volatility": "0.3",
    "yield_volatility": "0.4",
    "correlation": "0.6",
    "strike": "85",
    "expiry_years": "1",
    "maturity_years": "2",
}


def test_every_visible_row_of_options_passes() -> None:
    folder = Path(__file__).parents[3].parent / "shared" / "conformance"
    if not folder.exists():
        pytest.skip(f"no conformance rows at {folder}")
    found = run_files(sorted(folder.glob("*.jsonl")))
    rows = [outcome for outcome in found.outcomes if outcome.quantity in OPTION_QUANTITIES]
    assert len(rows) >= 47
    assert [(row.id, row.reason) for row in rows if row.status != "pass"] == []


@pytest.fixture
def computed(row):
    def run(quantity: str, given: dict[str, Any], **changes: str):
        return compute(Case(row(quantity, given | changes, {}, contract=None)))

    return run


def test_a_coin_options_net_delta_is_its_delta_less_its_price(computed) -> None:
    call = computed("option_price", INVERSE, option="call")
    put = computed("option_price", INVERSE, option="put")
    assert call["option_price"] - put["option_price"] == pytest.approx(0.2)
    assert call["net_delta"] - put["net_delta"] == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("given", "gap"),
    [
        (EVERLASTING, 12 / 11.95 * 110 - 100),
        # (F − K)·exp(−r·t) with the future of the same terms
        (TWO_FACTORS, None),
    ],
)
def test_call_less_put_is_the_forward_less_the_strike(
    computed, given: dict[str, str], gap: float | None
) -> None:
    call = computed("option_price", given, option="call")["option_price"]
    put = computed("option_price", given, option="put")["option_price"]
    if gap is None:
        future = computed("two_factor_future_price", given)["future_price"]
        gap = (future - 85) * 0.9704455335485082
    assert call - put == pytest.approx(gap)


def test_both_sides_of_a_digital_are_the_discounted_cash(computed) -> None:
    both = sum(
        computed("option_price", DIGITAL, option=option)["option_price"]
        for option in ("call", "put")
    )
    assert both == pytest.approx(9.55997481833)


def test_a_future_price_needs_a_volatility_and_an_expected_log_does_not(computed) -> None:
    given = {
        "model": "schwartz",
        "spot_price": "20",
        "log_mean": "3",
        "mean_reversion": "1",
        "maturity_years": "1",
    }
    assert set(computed("one_factor_future_price", given)) == {"expected_log_spot"}
    both = computed("one_factor_future_price", given, volatility="0")
    assert set(both) == {"expected_log_spot", "future_price"}


@pytest.mark.parametrize("quantity", sorted(OPTION_QUANTITIES))
def test_a_model_that_nobody_knows_is_named_with_those_that_are(computed, quantity: str) -> None:
    with pytest.raises(DataError, match=r"model 'heston': expected one of "):
        computed(quantity, TWO_FACTORS, model="heston", option="call")


def test_a_missing_or_wrong_word_is_named(computed) -> None:
    with pytest.raises(DataError, match="given 'option' is missing"):
        computed("option_price", INVERSE)
    with pytest.raises(DataError, match="option 'straddle'"):
        computed("option_price", INVERSE, option="straddle")
    with pytest.raises(DataError, match="strike_usd: 0"):
        computed("option_price", INVERSE, option="call", strike="0")
