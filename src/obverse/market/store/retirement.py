"""Taking files out of a store, and away what no commit names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from obverse.errors import StoreError
from obverse.market.store.commits import Commit, Origin, write_commit
from obverse.market.store.stores import Store


def retire(store: Store, paths: Sequence[str], *, imported_at: datetime) -> Commit:
    """Take files that were lost or damaged out of the store, so that their source can come again.

    What is left of them stays where it is until the next import sweeps it away.
    """
    with store.place.writing():
        return _retire(store.reopened(), "repair", paths, imported_at)


def withdraw(store: Store, numbers: Sequence[int], *, imported_at: datetime) -> Commit:
    """Take all files of some imports out of the store.

    Later imports that left out rows because these had them are to be made again
    (`Store.lacks_rows`). Raises `StoreError` for a number that is no import with files in the
    store; then nothing is withdrawn.
    """
    with store.place.writing():
        store = store.reopened()
        retired = store.retired
        paths: list[str] = []
        for number in dict.fromkeys(numbers):
            own = [each for each in store.commits if each.number == number]
            left = [
                entry.path for each in own for entry in each.entries if entry.path not in retired
            ]
            if not left:
                why = "it has no files in it" if own else "there is no such import"
                raise StoreError(
                    f"Import {number} of {store.name} cannot be withdrawn: {why}; "
                    "obverse data imports lists them."
                )
            paths += left
        return _retire(store, "withdrawal", paths, imported_at)


def _retire(store: Store, why: str, paths: Sequence[str], imported_at: datetime) -> Commit:
    commit = Commit(
        number=len(store.commits) + 1,
        imported_at=imported_at,
        origin=Origin(why, why, "event"),
        entries=(),
        rows_read=0,
        retired=tuple(paths),
    )
    write_commit(store.place, commit)
    return commit


def sweep(store: Store) -> None:
    """Remove what interrupted writers left, where a lock says that no other is at work."""
    if not store.place.locks:
        return
    for path in store.place.leftovers():
        store.place.remove(path)
    for path in orphans(store):
        store.place.remove(path)


def orphans(store: Store) -> list[str]:
    """Data files that no commit names: of an import that was cut off, or one at work now."""
    named = {entry.path for entry in store.entries()}
    return [path for path in store.place.names("data") if path not in named]
