"""One table of a report."""

from __future__ import annotations

from dataclasses import dataclass

from obverse.tables import Table, text


@dataclass(frozen=True)
class Section:
    """One table of the report: its key for machines, the coin it is about, the table."""

    key: str
    underlying: str
    table: Table


def untold(key: str, title: str, reason: str, underlying: str = "") -> Section:
    """A section that cannot be shown, with the reason."""
    return Section(key, underlying, Table(title, (text("reason", "Not shown"),), ((reason,),)))
