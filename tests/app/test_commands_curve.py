"""`obverse curve`: ghosts, faces, and what is not there."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest


def test_a_curve_beside_what_it_was(obverse) -> None:
    result = obverse("curve", "--compare", "1d,7d,30d", "--underlying", "BTC")
    assert result.exit_code == 0, result.output
    assert "SIMULATED" in result.stdout
    assert "30d change" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 100


def test_rows_for_machines(obverse) -> None:
    rows = list(csv.DictReader(io.StringIO(obverse("curve", "--compare", "7d", "--csv").stdout)))
    assert {row["underlying"] for row in rows} == {"BTC", "ETH"}
    assert all(row["simulated"] == "true" for row in rows)
    assert any(float(row["change_7d_bp"]) for row in rows if row["change_7d_bp"])
    found = json.loads(obverse("curve", "--json", "--in", "coin").stdout)
    assert [section["underlying"] for section in found["sections"]] == ["BTC", "ETH"]


def test_a_page_and_pictures(obverse, tmp_path: Path) -> None:
    page, picture = tmp_path / "c.html", tmp_path / "c.png"
    result = obverse("curve", "--compare", "7d", "--html", page, "--png", picture)
    assert result.exit_code == 0, result.output
    assert page.read_text().count("<svg") == 2
    assert picture.exists()
    assert (tmp_path / "c-2.png").exists()


def test_a_ghost_from_before_the_data_is_told(obverse, tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    import obverse as ob

    ob.market.write(ob.market.simulated(seed=7), path)
    result = obverse("curve", "--market", path, "--compare", "7d")
    assert result.exit_code == 0, result.output
    assert "7d before:" in " ".join(result.stdout.split())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--compare", "soon"), "no age"),
        (("--compare", "999999999999d"), "longer ago"),
        (("--underlying", "XRP"), "XRP"),
        (("--venue", "ftx"), "ftx"),
        (("--at", "soon"), "not an instant"),
    ],
)
def test_what_cannot_be_done_is_said(obverse, arguments: tuple[str, ...], words: str) -> None:
    result = obverse("curve", *arguments)
    assert result.exit_code == 2, result.output
    assert words in result.stderr
