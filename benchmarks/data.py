"""Importing, scanning, rebuilding: `benchmarks/data.py FOLDER [--books FOLDER] [--json] [-n 7]`.

FOLDER holds `xbtusd_1m_YYYY.parquet`. With `--books`, the folder of the recorded Binance minutes,
`benchmarks/order_book.py` runs too, beside hftbacktest if `--peer-python` names its interpreter.
Beside each import, in the same run and turn about, Polars
reads the same files and writes them again without a look at what is in them; the import hashes,
checks, cuts by month and commits besides. The scan of one month and one column is beside the scan
of everything. Nothing is judged in seconds.
"""

import argparse
import json
import platform
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import order_book
import polars as pl

from obverse.market.sources.importing import find, import_file
from obverse.market.store import create_store, open_store, scan

LIMIT_IMPORT = 0.5
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def ours(files, place):
    store = create_store(place)
    for found in find(files):
        outcome = import_file(store, found, imported_at=NOW)
        assert outcome.status == "imported", outcome


def plain(files, place):
    place.mkdir()
    for path in files:
        pl.read_parquet(path).write_parquet(place / path.name, compression="zstd")


def plain_like_ours(files, place):
    """Polars reading the same bytes and writing the same bytes: our columns, a file a month."""
    for path in files:
        table = pl.read_parquet(path)
        minute = pl.duration(minutes=1)
        frame = table.select(
            pl.col("close_time").cast(pl.Datetime("ns", "UTC")).alias("time"),
            (pl.col("close_time") - minute).cast(pl.Datetime("ns", "UTC")).alias("open_time"),
            *(pl.col(f"{name}_x100") / 100.0 for name in ("open", "high", "low", "close")),
            pl.col("volume_usd").cast(pl.Float64),
            pl.col("volume_usd").cast(pl.Float64).alias("volume_quote"),
            pl.col("turnover_xbt_sat") / 1e8,
            pl.col("trades").cast(pl.Int64),
        )
        months = frame.with_columns(pl.col("time").dt.strftime("%Y-%m").alias("month"))
        months.write_parquet(pl.PartitionBy(place, key="month"), mkdir=True)


def read_month(store):
    scan(store, "bars_1m", since="2018-03-01", until="2018-03-31", columns=["close"]).collect()


def read_all(store):
    scan(store, "bars_1m").collect()


def timed(work, *arguments):
    started = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - started


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def measured(files, rounds):
    import_s, plain_s, like_s, month_s, all_s = [], [], [], [], []
    for turn in range(rounds + 1):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            times = [
                timed(ours, files, folder / "store"),
                timed(plain, files, folder / "plain"),
                timed(plain_like_ours, files, folder / "like"),
            ]
            store = open_store(folder / "store")
            times.append(timed(read_month, store))
            times.append(timed(read_all, store))
            rows = sum(entry.rows for entry in store.entries())
            size = sum(entry.bytes for entry in store.entries())
        if turn:  # the first one warms up
            for series, value in zip(
                (import_s, plain_s, like_s, month_s, all_s), times, strict=True
            ):
                series.append(value)
    ratio = [one / other for one, other in zip(plain_s, import_s, strict=True)]
    like = [one / other for one, other in zip(like_s, import_s, strict=True)]
    return {
        "rows": rows,
        "stored_bytes": size,
        "import_s": spread(import_s),
        "polars_read_write_s": spread(plain_s),
        "polars_same_columns_s": spread(like_s),
        "speed_of_import_to_polars": spread(ratio),
        "speed_of_import_to_polars_same_columns": spread(like),
        "rows_per_s": rows / statistics.median(import_s),
        "scan_month_column_s": spread(month_s),
        "scan_all_s": spread(all_s),
        "scan_speed_up": spread([a / b for a, b in zip(all_s, month_s, strict=True)]),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("-n", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--books", type=Path)
    parser.add_argument("--peer-python")
    asked = parser.parse_args()
    files = sorted(asked.folder.glob("xbtusd_1m_20??.parquet"))
    if not files:
        parser.error(f"{asked.folder} has no xbtusd_1m_YYYY.parquet")
    found = {"machine": platform.processor() or platform.machine(), **measured(files, asked.n)}
    if asked.books is not None:
        found["order_books"] = [
            order_book.measure(asked.books, name, asked.n, asked.peer_python)
            for name in order_book.RECORDINGS
        ]
    if asked.json:
        print(json.dumps(found, indent=2))
        return
    print(f"{found['rows']:,} minutes of {len(files)} files, n = {asked.n}")
    for name, value in found.items():
        if isinstance(value, dict):
            print(f"{name:40} " + "  ".join(f"{k} {v:.4g}" for k, v in value.items()))
    ratio = found["speed_of_import_to_polars"]["median"]
    for row in found.get("order_books", ()):
        print(order_book.shown(row))
    print(f"import at {ratio:.2f} of Polars' speed; the limit is {LIMIT_IMPORT}")


if __name__ == "__main__":
    main()
