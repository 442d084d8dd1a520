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
YES = "yes"
"""What holds without more to say of it: its name is enough in a line."""


def describe(entry: Entry) -> str:
    """Everything that one rule says, in one line."""
    said = ((words(name), value) for name, value in values(entry))
    return "; ".join(name if value == YES else f"{name} {value}" for name, value in said)


def words(name: str) -> str:
    """A key or a word of the format, as people read it."""
    return name.replace("_", " ")


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
        case bool():
            return YES if value else "no"
        case FieldPlaces():
            return f"{value.places} places {words(value.rounding)}"
        case Decimal():
            return f"{plain(value):f}"
        case time():
            return f"{value:%H:%M}"
        case [Tier(cap=None) as tier]:
            return f"any size {_rates(tier)}"
        case [Tier(), *_]:
            return f"{len(value)}, initial / maintenance: {_tiers(value)}"
        case list():
            return ", ".join(map(_say, value))
        case dict():
            return ", ".join(f"{_say(item)} {name}" for name, item in value.items())
        case msgspec.Struct():
            fields = ((name, getattr(value, name)) for name in value.__struct_fields__)
            return ", ".join(f"{words(n)} {_say(v)}" for n, v in fields if v is not None)
    return words(str(value))


def _tiers(tiers: list[Tier]) -> str:
    """The tiers, or the first two and the last of many."""
    said = [_tier(tier) for tier in tiers]
    return ", ".join(said if len(said) <= 3 else [*said[:2], f"last {said[-1]}"])


def _tier(tier: Tier) -> str:
    cap = f"to {plain(tier.cap):f}" if tier.cap is not None else "above"
    return f"{cap} {_rates(tier)}"


def _rates(tier: Tier) -> str:
    """Initial and maintenance rate, or a leverage where that is what says the initial one."""
    maintenance = f"{plain(tier.maintenance_rate):f}"
    if tier.initial_rate is not None:
        return f"{plain(tier.initial_rate):f}/{maintenance}"
    return maintenance if tier.max_leverage is None else f"{tier.max_leverage:f}x/{maintenance}"
