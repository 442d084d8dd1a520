"""Shared by the tests of captures: where the recorded ones lie, and a small one of one's own."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def venue_captures() -> Path:
    """The raw captures beside the checkout."""
    folder = Path(__file__).parents[4].parent / "shared" / "data" / "venue_captures_2021_22"
    if not folder.exists():
        pytest.skip(f"no recorded captures at {folder}")
    return folder


@pytest.fixture
def capture(tmp_path: Path) -> Callable[..., Path]:
    """Write a capture: its lines, or bytes as they are."""

    def write(*lines: str | bytes, name: str = "capture.gz") -> Path:
        path = tmp_path / name
        whole = b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines)
        path.write_bytes(gzip.compress(whole))
        return path

    return write
