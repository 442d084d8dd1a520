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

_NAME = re.compile(r"\"((?:\\.|[^\"\\])*)\"|'([^']*)'|([A-Za-z0-9_-]+)")
_NAMES = rf"(?:{_NAME.pattern})(?:\s*\.\s*(?:{_NAME.pattern}))*"
_HEADER = re.compile(rf"^\s*(?P<open>\[\[?)\s*(?P<names>{_NAMES})\s*\]")
_KEY = re.compile(rf"^\s*(?P<names>{_NAMES})\s*=")
_OPAQUE = re.compile(
    r"""("{3})(?:\\.|[^\\])*?"{3,5}|('{3}).*?'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|\#[^\n]*""",
    re.DOTALL,
)
_WHERE = re.compile(r"^(?P<reason>.*?)(?: - at (?:`key` in )?`\$(?P<path>.*)`)?$", re.DOTALL)
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
_UNKNOWN = re.compile(r"Object contains unknown field `(.+)`")


@dataclass(frozen=True)
class LocatedToml:
    """A parsed TOML file that remembers on which line each table and key starts."""

    path: str
    data: dict[str, Any]
    lines: dict[Path, int]

    def line(self, path: Path) -> int | None:
        """Line of a field, else of the first thing in it, else of the nearest table around it."""
        while path:
            if path in self.lines:
                return self.lines[path]
            inside = (line for at, line in self.lines.items() if at[: len(path)] == path)
            if (first := next(inside, None)) is not None:
                return first
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
    """Turn a parsed file into a record, strictly; the first fault is raised with its line.

    A number that is not finite is a fault too, wherever it stands.
    """
    try:
        record = msgspec.convert(document.data, kind)
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
    faults = [
        document.fault(path, f"{number} is not finite")
        for path, number in _numbers(record, ())
        if not number.is_finite()
    ]
    if faults:
        raise LocatedError(faults)
    return record


def _numbers(value: Any, path: Path) -> Iterator[tuple[Path, Decimal]]:
    if isinstance(value, Decimal):
        yield path, value
    elif isinstance(value, msgspec.Struct):
        for field in msgspec.structs.fields(value):
            yield from _numbers(getattr(value, field.name), (*path, field.encode_name))
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _numbers(inner, (*path, key))
    elif isinstance(value, list | tuple):
        for place, inner in enumerate(value):
            yield from _numbers(inner, (*path, place))


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
        inner = ("item_type", "value_type")
        stack.extend(getattr(info, name) for name in inner if hasattr(info, name))
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
    waiting = False  # for the first character of the next item of the outermost array
    lines = zip(text.split("\n"), _OPAQUE.sub(_blank, text).split("\n"), strict=True)
    for number, (line, bare) in enumerate(lines, start=1):
        value = bare
        if depth == 0:
            header, found = _HEADER.match(line), _KEY.match(line)
            if header and bare.lstrip().startswith("["):
                table = _enter(header["open"], _names(header["names"]), counts)
                yield table, number
                continue
            if not found or "=" not in bare:
                continue
            key = (*table, *_names(found["names"]))
            item, waiting = 0, True
            yield key, number
            value = bare.partition("=")[2]
        for char in value:
            if depth == 1 and waiting and char not in " \t\r]}":
                yield (*key, item), number
                waiting = False
            depth += (char in "[{") - (char in "]}")
            if char == "," and depth == 1:
                item, waiting = item + 1, True


def _blank(found: re.Match[str]) -> str:
    """What stands for a string or a comment where only the structure matters."""
    return ("" if found[0][0] == "#" else "_") + "\n" * found[0].count("\n")


def _names(dotted: str) -> list[str]:
    return [double or single or bare for double, single, bare in _NAME.findall(dotted)]


def _enter(bracket: str, names: list[str], counts: dict[Path, int]) -> Path:
    path: Path = ()
    for depth, name in enumerate(names):
        path = (*path, name)
        last = depth == len(names) - 1
        if bracket == "[[" and last:
            counts[path] = counts.get(path, -1) + 1
            return (*path, counts[path])
        if path in counts:
            path = (*path, counts[path])
    return path
