"""What `obverse analyze` has found: sections in their order, and what can be drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from obverse.app.report.section import Section, untold
from obverse.contracts import Instrument, iso
from obverse.errors import ObverseError
from obverse.market.store import Store
from obverse.tables import Table

if TYPE_CHECKING:
    pass


class Result(Protocol):
    """What every analysis gives: a table and a chart."""

    def table(self) -> Table:
        """The result as a table."""
        ...

    def plot(self) -> Any:
        """The result as a chart."""
        ...


@dataclass
class Findings:
    """Sections in their order, and the results that can be drawn."""

    store: Store
    venue: str
    symbol: str
    span: dict[str, Any]
    at: datetime
    listed: Instrument | None
    sections: list[Section] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)

    def add(
        self, key: str, title: str, make: Callable[[], Result], *, most: int | None = None
    ) -> Any:
        """Make a section, or say why there is none; gives the result where there is one."""
        try:
            found = make()
        except ObverseError as error:
            self.sections.append(untold(key, title, str(error), self.coin))
            return None
        shown = self._dated(found)
        if most is not None and len(shown.rows) > most:
            more = f"The last {most} of {len(shown.rows):,} rows; --json and --csv have all."
            shown = replace(shown, rows=shown.rows[-most:], notes=(more, *shown.notes))
        self.sections.append(Section(key, self.coin, shown))
        self.results.append(found)
        return found

    def _dated(self, found: Result) -> Table:
        """The table; where its data ends a day before the instant or earlier, it says so."""
        shown = found.table()
        own = getattr(found, "provenance", None)
        if own is None or self.at - own.last <= timedelta(days=1):
            return shown
        days = (self.at - own.last).days
        note = f"The last row is {days:,} days before {iso(self.at)}: nothing newer is stored."
        return replace(shown, notes=(note, *shown.notes))

    @property
    def coin(self) -> str:
        """The coin it is on, where that is known."""
        return "" if self.listed is None else self.listed.underlying
