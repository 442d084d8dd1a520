"""Who pays for what the fund does not cover: the other side's queue, or all winners alike."""

from __future__ import annotations

from decimal import Decimal

import pytest
from cascades import BTC, START, TERMS, account, coins

from obverse.errors import RuleError
from obverse.risk.margin import MarginTerms
from obverse.risk.scenarios import AccountFate, LossSharing
from obverse.risk.scenarios.sharing import share

PRICE = Decimal(40_000)
"""A short of 10 BTC at 50,000 gains 2.5 BTC, one from 45,000 1.25 BTC of 500,000 USD."""


def staying(*made: tuple[str, int, str, str]) -> list[tuple[AccountFate, MarginTerms]]:
    """Open accounts: name, contracts, margin, entry price."""
    found = []
    for name, contracts, margin, entry in made:
        item = account(name, contracts, margin, entry)
        found.append((AccountFate.before(name, item.position, item.margin, START), TERMS))
    return found


SHORTS = staying(("calm", -50_000, "9", "50000"), ("levered", -50_000, "1", "50000"))
LONG = staying(("early long", 50_000, "2", "20000"))


def test_the_queue_is_the_other_side_highest_score_first() -> None:
    found = share(LossSharing(), [(True, coins("1"))], [*LONG, *SHORTS], price=PRICE)
    assert found.taken == {"levered": coins("1")}
    more = share(LossSharing(), [(True, coins("3"))], [*LONG, *SHORTS], price=PRICE)
    assert more.taken == {"levered": coins("2.5"), "calm": coins("0.5")}


def test_a_bankrupt_short_is_paid_for_by_longs() -> None:
    found = share(LossSharing(), [(False, coins("1"))], [*LONG, *SHORTS], price=PRICE)
    assert found.taken == {"early long": coins("1")}


def test_session_winners_pay_pro_rata_whatever_their_side() -> None:
    found = share(LossSharing("pro_rata"), [(True, coins("3.5"))], [*LONG, *SHORTS], price=PRICE)
    # gains of 12.5, 2.5 and 2.5: a fifth of each
    assert found.taken == {
        "early long": coins("2.5"),
        "calm": coins("0.5"),
        "levered": coins("0.5"),
    }


def test_no_more_than_profit_is_taken_even_from_both_sides_debts() -> None:
    owed = [(True, coins("10")), (False, coins("10"))]
    found = share(LossSharing("pro_rata"), owed, SHORTS, price=PRICE)
    assert sum(found.taken.values(), BTC.zero) == coins("5")
    assert found.uncovered == coins("15")


def test_what_was_taken_before_is_not_taken_again() -> None:
    cut = [(SHORTS[0][0].cut(coins("2.4")), TERMS)]
    found = share(LossSharing(), [(True, coins("1"))], cut, price=PRICE)
    assert (found.taken, found.uncovered) == ({"calm": coins("0.1")}, coins("0.9"))


def test_losers_pay_nothing() -> None:
    losers = staying(("late", -50_000, "2", "35000"))
    found = share(LossSharing(), [(True, coins("1"))], losers, price=PRICE)
    assert (found.taken, found.uncovered) == ({}, coins("1"))


def test_nothing_owed_takes_nothing() -> None:
    found = share(LossSharing(), [(True, BTC.zero)], SHORTS, price=PRICE)
    assert (found.taken, found.uncovered) == ({}, BTC.zero)


@pytest.mark.parametrize(
    "score", ["profit_times_leverage", "leverage_times_profit_over_collateral"]
)
def test_each_venues_score_ranks_the_levered_first(score: str) -> None:
    sharing = LossSharing("queue", score)
    found = share(sharing, [(True, coins("1"))], SHORTS, price=PRICE)
    assert found.taken == {"levered": coins("1")}


def test_an_unknown_score_is_refused() -> None:
    with pytest.raises(RuleError, match="No score 'luck'"):
        LossSharing("queue", "luck")
