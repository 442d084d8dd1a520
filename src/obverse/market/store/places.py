"""Where a store lies: a local folder, or object storage through fsspec.

Both write whole objects only. A local file is written under a hidden name, flushed to the disk and
renamed; an object appears when its upload ends. Paths are relative, with `/` between folders.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit
from urllib.request import url2pathname

from obverse.errors import StoreError

_UNFINISHED = ".part"
_LOCK = ".writer"


class Place(Protocol):
    """What a store needs of the place it lies in."""

    @property
    def name(self) -> str:
        """The folder or URL, as people write it."""

    @property
    def locks(self) -> bool:
        """Whether `writing` keeps other writers away."""

    def exists(self, path: str) -> bool:
        """Whether there is an object."""

    def read(self, path: str) -> bytes:
        """Read an object. Raises `FileNotFoundError`."""

    def write(self, path: str, content: bytes) -> None:
        """Write a new object, whole or not at all. Raises `FileExistsError`."""

    def names(self, folder: str) -> list[str]:
        """Paths of the finished objects under a folder, at any depth, sorted."""

    def remove(self, path: str) -> None:
        """Remove an object."""

    def source(self, path: str) -> Path | io.BytesIO:
        """Give what Polars scans: a path, or the bytes of a remote object."""

    def writing(self) -> Any:
        """Keep other writers away meanwhile, where the place can."""

    def leftovers(self) -> list[str]:
        """Paths that an interrupted writer left unfinished."""


@dataclass(frozen=True)
class LocalPlace:
    """A folder of this machine."""

    root: Path

    @property
    def name(self) -> str:
        """The folder."""
        return str(self.root)

    @property
    def locks(self) -> bool:
        """It does."""
        return True

    def exists(self, path: str) -> bool:
        """Whether there is a file."""
        return (self.root / path).is_file()

    def read(self, path: str) -> bytes:
        """Read a file."""
        return (self.root / path).read_bytes()

    def write(self, path: str, content: bytes) -> None:
        """Write under a hidden name, flush, and give it its name."""
        target = self.root / path
        if target.exists():
            raise FileExistsError(f"{target} exists already")
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(f".{target.name}{_UNFINISHED}")
        with unfinished.open("wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        unfinished.rename(target)
        _flush_folder(target.parent)

    def names(self, folder: str) -> list[str]:
        """Walk a folder's finished files."""
        return sorted(
            path.relative_to(self.root).as_posix()
            for path in (self.root / folder).rglob("*")
            if path.is_file() and not path.name.startswith(".")
        )

    def remove(self, path: str) -> None:
        """Remove a file."""
        (self.root / path).unlink(missing_ok=True)

    def source(self, path: str) -> Path | io.BytesIO:
        """Give the path itself: Polars reads of it what it needs."""
        return self.root / path

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the writer's lock, which ends with the process whatever ends it."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / _LOCK).open("a") as lock:
            if not _locked(lock.fileno()):
                raise StoreError(
                    f"{self.root} is being written by another import; wait until it has ended."
                )
            yield

    def leftovers(self) -> list[str]:
        """Hidden files of an interrupted writer."""
        return sorted(
            path.relative_to(self.root).as_posix() for path in self.root.rglob(f".*{_UNFINISHED}")
        )


@dataclass(frozen=True)
class RemotePlace:
    """A folder of a file system that fsspec knows.

    There is no lock: two writers meet at the number of a commit, which one of them gets, and
    neither removes what may be the other's. A file system that cannot create an object only where
    there is none leaves a moment in which both may write the number: import by one at a time there.
    """

    url: str
    files: Any
    root: str

    @property
    def name(self) -> str:
        """The URL."""
        return self.url

    @property
    def locks(self) -> bool:
        """It does not."""
        return False

    def exists(self, path: str) -> bool:
        """Whether there is an object."""
        return bool(self.files.exists(self._at(path)))

    def read(self, path: str) -> bytes:
        """Fetch an object."""
        content: bytes = self.files.cat_file(self._at(path))
        return content

    def write(self, path: str, content: bytes) -> None:
        """Upload an object that is not there yet."""
        if self.exists(path):
            raise FileExistsError(f"{self.url}/{path} exists already")
        self.files.makedirs(self._at(path).rsplit("/", 1)[0], exist_ok=True)
        try:
            self.files.pipe_file(self._at(path), content, mode="create")
        except (NotImplementedError, TypeError, ValueError):
            self.files.pipe_file(self._at(path), content)

    def names(self, folder: str) -> list[str]:
        """List objects under a folder."""
        if not self.files.exists(self._at(folder)):
            return []
        found = self.files.find(self._at(folder))
        return sorted(each.removeprefix(self.root).lstrip("/") for each in found)

    def remove(self, path: str) -> None:
        """Remove an object."""
        if self.exists(path):
            self.files.rm_file(self._at(path))

    def source(self, path: str) -> Path | io.BytesIO:
        """Fetch the object whole."""
        return io.BytesIO(self.read(path))

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Do nothing: see the class."""
        yield

    def leftovers(self) -> list[str]:
        """Nothing: an upload that was cut off leaves no object."""
        return []

    def _at(self, path: str) -> str:
        return f"{self.root.rstrip('/')}/{path}" if path else self.root


def place_of(location: str | Path) -> Place:
    """Find the place of a folder or of an fsspec URL such as `s3://bucket/folder`.

    Raises `StoreError` where fsspec, or what it needs for the URL, is not installed.
    """
    text = str(location)
    if text.startswith("file://"):
        return LocalPlace(Path(url2pathname(urlsplit(text).path)))
    if "://" not in text:
        return LocalPlace(Path(text))
    try:
        import fsspec
    except ImportError:
        raise StoreError(
            f"{text} needs fsspec: pip install 'obverse[cloud]', and what fsspec wants for "
            f"{text.split('://')[0]}."
        ) from None
    try:
        files, root = fsspec.core.url_to_fs(text)
    except (ImportError, ValueError) as error:
        raise StoreError(f"{text} cannot be opened: {error}") from None
    return RemotePlace(text.rstrip("/"), files, root)


def _flush_folder(folder: Path) -> None:
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _locked(handle: int) -> bool:
    """Take an exclusive lock that the system drops with the process; false where another has it."""
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
