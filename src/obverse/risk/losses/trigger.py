"""When deleveraging starts and stops: by the fall of an insurance pool from its 8-hour peak.

    ratio = −loss / peak,   deleveraged amount = max(0, loss + trigger·peak),   trigger < 0

It starts when the ratio is below the trigger (−0.30), or the pool is empty, and stops when the
ratio is above the stop (−0.25). Source: Bybit "Get ADL Alert", examples 1 to 3; OKX starts at the
same fall of its fund (venue rules, section 4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise

from obverse.contracts import Amount, iso
from obverse.errors import AmountError, BookError
from obverse.risk.losses.inputs import Exact, above_zero, fraction, shown

PEAK_WINDOW = timedelta(hours=8)
TRIGGER_RATIO = Fraction(-3, 10)
STOP_RATIO = Fraction(-1, 4)


@dataclass(frozen=True)
class PoolFall:
    """How far a pool fell from its peak, and what of it winners bear.

    Attributes
    ----------
    pnl_ratio : the fall as a fraction of the peak, below zero for a loss
    adl_amount : the loss beyond the trigger, in the pool's currency
    """

    pnl_ratio: Fraction
    adl_amount: Fraction
    trigger_ratio: Fraction

    @property
    def triggers(self) -> bool:
        """Whether the fall is beyond the trigger; at the trigger it is not."""
        return self.pnl_ratio < self.trigger_ratio


def pool_fall(
    *, pool_peak: Exact, pool_loss: Exact, trigger_ratio: Exact = TRIGGER_RATIO
) -> PoolFall:
    """The fall of a pool from its highest balance; a `pool_loss` below zero is a gain."""
    peak = above_zero(pool_peak, "pool_peak")
    loss = fraction(pool_loss, "pool_loss")
    trigger = _negative(trigger_ratio, "trigger_ratio")
    return PoolFall(-loss / peak, max(loss + trigger * peak, Fraction(0)), trigger)


def is_deleveraging(
    before: bool,
    fall: PoolFall,
    *,
    balance: Amount,
    stop_ratio: Exact = STOP_RATIO,
) -> bool:
    """Whether deleveraging is on after a look at the pool; `before` is whether it was.

    An empty pool, or a fall beyond the trigger, turns it on; a ratio above the stop turns it off;
    between the two it stays as it was.
    """
    stop = _negative(stop_ratio, "stop_ratio")
    if stop < fall.trigger_ratio:
        raise AmountError(
            f"stop_ratio: {shown(stop)} is below the trigger {shown(fall.trigger_ratio)}; "
            "deleveraging would stop before it starts."
        )
    if balance.units <= 0 or fall.triggers:
        return True
    return before and fall.pnl_ratio <= stop


def peak_balance(
    balances: Sequence[tuple[datetime, Amount]], at: datetime, window: timedelta = PEAK_WINDOW
) -> Amount:
    """The highest balance in the window up to an instant, the one at its start included.

    `balances` are changes, each with its instant, oldest first; the last before the window still
    holds at its start. None at or before `at` raises `BookError`.
    """
    if any(later[0] < earlier[0] for earlier, later in pairwise(balances)):
        raise BookError("balances: expected the oldest first.")
    known = [(when, amount) for when, amount in balances if when <= at]
    if not known:
        raise BookError(f"balances: none is known at {iso(at)}.")
    start = at - window
    inside = [amount for when, amount in known if when > start]
    before = [amount for when, amount in known if when <= start]
    return max([*before[-1:], *inside])


def _negative(value: Exact, what: str) -> Fraction:
    number = fraction(value, what)
    if number >= 0:
        raise AmountError(f"{what}: {shown(number)} is not below zero; -0.3 is a fall of 30 %.")
    return number
