"""`obverse data import`."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

from click.testing import Result

Run = Callable[..., Result]


def test_it_says_what_became_of_each_file(run: Run, files: Path, tmp_path: Path) -> None:
    (files / "letter.txt").write_text("dear")
    result = run("import", files)
    assert result.exit_code == 0
    assert "130 new rows" in result.stdout
    assert "of no known format" in result.stdout
    assert "3 files" in result.stderr
    again = run("import", files, "--json")
    assert {row["status"] for row in json.loads(again.stdout)["files"]} == {"known", "unknown"}
    assert (tmp_path / "store" / "commits").is_dir()


def test_a_broken_file_is_named_the_rest_is_imported_and_the_exit_code_is_one(
    run: Run, files: Path
) -> None:
    whole = (files / "minutes.parquet").read_bytes()
    (files / "cut.parquet").write_bytes(whole[:-9])
    result = run("import", files, "--csv")
    assert result.exit_code == 1
    rows = {row["file"]: row for row in csv.DictReader(io.StringIO(result.stdout))}
    assert rows["cut.parquet"]["status"] == "broken"
    assert "truncated" in rows["cut.parquet"]["reason"]
    assert rows["minutes.parquet"]["rows_added"] == "120"


def test_a_dry_run_keeps_nothing(run: Run, files: Path, tmp_path: Path) -> None:
    result = run("import", files, "--dry-run")
    assert result.exit_code == 0
    assert "would import" in result.stdout
    assert not (tmp_path / "store").exists()


def test_formats_are_listed_with_what_their_times_mean(run: Run) -> None:
    found = json.loads(run("import", "--formats", "--json").stdout)["formats"]
    labels = {row["format"]: row["label"] for row in found}
    assert labels["bitmex-minutes"] == "close"
    assert labels["bitmex-resampled"] == "open"


def test_what_cannot_be_done_is_said_in_one_line(run: Run, files: Path) -> None:
    for arguments, words in [
        (["import"], "No files to import"),
        (["import", files / "nothing"], "does not exist"),
        (["import", files, "--format", "bitmex-minute"], "Did you mean bitmex-minutes"),
        (["import", files, "--json", "--csv"], "choose one"),
    ]:
        result = run(*arguments)
        assert result.exit_code == 2, arguments
        assert words in result.stderr
        assert "Traceback" not in result.stderr


def test_a_table_of_ones_own_is_read_by_a_column_map(run: Run, tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    table.write_text("day,o,h,l,c\n2024-01-01,1,2,0.5,1.5\n2024-01-02,1.5,2,1,1.25\n")
    columns = tmp_path / "map.toml"
    columns.write_text(
        'venue = "coinbase"\ninstrument = "BTC-USD"\nkind = "bars_1d"\n'
        '[time]\ncolumn = "day"\nlabel = "open"\nformat = "%Y-%m-%d"\nzone = "UTC"\n'
        '[columns]\nopen = "o"\nhigh = "h"\nlow = "l"\nclose = "c"\n'
    )
    result = run("import", table, "--columns", columns)
    assert result.exit_code == 0, result.output
    shown = run("show", "coinbase", "BTC-USD", "--csv").stdout
    assert next(csv.DictReader(io.StringIO(shown)))["time"] == "2024-01-02T00:00:00Z"
