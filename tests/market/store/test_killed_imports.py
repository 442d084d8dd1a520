"""SIGKILL at random points of an import: what was committed stays, nothing else is seen."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from obverse.market.store import Store, open_store, scan
from obverse.market.store.verification import verify

KILLS = 100
FILES = 4
MINUTES_A_FILE = 60_000
START = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four files of minutes in the recorded form, each of two months."""
    folder = tmp_path_factory.mktemp("files")
    for place in range(FILES):
        first = START + timedelta(minutes=place * MINUTES_A_FILE)
        last = first + timedelta(minutes=MINUTES_A_FILE - 1)
        times = pl.datetime_range(first, last, "1m", time_unit="us", eager=True)
        price = (700_000 + pl.int_range(len(times), eager=True) % 977).cast(pl.Int32)
        names = ("open_x100", "high_x100", "low_x100", "close_x100")
        table = pl.DataFrame({"close_time": times, **dict.fromkeys(names, price)}).with_columns(
            pl.lit(1, pl.Int32).alias("trades"),
            pl.lit(100, pl.Int64).alias("volume_usd"),
            pl.lit(1_400_000, pl.Int64).alias("turnover_xbt_sat"),
        )
        table.write_parquet(folder / f"minutes_{place}.parquet")
    return folder


class Server:
    """The process that forks an import for each line."""

    def __init__(self) -> None:
        script = Path(__file__).with_name("killed_imports.py")
        self.process = subprocess.Popen(
            [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, store: Path, files: Path, kill_after: float | None) -> int:
        """Start an import, kill it after a while or let it end, and give how it ended."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{store}\t{files}\n")
        self.process.stdin.flush()
        child = int(self.process.stdout.readline())
        if kill_after is not None:
            time.sleep(kill_after)
            with suppress(ProcessLookupError):  # it ended before
                os.kill(child, signal.SIGKILL)
        return int(self.process.stdout.readline())

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


def rows_by_source(store: Store) -> dict[str, int]:
    return {commit.origin.name: commit.rows for commit in store.commits}


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_a_hundred_kills_lose_nothing_and_show_nothing_half(
    server: Server, files: Path, tmp_path: Path
) -> None:
    assert server.run(tmp_path / "whole", files, None) == 0
    started = time.perf_counter()
    assert server.run(tmp_path / "timed", files, None) == 0
    span = time.perf_counter() - started
    whole = scan(open_store(tmp_path / "whole"), "bars_1m").collect()
    assert len(whole) == FILES * MINUTES_A_FILE

    chance = random.Random(7)
    place = tmp_path / "killed"
    killed = partial = 0
    committed: dict[str, int] = {}
    while killed < KILLS:
        ended = server.run(place, files, chance.uniform(0, span * 0.6))
        killed += ended == -signal.SIGKILL
        if not (place / "obverse-store.json").exists():
            continue
        store = open_store(place)
        found = rows_by_source(store)
        assert found.items() >= committed.items(), "a commit was lost"
        assert set(found.values()) <= {MINUTES_A_FILE}, "a part of a file is visible"
        assert not [each for each in verify(store, store.entries()) if each.severity == "error"]
        for path in place.rglob("*.parquet"):
            if not path.name.startswith("."):
                pl.read_parquet(path)
        partial += 0 < len(found) < FILES
        committed = found
        if len(found) == FILES:
            assert scan(store, "bars_1m").collect().equals(whole)
            shutil.rmtree(place)
            committed = {}
    assert partial > KILLS // 10, "the kills did not fall among the commits"

    assert server.run(place, files, None) == 0
    store = open_store(place)
    assert scan(store, "bars_1m").collect().equals(whole)
    assert server.run(place, files, None) == 0
    assert open_store(place).commits == store.commits, "importing again changed the store"
    assert not verify(store, store.entries())
