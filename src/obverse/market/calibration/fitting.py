"""Fit the simulated market to recorded history, coin by coin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from obverse.errors import MarketDataError
from obverse.market.calibration.curves import fit_basis, tenor_series, without_outliers
from obverse.market.calibration.funding import fit_funding, funding_rates
from obverse.market.calibration.jumps import separate
from obverse.market.calibration.moves import MINIMUM_DAYS, Moves, hourly_moves, local_deviation
from obverse.market.calibration.records import (
    TENOR_DAYS,
    Calibration,
    CoinCalibration,
    Fitted,
    FundingProcess,
    TenorBasis,
)
from obverse.market.calibration.seasons import WEEK_HOURS, fit_seasons
from obverse.market.calibration.volatility import fit_volatility
from obverse.market.simulated_paths import coin_of

if TYPE_CHECKING:
    import polars as pl

LEADER = "BTC"
"""The coin that the others' moves are correlated with."""
_LARGEST = 3.0
_DIGITS = 6


@dataclass(frozen=True)
class Series:
    """A stored series, or several of one kind in one frame; `name` says which to people."""

    name: str
    frame: pl.DataFrame


@dataclass(frozen=True)
class CoinHistory:
    """What a coin is calibrated on.

    Attributes
    ----------
    prices : bars of an hour or less
    curves : tickers of its dated futures, each with mark, index and expiry
    funding : funding of its perpetual
    """

    prices: Series
    curves: Series | None = None
    funding: Series | None = None


def calibrate(histories: Mapping[str, CoinHistory]) -> Calibration:
    """Fit the parameters of each coin.

    Prices are needed. Without curves or funding the simulation keeps its own, which the notes say;
    those that are given must be enough. Parameters are rounded to six significant digits, more than
    any fit is good for. Raises `MarketDataError` for coins that the simulation does
    not have, and for data that are too short, full of holes or no series of their kind.
    """
    if not histories:
        raise MarketDataError("Nothing to calibrate on: give at least one coin's prices.")
    histories = {coin: _own(coin, history) for coin, history in histories.items()}
    moves = {
        coin: hourly_moves(history.prices.frame, history.prices.name)
        for coin, history in histories.items()
    }
    notes: list[str] = []
    coins = {}
    for coin, history in histories.items():
        correlation = _correlation(coin, moves, notes)
        fitted = _coin(coin, history, moves[coin], correlation, notes)
        coins[coin] = msgspec.structs.replace(_short(fitted), start_usd=fitted.start_usd)
    return Calibration(coins, tuple(notes))


def _short(value: Any) -> Any:
    """A record with its numbers rounded."""
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}")
    if isinstance(value, tuple):
        return tuple(_short(each) for each in value)
    if isinstance(value, msgspec.Struct):
        return type(value)(
            **{name: _short(each) for name, each in msgspec.structs.asdict(value).items()}
        )
    return value


def _own(coin: str, history: CoinHistory) -> CoinHistory:
    """A coin's history with the curves of other coins left out."""
    import polars as pl

    coin_of(coin)
    curves = history.curves
    if curves is None or "underlying" not in curves.frame.columns:
        return history
    own = curves.frame.filter(pl.col("underlying") == coin)
    return replace(history, curves=Series(curves.name, own))


def _coin(
    coin: str, history: CoinHistory, moves: Moves, correlation: float | None, notes: list[str]
) -> CoinCalibration:
    name = history.prices.name
    seasons = fit_seasons(moves, name)
    found = separate(moves, seasons)
    if not found.jumps.per_year:
        notes.append(f"{coin}: no jumps were found in {name}.")
    return CoinCalibration(
        start_usd=moves.last_usd,
        correlation=correlation,
        volatility=fit_volatility(moves, found, name),
        jumps=found.jumps,
        seasons=seasons,
        basis=_basis(coin, history.curves, notes),
        funding=_funding(coin, history.funding, notes),
        fitted=tuple(_provenance(history)),
    )


def _basis(coin: str, curves: Series | None, notes: list[str]) -> tuple[TenorBasis, ...]:
    if curves is None:
        notes.append(f"{coin}: no curves were given; the basis is the simulation's own.")
        return ()
    series = without_outliers(tenor_series(curves.frame, curves.name))
    if series.outliers:
        notes.append(
            f"{coin}: {series.outliers} values of the basis from {curves.name} were left out: they "
            "are more than ten robust deviations from their tenor's median."
        )
    basis = fit_basis(series, curves.name)
    missing = sorted(set(TENOR_DAYS) - {tenor.days for tenor in basis})
    if missing:
        days = ", ".join(map(str, missing))
        notes.append(f"{coin}: curves of {curves.name} do not reach tenors of {days} days.")
    held = [tenor.days for tenor in basis if tenor.half_life_held]
    if held:
        days = ", ".join(map(str, held))
        notes.append(
            f"{coin}: the basis at {days} days reverts too slowly to tell from {curves.name}; its "
            f"half-life is held at half of the span."
        )
    return basis


def _funding(coin: str, funding: Series | None, notes: list[str]) -> FundingProcess | None:
    if funding is None:
        notes.append(f"{coin}: no funding was given; it is the simulation's own.")
        return None
    return fit_funding(funding_rates(funding.frame, funding.name), funding.name)


def _correlation(coin: str, moves: Mapping[str, Moves], notes: list[str]) -> float | None:
    """Correlation of moves with the leader's, each over its local deviation and cut at three."""
    if coin == LEADER:
        return None
    if LEADER not in moves:
        notes.append(f"{coin}: no {LEADER} was given; their correlation is the simulation's own.")
        return None
    own, other = moves[coin], moves[LEADER]
    _, mine, theirs = np.intersect1d(own.hours, other.hours, return_indices=True)
    if len(mine) < MINIMUM_DAYS * 24:
        notes.append(
            f"{coin}: {len(mine):,} hours in common with {LEADER}, {MINIMUM_DAYS * 24:,} are "
            "needed; their correlation is the simulation's own."
        )
        return None
    scaled = [
        np.clip(each.returns / local_deviation(each.returns, WEEK_HOURS), -_LARGEST, _LARGEST)
        for each in (own, other)
    ]
    return float(np.corrcoef(scaled[0][mine], scaled[1][theirs])[0, 1])


def _provenance(history: CoinHistory) -> Iterator[Fitted]:
    for series in (history.prices, history.curves, history.funding):
        if series is not None:
            times = series.frame["time"]
            start, end = (times.dt.cast_time_unit("us").min(), times.dt.cast_time_unit("us").max())
            yield Fitted(series.name, start, end, len(times))  # type: ignore[arg-type]
