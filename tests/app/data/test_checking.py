"""`obverse data check`: what it finds, and the exit code."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
from click.testing import Result

from obverse.market.series import Part, bars, kind_named
from obverse.market.store import Origin, append, create_store

Run = Callable[..., Result]
START = datetime(2024, 1, 31, 23, tzinfo=UTC)
ORIGIN = Origin("made", "test", "close")
HOUR = timedelta(hours=1)


def test_sound_series_are_reported_and_exit_zero(filled: Run) -> None:
    result = filled("check")
    assert result.exit_code == 0, result.output
    assert "2 series, 130 rows" in result.stdout
    assert filled("check", "--quick").exit_code == 0


def test_a_lost_and_a_changed_file_are_errors_and_the_other_series_are_still_checked(
    filled: Run, tmp_path: Path
) -> None:
    one, other = sorted((tmp_path / "store").rglob("kind=bars_1m/*/*.parquet"))
    one.unlink()
    other.write_bytes(other.read_bytes()[:-1] + b"!")
    result = filled("check", "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert [row["severity"] for row in found["files"]] == ["error", "error"]
    assert found["unreadable_series"] == 1
    assert {row["series"] for row in found["faults"]} <= {"bitmex XBTUSD funding"}
    assert "--repair takes them out" in filled("check").stderr


def test_lost_files_are_repaired_from_their_source(
    filled: Run, tmp_path: Path, files: Path
) -> None:
    one, _ = sorted((tmp_path / "store").rglob("kind=bars_1m/*/*.parquet"))
    one.unlink()
    repaired = filled("check", "--repair")
    assert repaired.exit_code == 1
    assert "now import again: minutes.parquet" in repaired.stderr
    again = filled("import", files, "--json")
    rows = {row["file"]: row for row in json.loads(again.stdout)["files"]}
    assert rows["minutes.parquet"]["rows_added"] == 60
    assert rows["funding.parquet"]["status"] == "known"
    assert filled("check").exit_code == 0
    counted = filled("sql", "SELECT count(*) AS n FROM bars_1m", "--csv").stdout
    assert counted.split() == ["n", "120"]


def test_a_crossed_book_is_an_error_and_a_gap_is_a_warning(run: Run, tmp_path: Path) -> None:
    top = {"time": START, "bid": 101.0, "bid_size": 1.0, "ask": 100.0, "ask_size": 1.0}
    tops = Part("kraken", "PI_XBTUSD", kind_named("book_tops"), pl.DataFrame([top]))
    times = [START + place * 8 * HOUR for place in range(40) if place != 20]
    funding = pl.DataFrame({"time": times, "rate": 0.0001, "interval_hours": 8.0})
    paid = Part("kraken", "PI_XBTUSD", kind_named("funding"), funding)
    append(create_store(tmp_path / "store"), [tops, paid], ORIGIN, imported_at=START)
    result = run("check", "--csv")
    assert result.exit_code == 1
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    found = {(row["severity"], row["check"]): row for row in rows}
    assert found["error", "crossed"]["count"] == "1"
    assert found["warning", "gaps"]["count"] == "1"
    assert run("check", "--kind", "funding").exit_code == 0


def test_bars_labelled_an_interval_too_early_are_found_by_a_second_source(
    run: Run, tmp_path: Path
) -> None:
    closes = [100 * 1.01 ** ((place * 7919) % 23 - 11) for place in range(500)]

    def series(venue: str, shift: int) -> Part:
        times = [START + (place + shift) * HOUR for place in range(500)]
        frame = pl.DataFrame({"time": times, "close": closes}).with_columns(
            (pl.col("time") - HOUR).alias("open_time"),
            pl.col("close").alias("open"),
            (pl.col("close") * 1.001).alias("high"),
            (pl.col("close") * 0.999).alias("low"),
        )
        return Part(venue, "BTC-USD", bars(HOUR), frame)

    parts = [series("coinbase", 0), series("bitstamp", -1)]
    append(create_store(tmp_path / "store"), parts, ORIGIN, imported_at=START)
    result = run("check", "--against", "bitstamp/BTC-USD")
    assert result.exit_code == 1
    assert "look-ahead" in result.stdout
    wrong = run("check", "--against", "bitstamp")
    assert wrong.exit_code == 2
    assert "VENUE/INSTRUMENT" in wrong.stderr


def test_a_series_that_is_not_there_is_said(filled: Run) -> None:
    result = filled("check", "--venue", "okx")
    assert result.exit_code == 2
    assert "no such series" in result.stderr
