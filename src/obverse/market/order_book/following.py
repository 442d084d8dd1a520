"""An order book that follows its messages one by one: plain, exact, and obviously right.

It is what a live feed needs, and the twin that the compiled loop (`rebuilding.py`) agrees with.

A difference that does not follow breaks the book: it shows nothing from then on until a snapshot
that the stream joins. Differences that came in between are replayed upon a requested snapshot as
far as they are newer, by the same rules.
"""

from __future__ import annotations

from obverse.market.order_book.findings import BookFinding, Happening
from obverse.market.order_book.messages import BookMessage
from obverse.market.order_book.rules import SequenceRule, follows, is_older, joins
from obverse.market.order_book.states import BookState, book_state
from obverse.market.order_book.ticks import Ticks

NEW, BROKEN, JOINING, LIVE = range(4)


class FollowedBook:
    """A book and its place in the stream.

    Attributes
    ----------
    bids, asks : size at each price in ticks
    findings : everything that happened, in order
    """

    def __init__(self, ticks: Ticks, rule: SequenceRule) -> None:
        self.ticks = ticks
        self.rule = rule
        self.bids: dict[int, float] = {}
        self.asks: dict[int, float] = {}
        self.findings: list[BookFinding] = []
        self._mode = NEW
        self._last = 0
        self._crossing: Happening | None = None
        self._reach: tuple[int | None, int | None] = (None, None)
        self._beyond = False
        self._waiting: list[BookMessage] = []
        self._count = 0
        self._time_ns = 0

    @property
    def whole(self) -> bool:
        """Whether the book is known: it began with a snapshot and nothing is missing since."""
        return self._mode >= JOINING

    @property
    def best_bid_tick(self) -> int | None:
        """The highest bid in ticks; None without bids or while the book is broken."""
        return max(self.bids) if self.whole and self.bids else None

    @property
    def best_ask_tick(self) -> int | None:
        """The lowest ask in ticks; None without asks or while the book is broken."""
        return min(self.asks) if self.whole and self.asks else None

    def state(self) -> BookState | None:
        """The book as it is now; None while it is broken or has not begun."""
        if not self.whole:
            return None
        return book_state(self._time_ns, self.ticks, self.bids, self.asks, self._reach)

    def take(self, message: BookMessage) -> None:
        """Take the next message of the stream."""
        self._time_ns = message.time_ns
        if message.snapshot:
            self._take_snapshot(message)
        else:
            self._take_difference(message)
        self._count += 1

    def _take_snapshot(self, message: BookMessage) -> None:
        if self.rule.requested and self.whole and message.update_id < self._last:
            self._tell(Happening.OLD_SNAPSHOT, message)
            return
        starts = {NEW: Happening.STARTED, BROKEN: Happening.RESYNCHRONISED}
        self._tell(starts.get(self._mode, Happening.REPLACED), message)
        self.bids.clear()
        self.asks.clear()
        self._crossing = None
        self._apply(message)
        self._mode = JOINING
        waiting, self._waiting = self._waiting, []
        if self.rule.requested:
            for each in waiting:
                self._take_difference(each)

    def _take_difference(self, message: BookMessage) -> None:
        if not self.whole:
            self._waiting.append(message)
        elif self._belongs(message):
            self._apply(message)
            self._mode = LIVE
        elif is_older(self.rule, self._last, message.update_id, joining=self._mode == JOINING):
            self._tell(Happening.STALE, message)
        else:
            self._tell(Happening.GAP, message)
            self._mode = BROKEN
            self._crossing = None
            self._waiting = [message]

    def _belongs(self, message: BookMessage) -> bool:
        fits = joins if self._mode == JOINING else follows
        numbers = (message.update_id, message.first_update_id, message.previous_update_id)
        return fits(self.rule, self._last, *numbers)

    def _apply(self, message: BookMessage) -> None:
        for change in message.changes:
            side = self.bids if change.is_bid else self.asks
            if change.size:
                side[change.tick] = change.size
            else:
                side.pop(change.tick, None)
        if message.snapshot:
            self._reach = (min(self.bids, default=None), max(self.asks, default=None))
            self._beyond = False
        self._look(message)
        self._last = message.update_id

    def _look(self, message: BookMessage) -> None:
        crossing = self._crossed()
        if crossing is not None and crossing is not self._crossing:
            self._tell(crossing, message)
        self._crossing = crossing
        beyond = self._is_beyond()
        if beyond and not self._beyond:
            self._tell(Happening.BEYOND, message)
        self._beyond = beyond

    def _is_beyond(self) -> bool:
        lowest, highest = self._reach
        low = lowest is not None and bool(self.bids) and max(self.bids) < lowest
        high = highest is not None and bool(self.asks) and min(self.asks) > highest
        return low or high

    def _crossed(self) -> Happening | None:
        if not self.bids or not self.asks:
            return None
        bid, ask = max(self.bids), min(self.asks)
        if bid < ask:
            return None
        return Happening.LOCKED if bid == ask else Happening.CROSSED

    def _tell(self, what: Happening, message: BookMessage) -> None:
        finding = BookFinding(what, self._count, self._time_ns, message.update_id, self._last)
        self.findings.append(finding)
