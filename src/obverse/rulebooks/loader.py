"""Reads a rulebook file and refuses it when its rules do not hold together.

Refused, each with file, line and reason: bad TOML, unknown fields and policies, a rule without a
known source, a product that does not exist, a gap or an overlap in the life of any product, and
numbers that no venue can mean (a tick of zero, tiers that do not ascend).
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from obverse.errors import DataError, LocatedError, RuleError, nearest
from obverse.located import convert, parse
from obverse.rulebooks.checks import faults
from obverse.rulebooks.records import ALL_KINDS, VenueFile


def venues() -> tuple[str, ...]:
    """Names of the venues that ship with Obverse."""
    folder = resources.files("obverse.rulebooks") / "venues"
    names = (file.name for file in folder.iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


@cache
def venue_file(venue: str) -> VenueFile:
    """Return a venue's whole history of rules: a shipped one by name, or a file by its path.

    An unknown name suggests the nearest.
    """
    if venue.endswith(".toml"):
        try:
            text = Path(venue).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"{venue}: the rulebook cannot be read: {error}.") from None
        return read_venue(text, venue)
    if venue not in venues():
        close = nearest(venue, venues())
        hint = f" Did you mean {close[0]}?" if close else ""
        raise RuleError(f"No rulebook {venue!r}; there are {', '.join(venues())}.{hint}")
    file = resources.files("obverse.rulebooks") / "venues" / f"{venue}.toml"
    return read_venue(file.read_text(encoding="utf-8"), f"{venue}.toml")


def read_venue(text: str, path: str) -> VenueFile:
    """Read a rulebook from text; `path` names the file in faults."""
    document = parse(text, path)
    _dates_to_instants(document.data)
    file = convert(document, VenueFile)
    found = faults(document, file)
    if found:
        raise LocatedError(found)
    return file


def _dates_to_instants(data: dict[str, Any]) -> None:
    tables = [data]
    for name in ("products", *ALL_KINDS):
        rows = data.get(name, [])
        tables.extend(row for row in rows if isinstance(row, dict)) if isinstance(rows, list) else 0
    for table in tables:
        for key in ("from", "until"):
            value = table.get(key)
            if isinstance(value, date) and not isinstance(value, datetime):
                table[key] = datetime(value.year, value.month, value.day, tzinfo=UTC)
