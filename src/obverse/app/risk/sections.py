"""The risk sheet as it is when nothing else is asked: accounts, positions, ladders, tail risk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from obverse.app.report.section import Section, untold
from obverse.app.risk.state import State
from obverse.errors import BookError, DataError
from obverse.risk import exposure
from obverse.risk.account_ladder import account_ladders
from obverse.risk.tail import Resampling, book_lines, filtered_tail_risk, historical_tail_risk

SEED = 7
"""Of the bootstrap; the same history and book give the same numbers."""


def ladder_sections(state: State) -> Iterator[Section]:
    """Every account along the price of each coin that moves it."""
    for coin in state.market.underlyings:
        for ladder in account_ladders(state.book, state.market, coin):
            if any(rung.state.positions for rung in ladder.rungs):
                yield Section("ladder", coin, ladder.table())


def tail_sections(state: State, level: float, days: int) -> Iterator[Section]:
    """Value at risk and expected shortfall, plain and filtered, from the market's own history."""
    title = f"Tail risk at {level:g} over {days} day{'' if days == 1 else 's'}"
    try:
        lines = book_lines(exposure(state.book, state.market))
        history = state.histories.daily(lines)
        missing = [coin for coin in lines if coin not in history]
        if missing:
            reasons = (state.histories.reasons.get(coin, "no history") for coin in missing)
            told = "; ".join(f"{c}: {r}" for c, r in zip(missing, reasons, strict=True))
            raise DataError(f"{told.rstrip('.')}. --history FILE gives another one.")
        found = (
            historical_tail_risk(lines, history, level=level, horizon_steps=days),
            filtered_tail_risk(
                lines, history, Resampling(seed=SEED), level=level, horizon_steps=days
            ),
        )
    except (BookError, DataError) as error:
        yield untold("tail", title, str(error))
        return
    for key, tail in zip(("tail_historical", "tail_filtered"), found, strict=True):
        yield Section(key, "", replace(tail, step="day").table())
