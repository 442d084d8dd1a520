"""One position at every venue: each by its own rules, and the gaps explained to the last cent."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from books import ETHER, LINEAR, MARCH_FUTURE, PERPETUAL, QUANTO, held

from obverse.contracts import Position
from obverse.errors import BookError
from obverse.risk.margin import Held, MarginAccount, MarginSetting, assess, margin_terms
from obverse.risk.side_by_side import SideBySide, VenuePosition, side_by_side
from obverse.risk.side_by_side_steps import price_steps
from obverse.rulebooks import rulebook, venues

AT = datetime(2026, 11, 20, tzinfo=UTC)
MARK = Decimal("88000")
CROSS = MarginSetting()
ISOLATED = MarginSetting(mode="isolated", leverage=Decimal(10))


def laid(
    position: Position, setting: MarginSetting = CROSS, coins: str = "1", at: datetime = AT
) -> SideBySide:
    """A position at all venues."""
    return side_by_side(position, setting, coins=Decimal(coins), mark_price=MARK, at=at)


def place(found: SideBySide, venue: str) -> VenuePosition:
    """What was found at one venue."""
    return next(item for item in found.places if item.venue == venue)


LONG, SHORT = held(PERPETUAL, 60_000, "82000"), held(PERPETUAL, -60_000, "86000")


def test_every_venue_is_there_and_the_own_one_first() -> None:
    found = laid(LONG)
    assert found.places[0].venue == "deribit"
    assert sorted(item.venue for item in found.places) == sorted(venues())
    assert all(item.state is not None or item.reason for item in found.places)


@pytest.mark.parametrize("setting", [CROSS, ISOLATED], ids=["cross", "isolated"])
@pytest.mark.parametrize("position", [LONG, SHORT], ids=["long", "short"])
def test_the_moves_sum_to_the_whole_gap(position: Position, setting: MarginSetting) -> None:
    found = laid(position, setting)
    own = found.places[0].position
    assert own is not None
    assert own.liquidation_price is not None
    compared = 0
    for item in found.places[1:]:
        if item.position is None or item.position.liquidation_price is None:
            continue
        steps = price_steps(own, item.position, MARK)
        total = sum((step.move_usd for step in steps), Decimal(0))
        assert total == item.position.liquidation_price - own.liquidation_price
        assert all(step.words and step.move_usd for step in steps)
        compared += 1
    assert compared >= 4


@pytest.mark.parametrize("position", [LONG, SHORT], ids=["long", "short"])
def test_each_price_is_that_of_an_account_by_the_venues_rules(position: Position) -> None:
    """Assessed again from the venue's own terms, outside of the comparison."""
    found = laid(position)
    for venue in ("deribit", "binance", "okx", "kraken"):
        state = place(found, venue).position
        assert state is not None
        theirs = state.held.position
        terms = margin_terms(rulebook(venue, as_of=AT), theirs.instrument)
        currency = theirs.instrument.accounting.currency
        account = MarginAccount(
            venue, currency, currency.amount("1"), MARK, (Held(theirs, terms, MARK),)
        )
        (again,) = assess(account).positions
        assert state.liquidation_price == again.liquidation_price
        assert state.needs.maintenance == again.needs.maintenance


def test_the_same_dollars_and_cost_are_held_everywhere() -> None:
    for item in laid(LONG).places:
        if item.position is not None:
            position = item.position.held.position
            dollars = position.contracts * position.instrument.multiplier
            assert dollars == 600_000
            assert float(position.average_price) == pytest.approx(82_000, rel=5e-6), (
                item.venue  # BitMEX rounds the value of a lot of 100 dollars to a satoshi
            )


def test_deribits_long_by_an_independent_formula() -> None:
    own = laid(LONG).places[0].position
    assert own is not None
    worth = 1 + 600_000 / 82_000
    value = (-1.01 + (1.01**2 + 4 * 0.00005 * worth) ** 0.5) / (2 * 0.00005)
    assert float(own.liquidation_price or 0) == pytest.approx(600_000 / value, rel=1e-7)


def test_a_closed_venue_is_under_the_last_rules_it_had_and_says_which() -> None:
    after = place(laid(LONG), "bitmex")
    assert after.state is not None
    assert any("2026-09-22, the last it had" in note for note in after.notes)
    open_yet = place(laid(LONG, at=datetime(2026, 6, 1, tzinfo=UTC)), "bitmex")
    assert not any("the last it had" in note for note in open_yet.notes)


def test_a_coin_that_a_venue_does_not_list_has_a_reason() -> None:
    found = laid(held(ETHER, 10_000, "3000"))
    (item,) = [item for item in found.places if item.state is None]
    assert item.venue == "bitmex"
    assert item.reason.startswith("BitMEX lists no inverse ETH")
    assert item.position is None
    assert item.terms is None


def test_a_future_without_its_like_is_stood_for_and_that_is_said() -> None:
    at = datetime(2026, 2, 1, tzinfo=UTC)
    found = laid(held(MARCH_FUTURE, 10_000, "80000"), at=at)
    for item in found.places[1:]:
        if item.position is None:
            continue
        instrument = item.position.held.position.instrument
        said = any("stands for BTC-27MAR26" in note for note in item.notes)
        assert said == (instrument.expiry != MARCH_FUTURE.expiry)


def test_a_size_that_is_no_whole_lot_elsewhere_is_rounded_down_or_refused() -> None:
    """10 dollars at Deribit; a lot of the perpetual of Binance and OKX is 100 dollars."""
    small, odd = laid(held(PERPETUAL, 1, "80000")), laid(held(PERPETUAL, 15, "80000"))
    assert place(small, "binance").reason == "less than a lot of 100 USD"
    assert "100 USD, in whole lots" in place(odd, "binance").notes
    assert not any("whole lots" in note for note in odd.places[0].notes)


def test_leverage_above_what_a_venue_gives_is_said() -> None:
    high = MarginSetting(mode="isolated", leverage=Decimal(120))
    notes = [note for item in laid(LONG, high).places for note in item.notes]
    assert any(note.startswith("120x is above the") for note in notes)
    low = [note for item in laid(LONG, ISOLATED).places for note in item.notes]
    assert not any("x is above the" in note for note in low)


@pytest.mark.parametrize("instrument", [QUANTO, LINEAR], ids=["quanto", "linear"])
def test_only_inverse_positions_are_laid_side_by_side(instrument) -> None:
    with pytest.raises(BookError, match="only inverse"):
        laid(held(instrument, 1_000, "2400"))


def test_nothing_held_is_refused() -> None:
    with pytest.raises(BookError, match="nothing is held"):
        laid(Position.flat(PERPETUAL))


def test_a_short_that_its_coins_cover_ends_nowhere_and_has_no_gap() -> None:
    found = laid(SHORT, coins="20")
    own = found.places[0].position
    assert own is not None
    assert own.liquidation_price is None
    others = [item.position for item in found.places[1:] if item.position is not None]
    assert all(price_steps(own, item, MARK) == () for item in others)
    assert {row["liquidation_usd"] for row in found.table().records()} == {None}


def test_the_table_has_the_gap_of_each_venue() -> None:
    first, *rows = laid(LONG).table().records()
    for row in rows:
        if row["liquidation_usd"] is not None:
            gap = Decimal(str(row["liquidation_usd"])) - Decimal(str(first["liquidation_usd"]))
            assert Decimal(str(row["difference_usd"])) == gap
