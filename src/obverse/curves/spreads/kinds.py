"""The kinds of spreads: of one curve, or of series that are joined as of an instant.

============================== ==================================== =======================
spread                         level                                a year (continuous)
============================== ==================================== =======================
calendar                       far − near                           ln(far/near) / (T₂ − T₁)
butterfly                      near − 2 middle + far                none
perpetual against dated        dated − perpetual                    ln(dated/perpetual) / T
inverse against linear, venues first − second                       none
inter-commodity                sum of weight · price                none
============================== ==================================== =======================
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from obverse.curves.histories import NS_PER_YEAR, CurveHistory
from obverse.curves.spreads.series import FloatArray, PriceSeries, SpreadSeries, align
from obverse.errors import MarketDataError, SymbolError

PERPETUAL = "perpetual"


def calendar_spread(history: CurveHistory, near: str, far: str) -> SpreadSeries:
    """Far less near future, by symbol, at every snapshot that has both.

    Raises `MarketDataError` where the far one expires no later, or no snapshot has both.
    """
    gap = (_expiry(history, far) - _expiry(history, near)) / NS_PER_YEAR
    if gap <= 0:
        raise MarketDataError(f"calendar spread: {far} does not expire after {near}; swap them.")
    return _of_curve(history, "calendar spread", (far, near), (1.0, -1.0), gap)


def butterfly(history: CurveHistory, near: str, middle: str, far: str) -> SpreadSeries:
    """Near less twice the middle plus the far future, by symbol."""
    ends = [_expiry(history, each) for each in (near, middle, far)]
    if not ends[0] < ends[1] < ends[2]:
        raise MarketDataError(f"butterfly: {near}, {middle}, {far} do not expire in this order.")
    return _of_curve(history, "butterfly", (near, middle, far), (1.0, -2.0, 1.0), None)


def perpetual_spread(history: CurveHistory, dated: str) -> SpreadSeries:
    """A dated future, by symbol, less the perpetual of the same snapshot."""
    _expiry(history, dated)
    return _of_curve(history, "perpetual against dated", (dated, PERPETUAL), (1.0, -1.0), 0.0)


def cross_venue_spread(
    first: PriceSeries, second: PriceSeries, *, max_age_seconds: float, **about: str
) -> SpreadSeries:
    """The first venue's price less the second's; bp of the second."""
    return joined_spread(
        (first, second), (1.0, -1.0), max_age_seconds=max_age_seconds,
        kind="cross-venue spread", **about,
    )  # fmt: skip


def inverse_linear_spread(
    inverse: PriceSeries, linear: PriceSeries, *, max_age_seconds: float, **about: str
) -> SpreadSeries:
    """The coin-margined price less the stablecoin-margined one; bp of the latter.

    Their quotes may be different dollars (USD and USDT): the spread holds that difference too.
    """
    return joined_spread(
        (inverse, linear), (1.0, -1.0), max_age_seconds=max_age_seconds,
        kind="inverse against linear", **about,
    )  # fmt: skip


def joined_spread(
    series: Sequence[PriceSeries],
    weights: Sequence[float],
    *,
    max_age_seconds: float,
    kind: str = "inter-commodity spread",
    underlying: str = "",
    venue: str = "",
    source: str = "series given",
) -> SpreadSeries:
    """A weighted sum of two or more series of prices; bp of the last one.

    Raises `MarketDataError` for weights that are not one a series, finite and other than zero.
    """
    sizes = np.array(weights, dtype=float)
    if len(sizes) != len(series) or not (np.isfinite(sizes) & (sizes != 0)).all():
        raise MarketDataError(
            f"weights {list(weights)} of {len(series)} series; expected one a series, not zero."
        )
    instants, prices, left_out = align(series, max_age_seconds)
    names = tuple(each.name for each in series)
    return SpreadSeries(
        kind=kind,
        underlying=underlying or " and ".join(names),
        venue=venue or "series given",
        source=source,
        legs=names,
        weights=tuple(sizes.tolist()),
        instants_ns=instants,
        prices_usd=prices,
        reference_usd=prices[:, -1],
        reference=names[-1],
        annualised=None,
        max_age_seconds=max_age_seconds,
        left_out=left_out,
        warnings=_told(left_out),
    )


def leg_prices(history: CurveHistory, name: str) -> FloatArray:
    """(n,) marks of a future by symbol, or of the perpetual; NaN where a snapshot has none."""
    if name == PERPETUAL:
        return history.perpetual_usd
    own = np.flatnonzero(np.array(history.symbols) == name)
    prices = np.full(len(history), np.nan)
    prices[history.snapshot_of_node[own]] = history.marks_usd[own]
    return prices


def _expiry(history: CurveHistory, symbol: str) -> int:
    try:
        return int(history.expiries_ns[history.symbols.index(symbol)])
    except ValueError:
        where = f"in the curves of {history.underlying} at {history.venue}"
        raise SymbolError(symbol, where, set(history.symbols)) from None


def _of_curve(
    history: CurveHistory,
    kind: str,
    legs: tuple[str, ...],
    weights: tuple[float, ...],
    gap_years: float | None,
) -> SpreadSeries:
    """A spread of one curve; a gap of zero years is the time to the first leg's expiry."""
    prices = np.column_stack([leg_prices(history, name) for name in legs])
    whole = np.isfinite(prices).all(axis=1)
    if not whole.any():
        raise MarketDataError(
            f"{kind} {', '.join(legs)}: no snapshot of {history.underlying} at {history.venue} "
            "has all legs; take another span."
        )
    any_leg = np.isfinite(prices).any(axis=1)
    left_out = int((any_leg & ~whole).sum())
    instants, kept = history.instants_ns[whole], prices[whole]
    yearly = None
    if gap_years is not None:
        left = (_expiry(history, legs[0]) - instants) / NS_PER_YEAR
        yearly = np.log(kept[:, 0] / kept[:, 1]) / (gap_years or left)
    return SpreadSeries(
        kind=kind,
        underlying=history.underlying,
        venue=history.venue,
        source=history.source,
        legs=legs,
        weights=weights,
        instants_ns=instants,
        prices_usd=kept,
        reference_usd=history.index_usd[whole],
        reference="the index",
        annualised=yearly,
        max_age_seconds=0.0,
        left_out=left_out,
        warnings=(*history.warnings, *_told(left_out)),
    )


def _told(left_out: int) -> tuple[str, ...]:
    return (f"{left_out:,} instants lack a leg and are left out.",) if left_out else ()
