"""Rolling when the market does: when the next contract is traded more, or more of it is open."""

from __future__ import annotations

from typing import Literal

import numpy as np

from obverse.contracts.instants import SECONDS_PER_DAY, Instant
from obverse.curves.rolling.panels import ContractPanel
from obverse.curves.rolling.schedules import Roll, RollSchedule
from obverse.errors import MarketDataError

Measure = Literal["volume", "open_interest"]
DAY_NS = SECONDS_PER_DAY * 10**9


def crossover_schedule(
    panel: ContractPanel,
    *,
    measure: Measure = "volume",
    confirm: int = 1,
    last_days: float = 1,
    until: Instant | None = None,
) -> RollSchedule:
    """Roll into the next expiry once its volume or open interest exceeds that of what is held.

    Each row is judged on itself and those before it.

    Parameters
    ----------
    confirm : how many rows in a row the next contract must lead; one where either is not recorded
        begins the count anew
    last_days : rolls in any case at the first row this close to expiry

    Raises
    ------
    MarketDataError : nothing of the measure is recorded, or a number out of range
    """
    if measure not in ("volume", "open_interest"):
        raise MarketDataError(f"measure {measure!r}: there are volume and open_interest.")
    if confirm < 1 or not last_days >= 0:
        raise MarketDataError(
            f"crossover: confirm {confirm} and last_days {last_days}; expected 1 or more rows and "
            "no days below zero."
        )
    seen = panel if until is None else panel.until(until)
    amounts = seen.volumes if measure == "volume" else seen.open_interests
    if np.isnan(amounts).all():
        raise MarketDataError(
            f"no {measure.replace('_', ' ')} of {seen.underlying} futures at {seen.venue} is "
            f"recorded in {seen.source}; take the other measure, or days before expiry."
        )
    held = front(seen, 0)
    first, rolls, leads = held, list[Roll](), 0
    for row in range(len(seen)):
        following = next_column(seen, row, held)
        if following is None:
            continue
        leads = leads + 1 if amounts[row, following] > amounts[row, held] else 0
        left = int(seen.expiries_ns[held] - seen.instants_ns[row])
        reason = f"{measure.replace('_', ' ')} passed" if leads >= confirm else ""
        if not reason and left <= last_days * DAY_NS:
            reason = f"{last_days:g} days before expiry"
        if reason and left > 0:
            rolls.append(roll_at(seen, row, held, following, reason))
            held, leads = following, 0
    word = measure.replace("_", " ")
    rule = f"{word} crossover" + (f", confirmed {confirm} times" if confirm > 1 else "")
    return RollSchedule(
        seen.underlying,
        seen.venue,
        seen.source,
        rule,
        seen.symbols[first],
        seen.expiry(first),
        tuple(rolls),
        (*seen.warnings, *missed(seen, held)),
    )


def front(panel: ContractPanel, row: int) -> int:
    """Column of the nearest contract that has a price at a row."""
    known = np.flatnonzero(~np.isnan(panel.prices_usd[row]))
    if not len(known):
        raise MarketDataError(
            f"futures of {panel.underlying} at {panel.venue}: no price in row {row}; begin where "
            "one is recorded."
        )
    return int(known[0])


def next_column(panel: ContractPanel, row: int, held: int) -> int | None:
    """Column of the nearest later expiry that has a price at a row, if any."""
    later = np.flatnonzero(~np.isnan(panel.prices_usd[row, held + 1 :]))
    return held + 1 + int(later[0]) if len(later) else None


def roll_at(panel: ContractPanel, row: int, held: int, following: int, reason: str) -> Roll:
    """A roll decided at a row of a panel."""
    return Roll(
        panel.moment(row),
        panel.symbols[held],
        panel.symbols[following],
        panel.expiry(held),
        panel.expiry(following),
        reason,
    )


def missed(panel: ContractPanel, held: int) -> tuple[str, ...]:
    """What there is to tell where the last contract held expired without a roll."""
    if panel.instants_ns[-1] < panel.expiries_ns[held]:
        return ()
    name = panel.symbols[held]
    return (f"{name} expired without a roll: no later contract was recorded beside it in time.",)
