"""Whether a file that no format recognises is merely unknown, or broken."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from pathlib import Path

_PIECE = 1 << 20
_MAGIC = b"PAR1"


def fault(path: Path) -> str:
    """Say what makes a file unreadable by anyone, or nothing."""
    try:
        if path.stat().st_size == 0:
            return "it is empty"
        if path.suffix == ".parquet" and _is_broken_parquet(path):
            return "it is no whole Parquet file: truncated or corrupt"
        if path.suffix == ".zip" and (first := _zip_fault(path)):
            return first
        if path.suffix == ".gz":
            return _gzip_fault(path)
    except OSError as error:
        return f"it cannot be read: {error.strerror or error}"
    return ""


def _zip_fault(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            bad = archive.testzip()
    except zipfile.BadZipFile as error:
        return f"it is no whole zip file: {error}"
    return f"its member {bad} is corrupt" if bad else ""


def _gzip_fault(path: Path) -> str:
    try:
        with gzip.open(path) as opened:
            while opened.read(_PIECE):
                pass
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        return f"its compression is truncated or corrupt: {error}"
    return ""


def _is_broken_parquet(path: Path) -> bool:
    """Whether a file named as Parquet does not begin and end as one."""
    with path.open("rb") as opened:
        begin = opened.read(4)
        opened.seek(0, 2)
        size = opened.tell()
        opened.seek(max(size - 4, 0))
        end = opened.read(4)
    return size < 12 or begin != _MAGIC or end != _MAGIC
