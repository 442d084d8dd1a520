"""Order books: rebuilt from snapshots and differences, checked, measured.

`rebuild` takes the rows of a recorded stream (`book_levels` of the store) and gives the best
quotes after each message with everything that happened on the way; `FollowedBook` does the same
one message at a time. `book_at` and `sample_book` look into it at instants, `walk` takes a size
from a side and says what it costs and what is missing. How a venue numbers its messages is a
`SequenceRule`: data, by name.
"""

from obverse.market.order_book.findings import BookFinding, Happening, finding_frame
from obverse.market.order_book.following import FollowedBook
from obverse.market.order_book.impact import Unit, Walk, impact_prices, walk
from obverse.market.order_book.measures import (
    Reach,
    basis_points_within,
    best_ask,
    best_bid,
    depth,
    imbalance,
    levels_within,
    micro_price,
    mid_price,
    spread,
    spread_basis_points,
)
from obverse.market.order_book.messages import (
    BookMessage,
    BookStream,
    LevelChange,
    book_stream,
    in_stream_order,
)
from obverse.market.order_book.rebuilding import RebuiltBook, rebuild, rebuild_stream
from obverse.market.order_book.rules import (
    BINANCE_FUTURES,
    BINANCE_SPOT,
    PREVIOUS_IN_STREAM,
    RISING,
    RISING_IN_STREAM,
    RULES,
    UNNUMBERED,
    SequenceRule,
    rule_named,
)
from obverse.market.order_book.sampling import book_at, sample_book
from obverse.market.order_book.states import BookLevel, BookState, Side
from obverse.market.order_book.ticks import Ticks

__all__ = [
    "BINANCE_FUTURES",
    "BINANCE_SPOT",
    "PREVIOUS_IN_STREAM",
    "RISING",
    "RISING_IN_STREAM",
    "RULES",
    "UNNUMBERED",
    "BookFinding",
    "BookLevel",
    "BookMessage",
    "BookState",
    "BookStream",
    "FollowedBook",
    "Happening",
    "LevelChange",
    "Reach",
    "RebuiltBook",
    "SequenceRule",
    "Side",
    "Ticks",
    "Unit",
    "Walk",
    "basis_points_within",
    "best_ask",
    "best_bid",
    "book_at",
    "book_stream",
    "depth",
    "finding_frame",
    "imbalance",
    "impact_prices",
    "in_stream_order",
    "levels_within",
    "micro_price",
    "mid_price",
    "rebuild",
    "rebuild_stream",
    "rule_named",
    "sample_book",
    "spread",
    "spread_basis_points",
    "walk",
]
