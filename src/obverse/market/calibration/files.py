"""Calibrations as small TOML files: for people to read, checked field by field when read back.

Numbers are written so that they read back as the same floats. `docs/calibration.md` has an example.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from obverse.contracts.instants import iso
from obverse.errors import Fault, LocatedError, MarketDataError
from obverse.located import LocatedToml, convert, parse
from obverse.market.calibration.dead_bands import LAG_HOURS, rate_autocorrelation, rate_moments
from obverse.market.calibration.records import (
    Calibration,
    CoinCalibration,
    Fitted,
    FundingProcess,
    TenorBasis,
)
from obverse.market.simulated_paths import COINS

SCHEMA = 1
_HEAD = """\
# Parameters of Obverse's simulated market, fitted to recorded history.
# Half-lives come with a 95 % interval, low to high. A year has 365 days.
"""
_PER_LINE = 6
_UNITS = {
    "start_usd": "price at the start of the simulation, the last one recorded",
    "correlation": "of moves and basis with BTC's",
    "volatility.annual": "of log-returns, jumps included",
    "volatility.log_deviation": "of the logarithm of volatility around its mean",
    "jumps.deviation": "of a jump's log-return",
    "seasons.hour_variances": "of the diffusion's variance by UTC hour; mean 1",
    "seasons.weekday_variances": "from Monday; mean 1",
    "funding.rest_rate": "per 8 hours, inside the dead band",
    "funding.mean": "of the premium above that rate",
    "funding.dead_band": "what of the premium is beyond ± this is paid",
    "basis.days": "to delivery",
    "basis.mean": "annualised, continuously compounded",
    "basis.half_life_held": "true: too slow to tell, put at half of the span",
    "basis.noise": "deviation of what does not last",
    "basis.tilt": "share of the second of two common shocks, −1 to 1",
}


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file: the version of its form, and coins that are still to be looked at."""

    schema: int
    coins: dict[str, dict[str, Any]]
    notes: tuple[str, ...] = ()


def write_calibration(calibration: Calibration, path: str | Path) -> None:
    """Write a calibration to a TOML file; a file that cannot be written is a `MarketDataError`."""
    target = Path(path)
    try:
        target.write_text(calibration_text(calibration), encoding="utf-8")
    except OSError as error:
        raise MarketDataError(f"{target.name} cannot be written: {error}") from None


def read_calibration(path: str | Path) -> Calibration:
    """Read a calibration from a TOML file.

    Raises `LocatedError` with the line of a field that is unknown, missing, of another type or out
    of its range, and `MarketDataError` for a file that cannot be read.
    """
    source = Path(path)
    try:
        text = source.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MarketDataError(f"{source.name} cannot be read: {error}") from None
    document = parse(text, source.name)
    found = convert(document, _Document)
    faults = list(_faults(document, found))
    if faults:
        raise LocatedError(faults)
    return Calibration({name: _read_coin(document, name) for name in found.coins}, found.notes)


def _faults(document: LocatedToml, found: _Document) -> Iterator[Fault]:
    if found.schema != SCHEMA:
        reason = f"schema {found.schema} is not known; this version reads {SCHEMA}"
        yield document.fault(("schema",), reason)
    if not found.coins:
        yield document.fault(("coins",), "no coin; at least one is needed")
    for coin in found.coins:
        if coin not in COINS:
            reason = f"the simulated market has no {coin!r}; it has {', '.join(COINS)}"
            yield document.fault(("coins", coin), reason)


def _read_coin(document: LocatedToml, name: str) -> CoinCalibration:
    """Check a coin's table by itself: within a mapping, faults would have no place."""
    table = ("coins", name)
    lines = {at[2:]: line for at, line in document.lines.items() if at[:2] == table}
    part = LocatedToml(document.path, document.data["coins"][name], lines)
    try:
        return convert(part, CoinCalibration)
    except LocatedError as error:
        faults = [
            replace(
                fault,
                line=fault.line or document.line(table),
                field=".".join(filter(None, (*table, fault.field))),
            )
            for fault in error.faults
        ]
        raise LocatedError(faults) from None


def calibration_text(calibration: Calibration) -> str:
    """The TOML text of a calibration."""
    notes = [f"  {_value(note)}," for note in calibration.notes]
    lines = [_HEAD, f"schema = {SCHEMA}", *_list("notes", notes)]
    for name, coin in calibration.coins.items():
        lines += ["", *_coin(f"coins.{name}", coin)]
    return "\n".join(lines) + "\n"


def _list(name: str, rows: Sequence[str]) -> list[str]:
    return [f"{name} = [", *rows, "]"] if rows else [f"{name} = []"]


def _coin(table: str, coin: CoinCalibration) -> Iterator[str]:
    yield f"[{table}]"
    yield _field("", "start_usd", coin.start_usd)
    if coin.correlation is not None:
        yield _field("", "correlation", coin.correlation)
    for name in ("volatility", "jumps", "seasons", "funding"):
        record = getattr(coin, name)
        if record is not None:
            yield ""
            yield f"[{table}.{name}]"
            if isinstance(record, FundingProcess):
                yield _implied(record)
            yield from _fields(f"{name}.", record)
    yield from _tables(f"{table}.basis", "basis.", coin.basis)
    yield from _tables(f"{table}.fitted", "fitted.", coin.fitted)


def _implied(funding: FundingProcess) -> str:
    seen = rate_moments(funding)
    return (
        f"# makes a rate per 8 hours of mean {funding.rest_rate + seen.mean:.3g}, deviation "
        f"{seen.deviation:.3g}, at rest {seen.share:.1%} of the time,\n"
        f"# with autocorrelation {rate_autocorrelation(funding):.3f} after {LAG_HOURS:.0f} hours"
    )


def _tables(table: str, units: str, records: Sequence[TenorBasis | Fitted]) -> Iterator[str]:
    for place, record in enumerate(records):
        yield ""
        yield f"[[{table}]]"
        yield from _fields(units if place == 0 else "", record)


def _fields(units: str, record: msgspec.Struct) -> Iterator[str]:
    for name in record.__struct_fields__:
        yield _field(units, name, getattr(record, name))


def _field(units: str, name: str, value: Any) -> str:
    unit = _UNITS.get(units + name)
    if isinstance(value, tuple):
        rows = [value[start : start + _PER_LINE] for start in range(0, len(value), _PER_LINE)]
        cells = [f"  {', '.join(_value(each) for each in row)}," for row in rows]
        head = f"{name} = [" + (f"  # {unit}" if unit else "")
        return "\n".join([head, *cells, "]"])
    return f"{name} = {_value(value)}" + (f"  # {unit}" if unit else "")


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return iso(value.astimezone(UTC))
    if isinstance(value, str):
        # A JSON string is a TOML one but for DEL, which JSON leaves bare.
        return msgspec.json.encode(value).decode().replace("\x7f", "\\u007f")
    return repr(value)
