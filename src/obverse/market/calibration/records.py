"""What the simulated market is calibrated to: its parameters, and what they were fitted on.

Every number is one that the simulation uses or that says how sure the fit is of it; a field's
limits are part of its type, so that a file that breaks them is refused where it says so. Half-lives
come with a 95 % interval.
"""

from __future__ import annotations

import math
from datetime import datetime
from typing import Annotated, TypeAlias

import msgspec

from obverse.errors import MarketDataError

TENOR_DAYS = (7, 30, 60, 90, 180)
"""Days to delivery at which the basis is fitted, and between which it is interpolated."""

Positive: TypeAlias = Annotated[float, msgspec.Meta(gt=0, le=1e12)]
Size: TypeAlias = Annotated[float, msgspec.Meta(ge=0, le=1e6)]
Rate: TypeAlias = Annotated[float, msgspec.Meta(ge=-10, le=10)]
Share: TypeAlias = Annotated[float, msgspec.Meta(ge=-1, le=1)]
Text: TypeAlias = Annotated[str, msgspec.Meta(min_length=1)]
_Weights: TypeAlias = Annotated[float, msgspec.Meta(gt=0, le=1000)]
_MEAN_TOLERANCE = 1e-5


def _check_order(low: float, found: float, high: float) -> None:
    if not low <= found <= high:
        raise MarketDataError(f"a half-life of {found:.6g} is not within {low:.6g} to {high:.6g}")


class Volatility(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much the index moves.

    Attributes
    ----------
    annual : deviation of log-returns over a year, jumps included
    log_deviation, log_half_life_days : of the logarithm of volatility, which wanders about its
        mean as an Ornstein-Uhlenbeck process
    """

    annual: Positive
    log_deviation: Size
    log_half_life_days: Positive
    log_half_life_low_days: Positive
    log_half_life_high_days: Positive

    def __post_init__(self) -> None:
        _check_order(
            self.log_half_life_low_days, self.log_half_life_days, self.log_half_life_high_days
        )


class Jumps(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the index jumps: so often, each by a normal log-return of this deviation."""

    per_year: Annotated[float, msgspec.Meta(ge=0, le=8760)]
    deviation: Size

    @property
    def variance_annual(self) -> float:
        """What the jumps of a year add to the variance of log-returns."""
        return self.per_year * self.deviation**2


class Seasons(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """By how much hours of the day (UTC) and weekdays multiply the variance; each has mean 1.

    The volatility's factor is the square root. Weekdays start with Monday.
    """

    hour_variances: Annotated[tuple[_Weights, ...], msgspec.Meta(min_length=24, max_length=24)]
    weekday_variances: Annotated[tuple[_Weights, ...], msgspec.Meta(min_length=7, max_length=7)]

    def __post_init__(self) -> None:
        for name, factors in (("hours", self.hour_variances), ("weekdays", self.weekday_variances)):
            mean = math.fsum(factors) / len(factors)
            if abs(mean - 1) > _MEAN_TOLERANCE:
                raise MarketDataError(f"factors of the {name} have a mean of {mean:.6g}, not 1")


class TenorBasis(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The annualised, continuously compounded basis at a number of days to delivery.

    Attributes
    ----------
    mean, deviation, half_life_days : of an Ornstein-Uhlenbeck process
    half_life_held : whether it reverts too slowly to tell, and was put at half of the span
    noise : deviation of what does not last from one observation to the next
    tilt : how much of the process's shocks is the second of two that move the whole curve, from
        −1 to 1; the rest, √(1 − tilt²), is the first
    """

    days: Annotated[int, msgspec.Meta(gt=0, le=3650)]
    mean: Rate
    deviation: Size
    half_life_days: Positive
    half_life_low_days: Positive
    half_life_high_days: Positive
    half_life_held: bool
    noise: Size
    tilt: Share

    def __post_init__(self) -> None:
        _check_order(self.half_life_low_days, self.half_life_days, self.half_life_high_days)


class FundingProcess(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The perpetual's premium and the funding rate it makes, per 8 hours.

    The premium is `rest_rate` plus an Ornstein-Uhlenbeck process x; the rate is `rest_rate` plus
    what of x sticks out of ±`dead_band`. `half_life_hours` is x's. What the rate itself then looks
    like is in `obverse.market.calibration.dead_bands`.
    """

    rest_rate: Rate
    mean: Rate
    deviation: Size
    dead_band: Size
    half_life_hours: Positive
    half_life_low_hours: Positive
    half_life_high_hours: Positive

    def __post_init__(self) -> None:
        _check_order(self.half_life_low_hours, self.half_life_hours, self.half_life_high_hours)


class Fitted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A series that something was fitted on: which, from when to when, and how many rows."""

    series: Text
    start: Annotated[datetime, msgspec.Meta(tz=True)]
    end: Annotated[datetime, msgspec.Meta(tz=True)]
    rows: Annotated[int, msgspec.Meta(gt=0)]


class CoinCalibration(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One coin's parameters.

    Attributes
    ----------
    basis : a row a tenor; without any the simulation's own basis is used
    funding : None for the simulation's own funding
    correlation : of its moves and of its basis with those of BTC; None for BTC itself, and for the
        simulation's own correlation
    fitted : what all that was fitted on
    """

    start_usd: Positive
    correlation: Share | None = None
    volatility: Volatility
    jumps: Jumps
    seasons: Seasons
    basis: tuple[TenorBasis, ...] = ()
    funding: FundingProcess | None = None
    fitted: tuple[Fitted, ...] = ()

    def __post_init__(self) -> None:
        variance = self.volatility.annual**2
        if self.jumps.variance_annual >= variance:
            raise MarketDataError(
                f"jumps make a variance of {self.jumps.variance_annual:.4g} a year, which is not "
                f"less than that of volatility, {variance:.4g}"
            )
        days = [tenor.days for tenor in self.basis]
        if days != sorted(set(days)):
            raise MarketDataError(f"basis: tenors of {days} days do not increase")

    @property
    def jump_share(self) -> float:
        """The part of the variance that jumps make."""
        return self.jumps.variance_annual / self.volatility.annual**2


class Calibration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of the simulated market by coin; `notes` say what could not be fitted."""

    coins: dict[str, CoinCalibration]
    notes: tuple[str, ...] = ()
