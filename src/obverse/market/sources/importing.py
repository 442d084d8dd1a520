"""Importing files into a store: found, recognised, read, checked, committed, one commit a file.

An import that was cut off goes on where it was: files of the same content that were committed are
passed over. A file that is broken or of no known format is named and passed over too.
"""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from obverse.errors import DataError, MarketDataError, StoreError
from obverse.market.series.parts import Part, checked
from obverse.market.sources.file_formats import FileFormat
from obverse.market.sources.registry import FILE_FORMATS, format_of
from obverse.market.sources.wholeness import fault
from obverse.market.store.commits import Commit, Origin
from obverse.market.store.stores import Store
from obverse.market.store.writing import append

Status = Literal["imported", "known", "unknown", "broken", "would import"]
_PIECE = 1 << 20
_STUMBLES = (
    msgspec.MsgspecError, zipfile.BadZipFile, zlib.error, ArithmeticError, AttributeError,
    EOFError, LookupError, OSError, TypeError, ValueError,
)  # fmt: skip


@dataclass(frozen=True)
class Found:
    """A file to import, and what it was recognised as."""

    path: Path
    format: FileFormat | None
    bytes: int
    reason: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of a file.

    Attributes
    ----------
    rows_read : rows that passed the door
    rows_added : of them, rows that were new
    series : names of the series it holds
    findings : what was noticed
    """

    path: Path
    status: Status
    format: str = ""
    rows_read: int = 0
    rows_added: int = 0
    series: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    reason: str = ""


def find(paths: Sequence[Path], formats: Sequence[FileFormat] = FILE_FORMATS) -> list[Found]:
    """Find the files under some paths, each with its format, in the order of their names.

    Hidden files are passed over. Raises `MarketDataError` for a path that does not exist, and
    where there is no file under any.
    """
    files: dict[Path, None] = {}
    for path in paths:
        if not path.exists():
            raise MarketDataError(f"{path} does not exist; give files or folders to import.")
        own = (
            sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
        )
        files |= dict.fromkeys(each for each in own if _is_plain(each))
    if not files:
        raise MarketDataError(
            "No files to import under "
            + ", ".join(map(str, paths))
            + "; hidden ones are passed over."
        )
    return [_found(path, formats) for path in files]


def import_file(
    store: Store, found: Found, *, imported_at: datetime, watch: Callable[[int], None] | None = None
) -> Outcome:
    """Import one file in one commit, or say why not; a broken file raises nothing.

    Parameters
    ----------
    imported_at : the instant written into the commit
    watch : told the rows of each part as it is done

    Raises
    ------
    StoreError : another import is writing, or the store is damaged
    """
    if found.format is None:
        return _passed_over(found)
    try:
        origin = _origin(found, found.format)
    except OSError as error:
        return Outcome(found.path, "broken", found.format.name, reason=f"cannot be read: {error}")
    try:
        earlier = store.reopened().imports_of(origin.sha256)
        if any(_same_reading(origin, each.origin) for each in earlier):
            return Outcome(found.path, "known", found.format.name, reason="imported before")
        _refuse_other_label(origin, earlier)
        commit = append(store, _parts(found), origin, imported_at=imported_at, watch=watch)
    except StoreError:
        raise
    except DataError as error:
        return Outcome(found.path, "broken", found.format.name, reason=str(error))
    return _outcome(found, commit, _told_of(earlier))


def rehearse(found: Found) -> Outcome:
    """Read and check a file as an import would, and keep nothing."""
    if found.format is None:
        return _passed_over(found)
    try:
        parts = [checked(part) for part in _parts(found)]
    except DataError as error:
        return Outcome(found.path, "broken", found.format.name, reason=str(error))
    rows = sum(len(part.frame) for part in parts)
    told = tuple(str(finding) for part in parts for finding in part.findings)
    return Outcome(found.path, "would import", found.format.name, rows, 0, _names(parts), told)


def _parts(found: Found) -> Iterator[Part]:
    """The parts of a file; whatever its reader stumbles on is the file's fault and says so."""
    import polars as pl

    assert found.format is not None
    try:
        yield from found.format.read(found.path)
    except DataError:
        raise
    except (pl.exceptions.PolarsError, *_STUMBLES) as error:
        what = f"{type(error).__name__}: {error}".splitlines()[0]
        raise MarketDataError(
            f"{found.path.name} is not as {found.format.name} has it: {what}"
        ) from error


def _found(path: Path, formats: Sequence[FileFormat]) -> Found:
    size = path.stat().st_size
    known = format_of(path, formats)
    return Found(path, known, size, "" if known else fault(path))


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(".")


def _passed_over(found: Found) -> Outcome:
    if found.reason:
        return Outcome(found.path, "broken", reason=found.reason)
    return Outcome(found.path, "unknown", reason="of no known format")


def _origin(found: Found, format_: FileFormat) -> Origin:
    map_ = format_.column_map(found.path)
    return Origin(
        name=found.path.name,
        format=format_.name,
        label=format_.label,
        sha256=_sha256(found.path),
        bytes=found.bytes,
        licence=format_.licence,
        map_sha256=hashlib.sha256(map_).hexdigest() if map_ else "",
    )


def _same_reading(one: Origin, other: Origin) -> bool:
    return (one.format, one.map_sha256) == (other.format, other.map_sha256)


def _refuse_other_label(origin: Origin, earlier: Sequence[Commit]) -> None:
    """Refuse a file whose bars were imported by their other end: together they look ahead."""
    for commit in earlier:
        if {origin.label, commit.origin.label} == {"open", "close"}:
            raise MarketDataError(
                f"{origin.name} was imported before with times as the bars' {commit.origin.label}, "
                f"now they are read as their {origin.label}. If this is right, first take the "
                f"others out: obverse data withdraw {commit.number}"
            )


def _told_of(earlier: Sequence[Commit]) -> tuple[str, ...]:
    """What to know of a file that was imported before, read in another way."""
    return tuple(
        f"{commit.origin.name}: imported before as {commit.origin.format} or by another column "
        f"map (import {commit.number}), whose rows stay; obverse data withdraw {commit.number} "
        "takes them out"
        for commit in earlier
    )


def _outcome(found: Found, commit: Commit, told: tuple[str, ...]) -> Outcome:
    assert found.format is not None
    series = dict.fromkeys(
        f"{entry.venue} {entry.instrument} {entry.kind}" for entry in commit.entries
    )
    return Outcome(
        found.path,
        "imported",
        found.format.name,
        commit.rows_read,
        commit.rows,
        tuple(series),
        (*told, *commit.findings),
    )


def _names(parts: Iterable[Part]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.name for part in parts))


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as opened:
        for piece in _pieces(opened.read):
            digest.update(piece)
    return digest.hexdigest()


def _pieces(read: Callable[[int], bytes]) -> Iterator[bytes]:
    while piece := read(_PIECE):
        yield piece
