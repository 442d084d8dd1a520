"""The same store in a folder and in object storage."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from obverse.errors import MarketDataError, StoreError
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


def test_a_file_url_names_the_folder_that_it_means() -> None:
    place = place_of("file:///tmp/a%20folder/x")
    assert isinstance(place, LocalPlace)
    assert place.root == Path("/tmp/a folder/x")


def test_a_writer_without_a_lock_removes_nothing_of_another(
    tmp_path: Path, minutes: Minutes, origin: Origin
) -> None:
    url = f"memory://{tmp_path.name}/race"
    create_store(url)

    def broken() -> Iterator[Part]:
        yield minutes(200, 10)
        raise MarketDataError("the source ends here")

    def first() -> Iterator[Part]:
        yield minutes(0, 100)
        with pytest.raises(MarketDataError, match="ends here"):
            append(open_store(url), broken(), origin, imported_at=NOW)
        yield minutes(100, 10)

    append(open_store(url), first(), origin, imported_at=NOW)
    store = open_store(url)
    assert len(scan(store, "bars_1m").collect()) == 110
    assert {fault.severity for fault in verify(store, store.entries())} == {"note"}


def test_of_two_writers_without_a_lock_one_gets_the_number(
    tmp_path: Path, minutes: Minutes, origin: Origin
) -> None:
    url = f"memory://{tmp_path.name}/race"
    create_store(url)

    def first() -> Iterator[Part]:
        yield minutes(0, 100)
        append(open_store(url), [minutes(0, 100, 500.0)], origin, imported_at=NOW)

    with pytest.raises(StoreError, match="another writer"):
        append(open_store(url), first(), origin, imported_at=NOW)
    assert scan(open_store(url), "bars_1m", columns=["close"]).collect()["close"].min() == 500
    append(open_store(url), [minutes(100, 5)], origin, imported_at=NOW)
    assert len(scan(open_store(url), "bars_1m").collect()) == 105


def test_an_upload_that_was_cut_off_can_be_made_again(
    tmp_path: Path, minutes: Minutes, origin: Origin
) -> None:
    url = f"memory://{tmp_path.name}/again"
    create_store(url)

    def cut() -> Iterator[Part]:
        yield minutes(0, 100)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        append(open_store(url), cut(), origin, imported_at=NOW)
    append(open_store(url), [minutes(0, 100)], origin, imported_at=NOW)
    store = open_store(url)
    assert len(scan(store, "bars_1m").collect()) == 100
    assert not verify(store, store.entries())
