"""Roll yield and cost: the recorded futures by short formulas, quotes, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from obverse.curves.rolling import (
    ContractPanel,
    RollSchedule,
    executions,
    instruments_of,
    roll_costs,
)
from obverse.errors import AmountError, MarketDataError, SymbolError


def test_recorded_rolls_yield_and_cost_what_short_formulas_say(
    recorded: ContractPanel, monthly_rolls: RollSchedule
) -> None:
    found = roll_costs(recorded, monthly_rolls, usd_amount=100_000, half_spread_bp=1)
    assert len(found.rolls) == 4
    for each, done in zip(found.rolls, executions(recorded, monthly_rolls), strict=True):
        near = recorded.prices_usd[done.row, recorded.column(each.roll.leaving)]
        far = recorded.prices_usd[done.row, recorded.column(each.roll.entering)]
        days = (each.roll.entering_expiry - each.roll.leaving_expiry).days
        assert each.roll_yield == pytest.approx(near / far - 1)
        assert each.yearly_yield == pytest.approx((near / far - 1) * 365 / days)
        coins = [round(1e14 / price) for price in (near, far)]
        assert each.value.units == coins[0]
        assert each.fee.units == sum(round(coin * 0.0005) for coin in coins)
        assert each.half_spread is not None
        assert each.half_spread.units == sum(round(coin * 0.0001) for coin in coins)
        assert each.cost_bp == pytest.approx(12 * (1 + near / far) / 2, abs=1e-3)
        assert each.yearly_cost == pytest.approx(each.cost_bp * 365 / days / 1e4)
    assert found.cost.units == sum(each.cost.units for each in found.rolls)
    span = 28 + 28 + 28 + 35
    assert found.yearly_yield == pytest.approx(found.roll_yield * 365 / span)
    assert found.roll_yield < 0, "a long in contango pays at each roll"
    assert found.to_frame().height == 4
    assert "4" not in found.plot().get_title(loc="left")


def test_makers_pay_the_makers_fee_and_unknown_spreads_are_told(
    recorded: ContractPanel, monthly_rolls: RollSchedule
) -> None:
    found = roll_costs(recorded, monthly_rolls, usd_amount=10_000, liquidity="maker")
    assert {each.fee.units for each in found.rolls} == {0}
    assert {each.half_spread for each in found.rolls} == {None}
    assert "Half-spreads of 4 rolls are not known" in found.warnings[-1]
    assert "—" in str(found)


def test_quotes_give_the_half_spreads(recorded: ContractPanel, monthly_rolls: RollSchedule) -> None:
    bids, asks = recorded.prices_usd * (1 - 2e-4), recorded.prices_usd * (1 + 2e-4)
    quoted = replace(recorded, bids_usd=np.round(bids, 2), asks_usd=np.round(asks, 2))
    found = roll_costs(quoted, monthly_rolls, usd_amount=100_000, half_spread_bp=50)
    first, done = found.rolls[0], executions(quoted, monthly_rolls)[0]
    lost = 0
    for symbol, best in ((first.roll.leaving, "bids_usd"), (first.roll.entering, "asks_usd")):
        column = quoted.column(symbol)
        bid, ask = (getattr(quoted, side)[done.row, column] for side in ("bids_usd", "asks_usd"))
        middle = (Fraction(str(bid)) + Fraction(str(ask))) / 2
        price = Fraction(str(getattr(quoted, best)[done.row, column]))
        lost += abs(round(Fraction(10**14) / price) - round(Fraction(10**14) / middle))
    assert first.half_spread is not None
    assert first.half_spread.units == lost
    assert first.cost_bp == pytest.approx(10 + 4, abs=0.05)


def test_crossed_quotes_are_refused(recorded: ContractPanel, monthly_rolls: RollSchedule) -> None:
    crossed = replace(recorded, bids_usd=recorded.prices_usd + 1, asks_usd=recorded.prices_usd - 1)
    with pytest.raises(MarketDataError, match=r"BTC-30JAN26: bid .* above ask"):
        roll_costs(crossed, monthly_rolls, usd_amount=1000)


def test_rolls_not_made_yet_are_no_part(
    recorded: ContractPanel, monthly_rolls: RollSchedule
) -> None:
    whole = roll_costs(recorded, monthly_rolls, usd_amount=1000)
    early = roll_costs(recorded.until("2026-03-01"), monthly_rolls, usd_amount=1000)
    assert early.rolls == whole.rolls[:2]
    none = roll_costs(recorded.until("2026-01-05"), monthly_rolls, usd_amount=1000)
    assert (none.rolls, none.yearly_yield, none.cost.units) == ((), None, 0)


def test_bad_input_is_named(recorded: ContractPanel, monthly_rolls: RollSchedule) -> None:
    with pytest.raises(AmountError, match="expected above zero"):
        roll_costs(recorded, monthly_rolls, usd_amount=-5)
    with pytest.raises(AmountError, match="not a whole number of BTC-30JAN26"):
        roll_costs(recorded, monthly_rolls, usd_amount=15)
    with pytest.raises(MarketDataError, match="half_spread_bp nan"):
        roll_costs(recorded, monthly_rolls, usd_amount=1000, half_spread_bp=float("nan"))
    with pytest.raises(SymbolError):
        instruments_of(replace(monthly_rolls, first="SYN.BTC-1FEB26", rolls=()))
