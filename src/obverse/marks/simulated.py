"""Funding and marks of the simulated market's perpetual, by the rule of the venue that is chosen.

The simulator's snapshots keep an accruing rate of their own (`market.simulated_paths`): the room
`market` lies below this one and knows no funding rules. Here the venue's rules are run over the
same hours, index and book, from the first hour on, so that one seed and venue have one history: a
later end repeats an earlier one and adds to it.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np

from obverse.contracts.instants import iso
from obverse.contracts.instruments import Instrument, Kind
from obverse.errors import RuleError
from obverse.market.simulated_books import simulated_book
from obverse.market.simulated_paths import simulated_path
from obverse.marks.runs import FundingRun, funding_run, perpetual_rules
from obverse.marks.samples import PerpetualSamples
from obverse.marks.schedule import to_ns
from obverse.rulebooks import Rulebook, rulebook


def simulated_funding(
    seed: int, underlying: str, venue: str, until: datetime, symbol: str | None = None
) -> FundingRun:
    """Run a venue's rules over the simulated hours of a coin up to an instant.

    Parameters
    ----------
    seed : of the simulated market
    underlying : of BTC and ETH
    venue : whose perpetual, mark rule and funding rule
    until : the last hour not after it is the last sample
    symbol : which perpetual; the venue's first one on the coin if not given
    """
    book = rulebook(venue, as_of=until)
    perpetual = _perpetual(book, underlying, until, symbol)
    rules = perpetual_rules(book, perpetual.symbol)
    path = simulated_path(seed, underlying, until)
    seen = simulated_book(path, perpetual)
    first = int(np.searchsorted(path.times_ns, to_ns(rules.product.begins), side="right"))
    if first >= len(path.times_ns):
        raise RuleError(f"{perpetual.symbol} has no simulated hour before {iso(until)}.")
    samples = PerpetualSamples(
        times_ns=path.times_ns[first:],
        index_usd=seen.index_usd[first:],
        bid_usd=seen.bid_usd[first:],
        ask_usd=seen.ask_usd[first:],
        last_usd=seen.last_usd[first:],
    )
    source = f"simulated market, seed {seed}"
    return funding_run(samples, book, perpetual.symbol, source=source, simulated=True)


def _perpetual(book: Rulebook, underlying: str, at: datetime, symbol: str | None) -> Instrument:
    if symbol is not None:
        return book.instrument(symbol)
    for item in book.listed(underlying, at):
        if item.kind is Kind.PERPETUAL and item.quote == "USD":
            return item
    raise RuleError(f"{book.name} lists no perpetual on {underlying} at {iso(at)}.")
