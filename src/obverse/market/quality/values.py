"""Checks of what rows say: prices that stand, leap or cross, bars in which nothing traded."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from obverse.market.printing import age_text
from obverse.market.quality.faults import SHOWN, Fault, counted, found, spans
from obverse.market.series.kinds import TIME, Kind

if TYPE_CHECKING:
    import polars as pl

STALE_INTERVALS = 3
STALE_BARS = timedelta(hours=1)
"""Bars are stale when they stand still for longer than this and than `STALE_INTERVALS`."""

STALE_TOP = timedelta(minutes=1)
STALE_TICKER = timedelta(hours=1)
STALE_ROWS = 3

SPIKE_LEAST = 0.01
SPIKE_SCALES = 12.0
SPIKE_KEPT = 0.25
"""A leap is a spike from `SPIKE_LEAST` and `SPIKE_SCALES` times the usual move on, where the next
price takes back all of it but a share of `SPIKE_KEPT`."""

_NORMAL = 1.4826
_PRICES = {"trades": "price", "tickers": "mark"}
_VOLUMES = ("trades", "volume_contracts", "volume_quote", "volume_coin")


def stale_bars(kind: Kind, name: str, frame: pl.DataFrame) -> list[Fault]:
    """Runs of bars that repeat the close before while nothing trades."""
    import polars as pl

    assert kind.interval is not None
    least = max(STALE_INTERVALS, STALE_BARS // kind.interval)
    flat = pl.when(_volume().is_null()).then(pl.col("high") == pl.col("low"))
    untraded = flat.otherwise(_volume() == 0)
    interval_ns = int(kind.interval.total_seconds()) * 10**9
    next_to = pl.col(TIME).to_physical().diff() == interval_ns
    still = (pl.col("close") == pl.col("close").shift(1)) & untraded & next_to
    runs = _runs(frame, still).filter(pl.col("rows") > least)
    if runs.is_empty():
        return []
    longest = int(runs["rows"].max())  # type: ignore[arg-type]
    bars = int(runs["rows"].sum())
    what = (
        f"{counted(bars, 'bar')} without a trade at the close before, in "
        f"{counted(len(runs), 'run')} of over {least}, the longest "
        f"{age_text(longest * kind.interval)}"
    )
    return [_of_runs(name, runs, what, bars)]


def stale_quotes(kind: Kind, name: str, frame: pl.DataFrame) -> list[Fault]:
    """Runs of rows that show the same quotes for long."""
    import polars as pl

    least = STALE_TICKER if kind.name == "tickers" else STALE_TOP
    names = ["mark", "bid", "ask"] if kind.name == "tickers" else [
        "bid", "bid_size", "ask", "ask_size",
    ]  # fmt: skip
    same = [pl.col(each).eq_missing(pl.col(each).shift(1)) for each in names]
    some = pl.any_horizontal(pl.col(each).is_not_null() for each in names)
    still = pl.all_horizontal(same) & some & (pl.int_range(pl.len()) > 0)
    lasted = (pl.col("end").to_physical() - pl.col("start").to_physical()) / 1e9
    runs = _runs(frame, still, from_before=True).filter(
        pl.col("rows") >= STALE_ROWS, lasted > least.total_seconds()
    )
    if runs.is_empty():
        return []
    rows = int(runs["rows"].sum())
    what = (
        f"{counted(rows, 'row')} with the {', '.join(names)} of the row before, in "
        f"{counted(len(runs), 'run')} of over {age_text(least)}"
    )
    return [_of_runs(name, runs, what, rows)]


def _runs(frame: pl.DataFrame, mask: pl.Expr, *, from_before: bool = False) -> pl.DataFrame:
    """Start, end and length of each run of rows that a mask is true of."""
    import polars as pl

    begins = pl.col(TIME).shift(1) if from_before else pl.col(TIME)
    return (
        frame.lazy()
        .select(TIME, begins.alias("start"), mask.fill_null(False).alias("_in"))
        .with_columns(_run=pl.col("_in").rle_id())
        .filter("_in")
        .group_by("_run", maintain_order=True)
        .agg(pl.col("start").first(), pl.col(TIME).last().alias("end"), pl.len().alias("rows"))
        .collect()
    )


def _of_runs(name: str, runs: pl.DataFrame, what: str, rows: int) -> Fault:
    import polars as pl

    longest = runs.sort("rows", "start", descending=[True, False]).head(SHOWN)
    ends = pl.concat([runs["start"], runs["end"]]).alias(TIME).to_frame()
    return found("stale", name, ends, what, count=rows, details=spans(longest, "start", "end"))


def _volume() -> pl.Expr:
    import polars as pl

    return pl.coalesce(pl.col(name).cast(pl.Float64) for name in _VOLUMES)


def spikes(kind: Kind, name: str, frame: pl.DataFrame) -> list[Fault]:
    """Prices that leap far beyond the usual and come back at the next row."""
    import polars as pl

    price = pl.col(_PRICES.get(kind.name, "close"))
    moves = (
        frame.lazy()
        .select(TIME, price.alias("price"))
        .drop_nulls()
        .with_columns(move=pl.col("price").log().diff())
        .with_columns(then=pl.col("move").shift(-1))
        .collect()
    )
    usual = moves.select(pl.col("move").filter(pl.col("move") != 0).abs().median()).item()
    if usual is None:
        return []
    least = max(SPIKE_LEAST, SPIKE_SCALES * _NORMAL * usual)
    smaller = pl.min_horizontal(pl.col("move").abs(), pl.col("then").abs())
    back = (pl.col("move") + pl.col("then")).abs() <= SPIKE_KEPT * smaller
    leaps = moves.filter((smaller > least) & back)
    if leaps.is_empty():
        return []
    largest = leaps.sort(pl.col("move").abs(), descending=True).head(SHOWN)
    details = [
        f"{at:%Y-%m-%dT%H:%M:%SZ} {move * 1e4:+,.0f} bp to {price:,.2f}"
        for at, price, move in largest.select(TIME, "price", "move").iter_rows()
    ]
    what = f"{counted(len(leaps), 'leap')} of over {least * 1e4:,.0f} bp, taken back at once"
    return [found("spikes", name, leaps, what, details=details)]


def crossed(kind: Kind, name: str, frame: pl.DataFrame) -> list[Fault]:
    """Best bids above or at the best ask; of order books those of their snapshots."""
    import polars as pl

    quotes = _best_of_snapshots(frame) if kind.name == "book_levels" else frame
    faults = []
    over = quotes.filter(pl.col("bid") > pl.col("ask"))
    if len(over):
        widest = over.select(((pl.col("bid") / pl.col("ask") - 1) * 1e4).max()).item()
        what = f"{counted(len(over), 'best bid')} above the best ask, by up to {widest:,.1f} bp"
        faults.append(found("crossed", name, over, what))
    level = quotes.filter(pl.col("bid") == pl.col("ask"))
    if len(level):
        what = f"{counted(len(level), 'best bid')} at the best ask"
        faults.append(found("locked", name, level, what))
    return faults


def _best_of_snapshots(frame: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    price = pl.col("price")
    return (
        frame.lazy()
        .filter(pl.col("snapshot"), pl.col("size") > 0)
        .group_by(TIME, "update_id", maintain_order=True)
        .agg(
            bid=price.filter(pl.col("is_bid")).max(),
            ask=price.filter(~pl.col("is_bid")).min(),
        )
        .collect()
    )


def opens(kind: Kind, name: str, frame: pl.DataFrame) -> list[Fault]:
    """Bars that open outside their range."""
    import polars as pl

    outside = frame.filter(~pl.col("open").is_between(pl.col("low"), pl.col("high")))
    if outside.is_empty():
        return []
    carried = frame.lazy().select(
        outside=~pl.col("open").is_between(pl.col("low"), pl.col("high")),
        carried=pl.col("open") == pl.col("close").shift(1),
    )
    count = carried.filter("outside").select(pl.col("carried").sum()).collect().item()
    what = f"{counted(len(outside), 'open')} outside the range, {count:,} at the close before"
    return [found("opens", name, outside, what)]


def no_volume(kind: Kind, name: str, frame: pl.DataFrame) -> list[Fault]:
    """Bars in which nothing traded."""
    still = frame.filter(_volume() == 0)
    if still.is_empty():
        return []
    share = len(still) / len(frame)
    what = f"nothing traded in {counted(len(still), 'bar')}, {share:.2%} of all"
    return [found("no volume", name, still, what)]
