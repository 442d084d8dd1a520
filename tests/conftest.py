"""Shared by all tests: no store of the machine they run on is read, and no test is of speed."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

settings.register_profile("unhurried", deadline=None)  # the first call of a loop compiles it
settings.load_profile("unhurried")


@pytest.fixture(scope="session", autouse=True)
def _no_store_of_ones_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    before = os.environ.get("OBVERSE_STORE")
    os.environ["OBVERSE_STORE"] = str(tmp_path_factory.mktemp("no") / "store")
    yield
    if before is None:
        del os.environ["OBVERSE_STORE"]
    else:
        os.environ["OBVERSE_STORE"] = before
