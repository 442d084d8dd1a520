"""What a past period would have asked of a book's accounts: margin calls and top-ups."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import numpy as np

from obverse.app.report.section import Section, untold
from obverse.app.risk.state import State
from obverse.contracts import iso
from obverse.errors import BookError, DataError
from obverse.marks.schedule import from_ns, to_ns
from obverse.risk.accounts import BookAccount
from obverse.risk.through_time import MarginPath, margin_path


def through_paths(state: State, start: datetime) -> list[MarginPath | Section]:
    """Each account along its coin's prices from an instant on, or why it has no path."""
    return [_path(state, item, start) for item in state.accounts]


def through_sections(paths: list[MarginPath | Section]) -> Iterator[Section]:
    """The margin calls of each account."""
    for item in paths:
        if isinstance(item, Section):
            yield item
        else:
            yield Section("margin_calls", item.account.coin.code, item.table())


def _path(state: State, item: BookAccount, start: datetime) -> MarginPath | Section:
    account = item.state.account
    coin, histories = account.coin.code, state.histories
    title = f"Margin calls of {item.name} since {iso(start)}"
    prices = histories.prices.get(coin)
    if prices is None:
        reason = f"{coin}: {histories.reasons.get(coin, 'it has no history')}"
        return untold("margin_calls", title, reason, coin)
    chosen = np.flatnonzero(prices.times_ns >= to_ns(start))
    if len(chosen) < 2:
        raise DataError(f"--from {iso(start)}: {histories.source} has no two prices after it.")
    times = [from_ns(int(prices.times_ns[place])) for place in chosen]
    try:
        return margin_path(account, times, prices.prices_usd[chosen])
    except BookError as error:
        return untold("margin_calls", title, str(error), coin)
