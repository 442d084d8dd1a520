"""Impact of trading: monotone, the same whatever the slices, exact means."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.errors import AmountError, RuleError
from obverse.risk.scenarios import MarketImpact
from obverse.risk.scenarios.impact import Law

START = Decimal(50_000)
laws: st.SearchStrategy[Law] = st.sampled_from(["linear", "square_root"])
sizes = st.fractions(-10_000, 10_000, max_denominator=1000)


def market(law: Law, change: str = "0.01") -> MarketImpact:
    """A hundred coins deep."""
    return MarketImpact(Decimal(100), Decimal(change), law)


@pytest.mark.parametrize(
    ("law", "coins", "price"),
    [
        ("linear", 100, 50_500),
        ("linear", 400, 52_000),
        ("square_root", 100, 50_500),
        ("square_root", 400, 51_000),
        ("linear", 0, 50_000),
    ],
)
def test_a_purchase_moves_the_price_up(law: Law, coins: int, price: int) -> None:
    assert market(law).price(START, Fraction(coins)) == price
    sold = market(law).price(START, Fraction(-coins))
    assert float(sold * price) == pytest.approx(50_000**2, rel=1e-24)


@given(laws, sizes, sizes)
def test_the_more_is_bought_the_higher_the_price(law: Law, one: Fraction, two: Fraction) -> None:
    low, high = sorted((one, two))
    assert 0 < market(law).price(START, low) <= market(law).price(START, high)


@given(laws, sizes, sizes)
def test_a_trade_is_done_between_the_prices_before_and_after(
    law: Law, before: Fraction, after: Fraction
) -> None:
    prices = sorted((market(law).price(START, before), market(law).price(START, after)))
    assert prices[0] <= market(law).trade_price(START, before, after) <= prices[1]


def test_a_sale_is_done_at_the_harmonic_mean_and_a_purchase_at_the_mean() -> None:
    impact = market("linear")
    bought = impact.trade_price(START, Fraction(0), Fraction(200))
    assert bought == (50_000 + 51_000) / Decimal(2)
    sold = impact.trade_price(START, Fraction(0), Fraction(-200))
    lowest = impact.price(START, Fraction(-200))
    assert float(2 / sold) == pytest.approx(float(1 / START + 1 / lowest), rel=1e-24)
    root = market("square_root").trade_price(START, Fraction(0), Fraction(400))
    assert float(root) == pytest.approx(50_000 * (1 + 0.01 * 2 * 2 / 3))


@given(laws, sizes, st.integers(2, 5))
def test_slices_cost_in_sum_what_the_whole_does(law: Law, size: Fraction, slices: int) -> None:
    impact = market(law)
    power = 1 if size >= 0 else -1
    cuts = [size * place / slices for place in range(slices + 1)]
    parts = [float(impact.trade_price(START, low, high)) ** power for low, high in pairwise(cuts)]
    whole = float(impact.trade_price(START, Fraction(0), size)) ** power
    assert sum(parts) / slices == pytest.approx(whole, rel=1e-12)


@given(laws, sizes)
def test_without_a_price_change_nothing_moves(law: Law, size: Fraction) -> None:
    assert market(law, "0").price(START, size) == START


@pytest.mark.parametrize(
    ("given_fields", "error", "message"),
    [
        ({"depth_coin": Decimal(0)}, AmountError, "depth_coin: 0"),
        ({"depth_coin": Decimal(-1)}, AmountError, "depth_coin: -1"),
        ({"depth_coin": Decimal("NaN")}, AmountError, "not finite"),
        ({"price_change": Decimal(-1)}, AmountError, "price_change"),
        ({"law": "cubic"}, RuleError, "cubic"),
    ],
)
def test_what_is_no_market_is_refused(
    given_fields: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        MarketImpact(**({"depth_coin": Decimal(1)} | given_fields))  # type: ignore[arg-type]
