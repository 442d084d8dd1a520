"""Deleveraging: BitMEX's example, lights, closing from the top, and coin between the two sides."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import instruments, lots, prices

from obverse.contracts import Instrument, Position, fill
from obverse.errors import AmountError, BookError
from obverse.risk.losses import (
    Candidate,
    Closing,
    Closings,
    PricePolicy,
    Ranked,
    close_from_top,
    deleverage,
    deleveraging_price,
    queue,
    queues,
)

SIX = [("1", 10, 3), ("2", 10, 6), ("3", 20, 1), ("4", 30, 4), ("5", 20, 5), ("6", 10, 2)]
"""Account, contracts and score: BitMEX, further information on auto-deleveraging."""


def ranked(items: list[tuple[str, int, int]]) -> list[Ranked]:
    return [Ranked(name, Fraction(size), Fraction(points)) for name, size, points in items]


def test_the_published_quintiles() -> None:
    ranking = queue(ranked(SIX))
    assert [item.account for item in ranking.ranked] == ["2", "5", "4", "1", "6", "3"]
    assert ranking.percents == {"1": 80, "2": 20, "3": 100, "4": 60, "5": 40, "6": 80}
    assert ranking.lights == {"1": 2, "2": 5, "3": 1, "4": 3, "5": 4, "6": 2}


def test_the_published_closing_of_twenty() -> None:
    """Account 2 loses all of its 10, account 5 the other 10 of its 20."""
    found = close_from_top(queue(ranked(SIX)), 20)
    assert found.closings == (
        Closing("2", Fraction(10), Fraction(0)),
        Closing("5", Fraction(10), Fraction(10)),
    )
    assert found.unfilled == 0


def test_a_queue_reads_as_a_table() -> None:
    text = repr(queue(ranked(SIX)))
    assert text.splitlines()[0] == "Deleveraging queue"
    assert queue(ranked(SIX)).to_frame("records")[0] == {
        "account": "2",
        "contracts": 10.0,
        "score": 6.0,
        "queue_percent": 20.0,
        "lights": 5,
    }


def test_equal_scores_keep_the_order_given() -> None:
    ranking = queue(ranked([("B", 1, 5), ("A", 1, 5), ("C", 1, 9)]))
    assert [item.account for item in ranking.ranked] == ["C", "B", "A"]


def test_another_number_of_lights() -> None:
    assert queue(ranked(SIX), steps=10).percents["1"] == 70
    with pytest.raises(BookError, match="at least one"):
        queue(ranked(SIX), steps=0)


def test_an_empty_queue_takes_nothing() -> None:
    ranking = queue([])
    assert ranking.percents == {}
    assert close_from_top(ranking, 5) == Closings((), Fraction(5))


sides = st.lists(st.tuples(st.integers(1, 1000), st.integers(-50, 50)), min_size=1, max_size=8).map(
    lambda items: ranked([(f"account {n}", *item) for n, item in enumerate(items)])
)


@given(side=sides, wanted=st.integers(0, 9000))
def test_contracts_are_conserved_and_taken_from_the_top(side: list[Ranked], wanted: int) -> None:
    ranking = queue(side)
    found = close_from_top(ranking, wanted)
    assert sum(item.closed for item in found.closings) + found.unfilled == wanted
    touched = [item.account for item in found.closings]
    assert touched == [item.account for item in ranking.ranked[: len(touched)]]
    assert all(item.remaining == 0 for item in found.closings[:-1])
    assert all(item.closed > 0 <= item.remaining for item in found.closings)
    if found.unfilled:
        assert len(touched) == len(side)


@given(side=sides)
def test_lights_fall_down_the_queue_and_the_last_has_one(side: list[Ranked]) -> None:
    ranking = queue(side)
    lit = [ranking.lights[item.account] for item in ranking.ranked]
    assert lit == sorted(lit, reverse=True)
    assert lit[-1] == 1
    assert all(1 <= light <= 5 for light in lit)


@st.composite
def liquidations(draw: st.DrawFn) -> tuple[Position, dict[str, Position]]:
    """Draw a position to liquidate and others on the opposite side, of one contract."""
    instrument: Instrument = draw(instruments)
    side = draw(st.sampled_from([1, -1]))
    flat = Position.flat(instrument)
    others = {
        f"account {n}": fill(flat, -side * instrument.lot * draw(lots), draw(prices))
        for n in range(draw(st.integers(1, 5)))
    }
    return fill(flat, side * instrument.lot * draw(lots), draw(prices)), others


@given(case=liquidations(), price=prices)
def test_deleveraging_conserves_coin_to_the_last_unit(
    case: tuple[Position, dict[str, Position]], price: Decimal
) -> None:
    """What is open at cost, less or plus what was realised, is the same before and after."""
    liquidated, others = case
    side = [Ranked(n, Fraction(abs(p.contracts)), Fraction(0)) for n, p in others.items()]
    found = close_from_top(queue(side), abs(liquidated.contracts))
    after = deleverage(liquidated, others, found, price=price)
    payoff = liquidated.instrument.payoff
    sign = 1 if payoff.pnl(Fraction(1), Fraction(0)) > 0 else -1  # inverse: cost less value

    def total(one: Position, rest: dict[str, Position]) -> int:
        return sum(each.cost.units + sign * each.realized.units for each in (one, *rest.values()))

    assert total(after.liquidated, dict(after.positions)) == total(liquidated, others)
    assert abs(after.liquidated.contracts) == found.unfilled
    signed = [liquidated.contracts, *(each.contracts for each in others.values())]
    left = [after.liquidated.contracts, *(each.contracts for each in after.positions.values())]
    assert sum(signed) == sum(left)


PERPETUAL = Instrument.generic("inverse", "1", "BTC")
FLAT = Position.flat(PERPETUAL)


def test_a_short_is_closed_against_the_longs_at_its_bankruptcy_price() -> None:
    """Liquidated at 650, long 10 from 500 gains 10/500 − 10/650 coins."""
    short = FLAT.sell(20, price="600")
    longs = {"2": FLAT.buy(10, price="500"), "5": FLAT.buy(20, price="550")}
    found = deleverage(short, longs, close_from_top(queue(ranked(SIX)), 20), price="650")
    assert not found.liquidated.contracts
    assert not found.positions["2"].contracts
    assert found.positions["5"].contracts == 10
    gain = Fraction(10, 500) - Fraction(10, 650)
    assert abs(found.positions["2"].realized.fraction - gain) < Fraction(1, 10**39)


@pytest.mark.parametrize(
    ("closing", "found"),
    [
        (Closing("Z", Fraction(1), Fraction(0)), "has no position"),
        (Closing("short", Fraction(1), Fraction(0)), "cannot be closed"),
        (Closing("long", Fraction(11), Fraction(0)), "cannot be closed"),
        (Closing("large", Fraction(21), Fraction(0)), "cannot be closed"),
        (Closing("other", Fraction(1), Fraction(0)), "is liquidated"),
        (Closing("large", Fraction(1, 3), Fraction(0)), "not a decimal"),
    ],
)
def test_a_closing_that_does_not_fit_is_refused(closing: Closing, found: str) -> None:
    other = Position.flat(replace(PERPETUAL, symbol="other"))
    positions = {
        "short": FLAT.sell(5, price="600"),
        "long": FLAT.buy(10, price="600"),
        "large": FLAT.buy(100, price="600"),
        "other": other.buy(10, price="600"),
    }
    with pytest.raises(BookError, match=found):
        deleverage(
            FLAT.sell(20, price="600"), positions, Closings((closing,), Fraction(0)), price=1
        )


def test_longs_and_shorts_are_ranked_apart() -> None:
    coin = PERPETUAL.settlement_currency
    held = {
        "L1": FLAT.buy(10_000, price="9000"),
        "L2": FLAT.buy(10_000, price="8000"),
        "S1": FLAT.sell(10_000, price="12000"),
    }
    candidates = [
        Candidate(
            name,
            position,
            Decimal(10_000),
            coin.amount("0.2"),
            coin.amount("0.01"),
            Decimal(5_000 if position.contracts > 0 else 20_000),
        )
        for name, position in held.items()
    ]
    longs, shorts = queues(candidates, "profit_times_leverage")
    assert [item.account for item in longs.ranked] == ["L2", "L1"]
    assert [item.account for item in shorts.ranked] == ["S1"]
    assert shorts.lights == {"S1": 1}


def test_the_price_is_a_policy() -> None:
    at = {"bankruptcy_price": "650", "mark_price": "640"}
    assert deleveraging_price(PricePolicy.BANKRUPTCY, **at) == 650
    assert deleveraging_price(PricePolicy("mark"), **at) == 640
    with pytest.raises(AmountError, match="mark price"):
        deleveraging_price(PricePolicy.MARK, bankruptcy_price="650", mark_price="0")


def test_accounts_named_twice_and_sizes_of_nothing_are_refused() -> None:
    with pytest.raises(BookError, match="named twice"):
        queue(ranked([("A", 1, 1), ("A", 1, 2)]))
    for size in ("0", "-1", "NaN"):
        with pytest.raises(AmountError, match="account A: contracts"):
            Ranked("A", size, Fraction(1))  # type: ignore[arg-type]
    with pytest.raises(AmountError, match="close_contracts"):
        close_from_top(queue(ranked(SIX)), -1)
