"""Scores of a deleveraging queue, by hand in fractions."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from obverse.contracts import Instrument, Position
from obverse.errors import AmountError, BookError, RuleError
from obverse.risk.losses import SCORES, Candidate, effective_leverage, score

INVERSE = Instrument.generic("inverse", "1", "BTC")
COIN = INVERSE.settlement_currency


def candidate(contracts: str, entry: str, mark: str, bankruptcy: str | None) -> Candidate:
    """A position with a tenth of a coin behind it and a hundredth of maintenance."""
    size = Decimal(contracts)
    flat = Position.flat(INVERSE)
    opened = flat.buy(size, price=entry) if size > 0 else flat.sell(-size, price=entry)
    return Candidate(
        "A",
        opened,
        Decimal(mark),
        COIN.amount("0.1"),
        COIN.amount("0.01"),
        None if bankruptcy is None else Decimal(bankruptcy),
    )


WINNER = candidate("10000", "8000", "10000", "6400")
"""Entry value 1.25, mark value 1, bankrupt value 1.5625: a gain of 0.25."""
LOSER = candidate("-10000", "8000", "10000", "12500")
"""Entry value 1.25, mark value 1, bankrupt value 0.8: a loss of 0.25, 0.2 left."""


def test_a_profit_is_multiplied_by_leverage() -> None:
    """0.25/1.25 times 1/0.5625."""
    assert effective_leverage(WINNER) == Fraction(16, 9)
    assert score(WINNER, "profit_times_leverage") == Fraction(16, 45)


def test_a_loss_is_divided_by_leverage() -> None:
    """−0.25/1.25 over 1/0.2."""
    assert score(LOSER, "profit_times_leverage") == Fraction(-1, 25)


def test_a_short_that_cannot_go_bankrupt_has_leverage_one() -> None:
    assert effective_leverage(candidate("-10000", "8000", "10000", None)) == 1


def test_profit_over_collateral_times_margin_ratio() -> None:
    """0.25/0.1 times 0.01/0.35; losers are all at the end, with zero."""
    policy = "leverage_times_profit_over_collateral"
    assert score(WINNER, policy) == Fraction(1, 14)
    assert score(LOSER, policy) == 0


def test_leverage_over_a_price() -> None:
    """Mark value 1 on 0.1 is ten times; over bankruptcy 10000/6400, over entry 10000/8000."""
    assert score(WINNER, "leverage_times_mark_over_bankruptcy") == Fraction(125, 8)
    assert score(WINNER, "leverage_times_mark_over_reference") == Fraction(25, 2)
    other = replace(WINNER, reference_price="20000")  # type: ignore[arg-type]
    assert score(other, "leverage_times_mark_over_reference") == 5


@pytest.mark.parametrize(
    "policy", [name for name in SCORES if name != "leverage_times_mark_over_bankruptcy"]
)
def test_more_profit_of_a_long_ranks_higher(policy: str) -> None:
    later = candidate("10000", "7800", "10000", "6400")
    assert score(later, policy) > score(WINNER, policy)


def test_a_position_at_or_beyond_bankruptcy_is_not_ranked() -> None:
    for bankruptcy in ("10000", "10500"):
        with pytest.raises(BookError, match="bankrupt at the mark"):
            score(candidate("10000", "8000", "10000", bankruptcy), "profit_times_leverage")


def test_a_score_that_divides_by_what_is_not_there_is_refused() -> None:
    without = replace(WINNER, collateral=COIN.zero)
    with pytest.raises(BookError, match="needs collateral"):
        score(without, "leverage_times_mark_over_reference")
    with pytest.raises(BookError, match="no bankruptcy price"):
        score(replace(WINNER, bankruptcy_price=None), "leverage_times_mark_over_bankruptcy")


def test_an_unknown_score_names_the_known() -> None:
    with pytest.raises(RuleError, match="profit_times_leverage"):
        score(WINNER, "luck")


@pytest.mark.parametrize(
    ("changes", "kind", "found"),
    [
        ({"mark_price": Decimal(0)}, AmountError, "mark_price"),
        ({"bankruptcy_price": Decimal("NaN")}, AmountError, "bankruptcy_price"),
        ({"collateral": -COIN.amount("1")}, BookError, "below zero"),
        (
            {"collateral": Instrument.generic("inverse", "1", "ETH").settlement_currency.zero},
            BookError,
            "not in BTC",
        ),
        ({"position": Position.flat(INVERSE)}, BookError, "flat"),
    ],
)
def test_a_candidate_that_does_not_hold_together_is_refused(changes, kind, found: str) -> None:
    with pytest.raises(kind, match=found):
        replace(WINNER, **changes)
