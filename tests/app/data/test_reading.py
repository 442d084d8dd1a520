"""`obverse data list`, `show`, `export` and `sql`."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from click.testing import Result

Run = Callable[..., Result]


def rows(result: Result) -> list[dict[str, str]]:
    assert result.exit_code == 0, result.output
    return list(csv.DictReader(io.StringIO(result.stdout)))


def test_the_list_has_each_series_with_its_span_and_size(filled: Run) -> None:
    found = {row["kind"]: row for row in rows(filled("list", "--csv"))}
    assert set(found) == {"bars_1m", "funding"}
    assert found["bars_1m"]["rows"] == "120"
    assert found["bars_1m"]["from"] == "2024-01-31 23:00"
    assert found["bars_1m"]["files"] == "2"
    only = rows(filled("list", "--csv", "--kind", "funding"))
    assert [row["instrument"] for row in only] == ["XBTUSD"]
    assert "130 rows" in filled("list").stdout


def test_a_series_is_shown_with_its_columns_and_where_it_came_from(filled: Run) -> None:
    result = filled("show", "bitmex", "XBTUSD", "bars_1m", "--rows", "3")
    assert result.exit_code == 0
    assert "120 rows, the last 3" in result.stdout
    assert "minutes.parquet" in result.stdout
    assert "close of the bar" in result.stdout
    assert all(len(line) <= 100 for line in result.stdout.splitlines())
    found = json.loads(filled("show", "bitmex", "XBTUSD", "funding", "--json").stdout)
    assert found["origins"][0]["format"] == "bitmex-funding"
    whole = rows(filled("show", "bitmex", "XBTUSD", "bars_1m", "--csv", "--until",
                        "2024-01-31T23:10:00Z"))  # fmt: skip
    assert len(whole) == 11


def test_a_page_has_a_chart(filled: Run, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    result = filled("show", "bitmex", "XBTUSD", "bars_1m", "--html", page)
    assert result.exit_code == 0
    assert "<svg" in page.read_text()
    assert "Wrote" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("bitmax", "XBTUSD"), "Did you mean bitmex"),
        (("bitmex", "XBTUSDT", "bars_1m"), "Did you mean XBTUSD"),
        (("bitmex", "XBTUSD"), "bars_1m, funding; say which"),
        (("bitmex", "XBTUSD", "bars_1h"), "No kind 'bars_1h'"),
        (("bitmex", "XBTUSD", "bars_1m", "--from", "2025-01-01"), "in that span"),
        (("bitmex", "XBTUSD", "bars_1m", "--from", "soon"), "not an instant"),
    ],
)
def test_what_is_not_there_is_said(filled: Run, arguments: tuple[str, ...], words: str) -> None:
    result = filled("show", *arguments)
    assert result.exit_code == 2
    assert words in result.stderr


def test_a_missing_store_says_how_to_make_one(run: Run) -> None:
    result = run("list")
    assert result.exit_code == 2
    assert "obverse data import" in result.stderr


@pytest.mark.parametrize("ending", ["csv", "parquet", "ndjson"])
def test_rows_are_exported_and_read_back(filled: Run, tmp_path: Path, ending: str) -> None:
    target = tmp_path / f"out.{ending}"
    result = filled("export", target, "--kind", "bars_1m", "--columns", "time,close")
    assert result.exit_code == 0
    read = {"csv": pl.read_csv, "parquet": pl.read_parquet, "ndjson": pl.read_ndjson}[ending]
    frame = read(target)
    assert frame.columns == ["venue", "instrument", "time", "close"]
    assert frame["close"].to_list()[:2] == [43_000.0, 43_000.5]
    if ending != "parquet":
        assert frame["time"][1] == "2024-01-31T23:01:00Z"
    refused = filled("export", target, "--kind", "bars_1m")
    assert refused.exit_code == 2
    assert "--force" in refused.stderr
    assert filled("export", target, "--kind", "bars_1m", "--force").exit_code == 0
    assert not list(tmp_path.glob(".out*"))


def test_an_unknown_ending_and_an_empty_span_write_nothing(filled: Run, tmp_path: Path) -> None:
    assert filled("export", tmp_path / "out.xlsx", "--kind", "bars_1m").exit_code == 2
    late = filled("export", tmp_path / "o.csv", "--kind", "bars_1m", "--from", "2030-01-01")
    assert late.exit_code == 2
    assert not (tmp_path / "o.csv").exists()


def test_sql_sees_each_kind_as_a_table(filled: Run) -> None:
    found = rows(filled("sql", "SELECT count(*) AS n, max(close) AS top FROM bars_1m", "--csv"))
    assert found == [{"n": "120", "top": "43004"}]
    wrong = filled("sql", "SELECT * FROM bars_5m")
    assert wrong.exit_code == 2
    assert "Tables: bars_1m, funding" in wrong.stderr


def test_a_column_that_is_named_twice_is_refused_and_blanks_are_not(
    filled: Run, tmp_path: Path
) -> None:
    target = tmp_path / "o.csv"
    twice = filled("export", target, "--kind", "bars_1m", "--columns", "close,close")
    assert twice.exit_code == 2
    assert "named twice" in twice.stderr
    assert filled("export", target, "--kind", "bars_1m", "--columns", "time, close").exit_code == 0
    assert target.read_text().splitlines()[0] == "venue,instrument,time,close"


def test_a_damaged_file_is_told_in_words(filled: Run, tmp_path: Path) -> None:
    for path in (tmp_path / "store").rglob("kind=bars_1m/*/*.parquet"):
        path.write_bytes(path.read_bytes()[:-30])
    result = filled("show", "bitmex", "XBTUSD", "bars_1m")
    assert result.exit_code == 2
    assert "obverse data check" in result.stderr
    assert "Traceback" not in result.stderr
