"""Which checks fit which kind of series, and their running."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from obverse.errors import MarketDataError
from obverse.market.quality.clocks import clocks, closes
from obverse.market.quality.comparisons import compare_bars, compare_funding, refused
from obverse.market.quality.faults import Fault, worst_first
from obverse.market.quality.sequences import duplicates, gaps, lengths, order, overlaps, silences
from obverse.market.quality.values import (
    crossed,
    no_volume,
    opens,
    spikes,
    stale_bars,
    stale_quotes,
)
from obverse.market.series.kinds import FUNDING, LOCAL_TIME, TIME, Kind

if TYPE_CHECKING:
    import polars as pl

Check: TypeAlias = "Callable[[Kind, str, pl.DataFrame], list[Fault]]"

_OF_BARS: tuple[Check, ...] = (
    closes, gaps, overlaps, lengths, stale_bars, spikes, opens, no_volume,
)  # fmt: skip
_OF_KINDS: dict[str, tuple[Check, ...]] = {
    "funding": (gaps,),
    "trades": (silences, spikes),
    "book_tops": (silences, stale_quotes, crossed),
    "book_levels": (silences, crossed),
    "tickers": (silences, stale_quotes, spikes, crossed),
    "options": (silences,),
}


def check(kind: Kind, name: str, frame: pl.DataFrame) -> tuple[Fault, ...]:
    """Run the checks that fit a kind on one series, worst first.

    Parameters
    ----------
    name : of the series, for people
    frame : its rows in their stored order; columns of the kind that it lacks are not known

    Raises
    ------
    MarketDataError : a column of another type, or a row without a time
    """
    frame = _shaped(kind, name, frame)
    faults = order(kind, name, frame)
    if faults and not kind.ordered:
        frame = frame.sort(TIME, maintain_order=True)
    faults += duplicates(kind, name, frame)
    own = _OF_BARS if kind.interval is not None else _OF_KINDS.get(kind.name, ())
    for each in own:
        faults += each(kind, name, frame)
    if LOCAL_TIME in kind.names:
        faults += clocks(kind, name, frame)
    return worst_first(faults)


def compare(
    kind: Kind, name_a: str, frame_a: pl.DataFrame, name_b: str, frame_b: pl.DataFrame
) -> tuple[Fault, ...]:
    """Compare two sources of one thing: bars of one interval, or funding; worst first.

    Raises `MarketDataError` for another kind, and as `check` does.
    """
    a, b = (
        _shaped(kind, name, frame).unique(TIME, keep="first").sort(TIME)
        for name, frame in ((name_a, frame_a), (name_b, frame_b))
    )
    if kind.interval is not None:
        return worst_first(compare_bars(kind, name_a, a, name_b, b))
    if kind == FUNDING:
        return worst_first(compare_funding(name_a, a, name_b, b))
    raise refused(kind)


def _shaped(kind: Kind, name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """All columns of the kind; those that are not there are null."""
    import polars as pl

    if TIME not in frame.columns or frame[TIME].null_count():
        raise MarketDataError(f"{name} has rows without a time; import it again.")
    columns: list[pl.Expr] = [
        pl.col(column).cast(type_) if column in frame.columns else pl.lit(None, type_).alias(column)
        for column, type_ in kind.schema().items()
    ]
    try:
        return frame.select(columns)
    except pl.exceptions.PolarsError as error:
        raise MarketDataError(f"{name}: a column has the wrong type: {error}") from None
