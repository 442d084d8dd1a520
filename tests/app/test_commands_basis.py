"""`obverse basis`: simulated and stored, tables, rows and pictures."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from obverse.market.sources.importing import find, import_file
from obverse.market.store import create_store


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recorded Deribit curves in a store."""
    folder = Path(__file__).parents[2].parent / "shared" / "data" / "deribit"
    if not folder.exists():
        pytest.skip(f"no recorded market data at {folder}")
    place = tmp_path_factory.mktemp("recorded") / "store"
    (found,) = find([folder / "forward_curve.parquet"])
    import_file(create_store(place), found, imported_at=datetime(2026, 6, 1, tzinfo=UTC))
    return place


def test_stored_curves_up_to_an_instant(
    obverse, recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OBVERSE_STORE", str(recorded))
    picture = tmp_path / "b.png"
    at = ("--venue", "deribit", "--at", "2026-03-01", "--underlying", "BTC")
    result = obverse("basis", *at, "--png", picture)
    assert result.exit_code == 0, result.output
    assert "constant-maturity basis" in result.stdout
    assert "speed of convergence" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 100
    assert picture.read_bytes()[:4] == b"\x89PNG"
    rows = list(csv.DictReader(io.StringIO(obverse("basis", *at, "--csv").stdout)))
    assert len(rows) == 235
    assert max(row["at"] for row in rows) < "2026-03-01"
    assert float(rows[-1]["basis_30d"]) == pytest.approx(0.0146, abs=2e-3)


def test_a_short_simulated_span_says_that_it_is_simulated(obverse) -> None:
    span = ("--from", "2026-11-15", "--at", "2026-11-20", "--underlying", "BTC")
    result = obverse("basis", *span, "--method", "monotone-convex")
    assert result.exit_code == 0, result.output
    assert "SIMULATED" in result.stdout
    assert "monotone-convex" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--market", "store"), "venue"),
        (("--market", "store", "--venue", "deribit", "--underlying", "SOL"), "no curves of SOL"),
        (("--market", "README.md"), "are read from a store"),
        (("--at", "soon"), "not an instant"),
    ],
)
def test_what_cannot_be_done_is_said(
    obverse, recorded: Path, arguments: tuple[str, ...], words: str
) -> None:
    named = [str(recorded) if word == "store" else word for word in arguments]
    result = obverse("basis", *named)
    assert result.exit_code == 2, result.output
    assert words in result.stderr
