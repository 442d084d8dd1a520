"""Tables of who made an index over a range, and of what an outage of sources did to it."""

from __future__ import annotations

from typing import Any

import numpy as np

from obverse.marks.composition_history import CompositionHistory
from obverse.marks.index_history import USES, Masked
from obverse.marks.sheets import decimals_of
from obverse.tables import Cell, Column, Look, Table, number, text


def sources_table(title: str, made: CompositionHistory) -> Table:
    """Mean share and distance of each source over a range, and at how many steps it counted."""
    columns = (
        text("source", "Source"),
        Column("mean_share", "Mean share", "%", Look.PERCENT, 2),
        number("mean_gap_bp", "Mean to median", "bp", 2, signed=True),
        number("widest_gap_bp", "Widest", "bp", 2, signed=True),
        number("steps_used", "Used", "steps", 0),
        number("steps_clamped", "Clamped", "steps", 0),
        number("steps_left_out", "Left out", "steps", 0),
    )
    gaps, shares, uses, counted = made.distances_bp, made.used_shares, made.uses, made.counted
    clamped = np.array([use.name == "CLAMPED" for use in USES])[uses]
    rows = tuple(
        (
            name,
            float(shares[:, place].mean()),
            _mean(gaps[:, place]),
            _widest(gaps[:, place]),
            int(counted[:, place].sum()),
            int(clamped[:, place].sum()),
            int((~counted[:, place]).sum()),
        )
        for place, name in enumerate(made.names)
    )
    steps, none = len(made.times_ns), int(np.ma.getmaskarray(made.before_usd).sum())
    said = f"{steps:,} steps; {none:,} without an index (too few sources). Used: clamped too."
    return Table(title, columns, rows, (said, *made.remarks))


def moments_table(title: str, made: CompositionHistory) -> Table:
    """The outage at the first step with an index, at the worst and at the last one."""
    places = decimals_of(float(made.before_usd.max())) if made.before_usd.count() else 2
    columns = (
        text("moment", "Step"),
        text("at", "At (UTC)"),
        number("index_usd", "Index", "USD", places),
        number("index_without_usd", "In outage", "USD", places),
        number("index_change_usd", "Change", "USD", places, signed=True),
        number("index_change_bp", "Change", "bp", 3, signed=True),
    )
    change = made.change_bp
    valid = np.flatnonzero(~np.ma.getmaskarray(change))
    if not len(valid):
        return Table(title, columns, (), ("At no step is there an index with and without them.",))
    worst = int(valid[np.argmax(np.abs(change.filled(0.0)[valid]))])
    chosen = (("first", int(valid[0])), ("worst", worst), ("last", int(valid[-1])))
    times = made.times
    rows = tuple((said, times[step], *_step(made, step)) for said, step in chosen)
    return Table(title, columns, rows, ("Worst: the largest change either way, in bp.",))


def outage_steps_table(title: str, made: CompositionHistory) -> Table:
    """How many steps have an index, with the sources and without, and the mean change."""
    columns = (
        text("without", "Without"),
        number("steps", "Steps", "", 0),
        number("steps_without_index", "No index before", "steps", 0),
        number("steps_without_index_in_outage", "No index in outage", "steps", 0),
        number("mean_change_bp", "Mean change", "bp", 3, signed=True),
        number("mean_size_bp", "Mean size", "bp", 3),
    )
    change = made.change_bp
    row = (
        ", ".join(made.away),
        len(made.times_ns),
        int(np.ma.getmaskarray(made.before_usd).sum()),
        int(np.ma.getmaskarray(made.after_usd).sum()),
        _mean(change),
        _mean(np.ma.abs(change)),
    )
    return Table(title, columns, (row,))


def steps_table(made: CompositionHistory) -> Table:
    """Every step in one row, for machines: the index before and in the outage, and the change."""
    columns = (
        text("at", "At"),
        text("without", "Without"),
        number("index_usd", "Index", "USD"),
        number("index_without_usd", "In outage", "USD"),
        number("index_change_usd", "Change", "USD"),
        number("index_change_bp", "Change", "bp"),
        number("sources_used", "Sources used", "", 0),
    )
    away, used = ", ".join(made.away), made.counted.sum(axis=1).tolist()
    rows = tuple(
        (time, away, *_step(made, step), used[step]) for step, time in enumerate(made.times)
    )
    return Table("", columns, rows)


def _step(made: CompositionHistory, step: int) -> tuple[Cell, ...]:
    arrays = (made.before_usd, made.after_usd, made.change_usd, made.change_bp)
    return tuple(_cell(array, step) for array in arrays)


def _cell(array: Masked, step: int) -> float | None:
    value = array[step]
    return None if value is np.ma.masked else float(value)


def _mean(values: np.ma.MaskedArray[Any, Any]) -> float | None:
    return float(values.mean()) if values.count() else None


def _widest(values: Masked) -> float | None:
    if not values.count():
        return None
    filled = values.filled(0.0)
    return float(filled[int(np.argmax(np.abs(filled)))])
