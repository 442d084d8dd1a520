"""The page on the format names everything that a rulebook may hold."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import pytest

from obverse.rulebooks.records import ALL_KINDS, Entry, Strict, VenueFile

PAGE = Path(__file__).parents[2] / "docs" / "rulebook-format.md"
WRITTEN_OTHERWISE = {"begins": "from", "rule": "from", "actual": "to"}
"""Fields that a file writes under another name."""


def parts(hint: Any) -> set[Any]:
    """Everything that a type is made of."""
    inner = get_args(hint)
    return {hint} if not inner else {part for each in inner for part in parts(each)}


def words(record: type[Strict]) -> set[str]:
    """Keys of a record and the words that they may hold, with those of the records inside it."""
    found: set[str] = set()
    for name, hint in get_type_hints(record, include_extras=False).items():
        found.add(WRITTEN_OTHERWISE.get(name, name))
        for part in parts(hint):
            if isinstance(part, str):
                found.add(part)
            elif isinstance(part, type) and issubclass(part, Strict) and part is not record:
                found |= words(part)
    return found


def kinds_of_rule() -> dict[str, type[Entry]]:
    hints = get_type_hints(VenueFile)
    return {kind: get_args(hints[kind])[0] for kind in ALL_KINDS}


@pytest.mark.skipif(not PAGE.exists(), reason="the pages are not beside an installed package")
@pytest.mark.parametrize("kind", ALL_KINDS)
def test_the_page_names_every_key_and_word_of_a_kind(kind: str) -> None:
    record = kinds_of_rule()[kind]
    said = set(re.findall(r"[A-Za-z_]+", PAGE.read_text(encoding="utf-8")))
    assert issubclass(record, msgspec.Struct)
    assert f"[[{kind}]]" in PAGE.read_text(encoding="utf-8")
    assert words(record) <= said, sorted(words(record) - said)
