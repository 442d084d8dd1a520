"""The same store in a folder and in object storage."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from obverse.errors import StoreError
from obverse.market.series import Part
from obverse.market.store import Origin, append, create_store, is_store, open_store, scan
from obverse.market.store.places import LocalPlace, place_of
from obverse.market.store.sql import query
from obverse.market.store.verification import verify

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
Minutes = Callable[..., Part]


@pytest.fixture(params=["folder", "memory"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A place for a store: a folder, or fsspec's own object storage in memory."""
    if request.param == "folder":
        return str(tmp_path / "store")
    return f"memory://{tmp_path.name}/store"


def test_a_store_is_written_read_checked_and_queried_alike(
    location: str, minutes: Minutes, origin: Origin
) -> None:
    assert not is_store(location)
    append(create_store(location), [minutes(0, 100)], origin, imported_at=NOW)
    append(open_store(location), [minutes(50, 100)], origin, imported_at=NOW)
    store = open_store(location)
    assert [commit.rows for commit in store.commits] == [100, 50]
    rows = scan(store, "bars_1m", columns=["time", "close"]).collect()
    assert len(rows) == 150
    assert rows["time"].is_sorted()
    assert not verify(store, store.entries())
    counted = query(
        store, "SELECT instrument, count(*) AS n, max(time) AS last FROM bars_1m GROUP BY 1"
    )
    assert counted["n"].to_list() == [150]
    assert counted["last"].dt.timestamp("us").to_list() == [rows["time"].dt.timestamp("us").max()]


def test_a_written_object_is_whole_and_never_written_over(location: str) -> None:
    place = place_of(location)
    place.write("folder/name", b"content")
    with pytest.raises(FileExistsError):
        place.write("folder/name", b"other")
    assert place.read("folder/name") == b"content"
    assert place.names("folder") == ["folder/name"]
    place.remove("folder/name")
    assert not place.exists("folder/name")
    assert place.names("nothing") == []


def test_a_folder_that_holds_other_things_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(StoreError, match=r"not empty \(it holds letter.txt\)"):
        create_store(tmp_path)
    with pytest.raises(StoreError, match="obverse data import"):
        open_store(tmp_path)


def test_a_store_of_a_newer_layout_or_a_damaged_one_is_refused(
    tmp_path: Path, minutes: Minutes, origin: Origin
) -> None:
    append(create_store(tmp_path / "s"), [minutes(0, 1)], origin, imported_at=NOW)
    (tmp_path / "s" / "commits" / "00000002.json").write_text('{"schema": 2}')
    with pytest.raises(StoreError, match="layout 2, newer"):
        open_store(tmp_path / "s")
    (tmp_path / "s" / "commits" / "00000002.json").write_text('{"schema": 1')
    with pytest.raises(StoreError, match=r"00000002\.json is no commit"):
        open_store(tmp_path / "s")
    (tmp_path / "s" / "obverse-store.json").write_text('{"obverse_store": 9}')
    with pytest.raises(StoreError, match="layout 9"):
        open_store(tmp_path / "s")


def test_an_unknown_protocol_is_named() -> None:
    with pytest.raises(StoreError, match="nosuch://bucket"):
        place_of("nosuch://bucket/store")
    assert isinstance(place_of("file:///tmp/x"), LocalPlace)
