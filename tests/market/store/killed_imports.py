"""Imports that can be killed: each line on stdin starts one in a fork, whose pid is printed.

Everything is imported before the first fork and Polars' threads start only in the forks, so that a
run costs what the import costs and not the start of a Python.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy  # noqa: F401
import polars  # noqa: F401

from obverse.market.sources.importing import find, import_file
from obverse.market.store import create_store, reading, writing  # noqa: F401


def run(store: Path, files: Path) -> None:
    for found in find([files]):
        import_file(create_store(store), found, imported_at=datetime(2026, 1, 1, tzinfo=UTC))


if __name__ == "__main__":
    for line in sys.stdin:
        store, files = line.rstrip("\n").split("\t")
        child = os.fork()
        if child == 0:
            run(Path(store), Path(files))
            os._exit(0)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
