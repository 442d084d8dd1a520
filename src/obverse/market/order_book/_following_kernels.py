"""The compiled loop that follows a stream of order-book messages; its plain twin is `following.py`.

The best places are bounds while a message's rows are taken; what was taken out of the book is
walked over once, at the end of the message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numba
import numpy as np

from obverse.market.order_book._ladder_kernels import PAGE, PAGE_BITS

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEW, BROKEN, JOINING, LIVE = 0, 1, 2, 3

BID, ASK, MODE, LAST, BUFFER, EVENTS, CROSSING, LOWEST, HIGHEST, IS_BEYOND, FIELDS = range(11)
"""Fields of the state; `BUFFER` is the first message that waits for a snapshot, `LOWEST` and
`HIGHEST` the bid and ask of the last snapshot that are farthest from the best."""

STARTED, OLD_SNAPSHOT, GAP, STALE, CROSSED, LOCKED, BEYOND = 0, 3, 4, 5, 6, 7, 8
"""As `findings.Happening` numbers them; a start in mode m is STARTED + min(m, 2)."""

PREVIOUS, FIRST, RISING = 0, 1, 2
SPANS, SPANS_NEXT, JOIN_PREVIOUS, JOIN_RISING = 0, 1, 2, 3
"""As the tables of `rules.py` order them; the one after is none."""

_part = numba.njit(cache=True, inline="always", error_model="numpy")


class Messages(NamedTuple):
    """A stream, and the codes of its rule."""

    ends: NDArray[np.int64]
    number: NDArray[np.int64]
    first: NDArray[np.int64]
    previous: NDArray[np.int64]
    snapshot: NDArray[np.bool_]
    is_bid: NDArray[np.bool_]
    place: NDArray[np.int64]
    size: NDArray[np.float64]
    link: int
    join: int
    requested: bool


class Ladder(NamedTuple):
    """A book: the size at each place, levels in each page, and the state."""

    bids: NDArray[np.float64]
    asks: NDArray[np.float64]
    bid_levels: NDArray[np.int64]
    ask_levels: NDArray[np.int64]
    state: NDArray[np.int64]


class Trace(NamedTuple):
    """What was seen after each message: best places and sizes, whether the book was whole; events.

    A column of events is: what, at which message, about which message, last number before.
    """

    bid: NDArray[np.int64]
    bid_size: NDArray[np.float64]
    ask: NDArray[np.int64]
    ask_size: NDArray[np.float64]
    whole: NDArray[np.bool_]
    events: NDArray[np.int64]


@_part
def below_kernel(sizes: NDArray[np.float64], levels: NDArray[np.int64], at: int) -> int:
    """The highest place with a size from `at` downwards; −1 where there is none."""
    while at >= 0:
        if levels[at >> PAGE_BITS] == 0:
            at = ((at >> PAGE_BITS) << PAGE_BITS) - 1
        elif sizes[at] > 0.0:
            break
        else:
            at -= 1
    return at


@_part
def above_kernel(sizes: NDArray[np.float64], levels: NDArray[np.int64], at: int) -> int:
    """The lowest place with a size from `at` upwards; the number of places for none."""
    while at < len(sizes):
        if levels[at >> PAGE_BITS] == 0:
            at = ((at >> PAGE_BITS) + 1) << PAGE_BITS
        elif sizes[at] > 0.0:
            break
        else:
            at += 1
    return at


@_part
def event_kernel(ladder: Ladder, trace: Trace, what: int, at: int, about: int) -> None:
    """Write down what happened."""
    state = ladder.state
    here = state[EVENTS]
    trace.events[0, here] = what
    trace.events[1, here] = at
    trace.events[2, here] = about
    trace.events[3, here] = state[LAST]
    state[EVENTS] = here + 1


@_part
def rows_kernel(messages: Messages, ladder: Ladder, message: int) -> None:
    """Take the rows of a message into the book."""
    place, size, is_bid = messages.place, messages.size, messages.is_bid
    bids, bid_levels, asks, ask_levels = (
        ladder.bids, ladder.bid_levels, ladder.asks, ladder.ask_levels,
    )  # fmt: skip
    bid, ask = ladder.state[BID], ladder.state[ASK]
    begin = messages.ends[message - 1] if message > 0 else 0
    for row in range(begin, messages.ends[message]):
        at, new = place[row], size[row]
        if is_bid[row]:
            bid_levels[at >> PAGE_BITS] += np.int64(new > 0.0) - np.int64(bids[at] > 0.0)
            bids[at] = new
            if new > 0.0 and at > bid:
                bid = at
        else:
            ask_levels[at >> PAGE_BITS] += np.int64(new > 0.0) - np.int64(asks[at] > 0.0)
            asks[at] = new
            if new > 0.0 and at < ask:
                ask = at
    ladder.state[BID] = below_kernel(bids, bid_levels, bid)
    ladder.state[ASK] = above_kernel(asks, ask_levels, ask)


@_part
def taken_kernel(
    messages: Messages, ladder: Ladder, trace: Trace, ticks: NDArray[np.int64], at: int, about: int
) -> None:
    """Take a message that belongs to the book, and say where the best prices cross or stray."""
    state = ladder.state
    rows_kernel(messages, ladder, about)
    crossing = 0
    has_bid, has_ask = state[BID] >= 0, state[ASK] < len(ladder.asks)
    if messages.snapshot[about]:
        state[LOWEST] = above_kernel(ladder.bids, ladder.bid_levels, 0) if has_bid else -1
        last = len(ladder.asks) - 1
        highest = below_kernel(ladder.asks, ladder.ask_levels, last) if has_ask else last + 1
        state[HIGHEST] = highest
        state[IS_BEYOND] = 0
    if has_bid and has_ask and state[BID] >= state[ASK]:
        crossing = LOCKED if ticks[state[BID]] == ticks[state[ASK]] else CROSSED
    if crossing != 0 and crossing != state[CROSSING]:
        event_kernel(ladder, trace, crossing, at, about)
    state[CROSSING] = crossing
    beyond = (has_bid and state[BID] < state[LOWEST]) or (has_ask and state[ASK] > state[HIGHEST])
    if beyond and state[IS_BEYOND] == 0:
        event_kernel(ladder, trace, BEYOND, at, about)
    state[IS_BEYOND] = 1 if beyond else 0
    state[LAST] = messages.number[about]


@_part
def belongs_kernel(messages: Messages, mode: int, last: int, message: int) -> bool:
    """Whether a difference joins the snapshot `last`, or follows the difference `last`."""
    number: int = messages.number[message]
    first: int = messages.first[message]
    previous: int = messages.previous[message]
    if mode == JOINING:
        if messages.join == SPANS:
            return first <= last and last <= number
        if messages.join == SPANS_NEXT:
            return first <= last + 1 and last + 1 <= number
        if messages.join == JOIN_PREVIOUS:
            return previous == last
        return messages.join != JOIN_RISING or number > last
    if messages.link == PREVIOUS:
        return previous == last
    if messages.link == FIRST:
        return first <= last + 1 and last + 1 <= number
    return messages.link != RISING or number > last


@_part
def difference_kernel(
    messages: Messages, ladder: Ladder, trace: Trace, ticks: NDArray[np.int64], at: int, about: int
) -> None:
    """Take, drop or break upon one difference; the book is joining or live."""
    state = ladder.state
    mode, last, number = state[MODE], state[LAST], messages.number[about]
    if belongs_kernel(messages, mode, last, about):
        taken_kernel(messages, ladder, trace, ticks, at, about)
        state[MODE] = LIVE
    elif number < last or (number == last and not (mode == JOINING and messages.join == SPANS)):
        event_kernel(ladder, trace, STALE, at, about)
    else:
        event_kernel(ladder, trace, GAP, at, about)
        state[MODE] = BROKEN
        state[BUFFER] = about
        state[CROSSING] = 0


@_part
def emptied_kernel(ladder: Ladder) -> None:
    """Take every level out of the book."""
    for page in range(len(ladder.bid_levels)):
        if ladder.bid_levels[page] > 0:
            ladder.bids[page * PAGE : (page + 1) * PAGE] = 0.0
            ladder.bid_levels[page] = 0
        if ladder.ask_levels[page] > 0:
            ladder.asks[page * PAGE : (page + 1) * PAGE] = 0.0
            ladder.ask_levels[page] = 0
    ladder.state[BID] = -1
    ladder.state[ASK] = len(ladder.asks)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def snapshot_kernel(
    messages: Messages, ladder: Ladder, trace: Trace, ticks: NDArray[np.int64], at: int
) -> None:
    """Start from a snapshot, and replay what waited for it where the rule says so."""
    state = ladder.state
    mode = state[MODE]
    if messages.requested and mode >= JOINING and messages.number[at] < state[LAST]:
        event_kernel(ladder, trace, OLD_SNAPSHOT, at, at)
        return
    event_kernel(ladder, trace, STARTED + min(mode, 2), at, at)
    emptied_kernel(ladder)
    state[CROSSING] = 0
    taken_kernel(messages, ladder, trace, ticks, at, at)
    state[MODE] = JOINING
    if messages.requested and mode < JOINING:
        for about in range(state[BUFFER], at):
            if state[MODE] < JOINING:
                break
            if not messages.snapshot[about]:
                difference_kernel(messages, ladder, trace, ticks, at, about)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def follow_kernel(
    messages: Messages,
    ladder: Ladder,
    trace: Trace,
    ticks: NDArray[np.int64],
    begin: int,
    end: int,
) -> None:
    """Follow some messages, from where the book was left."""
    state = ladder.state
    for message in range(begin, end):
        if messages.snapshot[message]:
            snapshot_kernel(messages, ladder, trace, ticks, message)
        elif state[MODE] >= JOINING:
            difference_kernel(messages, ladder, trace, ticks, message, message)
        whole = state[MODE] >= JOINING
        bid, ask = state[BID], state[ASK]
        has_bid, has_ask = whole and bid >= 0, whole and ask < len(ladder.asks)
        trace.whole[message] = whole
        trace.bid[message] = ticks[bid] if has_bid else 0
        trace.bid_size[message] = ladder.bids[bid] if has_bid else np.nan
        trace.ask[message] = ticks[ask] if has_ask else 0
        trace.ask_size[message] = ladder.asks[ask] if has_ask else np.nan


def empty_ladder(places: int) -> Ladder:
    """A book of no levels, for so many places."""
    pages = places >> PAGE_BITS
    state = np.zeros(FIELDS, np.int64)
    state[BID], state[ASK] = -1, places
    return Ladder(
        np.zeros(places), np.zeros(places), np.zeros(pages, np.int64), np.zeros(pages, np.int64),
        state,
    )  # fmt: skip


def empty_trace(messages: int) -> Trace:
    """Room for what is seen after so many messages: at most four events each."""
    return Trace(
        np.zeros(messages, np.int64), np.full(messages, np.nan), np.zeros(messages, np.int64),
        np.full(messages, np.nan), np.zeros(messages, np.bool_),
        np.empty((4, 4 * messages), np.int64),
    )  # fmt: skip
