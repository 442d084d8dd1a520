"""The log of a store: what each commit added, and where it came from.

A commit is one JSON object, `commits/NNNNNNNN.json`. Its files are written before it, so that the
commit makes them visible all at once: a file that no commit names is not part of the store.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from obverse.errors import StoreError
from obverse.market.store.places import Place

FOLDER = "commits"
SCHEMA = 1
"""Version of the layout. A store of a newer one is refused, one of an older one is read."""


class Origin(msgspec.Struct, frozen=True):
    """Where data came from.

    Attributes
    ----------
    name : file or request
    sha256 : of the file's content; empty for what was fetched
    format : which reader read it
    label : what the source's times were: a bar's open or close, or an event's own
    map_sha256 : of the column map that the file was read by, if any
    """

    name: str
    format: str
    label: str
    sha256: str = ""
    bytes: int = 0
    licence: str = "not stated"
    map_sha256: str = ""


class Entry(msgspec.Struct, frozen=True):
    """A Parquet file of one series and month; times are nanoseconds since 1970 UTC."""

    path: str
    venue: str
    instrument: str
    kind: str
    month: str
    rows: int
    first_ns: int
    last_ns: int
    bytes: int
    sha256: str


class Commit(msgspec.Struct, frozen=True):
    """What one import of one source added.

    Attributes
    ----------
    rows_read : rows that the source gave and the door let through
    rows_known : of them, rows that the store had already
    findings : what the door and the store noticed
    retired : paths of earlier commits' files that count no more: lost, damaged or withdrawn
    """

    number: int
    imported_at: datetime
    origin: Origin
    entries: tuple[Entry, ...]
    rows_read: int
    rows_known: int = 0
    findings: tuple[str, ...] = ()
    retired: tuple[str, ...] = ()
    schema: int = SCHEMA

    @property
    def rows(self) -> int:
        """Rows it added."""
        return sum(entry.rows for entry in self.entries)


def read_log(place: Place) -> tuple[Commit, ...]:
    """Read all commits in their order. Raises `StoreError` for one that cannot be read."""
    return tuple(_read(place, path) for path in place.names(FOLDER))


def write_commit(place: Place, commit: Commit) -> None:
    """Make a commit's files visible. Raises `StoreError` where the number is taken."""
    content = msgspec.json.format(msgspec.json.encode(commit), indent=1)
    try:
        place.write(f"{FOLDER}/{commit.number:08d}.json", content)
    except FileExistsError:
        raise StoreError(
            f"{place.name}: commit {commit.number} was made by another writer meanwhile; "
            "import again."
        ) from None


def _read(place: Place, path: str) -> Commit:
    try:
        content = place.read(path)
        version: Any = msgspec.json.decode(content).get("schema", 0)
        if version > SCHEMA:
            raise StoreError(
                f"{place.name}/{path} has layout {version}, newer than this version's {SCHEMA}: "
                "update Obverse."
            )
        return msgspec.json.decode(content, type=Commit)
    except (msgspec.MsgspecError, AttributeError, TypeError) as error:
        raise StoreError(f"{place.name}/{path} is no commit of a store: {error}") from None
