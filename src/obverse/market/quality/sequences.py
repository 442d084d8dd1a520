"""Checks of the rows' times: their order, their keys, what is missing between them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from obverse.market.printing import age_text
from obverse.market.quality.faults import SHOWN, Fault, counted, found, spans
from obverse.market.series.kinds import LOCAL_TIME, TIME, Kind

if TYPE_CHECKING:
    import polars as pl

SILENCE_STEPS = {"tickers": 10, "options": 10}
"""A span without a row is a silence from so many times the median step on."""

SILENCE_STEPS_OF_STREAMS = 1_000
"""The same of trades and order books, which come in bursts."""

_NS_PER_HOUR = 3_600_000_000_000


def order(kind: Kind, name: str, frame: pl.DataFrame) -> list[Fault]:
    """Rows whose time is before that of the row before."""
    import polars as pl

    if frame[TIME].is_sorted():
        return []
    back = frame.filter(pl.col(TIME) < pl.col(TIME).shift(1))
    if kind.ordered:
        what = f"{counted(len(back), 'step')} back in time, in the order of their source"
        return [found("backwards", name, back, what)]
    return [found("order", name, back, f"{counted(len(back), 'row')} after a later one")]


def duplicates(kind: Kind, name: str, frame: pl.DataFrame) -> list[Fault]:
    """Keys that come twice: with rows that differ, or with the same row again.

    The recorder's own clock is not compared: two recorders see one event at two times.
    """
    import polars as pl

    key = list(kind.key)
    if key == [TIME] and frame[TIME].is_sorted() and not _stands_still(frame).any():
        return []
    shared = frame.filter(frame.select(key).is_duplicated())
    if shared.is_empty():
        return []
    distinct = shared.select(pl.exclude(LOCAL_TIME)).unique(maintain_order=True)
    differing = distinct.filter(distinct.select(key).is_duplicated())
    faults = []
    if len(differing):
        what = f"{counted(len(differing), 'row')} that differ but share {', '.join(key)}"
        faults.append(found("duplicates", name, differing, what))
    again = len(shared) - len(distinct)
    if again:
        what = f"{counted(again, 'row')} the same as one before"
        faults.append(found("repeats", name, shared, what, count=again))
    return faults


def _stands_still(frame: pl.DataFrame) -> pl.Series:
    return frame[TIME].to_physical().diff() == 0


def gaps(kind: Kind, name: str, frame: pl.DataFrame) -> list[Fault]:
    """Bars that are missing between two, or payments of funding."""
    import polars as pl

    if kind.interval is not None:
        wanted = pl.lit(int(kind.interval.total_seconds()) * 10**9)
    else:
        wanted = pl.col("interval_hours") * _NS_PER_HOUR
    apart = pl.col(TIME).to_physical() - pl.col("before").to_physical()
    holes = (
        frame.lazy()
        .with_columns(before=pl.col(TIME).shift(1))
        .with_columns(missing=(apart / wanted).round() - 1)
        .filter(pl.col("missing") >= 1)
        .select(TIME, "before", pl.col("missing").cast(pl.Int64))
        .collect()
    )
    if holes.is_empty():
        return []
    if 2 * len(holes) > len(frame):
        return [_sample(kind, name, frame)]
    missing = int(holes["missing"].sum())
    longest = holes.sort("missing", TIME, descending=[True, False]).head(SHOWN)
    noun = "bar" if kind.interval is not None else "payment"
    details = [
        f"{span}: {counted(count, noun)}"
        for span, count in zip(spans(longest, "before", TIME), longest["missing"], strict=True)
    ]
    share = missing / (missing + len(frame))
    what = f"{counted(missing, noun)} missing in {counted(len(holes), 'gap')}, {share:.3%} of all"
    return [found("gaps", name, _ends(holes), what, count=missing, details=details)]


def _sample(kind: Kind, name: str, frame: pl.DataFrame) -> Fault:
    """A series of which most rows stand alone is no series with gaps, but a sample of one."""
    apart = frame[TIME].diff().median()
    assert isinstance(apart, timedelta)
    what = f"a sample: {counted(len(frame), 'row')}, mostly alone, {age_text(apart)} apart (median)"
    return found("samples", name, frame, what)


def _ends(holes: pl.DataFrame) -> pl.DataFrame:
    """Times at which some spans begin and end."""
    import polars as pl

    return pl.concat([holes["before"], holes[TIME]]).alias(TIME).to_frame()


def overlaps(kind: Kind, name: str, frame: pl.DataFrame) -> list[Fault]:
    """Bars that open before the bar before has closed."""
    import polars as pl

    moved = pl.col(TIME) > pl.col(TIME).shift(1)
    early = frame.filter(moved & (pl.col("open_time") < pl.col(TIME).shift(1)))
    if early.is_empty():
        return []
    what = (
        f"{counted(len(early), 'open')} before the close before: two sources on two grids are in "
        "one series, keep one of them"
    )
    return [found("overlaps", name, early, what)]


def lengths(kind: Kind, name: str, frame: pl.DataFrame) -> list[Fault]:
    """Bars that are not as long as their kind says."""
    import polars as pl

    assert kind.interval is not None
    wanted = int(kind.interval.total_seconds()) * 10**9
    long = pl.col(TIME).to_physical() - pl.col("open_time").to_physical()
    odd = frame.filter((long != wanted) & (long > 0))
    if odd.is_empty():
        return []
    what = f"{counted(len(odd), 'bar')} of another length than {age_text(kind.interval)}"
    return [found("lengths", name, odd, what)]


def silences(kind: Kind, name: str, frame: pl.DataFrame) -> list[Fault]:
    """Spans without a row that are long beside the usual step."""
    import polars as pl

    times = frame.lazy().select(TIME, before=pl.col(TIME).shift(1))
    apart = pl.col(TIME).to_physical() - pl.col("before").to_physical()
    steps = times.with_columns(step=apart).filter(pl.col("step") > 0).collect()
    usual = steps["step"].median()
    if not isinstance(usual, int | float):
        return []
    factor = SILENCE_STEPS.get(kind.name, SILENCE_STEPS_OF_STREAMS)
    quiet = steps.filter(pl.col("step") > factor * usual)
    if quiet.is_empty():
        return []
    longest = quiet.sort("step", TIME, descending=[True, False]).head(SHOWN)
    longest_step = timedelta(microseconds=int(longest["step"][0]) // 1000)
    what = (
        f"{counted(len(quiet), 'span')} of over {factor:,} times the median step of "
        f"{usual / 1e9:,.3f} s, the longest {age_text(longest_step)}"
    )
    details = spans(longest, "before", TIME)
    return [found("silences", name, _ends(quiet), what, count=len(quiet), details=details)]
