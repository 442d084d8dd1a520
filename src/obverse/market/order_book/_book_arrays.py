"""A stream, a book and what is seen of it as arrays: what the compiled loops take."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from obverse.market.order_book._ladder_kernels import PAGE_BITS

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEW, BROKEN, JOINING, LIVE = 0, 1, 2, 3

BID, ASK, MODE, LAST, BUFFER, EVENTS, CROSSING, LOWEST, HIGHEST, IS_BEYOND, FIELDS = range(11)
"""Fields of the state; `BUFFER` is the first message that waits for a snapshot, `LOWEST` and
`HIGHEST` the bid and ask of the last snapshot that are farthest from the best."""

STARTED, OLD_SNAPSHOT, GAP, STALE, CROSSED, LOCKED, BEYOND = 0, 3, 4, 5, 6, 7, 8
"""As `findings.Happening` numbers them; a start in mode m is STARTED + min(m, 2)."""

PREVIOUS, FIRST, RISING, ANY = 0, 1, 2, 3
SPANS, SPANS_NEXT, JOIN_PREVIOUS, JOIN_RISING, JOIN_ANY = 0, 1, 2, 3, 4
"""As `rules.LINKS` and `rules.JOINS` order them."""


class Messages(NamedTuple):
    """A stream, and the codes of its rule."""

    ends: NDArray[np.int64]
    number: NDArray[np.int64]
    first: NDArray[np.int64]
    previous: NDArray[np.int64]
    snapshot: NDArray[np.bool_]
    is_bid: NDArray[np.bool_]
    place: NDArray[np.int32]
    size: NDArray[np.float64]
    link: int
    join: int
    requested: bool


class Ladder(NamedTuple):
    """A book: the sizes at each place, levels in each page, and the state."""

    bids: NDArray[np.float64]
    asks: NDArray[np.float64]
    bid_levels: NDArray[np.int64]
    ask_levels: NDArray[np.int64]
    state: NDArray[np.int64]


class Trace(NamedTuple):
    """What was seen after each message, and what happened; a place of −1 is none.

    A column of events is: what, at which message, about which message, last number before.
    """

    bid: NDArray[np.int64]
    bid_size: NDArray[np.float64]
    ask: NDArray[np.int64]
    ask_size: NDArray[np.float64]
    whole: NDArray[np.bool_]
    events: NDArray[np.int64]


def empty_ladder(places: int) -> Ladder:
    """A book of no levels, for so many places."""
    pages = places >> PAGE_BITS
    state = np.zeros(FIELDS, np.int64)
    state[BID], state[ASK] = -1, places
    return Ladder(
        np.zeros(places),
        np.zeros(places),
        np.zeros(pages, np.int64),
        np.zeros(pages, np.int64),
        state,
    )


def empty_trace(messages: int) -> Trace:
    """Room for what is seen after so many messages, none so far: at most four events each."""
    return Trace(
        np.full(messages, -1),
        np.full(messages, np.nan),
        np.full(messages, -1),
        np.full(messages, np.nan),
        np.zeros(messages, np.bool_),
        np.empty((4, 4 * messages), np.int64),
    )
