"""Days of a price history: the worst of them, step by step, as scenarios for today's book.

A history is prices with the times at which they were known: label bars by their close. A day is
UTC; its moves are from the last price known at its midnight, at the end of each step (an hour
unless said otherwise). A day is used only where every coin has a price no older than a step at
every stamp: gaps are left out, not filled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from obverse.errors import DataError
from obverse.market import QuoteHistory
from obverse.market.floats import decimal_of_float
from obverse.risk.scenarios.shocks import Scenario

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

Against = Literal["long", "short"]
Judged = Literal["worst", "close"]

_HOUR_NS = 3_600 * 10**9
_DAY_NS = 24 * _HOUR_NS
_PLACES = 10


@dataclass(frozen=True, eq=False)
class PriceHistory:
    """Prices of one coin in increasing time; `times_ns` are nanoseconds of UTC, bars' closes."""

    times_ns: NDArray[np.int64]
    prices_usd: NDArray[np.float64]

    def __len__(self) -> int:
        """How many prices there are."""
        return len(self.times_ns)


@dataclass(frozen=True)
class HistoricalDay:
    """One day's path: moves since its midnight at the end of each step, coin by coin."""

    day: date
    step: timedelta
    moves: Mapping[str, tuple[Decimal, ...]]
    source: str = ""

    def __post_init__(self) -> None:
        """Refuse a day whose coins do not run together, or one without a price left."""
        lengths = {len(moves) for moves in self.moves.values()}
        if len(lengths) != 1 or 0 in lengths:
            raise DataError(f"{self.day}: every coin needs as many steps, at least one.")
        for coin, moves in self.moves.items():
            if min(moves) <= -1:
                raise DataError(f"{self.day}: {coin} moves by {min(moves):%}: no price is left.")

    @property
    def stamps(self) -> tuple[datetime, ...]:
        """The end of each step."""
        midnight = datetime.combine(self.day, datetime.min.time(), UTC)
        count = len(next(iter(self.moves.values())))
        return tuple(midnight + self.step * (place + 1) for place in range(count))

    def low(self, coin: str) -> Decimal:
        """The lowest move of a coin at the end of a step; zero where it never was below."""
        return min(*self.moves[coin], Decimal(0))

    def high(self, coin: str) -> Decimal:
        """The highest move of a coin at the end of a step; zero where it never was above."""
        return max(*self.moves[coin], Decimal(0))

    def returns(self, coin: str) -> tuple[Decimal, ...]:
        """Each step's own return."""
        before = (Decimal(0), *self.moves[coin])
        return tuple(
            (1 + after) / (1 + earlier) - 1
            for earlier, after in zip(before, self.moves[coin], strict=False)
        )

    def scenarios(self) -> tuple[Scenario, ...]:
        """The day replayed: a scenario at the end of each step, named by its time."""
        return tuple(
            Scenario(
                name=f"{self.day} {place}",
                moves={coin: moves[number] for coin, moves in self.moves.items()},
                source=self.source,
            )
            for number, place in enumerate(self._labels())
        )

    def _labels(self) -> list[str]:
        same_day = [stamp.date() == self.day for stamp in self.stamps]
        return [
            f"{stamp:%H:%M}" if inside else "24:00"
            for stamp, inside in zip(self.stamps, same_day, strict=True)
        ]


def price_history(times: ArrayLike | Sequence[datetime], prices_usd: ArrayLike) -> PriceHistory:
    """Prices with the times at which they were known.

    Times are aware datetimes, NumPy datetimes of UTC or nanoseconds as integers. Prices that are
    not finite or not above zero, times that do not increase, or unequal lengths raise `DataError`.
    """
    import numpy as np

    stamps, prices = _nanoseconds(times), np.array(prices_usd, dtype=np.float64)
    if stamps.ndim != 1 or stamps.shape != prices.shape or not len(stamps):
        raise DataError(
            f"price history: {stamps.size} times and {prices.size} prices; expected as many, "
            "and one at least."
        )
    wrong = ~(np.isfinite(prices) & (prices > 0))
    if wrong.any():
        place = int(np.argmax(wrong))
        raise DataError(f"price history: price {place} is {prices[place]}, expected above zero.")
    late = np.diff(stamps) <= 0
    if late.any():
        raise DataError(f"price history: time {int(np.argmax(late)) + 1} is not after the last.")
    return PriceHistory(stamps, prices)


def marks_of(history: QuoteHistory) -> PriceHistory:
    """The marks of one instrument's market history as a price history."""
    times = [snapshot.at for snapshot in history.snapshots]
    return price_history(times, [float(quote.mark) for quote in history.quotes])


def historical_day(
    histories: Mapping[str, PriceHistory], day: date, *, step_hours: int = 1, source: str = ""
) -> HistoricalDay:
    """One day of a history by its date; one that is not complete raises `DataError`."""
    for found, moves in _days(histories, step_hours):
        if found == day:
            return _day(found, step_hours, moves, source)
    raise DataError(f"{day}: the history has not every step of that day for every coin.")


def worst_days(
    histories: Mapping[str, PriceHistory],
    count: int,
    *,
    coin: str,
    against: Against = "long",
    judged: Judged = "worst",
    step_hours: int = 1,
    source: str = "",
) -> tuple[HistoricalDay, ...]:
    """The days that were worst for a long or a short of one coin, worst first.

    `judged` by the worst step on the way or by the close. Coins beside it move as they did on that
    day. Fewer complete days than `count` give as many as there are; none raise `DataError`.
    """
    if coin not in histories:
        raise DataError(f"No history of {coin!r}; there is {', '.join(histories) or 'none'}.")
    if count < 1:
        raise DataError(f"count: {count}; expected at least one day.")
    if against not in ("long", "short") or judged not in ("worst", "close"):
        raise DataError(
            f"against {against!r}, judged {judged!r}: expected long or short, worst or close."
        )
    days = _days(histories, step_hours)
    if not days:
        raise DataError("worst days: no day is complete for every coin.")
    sign = 1 if against == "long" else -1

    def loss(found: tuple[date, dict[str, NDArray[np.float64]]]) -> float:
        moves = sign * found[1][coin]
        return float(moves.min() if judged == "worst" else moves[-1])

    ranked = sorted(days, key=loss)[:count]
    return tuple(_day(found, step_hours, moves, source) for found, moves in ranked)


def scaled_history(prices_usd: ArrayLike, volatility: float) -> NDArray[np.float64]:
    """A history whose log returns are `volatility` times as large, from the same last price.

    Tail measures of the scaled history are those at that volatility. Prices must be finite and
    above zero, the factor above zero; anything else raises `DataError`.
    """
    import numpy as np

    prices = np.array(prices_usd, dtype=np.float64)
    if not prices.size or not (np.isfinite(prices) & (prices > 0)).all():
        raise DataError("scaled history: a price is not finite or not above zero.")
    if not (np.isfinite(volatility) and volatility > 0):
        raise DataError(f"scaled history: a volatility of {volatility} times is not above zero.")
    scaled: NDArray[np.float64] = prices[-1] * (prices / prices[-1]) ** volatility
    return scaled


def _days(
    histories: Mapping[str, PriceHistory], step_hours: int
) -> list[tuple[date, dict[str, NDArray[np.float64]]]]:
    """Complete days in order, with each coin's moves since midnight."""
    import numpy as np

    if not histories:
        raise DataError("histories: there is none; give each coin's prices.")
    if step_hours not in (1, 2, 3, 4, 6, 8, 12, 24):
        raise DataError(f"step_hours: {step_hours} does not divide a day of 24 hours.")
    first = max(history.times_ns[0] for history in histories.values())
    last = min(history.times_ns[-1] for history in histories.values())
    numbers = np.arange(-(-first // _DAY_NS), last // _DAY_NS)
    step = step_hours * _HOUR_NS
    stamps = numbers[:, None] * _DAY_NS + np.arange(0, _DAY_NS + 1, step)
    complete = np.ones(len(numbers), dtype=bool)
    moves = {}
    for coin, history in histories.items():
        places = np.searchsorted(history.times_ns, stamps, side="right") - 1
        age = stamps - history.times_ns[places]
        complete &= (age < step).all(axis=1)
        prices = history.prices_usd[places]
        moves[coin] = prices[:, 1:] / prices[:, :1] - 1
    return [
        (
            date(1970, 1, 1) + timedelta(days=int(numbers[place])),
            {coin: found[place] for coin, found in moves.items()},
        )
        for place in np.flatnonzero(complete)
    ]


def _day(
    day: date, step_hours: int, moves: Mapping[str, NDArray[np.float64]], source: str
) -> HistoricalDay:
    exact = {
        coin: tuple(decimal_of_float(round(float(move), _PLACES)) for move in found)
        for coin, found in moves.items()
    }
    return HistoricalDay(day, timedelta(hours=step_hours), exact, source)


def _nanoseconds(times: Any) -> NDArray[np.int64]:
    import numpy as np

    if not len(times):
        return np.array([], dtype=np.int64)
    if isinstance(times[0], datetime):
        if any(moment.tzinfo is None for moment in times):
            raise DataError("price history: a time has no time zone; add UTC.")
        epoch = datetime(1970, 1, 1, tzinfo=UTC)
        micro = [(moment - epoch) // timedelta(microseconds=1) for moment in times]
        return np.array(micro, dtype=np.int64) * 1000
    found = np.asarray(times)
    if found.dtype.kind == "M":
        return found.astype("datetime64[ns]").astype(np.int64)
    if found.dtype.kind in "iu":
        return found.astype(np.int64)
    raise DataError("price history: times are datetimes of UTC, or nanoseconds as integers.")
