"""Run conformance files: every row passes, fails, or waits, with what was expected and got."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from pathlib import Path
from typing import Any, Literal

from obverse.app.conformance.case import GENERIC, Case
from obverse.app.conformance.compare import difference
from obverse.app.conformance.quantities import QUANTITIES, compute
from obverse.app.conformance.rows import Malformed, Row, read_rows, unknown_words
from obverse.contracts.units import DERIVED_DIGITS, plain
from obverse.errors import ObverseError

Status = Literal["pass", "fail", "unsupported"]
_DERIVED = Context(prec=DERIVED_DIGITS)


@dataclass(frozen=True)
class Outcome:
    """What became of one row."""

    file: str
    id: str
    venue: str
    quantity: str
    status: Status
    expected: Any = None
    got: Any = None
    reason: str = ""


@dataclass(frozen=True)
class Conformance:
    """The outcomes of a run, in the order of the files."""

    outcomes: tuple[Outcome, ...]

    def count(self, status: Status) -> int:
        """How many rows ended so."""
        return sum(outcome.status == status for outcome in self.outcomes)

    def tally(self, *keys: str) -> list[tuple[tuple[str, ...], Counter[str]]]:
        """Counts of each status by the named attributes, in order of appearance."""
        found: dict[tuple[str, ...], Counter[str]] = {}
        for outcome in self.outcomes:
            group = tuple(getattr(outcome, key) for key in keys)
            found.setdefault(group, Counter())[outcome.status] += 1
        return list(found.items())

    def to_json(self) -> dict[str, Any]:
        """The run as one plain object."""
        rows = [
            {
                "id": outcome.id,
                "venue": outcome.venue,
                "quantity": outcome.quantity,
                "status": outcome.status,
                "expected": outcome.expected,
                "got": _jsonable(outcome.got),
                "reason": outcome.reason,
            }
            for outcome in self.outcomes
        ]
        return {
            "passed": self.count("pass"),
            "failed": self.count("fail"),
            "unsupported": self.count("unsupported"),
            "rows": rows,
        }


def run_files(paths: Sequence[Path]) -> Conformance:
    """Run every row of every file; a file that cannot be read raises `DataError` at once."""
    files = [(path, list(read_rows(path))) for path in paths]
    return Conformance(tuple(_outcome(path.name, row) for path, rows in files for row in rows))


def run_rows(rows: Iterable[Row | Malformed], file: str = "") -> Conformance:
    """Run rows that are already read."""
    return Conformance(tuple(_outcome(file, row) for row in rows))


def _outcome(file: str, row: Row | Malformed) -> Outcome:
    if isinstance(row, Malformed):
        return Outcome(file, row.id, "", "", "fail", reason=row.reason)
    unknown = unknown_words(row)
    if unknown:
        return _waits(file, row, f"unknown word: {', '.join(unknown)}")
    if row.quantity not in QUANTITIES:
        return _waits(file, row, "not yet supported")
    if not row.expect:
        reason = "expect: nothing to compare"
        return Outcome(file, row.id, row.venue, row.quantity, "fail", row.expect, None, reason)
    return _computed(file, row)


def _waits(file: str, row: Row, reason: str) -> Outcome:
    return Outcome(file, row.id, row.venue, row.quantity, "unsupported", row.expect, None, reason)


def _computed(file: str, row: Row) -> Outcome:
    got, reason = _attempt(row, unrounded=False)
    if reason and _may_stay_unrounded(row):
        plain_got, plain_reason = _attempt(row, unrounded=True)
        if got is None or not plain_reason:
            got, reason = plain_got, plain_reason
    status: Status = "fail" if reason else "pass"
    return Outcome(file, row.id, row.venue, row.quantity, status, row.expect, got, reason)


def _attempt(row: Row, *, unrounded: bool) -> tuple[dict[str, Any] | None, str]:
    """What was computed, and how it misses: nothing when it is within the tolerance."""
    try:
        computed = {key: _derived(value) for key, value in compute(Case(row, unrounded)).items()}
        return computed, difference(row.expect, computed, row.tolerance) or ""
    except ObverseError as error:
        return None, str(error)
    except ArithmeticError as error:
        return None, f"cannot be computed: {error}"


def _may_stay_unrounded(row: Row) -> bool:
    """The format lets the unrounded number pass wherever equality to the unit is not asked."""
    return row.venue != GENERIC and row.tolerance.kind != "exact"


def _derived(value: Any) -> Any:
    """A decimal to the significant digits of derived numbers: 30000.00…01 is 30000."""
    return plain(_DERIVED.plus(value)) if isinstance(value, Decimal) else value


def _jsonable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _jsonable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_jsonable(item) for item in value]
    return f"{value:f}" if isinstance(value, Decimal) else value
