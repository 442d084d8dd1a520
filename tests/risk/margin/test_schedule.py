"""Schedules: every style as pieces over coin value; marginal brackets do not jump."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.errors import RuleError
from obverse.risk.margin import LinearInSize, Tier, Tiered, WholePositionStep

from . import draws

rates = st.lists(st.decimals("0.001", "0.2", places=3), min_size=2, max_size=5, unique=True).map(
    sorted
)
widths = st.lists(st.integers(1, 50), min_size=5, max_size=5)


def tiers(maintenance: list[Decimal], steps: list[int]) -> tuple[Tier, ...]:
    caps: list[Decimal | None] = [Decimal(sum(steps[: n + 1])) for n in range(len(maintenance))]
    caps[-1] = None
    return tuple(Tier(cap, rate, 2 * rate) for cap, rate in zip(caps, maintenance, strict=True))


@given(maintenance=rates, steps=widths, margin=st.sampled_from(["initial", "maintenance"]))
def test_marginal_brackets_are_continuous_at_every_border(maintenance, steps, margin) -> None:
    schedule = Tiered(tiers(maintenance, steps), "coin", marginal=True)
    pieces = list(schedule.pieces(margin, Decimal(1), Fraction(1000)))
    assert len(pieces) == len(maintenance)
    for low, high in pairwise(pieces):
        assert low.cap == high.above
        assert low.at(low.cap) == high.at(high.above)


@given(maintenance=rates, steps=widths, value=st.fractions(0, 300))
def test_a_marginal_requirement_is_each_brackets_part_at_its_own_rate(
    maintenance, steps, value
) -> None:
    made = tiers(maintenance, steps)
    schedule = Tiered(made, "coin", marginal=True)
    expected, below = Fraction(0), Fraction(0)
    for tier in made:
        top = value if tier.cap is None else min(value, Fraction(tier.cap))
        expected += max(top - below, Fraction(0)) * Fraction(tier.maintenance_rate)
        below = max(top, below)
    assert schedule.piece("maintenance", Decimal(1), value).at(value) == expected


@given(style=draws.styles, value=st.fractions(Fraction(1, 100), 400))
def test_the_piece_of_a_value_is_among_the_pieces_up_to_it(style, value) -> None:
    instrument, terms = draws.product(style)
    contracts = instrument.contracts_of(1_000_000)
    here = terms.schedule.piece("maintenance", contracts, value)
    pieces = list(terms.schedule.pieces("maintenance", contracts, value))
    assert here in pieces
    assert here == pieces[-1]
    for low, high in pairwise(pieces):
        assert low.cap == high.above


def test_whole_position_steps_move_at_their_limit() -> None:
    # BitMEX XBTUSD: base 200, step 100, 1 % and 0.5 %: at 200 coins the whole size is a step up.
    steps = WholePositionStep(Decimal(200), Decimal(100), Decimal("0.01"), Decimal("0.005"))
    found = [steps.rate("initial", Decimal(1), Fraction(v)) for v in ("199.99", "200", "300")]
    assert found == [Fraction("0.01"), Fraction("0.015"), Fraction("0.02")]
    assert steps.limit() is None


def test_deribits_rate_grows_with_the_size() -> None:
    rates = LinearInSize(Decimal("0.02"), Decimal("0.01"), Decimal("0.00005"))
    assert rates.rate("initial", Decimal(1), Fraction(100)) == Fraction("0.025")
    piece = rates.piece("maintenance", Decimal(1), Fraction(100))
    assert piece.at(Fraction(100)) == Fraction("1.5")


def test_brackets_of_contracts_do_not_move_with_the_price() -> None:
    schedule = Tiered(tiers([Decimal("0.01"), Decimal("0.02")], [100] * 5), "contracts", True)
    (only,) = schedule.pieces("maintenance", Decimal(150), Fraction(10_000))
    # 100 of 150 contracts at 1 %, 50 at 2 %
    assert only.rate == Fraction(200, 150) / 100
    assert only.cap is None


def test_a_size_above_the_last_bracket_stays_in_it_and_the_limit_says_so() -> None:
    made = (Tier(Decimal(5), Decimal("0.01")), Tier(Decimal(20), Decimal("0.02")))
    schedule = Tiered(made, "coin", marginal=False)
    assert schedule.rate("maintenance", Decimal(1), Fraction(500)) == Fraction("0.02")
    assert schedule.limit() == ("coin", Decimal(20))


def test_a_tier_without_initial_rate_or_leverage_is_refused() -> None:
    with pytest.raises(RuleError, match="neither initial_rate nor max_leverage"):
        Tier(None, Decimal("0.01")).rate("initial")
    assert Tier(None, Decimal("0.01"), max_leverage=Decimal(50)).rate("initial") == Fraction(1, 50)
