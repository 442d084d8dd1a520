"""Where a schedule's rolls meet recorded prices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from obverse.contracts.instants import iso
from obverse.curves.rolling.panels import ContractPanel
from obverse.curves.rolling.schedules import Roll, RollSchedule
from obverse.errors import MarketDataError
from obverse.marks.schedule import to_ns

LATE = timedelta(days=1)


@dataclass(frozen=True)
class Execution:
    """A roll as carried out: the panel's row, and the columns it leaves and enters."""

    roll: Roll
    row: int
    leaving: int
    entering: int


def executions(panel: ContractPanel, schedule: RollSchedule) -> tuple[Execution, ...]:
    """Find the first row at or after each roll at which both of its contracts have a price.

    Rolls after the panel's last row are not carried out yet.

    Raises
    ------
    MarketDataError : a contract that the panel lacks, or a roll for which both were never priced
        together before the expiry it leaves
    """
    found: list[Execution] = []
    for roll in schedule.rolls:
        first = int(np.searchsorted(panel.instants_ns, to_ns(roll.at), side="left"))
        if first == len(panel):
            break
        leaving, entering = panel.column(roll.leaving), panel.column(roll.entering)
        both = ~np.isnan(panel.prices_usd[first:, [leaving, entering]]).any(axis=1)
        over = panel.instants_ns[-1] >= to_ns(roll.leaving_expiry)
        if not both.any():
            if over:
                raise MarketDataError(
                    f"roll at {iso(roll.at)}: {roll.leaving} and {roll.entering} have no price at "
                    f"one instant from then to the expiry of {iso(roll.leaving_expiry)}; roll "
                    "earlier, or record more often."
                )
            break
        row = first + int(np.argmax(both))
        if found and row <= found[-1].row:
            raise MarketDataError(
                f"roll at {iso(roll.at)}: no row between it and the roll before, carried out at "
                f"{iso(panel.moment(found[-1].row))}; record more often or roll less."
            )
        found.append(Execution(roll, row, leaving, entering))
    return tuple(found)


def held_columns(
    panel: ContractPanel, schedule: RollSchedule, carried_out: tuple[Execution, ...]
) -> tuple[int, ...]:
    """Column of the contract held from each row on."""
    columns = np.full(len(panel), panel.column(schedule.first), dtype=np.int64)
    for each in carried_out:
        columns[each.row :] = each.entering
    return tuple(columns.tolist())


def late_notes(panel: ContractPanel, carried_out: tuple[Execution, ...]) -> tuple[str, ...]:
    """Rolls that waited longer than a day for both prices."""
    return tuple(
        f"The roll of {iso(each.roll.at)} waited until {iso(panel.moment(each.row))} for prices of "
        f"both contracts."
        for each in carried_out
        if panel.moment(each.row) - each.roll.at > LATE
    )
