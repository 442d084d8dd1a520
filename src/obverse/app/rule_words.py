"""A rulebook's entries in words, for tables and explanations."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import time
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import NODEFAULT

from obverse.contracts.units import plain
from obverse.rulebooks.records import Entry, FieldPlaces, Tier

FRAME = {"products", "begins", "until", "source", "uncertain", "note"}
"""What frames a rule and is not part of what it says."""


def describe(entry: Entry) -> str:
    """Everything that one rule says, in one line."""
    return "; ".join(f"{name.replace('_', ' ')} {value}" for name, value in values(entry))


def values(entry: Entry) -> Iterable[tuple[str, str]]:
    """Each thing that a rule says and its value in words; what is as ever is left out."""
    for field in msgspec.structs.fields(entry):
        value = getattr(entry, field.name)
        if field.name not in FRAME and value != _default(field):
            yield field.name, _say(value)


def _default(field: msgspec.structs.FieldInfo) -> Any:
    return field.default_factory() if field.default_factory is not NODEFAULT else field.default


def _say(value: Any) -> str:
    match value:
        case FieldPlaces():
            return f"{value.places} places {value.rounding.replace('_', ' ')}"
        case Decimal():
            return f"{plain(value):f}"
        case time():
            return f"{value:%H:%M}"
        case [Tier(), *_]:
            return f"{len(value)} tiers: " + ", ".join(map(_tier, _ends(value)))
        case list():
            return ", ".join(map(_say, value))
        case dict():
            return ", ".join(f"{_say(item)} {name}" for name, item in value.items())
        case msgspec.Struct():
            fields = ((name, getattr(value, name)) for name in value.__struct_fields__)
            return ", ".join(f"{n.replace('_', ' ')} {_say(v)}" for n, v in fields if v is not None)
    return str(value).replace("_", " ")


def _ends(tiers: list[Tier]) -> list[Tier]:
    return tiers if len(tiers) <= 3 else [tiers[0], tiers[1], tiers[-1]]


def _tier(tier: Tier) -> str:
    cap = f"to {plain(tier.cap):f}" if tier.cap is not None else "above"
    initial = f"{plain(tier.initial_rate):f}/" if tier.initial_rate is not None else ""
    return f"{cap} {initial}{plain(tier.maintenance_rate):f}"
