"""How a venue numbers its order-book messages, as data: what may follow what.

A difference changes some levels of the book before it. It carries the number of its last change,
and with most venues either its first or that of the message before, so that a lost message shows.

================ ================================================== ==========================
link             a difference follows the last one when             venues
================ ================================================== ==========================
previous         its previous number is the last one's              Binance futures, Deribit,
                                                                    OKX, Kraken Futures
first            its first number is at most one above the last,    Binance spot
                 and its own number above it: nothing is missing
rising           its number is above the last: all that a recording
                 without the other two can tell                      Bybit
none             always: the venue does not number its messages     BitMEX
================ ================================================== ==========================

================ =========================== =================================================
join             dropped as older            the first kept difference after a snapshot S has
================ =========================== =================================================
spans            number < S                  first number ≤ S ≤ number
spans_next       number ≤ S                  first number ≤ S + 1 ≤ number
previous         number ≤ S, unless linked   previous number = S
rising           number ≤ S                  any number above S
none             nothing                     any
================ =========================== =================================================

Sources: "How to manage a local order book correctly" of Binance's COIN-M and spot documentation;
Deribit `book` subscriptions (`prev_change_id`); OKX `books` channel (`prevSeqId`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from obverse.errors import MarketDataError, nearest

Link: TypeAlias = Literal["previous", "first", "rising", "none"]
Join: TypeAlias = Literal["spans", "spans_next", "previous", "rising", "none"]

LINKS: tuple[Link, ...] = ("previous", "first", "rising", "none")
JOINS: tuple[Join, ...] = ("spans", "spans_next", "previous", "rising", "none")


@dataclass(frozen=True)
class SequenceRule:
    """How messages of one stream hang together.

    Attributes
    ----------
    link : how a difference follows the one before
    join : how the first difference follows a snapshot
    requested : whether snapshots are answers to requests, on another way than the differences.
        Then differences that came before one are replayed upon it where they are newer, and a
        snapshot older than a whole book is dropped. Otherwise the snapshot is part of the stream:
        nothing before it matters.
    """

    name: str
    link: Link
    join: Join
    requested: bool

    @property
    def needs_first(self) -> bool:
        """Whether messages must say their first number."""
        return self.link == "first" or self.join in ("spans", "spans_next")

    @property
    def needs_previous(self) -> bool:
        """Whether messages must say the number of the message before."""
        return self.link == "previous" or self.join == "previous"

    @property
    def needs_numbers(self) -> bool:
        """Whether messages must be numbered at all."""
        return self.link != "none"


BINANCE_FUTURES = SequenceRule("binance_futures", "previous", "spans", requested=True)
BINANCE_SPOT = SequenceRule("binance_spot", "first", "spans_next", requested=True)
PREVIOUS_IN_STREAM = SequenceRule("previous_in_stream", "previous", "previous", requested=False)
RISING = SequenceRule("rising", "rising", "rising", requested=True)
RISING_IN_STREAM = SequenceRule("rising_in_stream", "rising", "rising", requested=False)
UNNUMBERED = SequenceRule("unnumbered", "none", "none", requested=False)

RULES = {
    rule.name: rule
    for rule in (
        BINANCE_FUTURES,
        BINANCE_SPOT,
        PREVIOUS_IN_STREAM,
        RISING,
        RISING_IN_STREAM,
        UNNUMBERED,
    )
}
"""The closed set of sequence rules, by name.

Deribit, OKX and Kraken Futures are `previous_in_stream`, Bybit is `rising_in_stream`, BitMEX
`unnumbered`; `rising` is for recordings that lack what the venue's own rule looks at.
"""


def rule_named(name: str) -> SequenceRule:
    """Look up a rule by its name. Raises `MarketDataError` for one that is none."""
    if name in RULES:
        return RULES[name]
    close = nearest(name, RULES)
    hint = f" Did you mean {close[0]}?" if close else ""
    raise MarketDataError(
        f"{name!r} is no sequence rule of order books; there are {', '.join(RULES)}.{hint}"
    )


def follows(rule: SequenceRule, last: int, number: int, first: int, previous: int) -> bool:
    """Whether a difference follows the one numbered `last`: nothing is missing between them."""
    match rule.link:
        case "previous":
            return previous == last
        case "first":
            return first <= last + 1 <= number
        case "rising":
            return number > last
    return True


def joins(rule: SequenceRule, snapshot: int, number: int, first: int, previous: int) -> bool:
    """Whether a difference may be the first upon the snapshot of a number."""
    match rule.join:
        case "spans":
            return first <= snapshot <= number
        case "spans_next":
            return first <= snapshot + 1 <= number
        case "previous":
            return previous == snapshot
        case "rising":
            return number > snapshot
    return True


def is_older(rule: SequenceRule, last: int, number: int, *, joining: bool) -> bool:
    """Whether a difference that neither follows nor joins is already in the book."""
    return number < last if joining and rule.join == "spans" else number <= last
