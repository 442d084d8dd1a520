"""The compiled loop that follows a stream of order-book messages; its plain twin is `following.py`.

The best places are bounds while a message's rows are taken; what was taken out of the book is
walked over once, at the end of the message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numba
import numpy as np

from obverse.market.order_book._book_arrays import (
    ANY,
    ASK,
    BEYOND,
    BID,
    BROKEN,
    BUFFER,
    CROSSED,
    CROSSING,
    EVENTS,
    FIRST,
    GAP,
    HIGHEST,
    IS_BEYOND,
    JOIN_ANY,
    JOIN_PREVIOUS,
    JOIN_RISING,
    JOINING,
    LAST,
    LIVE,
    LOCKED,
    LOWEST,
    MODE,
    OLD_SNAPSHOT,
    PREVIOUS,
    RISING,
    SPANS,
    SPANS_NEXT,
    STALE,
    STARTED,
    Ladder,
    Messages,
    Trace,
)
from obverse.market.order_book._ladder_kernels import PAGE, PAGE_BITS

if TYPE_CHECKING:
    from numpy.typing import NDArray

_part = numba.njit(cache=True, inline="always", error_model="numpy")


@numba.njit(cache=True, nogil=True)
def event_kernel(
    state: NDArray[np.int64], events: NDArray[np.int64], what: int, at: int, about: int
) -> None:
    """Write down what happened."""
    here = state[EVENTS]
    events[0, here] = what
    events[1, here] = at
    events[2, here] = about
    events[3, here] = state[LAST]
    state[EVENTS] = here + 1


@_part
def bests_kernel(
    place: NDArray[np.int32],
    size: NDArray[np.float64],
    is_bid: NDArray[np.bool_],
    bids: NDArray[np.float64],
    asks: NDArray[np.float64],
    bid_levels: NDArray[np.int64],
    ask_levels: NDArray[np.int64],
    begin: int,
    end: int,
    bid: int,
    ask: int,
) -> tuple[int, int]:
    """Take rows into the book; the best places after them."""
    for row in range(begin, end):
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
    while bid >= 0 and bids[bid] == 0.0:
        bid = bid - 1 if bid_levels[bid >> PAGE_BITS] > 0 else (bid & -PAGE) - 1
    while ask < len(asks) and asks[ask] == 0.0:
        ask = ask + 1 if ask_levels[ask >> PAGE_BITS] > 0 else (ask | (PAGE - 1)) + 1
    return bid, ask


@_part
def belongs_kernel(
    link: int, join: int, joining: bool, last: int, number: int, first: int, previous: int
) -> bool:
    """Whether a difference joins the snapshot `last`, or follows the difference `last`."""
    if joining:
        spans = (join == SPANS) & (first <= last) & (last <= number)
        next_ = (join == SPANS_NEXT) & (first <= last + 1) & (last + 1 <= number)
        linked = (join == JOIN_PREVIOUS) & (previous == last)
        return (
            spans | next_ | linked | ((join == JOIN_RISING) & (number > last)) | (join == JOIN_ANY)
        )
    linked = (link == PREVIOUS) & (previous == last)
    next_ = (link == FIRST) & (first <= last + 1) & (last + 1 <= number)
    return linked | next_ | ((link == RISING) & (number > last)) | (link == ANY)


@_part
def look_kernel(
    state: NDArray[np.int64],
    events: NDArray[np.int64],
    places: int,
    at: int,
    about: int,
) -> None:
    """Say where the best prices begin to cross, or to lie beyond the snapshot."""
    bid, ask = state[BID], state[ASK]
    has_bid, has_ask = bid >= 0, ask < places
    crossing = 0
    if has_bid and has_ask and bid >= ask:
        crossing = LOCKED if bid == ask else CROSSED
        if crossing != state[CROSSING]:
            event_kernel(state, events, crossing, at, about)
    state[CROSSING] = crossing
    beyond = (has_bid and bid < state[LOWEST]) or (has_ask and ask > state[HIGHEST])
    if beyond and state[IS_BEYOND] == 0:
        event_kernel(state, events, BEYOND, at, about)
    state[IS_BEYOND] = beyond


@numba.njit(cache=True, nogil=True, error_model="numpy")
def differences_kernel(
    messages: Messages, ladder: Ladder, trace: Trace, begin: int, end: int, at: int
) -> int:
    """Take differences until `end`, a snapshot, or one that does not belong; where to go on.

    With `at` they are replayed upon that snapshot, over others; else (−1) they are taken as they
    come, and the book after each goes into the trace. Arrays are taken out of their records before
    the loop: each time counts a reference.
    """
    ends, numbers, firsts, previous, snapshot, is_bid, place, size, link, join, _ = messages
    bids, asks, bid_levels, ask_levels, state = ladder
    best_bid, bid_size, best_ask, ask_size, whole, events = trace
    for message in range(begin, end):
        if snapshot[message]:
            if at < 0:
                return message
            continue
        joining, last, number = state[MODE] == JOINING, state[LAST], numbers[message]
        here = at if at >= 0 else message
        if belongs_kernel(link, join, joining, last, number, firsts[message], previous[message]):
            first_row = ends[message - 1] if message > 0 else 0
            state[BID], state[ASK] = bests_kernel(
                place, size, is_bid, bids, asks, bid_levels, ask_levels,
                first_row, ends[message], state[BID], state[ASK],
            )  # fmt: skip
            look_kernel(state, events, len(asks), here, message)
            state[LAST], state[MODE] = number, LIVE
        elif number < last or (number == last and not (joining and join == SPANS)):
            event_kernel(state, events, STALE, here, message)
        else:
            event_kernel(state, events, GAP, here, message)
            state[MODE], state[BUFFER], state[CROSSING] = BROKEN, message, 0
            return message + 1
        if at < 0:
            bid, ask = state[BID], state[ASK]
            whole[message] = True
            if bid >= 0:
                best_bid[message], bid_size[message] = bid, bids[bid]
            if ask < len(asks):
                best_ask[message], ask_size[message] = ask, asks[ask]
    return end


@numba.njit(cache=True, nogil=True)
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


@numba.njit(cache=True, nogil=True)
def reach_kernel(ladder: Ladder) -> None:
    """Keep the bid and ask that are farthest from the best; −1 and the number of places for none.

    Beyond an end of the ladder there is nothing, so that an empty side never strays.
    """
    state, places = ladder.state, len(ladder.asks)
    low, high = 0, places - 1
    while low < places and ladder.bids[low] == 0.0:
        low = low + 1 if ladder.bid_levels[low >> PAGE_BITS] > 0 else (low | (PAGE - 1)) + 1
    while high >= 0 and ladder.asks[high] == 0.0:
        high = high - 1 if ladder.ask_levels[high >> PAGE_BITS] > 0 else (high & -PAGE) - 1
    state[LOWEST] = low if low < places else -1
    state[HIGHEST] = high if high >= 0 else places


@numba.njit(cache=True, nogil=True, error_model="numpy")
def snapshot_kernel(messages: Messages, ladder: Ladder, trace: Trace, at: int) -> None:
    """Start from a snapshot, and replay what waited for it where the rule says so."""
    state = ladder.state
    mode = state[MODE]
    if messages.requested and mode >= JOINING and messages.number[at] < state[LAST]:
        event_kernel(state, trace.events, OLD_SNAPSHOT, at, at)
        return
    event_kernel(state, trace.events, STARTED + min(mode, 2), at, at)
    emptied_kernel(ladder)
    state[BID], state[ASK] = bests_kernel(
        messages.place, messages.size, messages.is_bid,
        ladder.bids, ladder.asks, ladder.bid_levels, ladder.ask_levels,
        messages.ends[at - 1] if at > 0 else 0, messages.ends[at], state[BID], state[ASK],
    )  # fmt: skip
    reach_kernel(ladder)
    state[CROSSING], state[IS_BEYOND] = 0, 0
    look_kernel(state, trace.events, len(ladder.asks), at, at)
    state[LAST], state[MODE] = messages.number[at], JOINING
    if messages.requested and mode < JOINING:
        differences_kernel(messages, ladder, trace, state[BUFFER], at, at)


@numba.njit(cache=True, nogil=True)
def follow_kernel(messages: Messages, ladder: Ladder, trace: Trace, begin: int, end: int) -> None:
    """Follow some messages, from where the book was left."""
    state = ladder.state
    message = begin
    while message < end:
        if messages.snapshot[message]:
            snapshot_kernel(messages, ladder, trace, message)
            bid, ask = state[BID], state[ASK]
            if state[MODE] >= JOINING:
                trace.whole[message] = True
                if bid >= 0:
                    trace.bid[message] = bid
                    trace.bid_size[message] = ladder.bids[bid]
                if ask < len(ladder.asks):
                    trace.ask[message] = ask
                    trace.ask_size[message] = ladder.asks[ask]
            message += 1
        elif state[MODE] >= JOINING:
            message = differences_kernel(messages, ladder, trace, message, end, -1)
        else:
            message += 1
