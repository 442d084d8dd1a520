"""What holds of every sequence of fills, whatever the payoff and however the venue rounds."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st
from strategies import Trade, histories, instruments, lots, prices, rounded, signed_lots, unrounded

from obverse.contracts import Amount, Instrument, Inverse, Position, fill
from obverse.contracts.accounting import ValueUnit


def after(instrument: Instrument, history: list[Trade]) -> Position:
    """The position that a history of trades makes."""
    position = Position.flat(instrument)
    for count, price in history:
        position = fill(position, count * instrument.lot, price)
    return position


def total(position: Position, mark: Decimal) -> Amount:
    """Everything gained so far, realized or not."""
    return position.realized + position.pnl(price=mark)


def pieces(history: list[Trade]) -> Iterator[Trade]:
    """The same trades, each that crosses zero cut in two there."""
    held = 0
    for count, price in history:
        crosses = held and abs(count) > abs(held) and (held > 0) != (count > 0)
        if crosses:
            yield -held, price
            yield count + held, price
        else:
            yield count, price
        held += count


def per_lot(instrument: Instrument) -> bool:
    return instrument.accounting.value_unit is ValueUnit.LOT


@given(instruments, histories, prices)
def test_what_was_paid_less_what_came_back_plus_what_is_open_is_equity(
    instrument: Instrument, history: list[Trade], mark: Decimal
) -> None:
    """Σ signed fill values − open value = realized + unrealized, to the last unit."""
    position = after(instrument, history)
    lot = instrument.lot
    paid = instrument.settlement_currency.zero
    for count, price in pieces(history):
        paid += instrument.value(count * lot, price)
    still_open = instrument.value(sum(count for count, _ in history) * lot, mark)
    inverse = isinstance(instrument.payoff, Inverse)
    assert total(position, mark) == (paid - still_open if inverse else still_open - paid)
    assert position.contracts == sum(count for count, _ in history) * lot


@given(instruments, histories, prices)
def test_gains_are_the_formulas_to_a_unit_a_fill(
    instrument: Instrument, history: list[Trade], mark: Decimal
) -> None:
    """N·m·(1/entry − 1/exit) for inverse contracts, N·m·(exit − entry) for the others."""
    inverse = isinstance(instrument.payoff, Inverse)
    formula, units = Fraction(0), Fraction(0)
    for count, price in history:
        entry, end = Fraction(price), Fraction(mark)
        move = 1 / entry - 1 / end if inverse else end - entry
        formula += count * Fraction(instrument.lot * instrument.multiplier) * move
        units += abs(count) if per_lot(instrument) else 2
    off = abs(total(after(instrument, history), mark).fraction - formula)
    bound = (units + 1) / instrument.settlement_currency.scale
    assert off <= bound


@given(instruments, signed_lots, lots, prices, prices)
def test_reversing_through_zero_is_closing_and_opening(
    instrument: Instrument, held: int, more: int, entry: Decimal, price: Decimal
) -> None:
    position = after(instrument, [(held, entry)])
    beyond = more if held < 0 else -more
    reversed_ = fill(position, (beyond - held) * instrument.lot, price)
    closed = position.close(price=price)
    assert reversed_ == fill(closed, beyond * instrument.lot, price)
    assert reversed_.realized == closed.realized
    assert reversed_.cost == instrument.value(beyond * instrument.lot, price)


@given(instruments, histories, prices)
def test_pnl_adds_up_over_the_fills(
    instrument: Instrument, history: list[Trade], mark: Decimal
) -> None:
    """Each fill as a position of its own gains, together, what the one position gains."""
    whole = total(after(instrument, history), mark)
    apart = instrument.settlement_currency.zero
    for trade in history:
        apart += after(instrument, [trade]).pnl(price=mark)
    slack = 0 if per_lot(instrument) else len(list(pieces(history))) + len(history)
    assert abs((whole - apart).units) <= slack


@given(instruments, histories, prices, st.data())
def test_pnl_adds_up_over_splits_of_a_fill(
    instrument: Instrument, history: list[Trade], mark: Decimal, data: st.DataObject
) -> None:
    """Exactly where whole lots are valued lot by lot, else within a unit a split."""
    split: list[Trade] = []
    for count, price in history:
        part = data.draw(st.integers(0, abs(count))) * (1 if count > 0 else -1)
        split += [(size, price) for size in (part, count - part) if size]
    whole = total(after(instrument, history), mark)
    parts = total(after(instrument, split), mark)
    slack = 0 if per_lot(instrument) else len(split) - len(history)
    assert abs((whole - parts).units) <= slack


@given(instruments, histories, lots, prices, st.data())
def test_a_reduction_takes_its_share_of_the_cost_to_half_a_unit(
    instrument: Instrument, history: list[Trade], extra: int, price: Decimal, data: st.DataObject
) -> None:
    position = after(instrument, [*history, (extra, price)])
    held = int(position.contracts / instrument.lot)
    out = data.draw(st.integers(0, abs(held)))
    step = -out if held > 0 else out
    left = fill(position, step * instrument.lot, price) if out else position
    share = Fraction(position.cost.units) * (held + step) / held if held else Fraction(0)
    assert abs(left.cost.units - share) <= Fraction(1, 2)


@given(instruments, histories, prices, prices)
def test_closing_everything_leaves_nothing_open(
    instrument: Instrument, history: list[Trade], price: Decimal, later: Decimal
) -> None:
    position = after(instrument, history)
    closed = position.close(price=price)
    assert closed.contracts == 0
    assert not closed.cost
    assert closed.average_price is None
    assert not closed.pnl(price=later)
    assert closed.realized == total(position, price)


@given(rounded | unrounded, histories, prices)
def test_the_other_side_of_every_trade_gains_what_this_one_loses(
    instrument: Instrument, history: list[Trade], mark: Decimal
) -> None:
    mirrored = [(-count, price) for count, price in history]
    assert total(after(instrument, mirrored), mark) == -total(after(instrument, history), mark)
