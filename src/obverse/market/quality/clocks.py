"""Checks of two clocks against each other: the exchange's and the recorder's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from obverse.market.quality.faults import Fault, counted, found
from obverse.market.series.kinds import LOCAL_TIME, TIME, Kind

if TYPE_CHECKING:
    import polars as pl

EARLY_SECONDS = 1.0
"""A row received so much before it happened, beyond the skew of the clocks, is look-ahead."""


def clocks(kind: Kind, name: str, frame: pl.DataFrame) -> list[Fault]:
    """How long after the exchange sent a row the recorder had it, and rows that came too early.

    A clock that is behind makes rows seem to arrive before they were sent: the median delay is then
    below zero, by what the clock is behind less what the way takes.
    """
    import polars as pl

    received = frame.lazy().filter(pl.col(LOCAL_TIME).is_not_null())
    sent = pl.coalesce("sent_time", TIME) if "sent_time" in frame.columns else pl.col(TIME)
    apart_ns = pl.col(LOCAL_TIME).to_physical() - sent.to_physical()
    delays = received.select(TIME, delay=apart_ns / 1e9).collect()
    median, least, most = delays.select(
        pl.col("delay").median().alias("median"),
        pl.col("delay").min().alias("least"),
        pl.col("delay").max().alias("most"),
    ).row(0)
    if median is None:
        return []
    numbers = f"median {median:+.3f} s, from {least:+.3f} to {most:+.3f} s"
    if median < 0:
        what = f"the recorder's clock is about {-median:.2f} s behind the exchange's: {numbers}"
        faults = [found("clock", name, delays, what)]
    else:
        faults = [found("delay", name, delays, f"received after it was sent: {numbers}")]
    early = delays.filter(pl.col("delay") < min(0.0, median) - EARLY_SECONDS)
    if len(early):
        what = (
            f"{counted(len(early), 'row')} received over {EARLY_SECONDS:g} s before they happened, "
            f"beyond the skew of the clocks, the earliest by {-least:,.3f} s"
        )
        faults.append(found("look-ahead", name, early, what))
    return faults


def closes(kind: Kind, name: str, frame: pl.DataFrame) -> list[Fault]:
    """Bars that close at or before their open."""
    import polars as pl

    early = frame.filter(pl.col(TIME) <= pl.col("open_time"))
    if early.is_empty():
        return []
    what = f"{counted(len(early), 'close')} at or before the open"
    return [found("look-ahead", name, early, what)]
