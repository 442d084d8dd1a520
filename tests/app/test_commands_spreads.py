"""`obverse spreads` as a function: stored and simulated, rows and pictures."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from obverse.app.commands.spreads import Request, run
from obverse.errors import DataError
from obverse.market.sources.importing import find, import_file
from obverse.market.store import create_store


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recorded Deribit curves in a store."""
    folder = Path(__file__).parents[2].parent / "shared" / "data" / "deribit"
    if not folder.exists():
        pytest.skip(f"no recorded market data at {folder}")
    place = tmp_path_factory.mktemp("recorded") / "store"
    store = create_store(place)
    for name in ("forward_curve.parquet", "perpetual_prices.parquet"):
        (found,) = find([folder / name])
        import_file(store, found, imported_at=datetime(2026, 6, 1, tzinfo=UTC))
    return place


def asked(market: object, **changes: Any) -> Request:
    words: dict[str, Any] = {
        "market": None if market is None else str(market),
        "at": "2026-03-01",
        "start": None,
        "venue": "deribit",
        "underlyings": ["BTC"],
        "size": "1_000_000",
        "window": None,
        "seed": 1,
    }
    return Request(**(words | changes))


def test_stored_spreads_as_rows_and_pictures(
    recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "s.png"
    run(asked(recorded), json=False, csv=True, html=None, png=picture)
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == 28
    assert picture.read_bytes()[:4] == b"\x89PNG"
    row = next(each for each in rows if each["spread"] == "BTC-25SEP26 − BTC-26JUN26")
    assert float(row["level_usd"]) == pytest.approx(687.39, abs=0.01)
    assert float(row["coin_delta"]) == pytest.approx(-0.15166, abs=1e-5)
    run(asked(recorded, underlyings=None, window=60), json=True, csv=False, html=None)
    shown = json.loads(capsys.readouterr().out)
    assert [each["section"] for each in shown["sections"]] == ["spreads", "legs"] * 2


def test_text_fits_the_page_and_simulated_markets_say_so(
    recorded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(asked(recorded), json=False, csv=False, html=None)
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 100
    assert "equal-dollar legs of 1,000,000 USD" in " ".join(shown.split())
    run(
        asked("simulated", start="2026-11-15", at="2026-11-24"),
        json=False, csv=False, html=None,
    )  # fmt: skip
    assert "SIMULATED" in capsys.readouterr().out


def test_a_size_that_is_no_number_is_refused(recorded: Path) -> None:
    with pytest.raises(DataError, match="--size much"):
        run(asked(recorded, size="much"), json=False, csv=False, html=None)
