"""Allocation of a budget over profits: each policy by hand, and what holds for all of them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.errors import AmountError, BookError, RuleError
from obverse.risk.losses import POLICIES, Winner, allocate, haircutable, in_order

from . import draws

LEVELLED = ("pro_rata", "capped_pro_rata", "risk_weighted")


def _winners(*parts: tuple[str, str]) -> list[Winner]:
    return [Winner(name, Fraction(profit)) for name, profit in parts]


THREE = _winners(("A", "8"), ("B", "4"), ("C", "0.5"))


def test_a_queue_takes_all_of_the_first_before_it_touches_the_next() -> None:
    made = allocate("queue", in_order(THREE, ["B", "A", "C"]), Fraction("7.5"))
    assert made.haircuts == (1, Fraction(7, 16), 0)
    assert made.taken == (4, Fraction("3.5"), 0)
    assert made.uncovered == 0


def test_pro_rata_is_one_fraction_for_all() -> None:
    made = allocate("pro_rata", THREE, Fraction("7.5"))
    assert made.haircuts == (Fraction(3, 5),) * 3
    assert made.taken == (Fraction("4.8"), Fraction("2.4"), Fraction("0.3"))


def test_what_a_cap_keeps_off_the_others_bear() -> None:
    capped = [replace(THREE[0], cap=Fraction(1, 2)), *THREE[1:]]
    made = allocate("capped_pro_rata", capped, Fraction("7.5"))
    # 4 of A; 3.5 of the 4.5 that B and C have
    assert made.haircuts == (Fraction(1, 2), Fraction(7, 9), Fraction(7, 9))


def test_risk_weights_tilt_the_haircut() -> None:
    """Profits of 10 each, weights 1 and 3: of a budget of 8 the second bears three quarters."""
    pair = [
        Winner("A", Fraction(10), weight=Fraction(1)),
        Winner("B", Fraction(10), weight=Fraction(3)),
    ]
    assert allocate("risk_weighted", pair, Fraction(8)).taken == (2, 6)
    # of 16 B can give no more than its 10
    assert allocate("risk_weighted", pair, Fraction(16)).taken == (6, 10)


def test_an_account_without_weight_bears_nothing_and_the_rest_is_uncovered() -> None:
    pair = [Winner("A", Fraction(10), weight=Fraction(0)), Winner("B", Fraction(10))]
    made = allocate("risk_weighted", pair, Fraction(14))
    assert made.taken == (0, 10)
    assert made.uncovered == 4


@pytest.mark.parametrize("policy", POLICIES)
def test_a_budget_above_all_profits_takes_them_and_names_the_rest(policy: str) -> None:
    made = allocate(policy, THREE, Fraction(20))
    assert made.haircuts == (1, 1, 1)
    assert made.uncovered == Fraction("7.5")


@pytest.mark.parametrize("policy", POLICIES)
def test_without_winners_everything_is_uncovered(policy: str) -> None:
    made = allocate(policy, [], Fraction(3))
    assert made.haircuts == ()
    assert made.uncovered == 3
    assert allocate(policy, [Winner("A", Fraction(0))], Fraction(3)).uncovered == 3


def test_a_loss_is_no_profit() -> None:
    assert haircutable(Fraction(-3)) == 0
    assert haircutable(Fraction(3)) == 3


@pytest.mark.parametrize("policy", POLICIES)
@given(data=st.data())
def test_coin_is_conserved_and_caps_hold(policy: str, data: st.DataObject) -> None:
    parts = data.draw(draws.uncapped if policy == "pro_rata" else draws.winners)
    budget = data.draw(draws.budgets(parts))
    made = allocate(policy, parts, budget)
    assert sum(made.taken) + made.uncovered == budget
    assert made.uncovered >= 0
    pairs = list(zip(parts, made.haircuts, strict=True))
    assert all(0 <= haircut <= winner.cap for winner, haircut in pairs)
    if made.uncovered:
        bearing = [(w, h) for w, h in pairs if w.profit and (w.weight or policy != "risk_weighted")]
        assert all(haircut == winner.cap for winner, haircut in bearing)


@given(data=st.data())
def test_capped_pro_rata_is_the_one_water_filling(data: st.DataObject) -> None:
    """All that are below their caps share one fraction, and no cap that binds is above it."""
    parts = data.draw(draws.winners)
    made = allocate("capped_pro_rata", parts, data.draw(draws.budgets(parts)))
    pairs = [(w, h) for w, h in zip(parts, made.haircuts, strict=True) if w.profit]
    below = {haircut for winner, haircut in pairs if haircut < winner.cap}
    assert len(below) <= 1
    if below:
        assert made.uncovered == 0
        (level,) = below
        assert all(haircut == min(level, winner.cap) for winner, haircut in pairs)


@given(data=st.data())
def test_risk_weighted_haircuts_below_their_caps_are_proportional_to_weight(
    data: st.DataObject,
) -> None:
    parts = data.draw(draws.winners)
    made = allocate("risk_weighted", parts, data.draw(draws.budgets(parts)))
    pairs = [(w, h) for w, h in zip(parts, made.haircuts, strict=True) if w.profit and w.weight]
    levels = {haircut / winner.weight for winner, haircut in pairs if haircut < winner.cap}
    assert len(levels) <= 1
    if levels:
        (level,) = levels
        assert all(haircut == min(level * w.weight, w.cap) for w, haircut in pairs)


@given(data=st.data())
def test_equal_weights_and_no_caps_are_plain_pro_rata(data: st.DataObject) -> None:
    parts = data.draw(draws.uncapped)
    budget = data.draw(draws.budgets(parts))
    plain = allocate("pro_rata", parts, budget)
    for policy in LEVELLED[1:]:
        assert allocate(policy, parts, budget).haircuts == plain.haircuts


@pytest.mark.parametrize("policy", LEVELLED)
@given(data=st.data())
def test_the_order_of_accounts_does_not_matter_but_to_a_queue(
    policy: str, data: st.DataObject
) -> None:
    parts = data.draw(draws.uncapped if policy == "pro_rata" else draws.winners)
    budget = data.draw(draws.budgets(parts))
    made = allocate(policy, parts, budget)
    shuffled = data.draw(st.permutations(parts))
    again = allocate(policy, shuffled, budget)
    assert dict(zip(parts, made.haircuts, strict=True)) == dict(
        zip(shuffled, again.haircuts, strict=True)
    )


@pytest.mark.parametrize("policy", LEVELLED)
@given(data=st.data())
def test_splitting_an_account_changes_nothing(policy: str, data: st.DataObject) -> None:
    parts = data.draw(draws.uncapped if policy == "pro_rata" else draws.winners)
    budget = data.draw(draws.budgets(parts))
    share = data.draw(draws.fractions)
    first, *others = parts
    halves = [
        replace(first, account="one half", profit=first.profit * share),
        replace(first, account="other half", profit=first.profit * (1 - share)),
    ]
    whole = allocate(policy, parts, budget)
    split = allocate(policy, halves + others, budget)
    assert sum(split.taken[:2]) == whole.taken[0]
    assert split.taken[2:] == whole.taken[1:]


def test_a_queue_is_not_sybil_proof() -> None:
    """The half that its owner moves to the back of the queue is spared."""
    whole = allocate("queue", _winners(("A", "8"), ("B", "4")), Fraction(8))
    split = allocate("queue", _winners(("A1", "4"), ("B", "4"), ("A2", "4")), Fraction(8))
    assert whole.taken[0] == 8
    assert split.taken[0] + split.taken[2] == 4


@pytest.mark.parametrize("policy", POLICIES)
@given(data=st.data())
def test_a_larger_budget_lowers_nobodys_haircut(policy: str, data: st.DataObject) -> None:
    parts = data.draw(draws.uncapped if policy == "pro_rata" else draws.winners)
    low, high = sorted([data.draw(draws.budgets(parts)), data.draw(draws.budgets(parts))])
    less, more = allocate(policy, parts, low), allocate(policy, parts, high)
    assert all(a <= b for a, b in zip(less.haircuts, more.haircuts, strict=True))
    assert less.uncovered <= more.uncovered


@given(data=st.data())
def test_pro_rata_keeps_the_order_of_winners(data: st.DataObject) -> None:
    parts = data.draw(draws.uncapped)
    made = allocate("pro_rata", parts, data.draw(draws.budgets(parts)))
    kept = [w.profit - taken for w, taken in zip(parts, made.taken, strict=True)]
    ranked = sorted(range(len(parts)), key=lambda place: parts[place].profit)
    assert [kept[place] for place in ranked] == sorted(kept)


@given(data=st.data(), scale=st.fractions(Fraction(1, 1000), 1000, max_denominator=1000))
def test_haircuts_do_not_depend_on_the_unit(data: st.DataObject, scale: Fraction) -> None:
    parts = data.draw(draws.winners)
    budget = data.draw(draws.budgets(parts))
    scaled = [replace(winner, profit=winner.profit * scale) for winner in parts]
    made = allocate("capped_pro_rata", parts, budget)
    assert allocate("capped_pro_rata", scaled, budget * scale).haircuts == made.haircuts


@pytest.mark.parametrize(
    ("profit", "cap", "weight", "found"),
    [
        ("-1", "1", "1", "profit: -1 is below zero"),
        ("1", "1.5", "1", "cap: 1.5 is not from 0 to 1"),
        ("1", "-0.1", "1", "cap: -0.1"),
        ("1", "1", "-2", "weight: -2 is below zero"),
        ("NaN", "1", "1", "profit: 'NaN' is not finite"),
        ("Infinity", "1", "1", "not finite"),
        (1.5, "1", "1", "not exact"),
    ],
)
def test_a_winner_out_of_range_is_refused(profit, cap, weight, found: str) -> None:
    with pytest.raises(AmountError, match=found):
        Winner("A", profit, cap, weight)


def test_text_and_decimals_become_fractions_at_the_door() -> None:
    winner = Winner("A", "0.5", Decimal("0.25"))  # type: ignore[arg-type]
    assert (winner.profit, winner.capacity) == (Fraction(1, 2), Fraction(1, 8))


def test_a_budget_below_zero_is_refused() -> None:
    with pytest.raises(AmountError, match="budget: -1 is below zero"):
        allocate("queue", THREE, Fraction(-1))


def test_an_account_named_twice_is_refused() -> None:
    with pytest.raises(BookError, match="account 'A' is named twice"):
        allocate("queue", _winners(("A", "1"), ("A", "2")), Fraction(1))


def test_an_unknown_policy_names_the_known() -> None:
    with pytest.raises(RuleError, match="queue, pro_rata, capped_pro_rata, risk_weighted"):
        allocate("lottery", THREE, Fraction(1))


def test_pro_rata_with_a_cap_is_refused() -> None:
    with pytest.raises(AmountError, match="use capped_pro_rata"):
        allocate("pro_rata", [Winner("A", Fraction(1), Fraction(1, 2))], Fraction(1))


@pytest.mark.parametrize(
    ("order", "found"), [(["A", "Z"], "no account 'Z'"), (["A", "A"], "twice")]
)
def test_an_order_that_does_not_fit_is_refused(order: list[str], found: str) -> None:
    with pytest.raises(BookError, match=found):
        in_order(THREE, order)
