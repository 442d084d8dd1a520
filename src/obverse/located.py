"""TOML with line numbers: people's files are checked field by field and faults say where.

Python's TOML reader gives no positions, so a small scan of the text remembers the line on which
each table and key starts. Numbers are read as exact decimals, never as binary floats.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from obverse.errors import Fault, LocatedError, nearest

Path = tuple[str | int, ...]
T = TypeVar("T")

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"^\s*([A-Za-z0-9_.\"'-]+)\s*=")
_STRING = re.compile(r'"""|\'\'\'|"(?:\\.|[^"\\])*"|\'[^\']*\'|#.*$')
_WHERE = re.compile(r"^(?P<reason>.*?)(?: - at `\$(?P<path>.*)`)?$", re.DOTALL)
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
_UNKNOWN = re.compile(r"Object contains unknown field `(.+)`")


@dataclass(frozen=True)
class LocatedToml:
    """A parsed TOML file that remembers on which line each table and key starts."""

    path: str
    data: dict[str, Any]
    lines: dict[Path, int]

    def line(self, path: Path) -> int | None:
        """Line of a field, or of the nearest table around it."""
        while path:
            if path in self.lines:
                return self.lines[path]
            path = path[:-1]
        return None

    def fault(self, path: Path, reason: str) -> Fault:
        """One fault at a field."""
        return Fault(self.path, self.line(path), field_name(path), reason)


def field_name(path: Path) -> str:
    """Print a path as people write it: `margin[2].tiers[0].cap`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def parse(text: str, path: str) -> LocatedToml:
    """Parse TOML text; `path` names the file in faults. Bad syntax raises `LocatedError`."""
    try:
        data = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at line (\d+)", str(error))
        line = int(found.group(1)) if found else None
        reason = re.sub(r"\s*\(at .*\)$", "", str(error))
        raise LocatedError([Fault(path, line, "", f"not TOML: {reason}")]) from None
    return LocatedToml(path, data, dict(_scan(text)))


def convert(document: LocatedToml, kind: type[T]) -> T:
    """Turn a parsed file into a record, strictly; the first fault is raised with its line."""
    try:
        return msgspec.convert(document.data, kind)
    except msgspec.ValidationError as error:
        found = _WHERE.match(str(error))
        assert found is not None
        path = _path(found["path"] or "", document.data)
        reason = found["reason"]
        unknown = _UNKNOWN.match(reason)
        if unknown:
            path = (*path, unknown[1])
            reason = f"unknown field {unknown[1]!r}{_meant(unknown[1], kind)}"
        raise LocatedError([document.fault(path, reason)]) from None


def _meant(field: str, kind: type) -> str:
    close = nearest(field, sorted(_all_fields(kind, set())))
    return f"; did you mean {' or '.join(repr(name) for name in close)}?" if close else ""


def _all_fields(kind: Any, seen: set[Any]) -> set[str]:
    names: set[str] = set()
    stack = [msgspec.inspect.type_info(kind)]
    while stack:
        info = stack.pop()
        if isinstance(info, msgspec.inspect.StructType) and info.cls not in seen:
            seen.add(info.cls)
            names.update(field.encode_name for field in info.fields)
            stack.extend(field.type for field in info.fields)
        for inner in ("item_type", "value_type"):
            if hasattr(info, inner):
                stack.append(getattr(info, inner))
        stack.extend(getattr(info, "types", ()))
    return names


def _path(text: str, data: Any) -> Path:
    """Read msgspec's `.products[3].tick`; `[...]` inside a mapping cannot be resolved further."""
    steps: list[str | int] = []
    for name, index in _STEP.findall(text):
        if index == "...":
            break
        steps.append(name or int(index))
    return tuple(steps)


def _scan(text: str) -> Iterator[tuple[Path, int]]:
    counts: dict[Path, int] = {}
    table: Path = ()
    key: Path = ()
    depth = item = 0
    closing = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if closing:
            closing = "" if closing in line else closing
            continue
        bare = _STRING.sub(_blank, line)
        if depth == 0:
            header = _HEADER.match(line)
            found = _KEY.match(line)
            if header:
                table = _enter(header, counts)
                yield table, number
                continue
            if found:
                key = (*table, *(part.strip("\"'") for part in found[1].split(".")))
                item = 0
                yield key, number
        elif depth == 1 and bare.lstrip()[:1] not in ("", "]", "#"):
            yield (*key, item), number
            item += 1
        depth += sum(map(bare.count, "[{")) - sum(map(bare.count, "]}"))
        closing = next((quote for quote in ('"""', "'''") if bare.count(quote) % 2), "")


def _blank(found: re.Match[str]) -> str:
    return found[0] if found[0] in ('"""', "'''") else "_" if found[0][0] != "#" else ""


def _enter(header: re.Match[str], counts: dict[Path, int]) -> Path:
    names = [part.strip().strip("\"'") for part in header[2].split(".")]
    path: Path = ()
    for depth, name in enumerate(names):
        path = (*path, name)
        last = depth == len(names) - 1
        if header[1] == "[[" and last:
            counts[path] = counts.get(path, -1) + 1
            return (*path, counts[path])
        if path in counts:
            path = (*path, counts[path])
    return path
