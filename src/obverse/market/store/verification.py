"""Whether a store's files are what its log says: there, of the size and content committed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from obverse.market.store.commits import Entry
from obverse.market.store.retirement import orphans
from obverse.market.store.stores import Store


@dataclass(frozen=True)
class FileFault:
    """Something wrong with a file: an error where committed rows are lost or changed."""

    severity: Literal["error", "note"]
    path: str
    reason: str


def verify(
    store: Store,
    entries: Iterable[Entry],
    *,
    read: bool = True,
    watch: Callable[[str, int], None] | None = None,
) -> tuple[FileFault, ...]:
    """Compare files with the log.

    Parameters
    ----------
    read : whether to read each file and compare its hash; else only that it is there
    watch : told each file's path and size when it is done
    """
    faults = []
    for entry in entries:
        reason = _fault(store, entry, read)
        if reason:
            faults.append(FileFault("error", entry.path, reason))
        if watch is not None:
            watch(entry.path, entry.bytes)
    left = [*orphans(store), *store.place.leftovers()]
    fate = "the next import removes it" if store.place.locks else "it may be deleted if none is"
    unfinished = f"of an import that was cut off or is at work; {fate}"
    return (*faults, *(FileFault("note", path, unfinished) for path in left))


def _fault(store: Store, entry: Entry, read: bool) -> str:
    if not store.place.exists(entry.path):
        return f"missing: {entry.rows:,} committed rows are lost"
    if not read:
        return ""
    content = store.place.read(entry.path)
    if len(content) != entry.bytes:
        return f"has {len(content):,} bytes, {entry.bytes:,} were committed"
    if hashlib.sha256(content).hexdigest() != entry.sha256:
        return "its content is not what was committed"
    return ""
