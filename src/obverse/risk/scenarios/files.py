"""Scenario files and the built-in scenarios: TOML text to checked scenarios, days and cascades.

The format is docs/scenario-files.md. Faults are told all at once, each with its line and field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from importlib import resources
from typing import TypeVar

from obverse.contracts.units import to_decimal
from obverse.errors import DataError, Fault, LocatedError, ObverseError, nearest
from obverse.located import LocatedToml, Path, convert, parse
from obverse.risk.scenarios.history import HistoricalDay
from obverse.risk.scenarios.plans import CascadePlan, PlanError, cascade_plan
from obverse.risk.scenarios.records import DayRow, ScenarioFileRow, ScenarioRow
from obverse.risk.scenarios.shocks import BasisShock, CurvePoint, CurveShock, Scenario

R = TypeVar("R")
M = TypeVar("M")

BUILT_IN = "built_in.toml"
"""The package's own scenario file; its named days are facts with their sources."""


@dataclass(frozen=True)
class ScenarioFile:
    """What a scenario file holds."""

    scenarios: tuple[Scenario, ...]
    days: tuple[HistoricalDay, ...] = ()
    cascades: tuple[CascadePlan, ...] = ()


def read_scenarios(text: str, path: str, as_of: datetime) -> ScenarioFile:
    """Read a scenario file from text; `path` names it in faults.

    Cascades are under their venue's rules of `as_of`. Every fault is in one `LocatedError`.
    """
    document = parse(text, path)
    row = convert(document, ScenarioFileRow)
    if not row.scenarios and not row.days and not row.cascades:
        reason = "the file holds nothing: add [[scenarios]], [[days]] or [[cascades]]"
        raise LocatedError([Fault(path, None, "", reason)])
    faults = list(_twice(document, row))
    scenarios = _made(document, "scenarios", row.scenarios, faults, _scenario)
    days = _made(document, "days", row.days, faults, _day)
    cascades = _made(
        document, "cascades", row.cascades, faults, lambda item: cascade_plan(item, as_of)
    )
    if faults:
        raise LocatedError(sorted(faults, key=lambda fault: fault.line or 0))
    return ScenarioFile(scenarios, days, cascades)


@cache
def built_in_scenarios() -> tuple[Scenario, ...]:
    """The scenarios that ship with Obverse, named days among them."""
    file = resources.files("obverse.risk.scenarios") / BUILT_IN
    text = file.read_text(encoding="utf-8")
    return read_scenarios(text, BUILT_IN, datetime(2026, 1, 1, tzinfo=UTC)).scenarios


def scenario_named(name: str, scenarios: Sequence[Scenario] | None = None) -> Scenario:
    """A scenario by its name (default: of the built-in ones); an unknown name suggests the nearest.

    Capitals do not matter.
    """
    known = built_in_scenarios() if scenarios is None else scenarios
    for scenario in known:
        if scenario.name.casefold() == name.casefold():
            return scenario
    names = [scenario.name for scenario in known]
    close = nearest(name, names)
    hint = f" Did you mean {' or '.join(map(repr, close))}?" if close else ""
    raise DataError(f"No scenario {name!r}; there are {', '.join(names) or 'none'}.{hint}")


def _made(
    document: LocatedToml,
    kind: str,
    rows: Sequence[R],
    faults: list[Fault],
    make: Callable[[R], M],
) -> tuple[M, ...]:
    """Make each row; what cannot be made is a fault at its field."""
    found = []
    for place, row in enumerate(rows):
        try:
            found.append(make(row))
        except PlanError as error:
            faults.append(document.fault((kind, place, *error.field), str(error)))
        except ObverseError as error:
            faults.append(document.fault((kind, place), str(error)))
    return tuple(found)


def _twice(document: LocatedToml, row: ScenarioFileRow) -> Iterator[Fault]:
    names = [(("scenarios", place), item.name) for place, item in enumerate(row.scenarios)]
    names += [(("cascades", place), item.name) for place, item in enumerate(row.cascades)]
    seen: set[str] = set()
    for where, name in names:
        if name in seen:
            yield document.fault((*where, "name"), f"{name!r} is there twice")
        seen.add(name)


def _scenario(row: ScenarioRow) -> Scenario:
    moves: dict[Path, Decimal] = {("move",): row.move}
    moves |= {("moves", coin): move for coin, move in row.moves.items()}
    for field, move in moves.items():
        if move <= -1:
            raise PlanError(f"{move:f} leaves no price; moves are fractions: -0.3 is -30 %", *field)
        if move >= 10:
            raise PlanError(f"{move:f} is {move:.0%}; moves are fractions: 0.3 is 30 %", *field)
    if not row.name:
        raise PlanError("is empty", "name")
    if row.volatility <= 0:
        raise PlanError(f"{row.volatility:f} is not above zero; 2 is twice today's", "volatility")
    for place, point in enumerate(row.curve.points):
        if (point.days is None) == (point.expiry is None):
            raise PlanError("give days or expiry, one of the two", "curve", "points", place)
    return Scenario(
        name=row.name,
        move=row.move,
        moves=row.moves,
        basis=BasisShock(row.basis.factor, row.basis.shift_bp, row.basis.perpetual_shift),
        curve=CurveShock(
            row.curve.level_bp,
            row.curve.slope_bp,
            row.curve.curvature_bp,
            tuple(CurvePoint(point.bp, point.days, point.expiry) for point in row.curve.points),
        ),
        volatility=row.volatility,
        note=row.note,
        source=row.source,
    )


def _day(row: DayRow) -> HistoricalDay:
    if row.step_minutes < 1:
        raise PlanError(f"{row.step_minutes} is not above zero", "step_minutes")
    moves = {}
    for coin, prices in row.prices.items():
        if len(prices) < 2:
            raise PlanError("give the price at the start and at least one more", "prices", coin)
        if min(prices) <= 0:
            raise PlanError(f"a price of {min(prices):f} is not above zero", "prices", coin)
        start = Fraction(prices[0])
        moves[coin] = tuple(to_decimal(Fraction(price) / start - 1) for price in prices[1:])
    if len({len(found) for found in moves.values()}) != 1:
        raise PlanError("every coin needs as many prices as the others", "prices")
    return HistoricalDay(row.day, timedelta(minutes=row.step_minutes), moves, row.source)
