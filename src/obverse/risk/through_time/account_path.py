"""Through time: what a past path of prices would have asked of a margin account.

The account stands still: positions, wallet and orders are as given, nothing is traded and no
funding is paid. Everything moves with the marks, so that a path is arrays: with Q contracts times
multiplier and C the cost, an inverse position gains C − Q/P. Venues' rounding is left out, and an
instant is worked out from its own prices and the top-ups before it alone.

A margin call is an instant at which nothing is available, or at which the margin ratio is below a
trigger. Each call is met at once by a top-up; without top-ups, the account would have been
liquidated at `liquidated`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from obverse.contracts.instants import instant
from obverse.errors import BookError, DataError
from obverse.marks.values import FloatArray, prices
from obverse.risk.margin import MarginAccount
from obverse.risk.through_time._path_arrays import PathArrays, path_arrays
from obverse.risk.through_time.sheets import calls_table, plot_path
from obverse.tables import Table, Tabular

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class TopUp:
    """A margin call and what would have met it, in coin, beside all that was paid before."""

    place: int
    at: datetime
    price_usd: float
    ratio_before: float
    top_up: float
    total: float


@dataclass(frozen=True, repr=False, eq=False)
class MarginPath(Tabular):
    """An account along a path; prints as its margin calls.

    Arrays have one element an instant and are of the account without top-ups.

    Attributes
    ----------
    equity_coin, equity_usd : of the whole account
    leverage : coin value of all positions over equity; infinite where there is none
    cross_equity, initial, maintenance, available : of the positions held across, in coin
    margin_ratio : cross equity over maintenance; infinite where nothing is required
    calls : margin calls, each met by its top-up
    liquidated : place of the first instant at which the account, or an isolated position of it,
        would have been liquidated without top-ups; none where there is none
    """

    account: MarginAccount
    times: tuple[datetime, ...]
    index_usd: FloatArray
    equity_coin: FloatArray
    equity_usd: FloatArray
    leverage: FloatArray
    cross_equity: FloatArray
    initial: FloatArray
    maintenance: FloatArray
    available: FloatArray
    margin_ratio: FloatArray
    calls: tuple[TopUp, ...]
    liquidated: int | None

    @property
    def worst(self) -> int:
        """Place of the lowest margin ratio, or of the highest leverage where none is required."""
        if np.isfinite(self.margin_ratio).any():
            return int(np.argmin(self.margin_ratio))
        return int(np.argmax(self.leverage))

    @property
    def topped_up(self) -> float:
        """Coins that all calls together would have asked."""
        return self.calls[-1].total if self.calls else 0.0

    def table(self) -> Table:
        """One row a margin call, and the path's worst instant under it."""
        return calls_table(self)

    def steps(self) -> Table:
        """One row an instant."""
        from obverse.risk.through_time.sheets import steps_table

        return steps_table(self)

    def plot(self) -> tuple[Axes, ...]:
        """Draw leverage and margin ratio, with the calls marked."""
        return plot_path(self)


def margin_path(
    account: MarginAccount,
    times: Sequence[datetime],
    index_usd: ArrayLike,
    *,
    marks_usd: Mapping[str, ArrayLike] | None = None,
    trigger_ratio: float | None = None,
    target_ratio: float | None = None,
) -> MarginPath:
    """Take an account along a path of prices.

    Parameters
    ----------
    times, index_usd : instants in order, and dollars per settlement coin at each
    marks_usd : a path for each symbol; a symbol without one keeps its mark's ratio to the index
    trigger_ratio : a margin ratio that is a call too, at least 1
    target_ratio : the margin ratio that a top-up restores; none tops up to initial margin. What is
        needed for the trigger, and for an available balance of zero, is always topped up.
    """
    moments = _moments(times)
    index = prices(index_usd, "index")
    _check_ratios(trigger_ratio, target_ratio)
    if account.mode == "portfolio":
        raise BookError("a portfolio account's scenarios are not followed through time.")
    if len(index) != len(moments):
        raise DataError(f"index: {len(index)} prices, expected {len(moments)}, one an instant.")
    marks = _marks(account, index, marks_usd or {})
    found = path_arrays(account, index, marks)
    calls = _calls(found, moments, index, trigger_ratio, target_ratio)
    failed = np.flatnonzero(found.is_liquidated)
    return MarginPath(
        account=account,
        times=moments,
        index_usd=index,
        equity_coin=found.equity,
        equity_usd=found.equity * index,
        leverage=over(found.gross_value, found.equity),
        cross_equity=found.cross_equity,
        initial=found.initial,
        maintenance=found.maintenance,
        available=found.available,
        margin_ratio=_ratio(found.cross_equity, found.maintenance),
        calls=calls,
        liquidated=int(failed[0]) if len(failed) else None,
    )


def over(value: FloatArray, equity: FloatArray) -> FloatArray:
    """Value over equity, infinite where a value has no equity behind it."""
    found = np.full(len(value), np.inf)
    np.divide(value, equity, out=found, where=equity > 0)
    found[value == 0] = 0.0
    return found


def _ratio(equity: FloatArray, needed: FloatArray) -> FloatArray:
    found = np.full(len(equity), np.inf)
    np.divide(equity, needed, out=found, where=needed > 0)
    return found


def _calls(
    found: PathArrays,
    times: tuple[datetime, ...],
    index: FloatArray,
    trigger_ratio: float | None,
    target_ratio: float | None,
) -> tuple[TopUp, ...]:
    """Meet each call in turn; `short` and `wanted` are what must have been paid in by then."""
    short = -found.available
    if trigger_ratio is not None:
        short = np.maximum(short, trigger_ratio * found.maintenance - found.cross_equity)
    wanted = short
    if target_ratio is not None:
        wanted = np.maximum(short, target_ratio * found.maintenance - found.cross_equity)
    ratios = _ratio(found.cross_equity, found.maintenance)
    total, made = 0.0, []
    for place in np.flatnonzero(_is_a_high(short)).tolist():
        if short[place] <= total:
            continue
        top_up, needed = float(wanted[place]) - total, float(found.maintenance[place])
        before = float(ratios[place]) + (total / needed if needed > 0 else 0.0)
        total = float(wanted[place])
        price = float(index[place])
        made.append(TopUp(place, times[place], price, before, top_up, total))
    return tuple(made)


def _is_a_high(short: FloatArray) -> NDArray[np.bool_]:
    """Where more is short than ever before: no other instant can be a call."""
    before = np.maximum.accumulate(np.concatenate([[0.0], short[:-1]]))
    higher: NDArray[np.bool_] = short > before
    return higher


def _moments(times: Sequence[datetime]) -> tuple[datetime, ...]:
    moments = tuple(instant(time) for time in times)
    if not moments:
        raise DataError("times: none; a path has at least one instant.")
    for place, (before, after) in enumerate(pairwise(moments)):
        if after <= before:
            raise DataError(f"times: instant {place + 1} is not after the one before it.")
    return moments


def _check_ratios(trigger: float | None, target: float | None) -> None:
    for name, ratio in (("trigger_ratio", trigger), ("target_ratio", target)):
        if ratio is not None and not (np.isfinite(ratio) and ratio >= 1):
            raise DataError(f"{name}: found {ratio}, expected 1 (liquidation) or more.")
    if trigger is not None and target is not None and target < trigger:
        raise DataError(f"target_ratio: {target} is below the trigger of {trigger}.")


def _marks(
    account: MarginAccount, index: FloatArray, given: Mapping[str, ArrayLike]
) -> dict[str, FloatArray]:
    """A path a symbol; one that is not given keeps its relative basis to the index."""
    known = {item.symbol for item in account.held}
    for symbol in given:
        if symbol not in known:
            raise BookError(f"marks: {symbol} is not held; there are {', '.join(sorted(known))}.")
    made = {}
    for item in account.held:
        if item.symbol in given:
            made[item.symbol] = prices(given[item.symbol], f"marks of {item.symbol}")
        elif item.position.instrument.underlying != account.coin.code:
            raise BookError(f"{item.symbol} does not follow the index: give its path of marks.")
        else:
            made[item.symbol] = index * float(item.mark_price / account.index_price)
        if len(made[item.symbol]) != len(index):
            raise DataError(f"marks of {item.symbol}: expected {len(index)}, one an instant.")
    return made
