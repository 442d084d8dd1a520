"""Shared by the tests of marks: the place of the recorded data."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def recordings() -> Path:
    """The recorded market data beside the checkout."""
    folder = Path(__file__).parents[2].parent / "shared" / "data"
    if not folder.exists():
        pytest.skip(f"no recorded market data at {folder}")
    return folder
