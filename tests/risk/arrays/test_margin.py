"""Margins of accounts in arrays, against the engine of one position."""

from __future__ import annotations

import math
import tracemalloc
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from obverse.contracts import Rounding
from obverse.contracts.accounting import FieldRounding
from obverse.errors import AmountError, DataError, RuleError
from obverse.risk.arrays._reference import array_margins_reference
from obverse.risk.arrays.margin import ArrayMargins, array_margins
from obverse.risk.arrays.positions import PositionArrays
from obverse.risk.margin import FlatRate, LinearInSize, MarginTerms, Tier, Tiered, WholePositionStep

from .books import (
    VENUES,
    accounts,
    inverse_instrument,
    linear_instrument,
    marginal_terms,
    marks,
    product,
    rows,
)

MARK = Decimal(50_000)
TERMS = marginal_terms()


def assert_equal(found: ArrayMargins, expected: ArrayMargins, *, rounded: bool) -> None:
    assert found.maintenance_units.tolist() == expected.maintenance_units.tolist()
    if rounded:
        assert found.liquidation_price_usd.tolist() == expected.liquidation_price_usd.tolist()
    else:
        np.testing.assert_allclose(
            found.liquidation_price_usd, expected.liquidation_price_usd, rtol=1e-13, atol=1e-13
        )
    np.testing.assert_allclose(found.margin_ratio, expected.margin_ratio, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", VENUES)
@settings(deadline=None, max_examples=40)
@given(drawn=rows, mark=marks)
def test_venues_accounts_are_those_of_the_exact_engine(name, drawn, mark) -> None:
    instrument, terms = product(name)
    positions, margin = accounts(instrument, mark, drawn)
    found = array_margins(positions, margin, terms, mark)
    expected = array_margins_reference(positions, margin, terms, mark)
    rounded = terms.price_rounding in ("tick", "lot_units_and_tick")
    assert_equal(found, expected, rounded=rounded)


@settings(deadline=None, max_examples=60)
@given(
    drawn=rows,
    mark=marks,
    rounding=st.sampled_from(Rounding),
    places=st.integers(3, 8),
    price_rounding=st.sampled_from(["tick", "none", "one_tick_early", "lot_units_and_tick"]),
    linear=st.booleans(),
    at_entry=st.booleans(),
)
def test_every_rounding_and_payoff_is_that_of_the_exact_engine(
    drawn, mark, rounding, places, price_rounding, linear, at_entry
) -> None:
    instrument = linear_instrument() if linear else inverse_instrument("10")
    field = FieldRounding(places, rounding)
    instrument = replace(instrument, accounting=replace(instrument.accounting, margin=field))
    basis = "entry" if at_entry else "mark"
    terms = marginal_terms(price_rounding=price_rounding, value_basis=basis)
    positions, margin = accounts(instrument, mark, drawn)
    found = array_margins(positions, margin, terms, mark)
    expected = array_margins_reference(positions, margin, terms, mark)
    assert_equal(found, expected, rounded=price_rounding in ("tick", "lot_units_and_tick"))


@pytest.mark.parametrize("rounding", Rounding)
@settings(deadline=None, max_examples=25)
@given(cap=st.sampled_from([5, 20]), off=st.integers(-2, 2), margin=st.integers(0, 10**9))
@example(cap=5, off=0, margin=0)
def test_values_on_a_border_go_where_fractions_send_them(rounding, cap, off, margin) -> None:
    # At 40,000 a contract of 100 USD is 250,000 units: maintenance falls on units, halves and caps.
    instrument = inverse_instrument("100")
    field = FieldRounding(5, rounding)
    instrument = replace(instrument, accounting=replace(instrument.accounting, margin=field))
    contracts = [sign * (cap * 400 + off) for sign in (1, -1)]
    positions = PositionArrays(
        instrument, np.array(contracts), np.array([count * 250_000 for count in contracts])
    )
    found = array_margins(positions, [margin] * 2, TERMS, "40000")
    assert_equal(
        found, array_margins_reference(positions, [margin] * 2, TERMS, "40000"), rounded=True
    )


def test_whole_steps_move_at_their_limit_and_brackets_after_theirs() -> None:
    instrument = inverse_instrument("100")
    cost = [10**10 - 1, 10**10, 10**10 + 1]
    positions = PositionArrays(instrument, np.full(3, 40_000), np.array(cost))
    step = WholePositionStep(Decimal(100), Decimal(50), Decimal("0.01"), Decimal("0.005"))
    tiers = (Tier(Decimal(100), Decimal("0.005")), Tier(None, Decimal("0.01")))
    whole = Tiered(tiers, "coin", marginal=False)
    units = {}
    for schedule in (step, whole):
        terms = MarginTerms(schedule, value_basis="entry")
        found = array_margins(positions, [10**9] * 3, terms, MARK)
        expected = array_margins_reference(positions, [10**9] * 3, terms, MARK)
        assert_equal(found, expected, rounded=False)
        units[type(schedule)] = found.maintenance_units.tolist()
    assert units[WholePositionStep] == [50_000_000, 100_000_000, 100_000_000]
    assert units[Tiered] == [50_000_000, 50_000_000, 100_000_000]


@settings(deadline=None, max_examples=40)
@given(drawn=rows, mark=st.sampled_from(["10000", "12500", "31250", "64000"]))
def test_an_inverse_contract_is_a_linear_one_in_one_over_the_price(drawn, mark) -> None:
    terms = marginal_terms(price_rounding="none")
    positions, margin = accounts(inverse_instrument(), Decimal(mark), drawn)
    mirrored = PositionArrays(linear_instrument("1"), -positions.contracts, -positions.cost_units)
    inverse = array_margins(positions, margin, terms, mark)
    linear = array_margins(mirrored, margin, terms, 1 / Decimal(mark))
    assert inverse.maintenance_units.tolist() == linear.maintenance_units.tolist()
    np.testing.assert_allclose(inverse.margin_ratio, linear.margin_ratio, rtol=1e-9, atol=1e-9)
    prices, mirrors = inverse.liquidation_price_usd, linear.liquidation_price_usd
    assert (prices > 0).tolist() == (mirrors > 0).tolist()
    np.testing.assert_allclose(prices[prices > 0] * mirrors[prices > 0], 1.0, rtol=1e-12)


@settings(deadline=None, max_examples=40)
@given(lots=st.integers(1000, 2_000_000), short=st.booleans(), leverage=st.integers(2, 50))
def test_the_ratio_is_one_at_the_liquidation_price_and_worse_beyond(lots, short, leverage) -> None:
    instrument, terms = inverse_instrument(), marginal_terms(price_rounding="none")
    contracts = -lots if short else lots
    cost = instrument.value(contracts, MARK).units
    positions = PositionArrays(instrument, np.array([contracts]), np.array([cost]))
    margin = [abs(cost) // leverage]

    def ratio(price: float) -> float:
        return float(array_margins(positions, margin, terms, f"{price:.6f}").margin_ratio[0])

    price = float(array_margins(positions, margin, terms, MARK).liquidation_price_usd[0])
    better, worse = (0.999, 1.001) if short else (1.001, 0.999)
    assert ratio(price) == pytest.approx(1.0, abs=1e-4)
    assert ratio(price * worse) < 1.0 < ratio(price * better)


def test_flat_safe_and_lost_accounts_have_decided_answers() -> None:
    instrument = inverse_instrument()
    contracts = np.array([0, -50_000, 50_000, 50_000])
    cost = np.array([0, -(10**8), 10**8, 2 * 10**8])
    found = array_margins(
        PositionArrays(instrument, contracts, cost), [5, 10**8, 0, 0], TERMS, "25000"
    )
    # Flat; a 1x short; a long whose loss is half of it; the same, still at its entry.
    assert found.maintenance_units.tolist() == [0, 800_000, 800_000, 800_000]
    assert found.margin_ratio.tolist() == pytest.approx([math.inf, 250.0, -125.0, 0.0])
    assert found.liquidation_price_usd.tolist()[:2] == [0.0, 0.0]
    assert found.liquidation_price_usd.tolist()[2:] == [50_200.0, 25_100.0]
    assert found.liquidated.tolist() == [False, False, True, True]


def test_no_accounts_have_no_margins() -> None:
    found = array_margins(PositionArrays(inverse_instrument(), [], []), [], TERMS, MARK)
    assert [len(column) for column in vars(found).values()] == [0, 0, 0]
    assert found.maintenance_units.dtype == np.int64


def test_memory_is_that_of_the_answers() -> None:
    count = 50_000
    contracts = np.full(count, 1000)
    positions = PositionArrays(inverse_instrument(), contracts, contracts * 2000)
    margin = contracts * 20
    array_margins(positions, margin, TERMS, MARK)
    tracemalloc.start()
    found = array_margins(positions, margin, TERMS, MARK)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    answers = sum(column.nbytes for column in vars(found).values())
    assert most < answers + 100_000


@pytest.mark.parametrize(
    ("contracts", "cost", "margin", "words"),
    [
        ([1, 2], [3, 4], [5, -1], r"margin_units: row 1 \(-1\) is below zero"),
        ([1, 2], [3, -4], [5, 5], "row 1 holds 2 contracts at a cost of -4"),
        ([1, 0], [3, 4], [5, 5], "row 1 holds 0 contracts"),
        ([1, 2], [3, 4], [5], "columns of different lengths: contracts 2, margin_units 1"),
        ([1, 2], [3, 4], [5.0, 5.5], "margin_units: expected whole numbers"),
        ([1, 2], [3, 4], [5.0, math.nan], "margin_units: expected whole numbers"),
        ([1, 2], [3, 2**60], [5, 5], r"cost_units: row 1 \(1152921504606846976\) is larger"),
        ([1, -(2**63)], [3, -4], [5, 5], r"contracts: row 1 \(-9223372036854775808\) is larger"),
        ([1, 2], [3, 4], [2**62, 5], "margin_units: row 0 .* is larger"),
        ([1, 2], [3, 4], [[5, 5]], r"margin_units: .* shape \(1, 2\)"),
    ],
)
def test_rows_that_cannot_be_used_are_named(contracts, cost, margin, words) -> None:
    positions = PositionArrays(inverse_instrument(), np.array(contracts), np.array(cost))
    with pytest.raises(DataError, match=words):
        array_margins(positions, margin, TERMS, MARK)


@pytest.mark.parametrize("mark", ["0", "-1", "NaN", 50_000.0])
def test_a_mark_that_is_no_price_is_refused(mark) -> None:
    positions = PositionArrays(inverse_instrument(), [1], [2000])
    with pytest.raises(AmountError, match="mark_price"):
        array_margins(positions, [5], TERMS, mark)


def test_digits_that_integers_do_not_hold_are_refused() -> None:
    positions = PositionArrays(inverse_instrument(), [1], [2000])
    with pytest.raises(AmountError, match="more digits than int64 arrays hold"):
        array_margins(positions, [5], TERMS, "50000.000000000000000001")


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        (
            MarginTerms(LinearInSize(Decimal("0.02"), Decimal("0.01"), Decimal("0.00005"))),
            "LinearInSize schedules",
        ),
        (MarginTerms(FlatRate(1, 1)), "FlatRate schedules"),
        (
            MarginTerms(WholePositionStep(*map(Decimal, ("100", "50", "0.01", "0.005")))),
            "whole-position steps of coin value at the mark",
        ),
        (
            marginal_terms(schedule=replace(TERMS.schedule, unit="contracts"), value_basis="entry"),
            "brackets of contracts at entry",
        ),
        (
            marginal_terms(value_basis="entry", closing_fee="at_mark", taker_fee_rate=1),
            "a fee at the mark beside maintenance at entry",
        ),
        (
            marginal_terms(schedule=Tiered((Tier(None, Decimal(1)),), "coin", marginal=True)),
            "100 % or more",
        ),
    ],
)
def test_terms_without_a_closed_form_are_refused(terms, words) -> None:
    positions = PositionArrays(inverse_instrument(), [1], [2000])
    with pytest.raises(RuleError, match=words):
        array_margins(positions, [5], terms, MARK)
