"""Portfolio margin: the venue's published numbers, and what holds of every book."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from books import AT, ETHER, JUNE_FUTURE, LINEAR, MARKET, PERPETUAL, book, held
from hypothesis import given
from hypothesis import strategies as st

from obverse.errors import AmountError, BookError, RuleError
from obverse.risk import exposure
from obverse.risk.coin_positions import CoinPosition, coin_positions
from obverse.risk.portfolio_margin import (
    PortfolioMarginTerms,
    portfolio_margin,
    portfolio_margin_terms,
    scenario_pnl,
)
from obverse.rulebooks import rulebook

BTC_TERMS = PortfolioMarginTerms(
    price_range=Decimal("0.16"),
    buckets=4,
    gain_offset=Decimal(0),
    minimum_annualised_move=Decimal("0.01"),
    maintenance_factor=Decimal("0.8"),
)
PERP = CoinPosition("BTC-PERPETUAL", "BTC_USD", Fraction("0.314538364"))
JUNE = CoinPosition("BTC-28JUN24", "BTC_USD", Fraction("-0.001187534"))

coins = st.fractions(-1000, 1000, max_denominator=10**6)
moves = st.fractions(Fraction(-9, 10), 9, max_denominator=1000)


def of_pair(*amounts: Fraction, pair: str = "BTC_USD") -> list[CoinPosition]:
    """Positions of one pair."""
    return [CoinPosition(str(place), pair, amount) for place, amount in enumerate(amounts)]


def rounded(value: Fraction, places: int) -> float:
    return round(float(value), places)


def test_the_published_bitcoin_account() -> None:
    """Two positions of one pair, Deribit's example: each margin to the last printed digit.

    The example prints the initial margin with what other rules add: 0.060018212 BTC here.
    """
    beside = Decimal("0.122861343") - Decimal("0.06284313098")
    terms = replace(BTC_TERMS, places=9)
    found = portfolio_margin([PERP, JUNE], terms, coin="BTC", open_orders_margin=beside)
    assert rounded(found.worst_case, 11) == 0.05968587238
    assert rounded(found.roll_shock, 11) == 0.00315725898
    assert rounded(found.risk_matrix_margin, 11) == 0.06284313098
    assert rounded(found.initial_margin, 9) == 0.122861343
    assert rounded(found.maintenance_margin, 12) == 0.050274504784
    assert found.worst.move == Fraction(-16, 100)


def test_the_published_matrix_bucket_by_bucket() -> None:
    found = portfolio_margin([PERP, JUNE], BTC_TERMS, coin="BTC")
    assert [float(bucket.move) for bucket in found.matrix] == pytest.approx(
        [-0.16, -0.12, -0.08, -0.04, 0, 0.04, 0.08, 0.12, 0.16]
    )
    first = [float(bucket.gains[0]) for bucket in found.matrix]
    assert first[:3] == pytest.approx(
        [-0.05991206933333334, -0.04289159509090909, -0.027351162086956524], abs=1e-16
    )
    assert first[6:8] == pytest.approx([0.023299138074074074, 0.033700538999999995], abs=1e-16)
    second = [float(bucket.gains[1]) for bucket in found.matrix]
    assert second[8] == pytest.approx(-0.00016379779310344832, abs=1e-18)
    assert found.matrix[4].total == 0


def test_the_rule_in_force_is_the_published_ether_account() -> None:
    rules = rulebook("deribit", as_of="2026-02-15")
    rule = rules.rules_of(rules.instrument("ETH-PERPETUAL")).portfolio_margin
    assert rule is not None
    (short,) = of_pair(Fraction("-0.999487053"), pair="ETH_USD")
    terms = portfolio_margin_terms(rule, places=9)
    found = portfolio_margin([short], terms, coin="ETH")
    assert rounded(found.worst_case, 14) == 0.15246412672881
    assert rounded(found.initial_margin, 12) == 0.157461562265
    assert rounded(found.maintenance_margin, 12) == 0.125969249812


@given(coins, moves)
def test_an_inverse_scenario_is_a_linear_one_in_one_over_the_price(
    amount: Fraction, move: Fraction
) -> None:
    """q coins at 1 are q dollars of contracts; short as many linear ones in y = 1/S."""
    linear_move = 1 / (1 + move) - 1
    assert scenario_pnl(amount, move) == -amount * linear_move


@given(coins, coins, moves)
def test_scenarios_add_up(one: Fraction, other: Fraction, move: Fraction) -> None:
    both = scenario_pnl(one, move) + scenario_pnl(other, move)
    assert scenario_pnl(one + other, move) == both


@given(st.lists(coins, min_size=1, max_size=5), st.integers(1, 9))
def test_the_matrix_of_a_pair_is_that_of_its_net_position(
    amounts: list[Fraction], buckets: int
) -> None:
    terms = replace(BTC_TERMS, buckets=buckets)
    found = portfolio_margin(of_pair(*amounts), terms)
    net = portfolio_margin(of_pair(sum(amounts, Fraction(0))), terms)
    assert len(found.matrix) == 2 * buckets + 1
    assert [bucket.total for bucket in found.matrix] == [bucket.total for bucket in net.matrix]
    assert found.worst_case == net.worst_case >= 0
    assert found.roll_shock >= net.roll_shock


@given(st.lists(coins, max_size=4), st.fractions(0, 100, max_denominator=100))
def test_margins_grow_in_proportion(amounts: list[Fraction], times: Fraction) -> None:
    one = portfolio_margin(of_pair(*amounts), BTC_TERMS)
    many = portfolio_margin(of_pair(*(amount * times for amount in amounts)), BTC_TERMS)
    assert many.initial_margin == one.initial_margin * times
    assert many.maintenance_margin == one.initial_margin * times * Fraction(8, 10)


@given(coins, coins)
def test_a_pairs_gain_counts_against_another_only_by_the_offset(
    one: Fraction, other: Fraction
) -> None:
    positions = of_pair(one, pair="BTC_USD") + of_pair(other, pair="BTC_USDC")
    none, some, all_of_it = (
        portfolio_margin(positions, replace(BTC_TERMS, gain_offset=Decimal(offset))).worst_case
        for offset in ("0", "0.6", "1")
    )
    assert none >= some >= all_of_it
    assert all_of_it == portfolio_margin(of_pair(one + other), BTC_TERMS).worst_case


def test_futures_gain_no_more_beyond_the_range() -> None:
    extended = tuple(Decimal(text) for text in ("-0.66", "-0.33", "0.5", "1"))
    found = portfolio_margin([PERP], replace(BTC_TERMS, extended_moves=extended))
    assert len(found.matrix) == 13
    totals = [bucket.gains[0] for bucket in found.matrix]
    assert totals[9:] == [totals[0], totals[0], totals[8], totals[8]]
    assert found.worst_case == portfolio_margin([PERP], BTC_TERMS).worst_case


def test_the_roll_shock_grows_with_time_to_delivery_above_its_floor() -> None:
    terms = replace(BTC_TERMS, annualised_move=Decimal("0.075"))
    near, far = (replace(JUNE, years_to_delivery=Fraction(years)) for years in ("0.1", "2"))
    assert portfolio_margin([near], terms).roll_shock == Fraction(1, 100) * abs(JUNE.coins)
    assert portfolio_margin([far], terms).roll_shock == Fraction(15, 100) * abs(JUNE.coins)


def test_every_part_is_in_the_sum() -> None:
    found = portfolio_margin(
        [PERP],
        BTC_TERMS,
        delta_shock="1",
        correlation_contingency="2",
        market_maker_protection_margin="4",
        open_orders_margin="8",
        spot_margin="16",
    )
    bare = portfolio_margin([PERP], BTC_TERMS)
    assert found.risk_matrix_margin == bare.risk_matrix_margin + 3
    assert found.initial_margin == bare.risk_matrix_margin + 31
    assert found.maintenance_margin == (bare.risk_matrix_margin + 3) * Fraction(8, 10)


def test_no_positions_need_nothing() -> None:
    found = portfolio_margin([], BTC_TERMS)
    assert found.initial_margin == found.maintenance_margin == 0


def test_a_books_positions_are_coins_at_their_marks() -> None:
    made = book(
        {"BTC": "1"},
        held(PERPETUAL, 1000, "80000"),
        held(JUNE_FUTURE, -500, "80000"),
        held(ETHER, 10, "2400"),
    )
    perpetual, june = coin_positions(exposure(made, MARKET), "BTC", venue="deribit", at=AT)
    assert perpetual.coins == Fraction(10_000) / 77_388
    assert june.coins == -Fraction(5_000) / Fraction("78604.47")
    assert (perpetual.years_to_delivery, perpetual.pair) == (0, "BTC_USD")
    assert june.years_to_delivery == Fraction(145 * 24 + 8, 365 * 24)
    assert coin_positions(exposure(made, MARKET), "BTC", venue="okx", at=AT) == ()


def test_a_linear_position_is_refused() -> None:
    linear = held(replace(LINEAR, venue="deribit"), 10, "77388")
    made = exposure(book({"USD": "1"}, linear), MARKET)
    with pytest.raises(BookError, match="inverse futures"):
        coin_positions(made, "USDC", venue="deribit", at=AT)


def test_a_delivered_position_is_refused() -> None:
    found = exposure(book({}, held(JUNE_FUTURE, 5, "80000")), MARKET)
    with pytest.raises(BookError, match="was delivered"):
        coin_positions(found, "BTC", venue="deribit", at=datetime(2026, 7, 1, tzinfo=UTC))


@pytest.mark.parametrize("move", ["-1", "-2"])
def test_a_move_that_leaves_no_price_is_refused(move: str) -> None:
    with pytest.raises(RuleError, match="leaves no price"):
        scenario_pnl("1", move)


@pytest.mark.parametrize("number", ["NaN", "inf", "x"])
def test_what_is_no_number_is_refused(number: str) -> None:
    with pytest.raises(AmountError, match="coin_position"):
        scenario_pnl(number, "0.1")
    with pytest.raises(AmountError, match="open_orders_margin"):
        portfolio_margin([PERP], BTC_TERMS, open_orders_margin=number)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"price_range": Decimal(1)}, "price_range"),
        ({"price_range": Decimal(0)}, "price_range"),
        ({"buckets": 0}, "buckets"),
        ({"buckets": 100_000}, "buckets"),
        ({"gain_offset": Decimal("1.1")}, "gain_offset"),
        ({"maintenance_factor": Decimal(-1)}, "maintenance_factor"),
        ({"minimum_annualised_move": Decimal(-1)}, "minimum_annualised_move"),
        ({"annualised_move": Decimal(-1)}, "annualised_move"),
        ({"extended_moves": (Decimal(-1),)}, "extended_moves"),
    ],
)
def test_terms_that_no_venue_can_mean_are_refused(changes: dict[str, object], word: str) -> None:
    with pytest.raises(RuleError, match=word):
        replace(BTC_TERMS, **changes)  # type: ignore[arg-type]


def test_a_margin_below_zero_is_refused() -> None:
    with pytest.raises(BookError, match="spot_margin"):
        portfolio_margin([PERP], BTC_TERMS, spot_margin="-1")


def test_the_matrix_and_the_margins_print() -> None:
    found = portfolio_margin([PERP, JUNE], BTC_TERMS, coin="BTC")
    printed = str(found)
    assert "BTC-28JUN24" in printed
    assert "-0.05968587" in printed
    assert "Worst at -16.0%" in printed
    assert "Roll shock" in str(found.summary())
    assert "Delta shock" not in str(found.summary())
    records = found.to_frame("records")
    assert len(records) == 9
    assert records[0]["price_move"] == -0.16
