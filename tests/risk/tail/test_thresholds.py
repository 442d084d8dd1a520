"""The return that liquidates, exactly, and the margin for a move."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.errors import AmountError, DataError
from obverse.risk.tail import liquidation_threshold_return
from obverse.risk.tail.thresholds import margin_for_move

margins = st.decimals("0.001", "3", places=3)
ratios = st.decimals("0.1", "4", places=2)
rates = st.decimals("0", "0.2", places=3)
payoffs = st.sampled_from(["inverse", "linear"])
sides = st.sampled_from(["long", "short"])


def test_the_rows_that_are_printed_or_derived() -> None:
    """Linear: the summary of arXiv 2101.01261. Inverse: prices 41,875 and 70,681.81... by hand.

    100,000 dollars at 50,000 are 2 coins; 0.4 coins behind them, 0.5 % maintenance at mark. Long:
    N(1 + m₀)/(C + N/P₀) = 100,500/2.4. Short: N(1 − m₀)/(N/P₀ − C) = 99,500/1.6 = 62,187.5.
    """
    rate = {"maintenance_rate": "0.005"}
    linear = liquidation_threshold_return("linear", "short", margin="0.1", hedge_ratio=1, **rate)
    assert linear == pytest.approx(Decimal("0.09452736318407962"), rel=Decimal("1e-15"))
    long, short = (
        liquidation_threshold_return("inverse", side, margin="0.4", hedge_ratio=2, **rate)
        for side in ("long", "short")
    )
    assert 50_000 * (1 + long) == 41_875
    assert 50_000 * (1 + short) == Decimal("62187.5")


def _equity_over_maintenance(payoff, side, m, h, rate, r) -> Fraction:
    """Equity less maintenance after a return, per coin hedged: in coin, or over entry value."""
    sign, grown = (1 if side == "long" else -1), 1 + Fraction(r)
    if payoff == "inverse":
        return m + sign * h * (1 - 1 / grown) - rate * h / grown
    return m + sign * h * (grown - 1) - rate * h * grown


@given(payoffs, sides, margins, ratios, rates)
def test_at_the_threshold_equity_is_maintenance(payoff, side, margin, ratio, rate) -> None:
    found = liquidation_threshold_return(
        payoff, side, margin=margin, hedge_ratio=ratio, maintenance_rate=rate
    )
    m, h, kept = map(Fraction, (margin, ratio, rate))
    if found is None:
        assert m >= h
        assert (payoff, side) in {("inverse", "short"), ("linear", "long")}
        return
    left = _equity_over_maintenance(payoff, side, m, h, kept, found)
    assert abs(left) < Fraction(1, 10**18)
    worse = found + (-1 if side == "long" else 1) * (1 + found) / 100
    assert _equity_over_maintenance(payoff, side, m, h, kept, worse) < 0


@given(payoffs, margins, ratios, rates)
def test_an_inverse_contract_is_a_linear_one_in_one_over_the_price(payoff, m, h, rate) -> None:
    """The long's threshold in 1/S is the short's of the other payoff in S."""
    other = {"inverse": "linear", "linear": "inverse"}[payoff]
    terms = {"margin": m, "hedge_ratio": h, "maintenance_rate": rate}
    long = liquidation_threshold_return(payoff, "long", **terms)
    short = liquidation_threshold_return(other, "short", **terms)
    assert (long is None) == (short is None)
    if long is not None and short is not None:
        assert abs((1 + Fraction(long)) * (1 + Fraction(short)) - 1) < Fraction(1, 10**20)


@given(payoffs, sides, ratios, rates, margins, margins)
def test_more_margin_is_further_off(payoff, side, h, rate, one, other) -> None:
    low, high = (
        liquidation_threshold_return(payoff, side, margin=m, hedge_ratio=h, maintenance_rate=rate)
        for m in sorted([one, other])
    )
    if high is not None:
        assert low is not None
        assert abs(high) >= abs(low) or (low > 0) == (side == "long")


def test_a_fully_margined_short_has_no_liquidation() -> None:
    for margin in ("1", "1.5"):
        assert (
            liquidation_threshold_return("inverse", "short", margin=margin, hedge_ratio=1) is None
        )
    barely = liquidation_threshold_return("inverse", "short", margin="0.999", hedge_ratio=1)
    assert barely == 999


def test_margin_below_maintenance_is_liquidated_as_it_is() -> None:
    terms: dict[str, Any] = {"margin": "0.004", "hedge_ratio": 1, "maintenance_rate": "0.005"}
    assert liquidation_threshold_return("inverse", "short", **terms) < 0
    assert liquidation_threshold_return("inverse", "long", **terms) > 0


@given(payoffs, sides, st.floats(0.001, 20), st.floats(0, 0.2))
def test_the_margin_for_a_move_is_liquidated_by_that_move(payoff, side, move, rate) -> None:
    margin = margin_for_move(payoff, side, move, rate)
    found = liquidation_threshold_return(
        payoff, side, margin=repr(margin), hedge_ratio=1, maintenance_rate=repr(round(rate, 12))
    )
    expected = move if side == "short" else -move / (1 + move)
    assert float(found) == pytest.approx(expected, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"margin": "-0.1"}, "margin: found -0.1"),
        ({"hedge_ratio": 0}, "hedge_ratio: found 0"),
        ({"hedge_ratio": "-1"}, "hedge_ratio: found -1"),
        ({"maintenance_rate": "1"}, "maintenance_rate: found 1"),
        ({"maintenance_rate": "-0.01"}, "maintenance_rate: found -0.01"),
        ({"payoff": "quanto"}, "payoff: found 'quanto', expected inverse or linear"),
        ({"side": "buy"}, "side: found 'buy'"),
    ],
)
def test_terms_that_cannot_be_are_refused(change: dict[str, Any], found: str) -> None:
    terms: dict[str, Any] = {
        "payoff": "inverse", "side": "short", "margin": "0.1", "hedge_ratio": 1,
        "maintenance_rate": "0.005",
    }  # fmt: skip
    terms |= change
    with pytest.raises(DataError, match=found):
        liquidation_threshold_return(terms.pop("payoff"), terms.pop("side"), **terms)


@pytest.mark.parametrize("margin", [0.1, "NaN", "Infinity", "much"])
def test_a_margin_that_is_not_exact_is_refused(margin: Any) -> None:
    with pytest.raises(AmountError, match="margin"):
        liquidation_threshold_return("inverse", "short", margin=margin, hedge_ratio=1)
