"""The built-in simulated market: seeded, deterministic, labelled simulated wherever it is shown.

The venue's rulebook says which perpetuals and dated futures exist and on which tick they trade;
`obverse.market.simulated_paths` says where the index is. A future's mark is
index · exp(b(T) · T) with T years to delivery, so the basis in dollars goes to zero at delivery.
The annualised basis b(T) starts at the path's level, reverts to its mean with T as the level
does in time, and adds the slope times √T and a little noise of the expiry's own.

With a calibration (`obverse.market.calibration`) b(T) comes from the paths of its tenors instead:
the logarithm of mark over index is interpolated linearly in T between them, b is flat outside.

Between two hours the path is that of the earlier one; T is exact.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

from obverse.contracts.instants import DAYS_PER_YEAR, Instant, instant, years_between
from obverse.contracts.instruments import Instrument, Kind
from obverse.contracts.units import Rounding, round_to_step
from obverse.market.floats import decimal_of_float
from obverse.market.observations import Quote
from obverse.market.simulated_paths import (
    BASIS_MEAN,
    HOURS_PER_YEAR,
    LEVEL_HALF_LIFE,
    Coin,
    SimulatedPath,
    coin_of,
    hours_until,
    simulated_path,
)
from obverse.market.simulated_streams import Stream, normals
from obverse.market.snapshots import Market, Snapshot
from obverse.market.validation import validate
from obverse.rulebooks import Rulebook, rulebook

if TYPE_CHECKING:
    from obverse.market.calibration.records import Calibration

DEFAULT_INSTANT = "2026-11-20T12:00:00Z"
CENT = Decimal("0.01")
HALF_SPREAD_RATE = 2e-5
"""Half of a perpetual's spread, as a fraction of its mark, before noise."""
HALF_SPREAD_STEP = Decimal("0.0001")
SPREAD_NOISE = 0.3
_RATE_STEP = Decimal("0.00000001")
_DOLLARS_STEP = Decimal(10)
PERPETUAL_KEY = 0
NOISE_HOURS = 96
NOISE_WEIGHTS = tuple(0.5 ** (lag / 24.0) for lag in range(NOISE_HOURS))
NOISE_DEVIATION = math.sqrt(math.fsum(weight * weight for weight in NOISE_WEIGHTS))
"""What turns an hour's weighted shocks into a number of deviation one."""


@dataclass(frozen=True)
class _Scene:
    """One coin at one instant."""

    seed: int
    coin: Coin
    at: datetime
    index: float
    path: SimulatedPath
    source: str


def simulated(
    seed: int = 7,
    at: Instant = DEFAULT_INSTANT,
    venue: str = "deribit",
    underlyings: tuple[str, ...] = ("BTC", "ETH"),
    calibration: Calibration | None = None,
) -> Market:
    """Make the simulated market of a venue as of an instant.

    One seed is one history: markets of two instants lie on the same path, and a coin's numbers
    do not depend on which other coins are asked for.

    Parameters
    ----------
    seed : a whole number from zero up
    at : from 2024-01-01 to 2040, within the venue's rulebook
    venue : whose contracts and ticks
    underlyings : of BTC and ETH
    calibration : parameters fitted to recorded history; without it, or for a coin it lacks, the
        built-in ones
    """
    moment = instant(at)
    source = _source(seed, calibration is not None)
    rules = rulebook(venue, as_of=moment)
    paths = (_path(seed, underlying, moment, calibration) for underlying in underlyings)
    snapshots = {path.underlying: _snapshot(path, moment, rules) for path in paths}
    return Market(moment, rules.venue, source, snapshots, simulated=True)


def _source(seed: int, calibrated: bool) -> str:
    return f"simulated market, seed {seed}{', calibrated' if calibrated else ''}"


def _path(
    seed: int, underlying: str, at: datetime, calibration: Calibration | None
) -> SimulatedPath:
    if calibration is None:
        return simulated_path(seed, underlying, at)
    from obverse.market.calibration.paths import calibrated_path

    return calibrated_path(seed, underlying, at, calibration)


def _snapshot(path: SimulatedPath, at: datetime, rules: Rulebook) -> Snapshot:
    index = _decimal(float(path.index_usd[-1]), CENT)
    source = _source(path.seed, path.calibrated)
    scene = _Scene(path.seed, coin_of(path.underlying), at, float(index), path, source)
    listed = rules.listed(path.underlying, at)
    return validate(
        [_quote(scene, instrument) for instrument in listed if instrument.quote == "USD"],
        underlying=path.underlying,
        venue=rules.venue,
        at=at,
        index=index,
        source=source,
        simulated=True,
    )


def _quote(scene: _Scene, instrument: Instrument) -> Quote:
    perpetual = instrument.kind is Kind.PERPETUAL
    years = years_between(scene.at, instrument.expiry) if instrument.expiry else 0.0
    price = float(scene.path.perpetual_usd[-1]) if perpetual else _future_price(scene, instrument)
    mark = _decimal(price, CENT)
    bid, ask = _touch(scene, instrument, mark, years)
    interest = _open_interest_usd(scene, instrument, years)
    turnover = 0.6 if perpetual else 0.09
    volume = interest * turnover * math.exp(0.5 * _noise(scene, instrument, Stream.TURNOVER))
    rate = _decimal(float(scene.path.funding_rate_8h[-1]), _RATE_STEP)
    return Quote(
        symbol=instrument.symbol,
        kind=instrument.kind,
        expiry=instrument.expiry,
        mark=mark,
        observed_at=scene.at,
        bid=bid,
        ask=ask,
        last=bid if _noise(scene, instrument, Stream.SPREAD) < 0 else ask,
        open_interest_usd=_decimal(interest, _DOLLARS_STEP),
        volume_24h_usd=_decimal(volume, _DOLLARS_STEP),
        funding_rate_8h=rate if perpetual else None,
        source=scene.source,
    )


def _future_price(scene: _Scene, instrument: Instrument) -> float:
    assert instrument.expiry is not None
    years = years_between(scene.at, instrument.expiry)
    return scene.index * math.exp(_annual_basis(scene, instrument, years) * years)


def _annual_basis(scene: _Scene, instrument: Instrument, years: float) -> float:
    if scene.path.tenors:
        return _tenor_basis(scene, instrument, years)
    reversion = math.log(2) / (LEVEL_HALF_LIFE / HOURS_PER_YEAR)
    still_there = -math.expm1(-reversion * years) / (reversion * years)
    level = BASIS_MEAN + (float(scene.path.basis_level[-1]) - BASIS_MEAN) * still_there
    slope = float(scene.path.basis_slope[-1]) * math.sqrt(years)
    # About 1 bp of the price for all but the nearest days, plus 0.2 % a year.
    deviation = 0.002 + 0.0001 / (years + 2 / 365)
    return level + slope + deviation * _noise(scene, instrument, Stream.BASIS_NOISE)


def _tenor_basis(scene: _Scene, instrument: Instrument, years: float) -> float:
    """Interpolate the log of mark over index linearly in time between the tenors, as was fitted."""
    assert instrument.expiry is not None
    tenors = scene.path.tenors
    hour, expiry = hours_until(scene.seed, scene.at), int(instrument.expiry.timestamp()) // 60
    draw = normals(1, scene.seed, Stream.TENOR_NOISE, scene.coin.key, expiry, hour)
    levels = [float(tenor.basis[-1]) + tenor.noise * float(draw[0]) for tenor in tenors]
    ends = [tenor.days / DAYS_PER_YEAR for tenor in tenors]
    if years <= ends[0]:
        return levels[0]
    for near, far in pairwise(range(len(tenors))):
        if years <= ends[far]:
            share = (years - ends[near]) / (ends[far] - ends[near])
            gaps = levels[near] * ends[near], levels[far] * ends[far]
            return (gaps[0] + share * (gaps[1] - gaps[0])) / years
    return levels[-1]


def _touch(
    scene: _Scene, instrument: Instrument, mark: Decimal, years: float
) -> tuple[Decimal, Decimal]:
    """Best bid and ask: the ticks around the mark, wider for far expiries."""
    wide = 1 + SPREAD_NOISE * abs(_noise(scene, instrument, Stream.SPREAD))
    half_rate = HALF_SPREAD_RATE * (1 + 7.5 * math.sqrt(years))
    half = _decimal(float(mark) * half_rate * wide, HALF_SPREAD_STEP)
    return (
        round_to_step(mark - half, instrument.tick, Rounding.FLOOR),
        round_to_step(mark + half, instrument.tick, Rounding.CEILING),
    )


def _open_interest_usd(scene: _Scene, instrument: Instrument, years: float) -> float:
    busy = math.exp(0.25 * _noise(scene, instrument, Stream.INTEREST))
    if instrument.expiry is None:
        return scene.coin.open_interest_usd * busy
    quarterly = instrument.expiry.month % 3 == 0 and instrument.expiry.day > 24
    share = 0.25 / (1 + 1.5 * years) if quarterly else 0.03
    return scene.coin.open_interest_usd * share * busy


def _noise(scene: _Scene, instrument: Instrument, stream: Stream) -> float:
    key = int(instrument.expiry.timestamp()) // 60 if instrument.expiry else PERPETUAL_KEY
    return slow_noise(scene.seed, scene.at, stream, scene.coin.key, key)


def slow_noise(seed: int, at: datetime, stream: Stream, *keys: int) -> float:
    """Draw a slowly changing number of deviation one, an instrument's or a source's own.

    It is a weighted sum of the last hourly shocks. They are drawn in blocks of hours, each of a
    seed of its own, so that two blocks are enough at any instant.
    """
    block, hour = divmod(hours_until(seed, at), NOISE_HOURS)
    # Blocks count from one, as seeds are not below zero and the first block has one before it.
    earlier, current = (
        normals(NOISE_HOURS, seed, stream, *keys, number).tolist() for number in (block, block + 1)
    )
    shocks = (earlier + current[: hour + 1])[::-1]
    total = math.fsum(w * shock for w, shock in zip(NOISE_WEIGHTS, shocks, strict=False))
    return total / NOISE_DEVIATION


def _decimal(value: float, step: Decimal) -> Decimal:
    return round_to_step(decimal_of_float(value), step, Rounding.HALF_EVEN)
