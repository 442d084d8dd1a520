"""The page on analysis: its commands run, and its Python runs on recorded curves."""

from __future__ import annotations

import re
import shlex
from datetime import UTC, datetime
from pathlib import Path

import pytest

from obverse.market.sources.importing import find, import_file
from obverse.market.store import create_store

PAGE = (Path(__file__).parents[2] / "docs" / "futures-analysis.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^obverse (.+)$", PAGE, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_runs(obverse, command: str) -> None:
    result = obverse(*shlex.split(command))
    assert result.exit_code == 0, result.output


def test_its_python_runs_on_recorded_curves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(__file__).parents[2].parent / "shared" / "data" / "deribit"
    if not folder.exists():
        pytest.skip(f"no recorded market data at {folder}")
    monkeypatch.chdir(tmp_path)
    store = create_store("obverse-data")
    (found,) = find([folder / "forward_curve.parquet"])
    import_file(store, found, imported_at=datetime(2026, 6, 1, tzinfo=UTC))
    code = "\n".join(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL))
    names: dict[str, object] = {}
    exec(compile(code, "futures-analysis.md", "exec"), names)
    assert "BTC" in str(names["basis"])
    assert "BTC" in str(names["series"])
