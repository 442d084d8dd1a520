"""Two sources of one thing against each other: how near they are, where not, and when.

Bars are compared by their moves from close to close, which have no premium in them:

- if the moves of one agree with those of the other better when shifted by some intervals, one of
  the two is labelled wrongly. That is looked for month by month, as a source may be right for years
  and wrong for weeks;
- the premium of one close over the other is compared with its own running median, so that a basis
  that comes and goes is no fault.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from obverse.contracts.instants import iso
from obverse.errors import MarketDataError
from obverse.market.printing import age_text
from obverse.market.quality.faults import SHOWN, Fault, counted, found
from obverse.market.series.kinds import TIME, Kind

if TYPE_CHECKING:
    import polars as pl

LAGS = 6
"""Shifts that are tried, in intervals, either way."""

LAG_GAIN = 0.6
"""A shift is believed where it makes the moves differ by less than this share."""

LEAST_ROWS = 60
"""Fewer bars of a month say nothing of a shift."""

OUTLIER_BP = 50.0
OUTLIER_SCALES = 10.0
"""A difference is an outlier beyond both: so many basis points, and so many robust standard
deviations from the running median."""

RUNNING_ROWS = 101
_NORMAL = 1.4826


def compare_bars(
    kind: Kind, name_a: str, a: pl.DataFrame, name_b: str, b: pl.DataFrame
) -> list[Fault]:
    """Compare two sources' bars of one interval."""
    import polars as pl

    name = f"{name_a} against {name_b}"
    close = [TIME, "close"]
    both = a.select(close).join(b.select(close), on=TIME, suffix="_b", maintain_order="left")
    both = both.filter(pl.col("close") > 0, pl.col("close_b") > 0)
    if len(both) < 2:
        return _apart(kind, name, a, b)
    faults = _labels(kind, name, name_a, name_b, both)
    at = pl.col("close") / pl.col("close_b") - 1
    return faults + _differences(name, both.select(TIME, bp=at * 1e4), "bar")


def compare_funding(name_a: str, a: pl.DataFrame, name_b: str, b: pl.DataFrame) -> list[Fault]:
    """Compare two sources' rates of the same payments."""
    import polars as pl

    name = f"{name_a} against {name_b}"
    rate = [TIME, "rate"]
    both = a.select(rate).join(b.select(rate), on=TIME, suffix="_b", maintain_order="left")
    if both.is_empty():
        return [_never_together(name, a, b, "payments")]
    apart = (pl.col("rate") - pl.col("rate_b")) * 1e4
    return _differences(name, both.select(TIME, bp=apart), "payment")


def _apart(kind: Kind, name: str, a: pl.DataFrame, b: pl.DataFrame) -> list[Fault]:
    """Say why two sources have no time in common: their grids, or their spans."""
    import polars as pl

    assert kind.interval is not None
    interval_ns = int(kind.interval.total_seconds()) * 10**9
    phases = [
        frame.select((pl.col(TIME).to_physical() % interval_ns).mode().first()).item()
        for frame in (a, b)
    ]
    if None in phases or phases[0] == phases[1]:
        return [_never_together(name, a, b, "bars")]
    later = timedelta(microseconds=(phases[0] - phases[1]) % interval_ns // 1000)
    near = min(later, kind.interval - later)
    what = (
        f"their bars never close together but {age_text(near)} apart: neither their closes nor "
        "their moves can be set against each other"
    )
    return [found("grids", name, a.select(TIME), what)]


def _never_together(name: str, a: pl.DataFrame, b: pl.DataFrame, noun: str) -> Fault:
    texts = []
    for frame in (a, b):
        first, last = frame[TIME].min(), frame[TIME].max()
        texts.append("nothing" if first is None else f"{iso(first)} to {iso(last)}")  # type: ignore[arg-type]
    what = f"they have no {noun} in common: {' and '.join(texts)}"
    return found("grids", name, a.select(TIME), what, count=0)


def _labels(kind: Kind, name: str, name_a: str, name_b: str, both: pl.DataFrame) -> list[Fault]:
    """Months in which shifted moves agree far better than those of the same label."""
    import polars as pl

    assert kind.interval is not None
    months = _misfits(both, int(kind.interval.total_seconds()) * 10**9)
    lags = [lag for lag in range(-LAGS, LAGS + 1) if lag]
    faults = []
    for lag in lags:
        least = pl.min_horizontal(str(each) for each in lags)
        wrong = months.filter(
            pl.col("rows") >= LEAST_ROWS,
            pl.col(str(lag)) == least,
            pl.col(str(lag)) < LAG_GAIN * pl.col("0"),
        )
        if wrong.is_empty():
            continue
        early, late = (name_a, name_b) if lag > 0 else (name_b, name_a)
        shift = counted(abs(lag), "interval")
        gain = wrong.select((pl.col(str(lag)) / pl.col("0")).median()).item()
        what = (
            f"{early} is labelled {shift} early, or {late} late, in "
            f"{counted(len(wrong), 'month')}: shifted, their moves differ by {gain:.0%} of what "
            "they do as labelled"
        )
        details = [f"{month:%Y-%m}" for month in wrong[TIME]]
        rows = int(wrong["rows"].sum())
        faults.append(found("look-ahead", name, wrong, what, count=rows, details=details))
    return faults


def _misfits(both: pl.DataFrame, interval_ns: int) -> pl.DataFrame:
    """Median difference of the moves, by month and by shift of the second source."""
    import polars as pl

    stepped = pl.col(TIME).to_physical().diff() == interval_ns
    moves = both.select(
        TIME,
        move=pl.when(stepped).then(pl.col("close").log().diff()).cast(pl.Float32),
        move_b=pl.when(stepped).then(pl.col("close_b").log().diff()).cast(pl.Float32),
    )

    def misfit(lag: int) -> pl.Expr:
        move, other = pl.col("move"), pl.col("move_b").shift(-lag)
        return pl.when((move != 0) | (other != 0)).then((move - other).abs()).alias(str(lag))

    lags = range(-LAGS, LAGS + 1)
    misfits = moves.select(TIME, *(misfit(lag) for lag in lags))
    return misfits.group_by_dynamic(TIME, every="1mo").agg(
        pl.col("0").count().alias("rows"), *(pl.col(str(lag)).median() for lag in lags)
    )


def _differences(name: str, rows: pl.DataFrame, noun: str) -> list[Fault]:
    """How near two sources are, and the rows in which they are far apart."""
    import polars as pl

    running = pl.col("bp").rolling_median(RUNNING_ROWS, min_samples=1, center=True)
    rows = rows.lazy().with_columns(off=pl.col("bp") - running).collect()
    middle, high, scale, premium = rows.select(
        pl.col("bp").abs().median().alias("middle"),
        pl.col("bp").abs().quantile(0.95).alias("high"),
        (pl.col("off").abs().median() * _NORMAL).alias("scale"),
        pl.col("bp").median().alias("premium"),
    ).row(0)
    what = (
        f"over {counted(len(rows), noun)} the median difference is {middle:.2f} bp, the first "
        f"{premium:+.2f} bp above the second; 95 % are within {high:.2f} bp"
    )
    faults = [found("agreement", name, rows, what)]
    least = max(OUTLIER_BP, OUTLIER_SCALES * scale)
    far = rows.filter(pl.col("off").abs() > least)
    if far.is_empty():
        return faults
    largest = far.sort(pl.col("off").abs(), descending=True).head(SHOWN)
    details = [f"{iso(at)} {bp:+,.1f} bp" for at, bp in largest.select(TIME, "bp").iter_rows()]
    what = f"{counted(len(far), noun)} over {least:,.0f} bp from the running median difference"
    return [*faults, found("outliers", name, far, what, details=details)]


def refused(kind: Kind) -> MarketDataError:
    """The error for a kind that is not compared."""
    return MarketDataError(
        f"{kind.name} are not compared between sources; bars and funding are. Compare their bars."
    )
