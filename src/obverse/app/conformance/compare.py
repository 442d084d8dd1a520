"""Compare a computed value with a published one under a tolerance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from obverse.app.conformance.rows import Tolerance
from obverse.contracts.units import Rounding, exact, round_to_step
from obverse.errors import AmountError, DataError

_ROUNDINGS = {
    "nearest": Rounding.NEAREST,
    "down": Rounding.TOWARD_ZERO,
    "up": Rounding.AWAY_FROM_ZERO,
}


def difference(expected: Any, got: Any, tolerance: Tolerance) -> str | None:
    """Say how `got` misses `expected`, or nothing when it is within the tolerance."""
    if isinstance(expected, Mapping):
        return _mapping(expected, got, tolerance)
    if isinstance(expected, Sequence) and not isinstance(expected, str):
        return _sequence(expected, got, tolerance)
    number = _number(expected)
    if number is None or got is None or isinstance(got, str):
        return None if expected == got else f"{got!r} is not {expected!r}"
    return _distance(number, _decimal(got), tolerance)


def _mapping(expected: Mapping[str, Any], got: Any, tolerance: Tolerance) -> str | None:
    for key, value in expected.items():
        if not isinstance(got, Mapping) or key not in got:
            return f"{key}: not computed"
        reason = difference(value, got[key], tolerance)
        if reason is not None:
            return f"{key}: {reason}"
    return None


def _sequence(expected: Sequence[Any], got: Any, tolerance: Tolerance) -> str | None:
    if isinstance(got, str) or not isinstance(got, Sequence) or len(got) != len(expected):
        return f"{got!r} has not the {len(expected)} elements expected"
    for place, (want, have) in enumerate(zip(expected, got, strict=True)):
        reason = difference(want, have, tolerance)
        if reason is not None:
            return f"[{place}]: {reason}"
    return None


def _distance(expected: Decimal, got: Decimal, tolerance: Tolerance) -> str | None:
    gap = abs(got - expected)
    if tolerance.kind == "decimals":
        if tolerance.places is None:
            raise DataError("tolerance decimals: places is missing")
        step = Decimal(1).scaleb(-tolerance.places)
        ok = round_to_step(got, step, _ROUNDINGS[tolerance.rounding]) == expected
    elif tolerance.kind == "exact":
        ok = gap == 0
    else:
        if tolerance.value is None:
            raise DataError(f"tolerance {tolerance.kind}: value is missing")
        room = exact(tolerance.value, "tolerance")
        ok = gap <= (room * abs(expected) if tolerance.kind == "relative" else room)
    return None if ok else f"off by {got - expected:+f}"


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    try:
        return exact(value)
    except AmountError:
        return None


def _decimal(value: Any) -> Decimal:
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
