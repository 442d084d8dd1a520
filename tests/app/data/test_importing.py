"""`obverse data import`."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from obverse.market.sources import importing

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


MAP = (
    'venue = "coinbase"\ninstrument = "BTC-USD"\nkind = "bars_1d"\n'
    '[time]\ncolumn = "day"\nlabel = "open"\nformat = "%Y-%m-%d"\nzone = "UTC"\n'
    '[columns]\nopen = "o"\nhigh = "h"\nlow = "l"\nclose = "c"\n'
)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Two days in a table of one's own."""
    table = tmp_path / "mine.csv"
    table.write_text("day,o,h,l,c\n2024-01-01,1,2,0.5,1.5\n2024-01-02,1.5,2,1,1.25\n")
    return table


def test_a_table_of_ones_own_is_read_by_a_column_map(run: Run, table: Path, tmp_path: Path) -> None:
    columns = tmp_path / "map.toml"
    columns.write_text(MAP)
    result = run("import", table, "--columns", columns)
    assert result.exit_code == 0, result.output
    shown = run("show", "coinbase", "BTC-USD", "--csv").stdout
    assert next(csv.DictReader(io.StringIO(shown)))["time"] == "2024-01-02T00:00:00Z"


def test_a_corrected_column_map_is_another_import(run: Run, table: Path, tmp_path: Path) -> None:
    columns = tmp_path / "map.toml"
    columns.write_text(MAP.replace("BTC-USD", "WRONG"))
    assert run("import", table, "--columns", columns).exit_code == 0
    columns.write_text(MAP)
    result = run("import", table, "--columns", columns)
    assert "2 new rows" in result.stdout
    assert "obverse data withdraw 1" in " ".join(result.stdout.split())
    assert "known" in run("import", table, "--columns", columns).stdout
    assert run("withdraw", "1").exit_code == 0
    assert "WRONG" not in run("list").stdout
    listed = json.loads(run("imports", "--json").stdout)["imports"]
    assert [(row["number"], row["rows_added"], row["state"]) for row in listed] == [
        (1, 2, "out"),
        (2, 2, ""),
        (3, 0, "takes 1 files out"),
    ]


def test_bars_imported_by_their_other_end_must_be_withdrawn_first(
    run: Run, table: Path, tmp_path: Path
) -> None:
    columns = tmp_path / "mine.columns.toml"
    columns.write_text(MAP.replace('"open"\nformat', '"close"\nformat'))
    assert run("import", table).exit_code == 0
    columns.write_text(MAP)
    refused = run("import", table)
    assert refused.exit_code == 1
    assert "first take the others out: obverse data withdraw 1" in " ".join(refused.stdout.split())
    assert run("withdraw", "1").exit_code == 0
    assert run("import", table).exit_code == 0
    rows = csv.DictReader(io.StringIO(run("show", "coinbase", "BTC-USD", "--csv").stdout))
    assert [row["time"] for row in rows] == ["2024-01-02T00:00:00Z", "2024-01-03T00:00:00Z"]


def test_withdrawing_names_the_files_that_had_left_rows_out(
    run: Run, table: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine.columns.toml").write_text(MAP)
    more = tmp_path / "more.csv"
    more.write_text(table.read_text() + "2024-01-03,1,1,1,1\n")
    (tmp_path / "more.columns.toml").write_text(MAP)
    run("import", table)
    run("import", more)
    told = run("withdraw", "1")
    assert "Took 2 rows out" in told.stderr
    assert "import them again: more.csv" in " ".join(told.stderr.split())
    assert "2 new rows" in run("import", more).stdout
    wrong = run("withdraw", "7")
    assert wrong.exit_code == 2
    assert "there is no such import" in wrong.stderr


def test_a_folder_without_files_and_a_store_that_would_not_last_are_refused(
    run: Run, files: Path, tmp_path: Path
) -> None:
    (tmp_path / "nothing").mkdir()
    empty = run("import", tmp_path / "nothing")
    assert empty.exit_code == 2
    assert "No files to import under" in empty.stderr
    passing = run("import", files, "--store", "memory://x")
    assert passing.exit_code == 2
    assert "ends with this command" in passing.stderr


def test_a_file_that_cannot_be_read_is_named_and_the_rest_imported(
    run: Run, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = importing._sha256

    def failing(path: Path) -> str:
        if path.name == "minutes.parquet":
            raise PermissionError(13, "Permission denied")
        return plain(path)

    monkeypatch.setattr(importing, "_sha256", failing)
    result = run("import", files, "--json")
    assert result.exit_code == 1
    rows = {row["file"]: row for row in json.loads(result.stdout)["files"]}
    assert rows["minutes.parquet"]["status"] == "broken"
    assert "Permission denied" in rows["minutes.parquet"]["reason"]
    assert sum(row["status"] == "imported" for row in rows.values()) == len(rows) - 1
