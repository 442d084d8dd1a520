"""Funding and marks of a perpetual that was recorded, by its venue's rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import numpy as np

from obverse.contracts.instants import iso
from obverse.errors import MarketDataError
from obverse.market.histories import QuoteHistory
from obverse.marks.runs import FundingRun, funding_run
from obverse.marks.samples import PerpetualSamples
from obverse.marks.schedule import to_ns
from obverse.rulebooks import rulebook


def recorded_funding(history: QuoteHistory, until: datetime | None = None) -> FundingRun:
    """Run the venue's rules over a recording, up to an instant; nothing later is looked at."""
    kept = [snapshot for snapshot in history.snapshots if until is None or snapshot.at <= until]
    if not kept:
        first, last = history.snapshots[0].at, history.snapshots[-1].at
        raise MarketDataError(
            f"{history.symbol} in {history.source} runs from {iso(first)} to {iso(last)}; "
            f"asked until {iso(until) if until else ''}."
        )
    quotes = [snapshot[history.symbol] for snapshot in kept]
    samples = PerpetualSamples(
        times_ns=np.array([to_ns(snapshot.at) for snapshot in kept], dtype=np.int64),
        index_usd=np.array([float(snapshot.index) for snapshot in kept]),
        bid_usd=np.array([_float(quote.bid) for quote in quotes]),
        ask_usd=np.array([_float(quote.ask) for quote in quotes]),
        last_usd=np.array([_float(quote.last) for quote in quotes]),
    )
    book = rulebook(history.venue, as_of=kept[-1].at)
    found = funding_run(
        samples, book, history.symbol, source=history.source, simulated=history.simulated
    )
    return replace(found, remarks=(*found.remarks, *map(str, history.findings)))


def _float(price: Decimal | None) -> float:
    return float("nan") if price is None else float(price)
