"""Liquidation and bankruptcy prices solve their own equations, in every style."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from obverse.contracts import Instrument, Position, fill
from obverse.errors import DataError
from obverse.risk.margin import (
    Backing,
    MarginTerms,
    Tier,
    Tiered,
    bankruptcy_value,
    break_even_value,
    liquidation_value,
    posted,
    price_against_trader,
    price_of_value,
    requirement,
)
from obverse.risk.margin.requirements import bankruptcy_direction, entry_value

from . import draws


def gap(position: Position, terms: MarginTerms, backing: Backing, value: Fraction) -> Fraction:
    """Equity less maintenance and fees at a coin value, written out."""
    direction = bankruptcy_direction(position)
    equity = backing.usable(terms) + direction * (entry_value(position) - value)
    if terms.value_basis == "entry":
        needed = requirement(position, terms, "maintenance")
    else:
        piece = terms.schedule.piece("maintenance", abs(position.contracts), value)
        needed = piece.at(value)
    return equity - needed - terms.fee_at_mark * value


@settings(deadline=None)
@given(
    style=draws.styles,
    usd=draws.usd_lots,
    price=draws.prices,
    leverage=draws.leverages,
    long=st.booleans(),
)
def test_a_liquidation_price_solves_its_own_equation_to_the_tick(
    style, usd, price, leverage, long
) -> None:
    instrument, terms = draws.product(style)
    position = draws.opened(instrument, usd * 1000, price, long=long)
    backing = posted(position, Fraction(leverage))
    assume(gap(position, terms, backing, entry_value(position)) > 0)
    value = liquidation_value(position, terms, backing)
    assert value is not None or not long
    if value is None:
        assert leverage <= Decimal("1.1")
        return
    assert abs(gap(position, terms, backing, value)) < Fraction(1, 10**18)
    exact = price_of_value(position, value)
    away = instrument.tick if long else -instrument.tick
    safer, worse = Fraction(exact) + Fraction(away), Fraction(exact) - Fraction(away)
    values = [
        abs(Fraction(position.contracts) * Fraction(instrument.multiplier) / p)
        for p in (safer, worse)
        if p > 0
    ]
    signs = [gap(position, terms, backing, found) > 0 for found in values]
    assert signs == [True, False][: len(signs)]


@settings(deadline=None)
@given(style=draws.styles, usd=draws.usd_lots, price=draws.prices, leverage=draws.leverages)
def test_prices_are_rounded_against_the_trader(style, usd, price, leverage) -> None:
    instrument, terms = draws.product(style)
    for long in (True, False):
        position = draws.opened(instrument, usd * 1000, price, long=long)
        value = liquidation_value(position, terms, posted(position, Fraction(leverage)))
        exact = price_of_value(position, value)
        shown = price_against_trader(position, value, terms.price_rounding)
        if exact is None:
            assert shown is None
        elif terms.price_rounding == "none":
            assert abs(Fraction(shown) - exact) <= exact / 10**25
        else:
            assert Fraction(shown) >= exact if long else Fraction(shown) <= exact


@settings(deadline=None)
@given(
    style=draws.styles,
    usd=draws.usd_lots,
    price=draws.prices,
    leverage=draws.leverages,
    long=st.booleans(),
)
def test_at_the_bankruptcy_price_nothing_is_left(style, usd, price, leverage, long) -> None:
    instrument, terms = draws.product(style)
    position = draws.opened(instrument, usd * 1000, price, long=long)
    backing = posted(position, Fraction(leverage))
    value = bankruptcy_value(position, terms, backing)
    if value is None:
        assert not long
        assert leverage <= 1
        return
    direction = bankruptcy_direction(position)
    assert backing.coins + direction * (entry_value(position) - value) == 0
    liquidated = liquidation_value(position, terms, backing)
    if liquidated is not None:  # liquidation comes first
        assert direction * (value - liquidated) >= 0


@given(usd=draws.usd_lots, price=draws.prices, leverage=draws.leverages, long=st.booleans())
def test_an_inverse_position_is_a_linear_one_in_one_over_the_price(
    usd, price, leverage, long
) -> None:
    tiers = (Tier(Decimal(5), Decimal("0.004")), Tier(None, Decimal("0.02")))
    terms = MarginTerms(Tiered(tiers, "coin", marginal=True))
    inverse, linear = (Instrument.generic(kind, "1", "BTC") for kind in ("inverse", "linear"))
    count = usd * 1000 if long else -usd * 1000
    mirror = 1 / Decimal(price)
    held = fill(Position.flat(inverse), Decimal(count), price)
    turned = replace(fill(Position.flat(linear), Decimal(-count), mirror), cost=-held.cost)
    backing = posted(held, Fraction(leverage))
    one, other = (liquidation_value(item, terms, backing) for item in (held, turned))
    assert one == other
    assert requirement(held, terms, "maintenance") == requirement(turned, terms, "maintenance")
    if one is not None:
        product = price_of_value(held, one) * price_of_value(turned, other)
        assert product == 1


def test_two_fills_average_harmonically_and_liquidate_from_there() -> None:
    # 10,000 and 20,000 average to 13,333.33, not 15,000; at 2x without maintenance the price that
    # takes all of it is entry · 2/3.
    instrument = Instrument.generic("inverse", "1", "BTC")
    position = Position.flat(instrument).buy(100_000, price="10000").buy(100_000, price="20000")
    assert round(float(position.average_price), 2) == 13_333.33
    terms = MarginTerms(Tiered((Tier(None, Decimal(0)),), "coin", marginal=True))
    value = liquidation_value(position, terms, posted(position, Fraction(2)))
    assert float(price_of_value(position, value)) == pytest.approx(13_333.333333 * 2 / 3)


def test_a_short_at_1x_has_no_liquidation_price() -> None:
    instrument, terms = draws.product("marginal, coin")
    short = draws.opened(instrument, 100_000, Decimal(50_000), long=False)
    backing = posted(short, Fraction(1))
    free = MarginTerms(Tiered((Tier(None, Decimal(0)),), "coin", marginal=True))
    assert liquidation_value(short, free, backing) is None
    assert bankruptcy_value(short, terms, backing) is None
    assert price_against_trader(short, None, "tick") is None


def test_a_deribit_cross_long_by_its_quadratic() -> None:
    # equity 2 + C − V meets 0.01·V + 0.00005·V²: 0.00005·V² + 1.01·V − (2 + C) = 0
    instrument, terms = draws.product("linear in size")
    position = draws.opened(instrument, 600_000, Decimal(80_000), long=True)
    value = liquidation_value(position, terms, Backing(Fraction(2), "cross"))
    b, c = 1.01, 2 + 7.5
    expected = (-b + (b * b + 4 * 0.00005 * c) ** 0.5) / (2 * 0.00005)
    assert float(value) == pytest.approx(expected, rel=1e-12)
    assert 600_000 / float(value) == pytest.approx(63_819.79, abs=20)


def test_the_bracket_at_the_price_is_the_bracket_used() -> None:
    # 4.9 coins at entry, above 5 where it ends: the second bracket's rate decides the price.
    tiers = (Tier(Decimal(5), Decimal("0.01")), Tier(None, Decimal("0.1")))
    terms = MarginTerms(Tiered(tiers, "coin", marginal=True))
    instrument = Instrument.generic("inverse", "1", "BTC")
    position = Position.flat(instrument).buy(49_000, price="10000")
    value = liquidation_value(position, terms, Backing(Fraction(1)))
    # 1 + 4.9 − V = 0.1·V − 0.45
    assert value == Fraction("6.35") / Fraction("1.1")
    assert value > 5


def test_predicted_funding_counts_where_the_venue_says_so() -> None:
    instrument, terms = draws.product("steps at entry")
    position = draws.opened(instrument, 100_000, Decimal(50_000), long=True)
    assert terms.predicted_funding
    plain = liquidation_value(position, terms, Backing(Fraction(1, 10)))
    owing = Backing(Fraction(1, 10), funding_owed=Fraction(1, 100))
    assert liquidation_value(position, terms, owing) == plain - Fraction(1, 100)
    blind = replace(terms, predicted_funding=False)
    assert liquidation_value(position, blind, owing) == plain


def test_a_position_below_maintenance_gets_the_price_at_which_it_was_met() -> None:
    instrument, terms = draws.product("marginal, coin")
    position = draws.opened(instrument, 100_000, Decimal(50_000), long=True)
    backing = Backing(Fraction(1, 100))
    mark = Decimal(30_000)
    value = liquidation_value(position, terms, backing, mark_price=mark)
    assert gap(position, terms, backing, value) == pytest.approx(0, abs=1e-18)
    assert price_of_value(position, value) > mark


def test_break_even_pays_for_the_entry_fee() -> None:
    instrument, _ = draws.product("marginal, coin")
    position = draws.opened(instrument, 100_000, Decimal(50_000), long=True)
    value = break_even_value(position, Fraction("0.0005"))
    assert value == 2 - Fraction("0.001")


def test_a_flat_position_posts_nothing() -> None:
    instrument, _ = draws.product("marginal, coin")
    with pytest.raises(DataError, match="a flat position has no margin"):
        posted(Position.flat(instrument), Fraction(5))
