"""A store of recorded series: opened, and what its log says is in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from obverse.errors import MarketDataError, StoreError, nearest
from obverse.market.printing import listing
from obverse.market.store.commits import SCHEMA, Commit, Entry, read_log
from obverse.market.store.places import Place, place_of

MARKER = "obverse-store.json"


@dataclass(frozen=True)
class Store:
    """A store as its log had it when it was opened; `reopened` sees later commits.

    Attributes
    ----------
    place : folder or object storage
    commits : in their order
    """

    place: Place
    commits: tuple[Commit, ...]

    @property
    def name(self) -> str:
        """Folder or URL."""
        return self.place.name

    def entries(
        self, venue: str | None = None, instrument: str | None = None, kind: str | None = None
    ) -> Iterator[Entry]:
        """Walk the files of some series, in the order in which they were committed."""
        wanted = {"venue": venue, "instrument": instrument, "kind": kind}
        retired = self.retired
        for commit in self.commits:
            for entry in commit.entries:
                if entry.path in retired:
                    continue
                if all(value in (None, getattr(entry, name)) for name, value in wanted.items()):
                    yield entry

    def known(self, field: str) -> tuple[str, ...]:
        """All venues, instruments or kinds in the store."""
        return tuple(dict.fromkeys(getattr(entry, field) for entry in self.entries()))

    @property
    def retired(self) -> frozenset[str]:
        """Paths of files that count no more: lost, damaged or withdrawn."""
        return frozenset(path for commit in self.commits for path in commit.retired)

    def imports_of(self, sha256: str) -> tuple[Commit, ...]:
        """Imports of a file of that content whose rows are all there still."""
        return tuple(
            commit
            for commit in self.commits
            if commit.origin.sha256 == sha256 and not self.lacks_rows(commit)
        )

    def lacks_rows(self, commit: Commit) -> bool:
        """Whether files were retired that had rows of an import, its own or those it left out."""
        retired = self.retired
        if any(entry.path in retired for entry in commit.entries):
            return True
        if not commit.rows_known:
            return False
        earlier = {
            entry.path
            for before in self.commits
            if before.number < commit.number
            for entry in before.entries
        }
        return any(
            path in earlier
            for after in self.commits
            if after.number > commit.number
            for path in after.retired
        )

    def reopened(self) -> Store:
        """The same store with the commits made since."""
        return Store(self.place, read_log(self.place))


def is_store(location: str | Path) -> bool:
    """Whether a folder or URL holds a store."""
    return place_of(location).exists(MARKER)


def open_store(location: str | Path) -> Store:
    """Open a store. Raises `StoreError` where there is none, or it is of a newer version."""
    place = place_of(location)
    if not place.exists(MARKER):
        raise StoreError(
            f"No store at {place.name}; make one by importing: obverse data import FILE... "
            f"--store {place.name}"
        )
    _check_version(place)
    return Store(place, read_log(place))


def create_store(location: str | Path) -> Store:
    """Open a store, and make an empty one where there is none.

    Raises `StoreError` for a folder that holds other things.
    """
    place = place_of(location)
    if place.exists(MARKER):
        return open_store(location)
    strangers = place.names("")
    if strangers:
        raise StoreError(
            f"{place.name} is no store and not empty (it holds {strangers[0]}); "
            "choose a new folder."
        )
    place.write(MARKER, msgspec.json.encode({"obverse_store": SCHEMA}))
    return Store(place, ())


def unknown(
    store: Store, field: str, value: str, entries: Iterable[Entry] = (), kind: str = ""
) -> MarketDataError:
    """The error for a venue, instrument or kind that the store does not have, or not of a kind."""
    known = tuple(dict.fromkeys(getattr(entry, field) for entry in entries)) or store.known(field)
    close = nearest(value, known)
    hint = f" Did you mean {' or '.join(close)}?" if close else ""
    has = f"it has {listing(known[:12])}" if known else "it is empty"
    of = f" with {kind}" if kind else ""
    return MarketDataError(f"No {field} {value!r}{of} in {store.name}; {has}.{hint}")


def _check_version(place: Place) -> None:
    try:
        version = msgspec.json.decode(place.read(MARKER), type=dict[str, int])["obverse_store"]
    except (msgspec.MsgspecError, KeyError) as error:
        raise StoreError(f"{place.name}/{MARKER} is damaged: {error}") from None
    if version > SCHEMA:
        raise StoreError(
            f"{place.name} has layout {version}, newer than this version's {SCHEMA}: "
            "update Obverse."
        )
