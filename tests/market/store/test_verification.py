"""Files that are lost, cut or changed are found, each with what to do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from obverse.market.series import Part
from obverse.market.store import Origin, Store, append
from obverse.market.store.verification import verify

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def filled(store: Store, minutes: Callable[..., Part], origin: Origin) -> Store:
    """A store of two files."""
    append(store, [minutes(0, 120)], origin, imported_at=NOW)
    return store.reopened()


def test_a_whole_store_has_no_faults_and_is_watched(filled: Store) -> None:
    seen: list[tuple[str, int]] = []
    assert verify(filled, filled.entries(), watch=lambda *each: seen.append(each)) == ()
    assert [size for _, size in seen] == [entry.bytes for entry in filled.entries()]


def test_lost_cut_and_changed_files_are_errors(filled: Store) -> None:
    one, other = (Path(filled.name) / entry.path for entry in filled.entries())
    content = one.read_bytes()
    one.write_bytes(content[:-1])
    other.unlink()
    cut, lost = verify(filled, filled.entries())
    assert (cut.severity, lost.severity) == ("error", "error")
    assert "were committed" in cut.reason
    assert "60 committed rows are lost" in lost.reason
    one.write_bytes(content[:-1] + b"!")
    changed, _ = verify(filled, filled.entries())
    assert "not what was committed" in changed.reason
    assert len(verify(filled, filled.entries(), read=False)) == 1


def test_what_no_commit_names_is_a_note(filled: Store) -> None:
    folder = Path(next(filled.entries()).path).parent
    (Path(filled.name) / folder / "00000009-00000.parquet").write_bytes(b"x")
    (note,) = verify(filled, filled.entries())
    assert note.severity == "note"
    assert "next import removes it" in note.reason
